/**
 * The dashboard: figures that live screens know follow the pushes in place; the others, and all that is said in words or
 * stands in a table, is asked of the server again when something changed.
 */
import { screen, live } from "./shell.js";
import { createChart } from "./lib/charts.js";
import { leadToRows } from "./lib/drill.js";
import { fetchDocument } from "./lib/fragments.js";
import { renewParts } from "./lib/parts.js";
import { periodCharts } from "./lib/period-charts.js";
import { reloadWhenAnswered } from "./lib/reload.js";
import { createRenewal } from "./lib/renewal.js";
import { chartDefinitions } from "./lib/school-charts.js";
import { bindTerms } from "./lib/terms-panel.js";
import { bindTicker } from "./lib/ticker.js";

const TABLES = new Set(["financial_transactions", "payments", "fees", "attendance", "students", "classes", "terms", "academic_years", "system_notifications"]);

// What matters most follows in place; the rest may take a moment, and costs a telephone data.
const EVERY = 5_000;

const root = document.querySelector("[data-screen]");
let classes = JSON.parse(root.dataset.classes || "[]");
let period = root.dataset.period ? JSON.parse(root.dataset.period) : null;
const charts = drawCharts();
const list = root.querySelector("[data-ticker]");
const terms = root.querySelector("[data-terms]");
const renewal = createRenewal({
  every: EVERY,
  clock: screen.clock,
  hidden: () => document.hidden,
  load: () => fetchDocument(window.location.href, { fragment: "dashboard" }),
  show: renew,
});

live.on("figures", refresh);
live.on("changed", ({ table }) => TABLES.has(table) && renewal.ask());
live.on("status", ({ state }) => state === "live" && renewal.wake());
// Not after the socket, which needs twice as long on a slow line; what changes in between is told when it is there.
live.on("reachable", () => renewal.askAnew());
document.addEventListener("visibilitychange", () => document.hidden || renewal.wake());
// Which days are meant, and what they are called, is the server's to say.
screen.onDay(() => reloadWhenAnswered(screen.clock));
if (list) {
  const ticker = bindTicker(list, { timeOf: (at) => screen.time.time(at) });
  live.on("notify", (message) => message.type === "payment" && ticker.add(message));
}
if (terms) bindTerms(terms, { live, clock: screen.clock, money: screen.money });

function drawCharts() {
  const { state, money } = screen;
  const school = chartDefinitions({ ...screen, today: () => screen.today, classes: () => classes });
  const ofClasses = { ...school.classes, links: (place, series) => `/fees?status=${series ? "open" : "standing"}&class=${classes[place].id}` };
  const definitions = { ...(period ? periodCharts({ state, money, period: () => period }) : {}), classes: ofClasses };
  return [...root.querySelectorAll("[data-chart]")].map((figure) => {
    const definition = definitions[figure.dataset.chart];
    const made = createChart(figure, definition, { Chart: window.Chart, money });
    leadToRows(made.chart, definition.links);
    return made;
  });
}

function refresh() {
  charts.forEach((chart) => chart.refresh());
}

function renew(page) {
  const fresh = page.querySelector("[data-screen]");
  if (!fresh) return;
  classes = JSON.parse(fresh.dataset.classes);
  period = fresh.dataset.period ? JSON.parse(fresh.dataset.period) : null;
  renewParts(root, page);
  // A push may have come after the server drew this.
  screen.figures.update(null, true);
  screen.figures.fit();
  refresh();
}
