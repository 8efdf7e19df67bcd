/** The dashboard: four charts, the latest payments, and figures that the shell keeps up to date. */
import { screen, live } from "./shell.js";
import { createChart } from "./lib/charts.js";
import { fetchDocument } from "./lib/fragments.js";
import { chartDefinitions } from "./lib/school-charts.js";
import { bindTicker } from "./lib/ticker.js";

const root = document.querySelector("[data-screen]");
let classes = JSON.parse(root.dataset.classes || "[]");
const charts = drawCharts();
const list = root.querySelector("[data-ticker]");

live.on("figures", refresh);
screen.onDay(refresh);
live.on("changed", ({ table }) => table === "classes" && learnClasses());
if (list) {
  const ticker = bindTicker(list, { timeOf: (at) => screen.time.time(at) });
  live.on("notify", (message) => message.type === "payment" && ticker.add(message));
}

function drawCharts() {
  const definitions = chartDefinitions({ ...screen, today: () => screen.today, classes: () => classes });
  return [...root.querySelectorAll("[data-chart]")].map((figure) => createChart(figure, definitions[figure.dataset.chart], { Chart: window.Chart, money: screen.money }));
}

function refresh() {
  charts.forEach((chart) => chart.refresh());
}

async function learnClasses() {
  const page = await fetchDocument(window.location.href).catch(() => null);
  const fresh = page?.querySelector("[data-screen]");
  if (!fresh) return;
  classes = JSON.parse(fresh.dataset.classes);
  refresh();
}
