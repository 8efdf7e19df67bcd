/** The terms compared: fetched after the page, because they cost the server more, and again when money came in. */
import { fetchDocument } from "./fragments.js";
import { leadToRows } from "./drill.js";
import { createPaceChart, rowsOfPoint } from "./pace-chart.js";
import { renew } from "./parts.js";
import { createRenewal } from "./renewal.js";

const EVERY = 30_000;

export function bindTerms(place, { live, clock, money }) {
  let lines = null;
  const draw = () => {
    lines?.destroy();
    const content = place.querySelector("[data-terms-content]");
    const canvas = content?.querySelector("[data-pace-chart] canvas");
    if (!canvas) return;
    const drawn = JSON.parse(content.dataset.lines);
    lines = createPaceChart(canvas, drawn, { Chart: window.Chart, money });
    leadToRows(lines.chart, (day, term) => rowsOfPoint(drawn[term], day));
  };
  const renewal = createRenewal({
    every: EVERY,
    clock,
    hidden: () => document.hidden,
    load: async () => (await fetchDocument(place.dataset.terms, { fragment: "terms" }))?.querySelector("[data-terms-content]"),
    show(fresh) {
      const holder = document.createElement("div");
      holder.append(fresh);
      renew(place, holder);
      draw();
    },
  });
  if (place.querySelector("[data-terms-content]")) draw();
  else renewal.ask();
  document.addEventListener("visibilitychange", () => document.hidden || renewal.wake());
  live.on("changed", ({ table }) => (table === "financial_transactions" || table === "fees" || table === "attendance" || table === "terms") && renewal.ask());
}
