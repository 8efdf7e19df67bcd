/** What each term had collected, day by day of the term: one line a term, its name at its end. */
import { t } from "./words.js";

const LINES = [
  { colour: "--line-now", dash: [], width: 3 },
  { colour: "--line-before", dash: [7, 4], width: 2 },
  { colour: "--line-year-ago", dash: [2, 3], width: 2 },
];
const APART = 15;
const AWAY = 13;

/** `lines`: `[{ name, starts_on, running }]`, the term looked at first; `running[n]` is the sum up to day n + 1. */
export function createPaceChart(canvas, lines, { Chart, money }) {
  const longest = Math.max(...lines.map(({ running }) => running.length));
  const config = {
    type: "line",
    data: {
      labels: Array.from({ length: longest }, (_, i) => i + 1),
      datasets: lines.map(({ name, running }, i) => ({ label: name, data: running, borderDash: LINES[i].dash, borderWidth: LINES[i].width, pointRadius: 0, pointHitRadius: 14, tension: 0 })),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      layout: { padding: { top: 18, right: 12 } },
      plugins: {
        colors: { enabled: false },
        legend: { display: false },
        tooltip: { callbacks: { title: ([item]) => t("Day {day} of the term", { day: item.label }), label: ({ dataset, raw }) => ` ${dataset.label}: ${money.format(raw)}` }, padding: 10, boxPadding: 4, cornerRadius: 8 },
      },
      scales: {
        x: { border: { display: false }, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 14 } },
        y: { beginAtZero: true, suggestedMax: 10_000, border: { display: false }, ticks: { callback: (value) => money.short(value), maxTicksLimit: 6, padding: 6 } },
      },
    },
    plugins: [{ id: "names", afterDatasetsDraw: drawNames }],
  };
  paint(canvas, config);
  const chart = new Chart(canvas, config);
  const watcher = new MutationObserver(() => {
    paint(canvas, chart);
    chart.update();
  });
  watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  return {
    chart,
    destroy() {
      watcher.disconnect();
      chart.destroy();
    },
  };
}

/** The rows behind a point: the fee income of the term up to that day. */
export function rowsOfPoint({ starts_on: first }, place) {
  const last = new Date(Date.parse(`${first}T00:00:00Z`) + place * 86_400_000).toISOString().slice(0, 10);
  return `/transactions?type=fees&from=${first}&to=${last}`;
}

/** Heights for names that want to stand at `wanted`, none nearer than `apart` to the next, none below `lowest`. */
export function spread(wanted, apart, lowest) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const places = [...wanted];
  order.forEach((i, n) => {
    if (n) places[i] = Math.max(places[i], places[order[n - 1]] + apart);
  });
  let limit = lowest;
  for (const i of [...order].reverse()) {
    places[i] = Math.min(places[i], limit);
    limit = places[i] - apart;
  }
  return places;
}

function drawNames(chart) {
  const { ctx, chartArea, data } = chart;
  const ends = data.datasets.map((_, i) => chart.getDatasetMeta(i).data[data.datasets[i].data.length - 1]);
  const size = parseFloat(getComputedStyle(chart.canvas).fontSize);
  ctx.save();
  ctx.font = `600 ${size}px ${getComputedStyle(chart.canvas).fontFamily}`;
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 4;
  ctx.strokeStyle = chart.options.namesBehind;
  const lowest = Math.max(...ends.map((end) => (end ? end.y : 0)));
  const heights = spread(ends.map((end) => (end ? end.y + (end.y === lowest && ends.length > 1 ? AWAY : -AWAY) : 0)), APART, chartArea.bottom - 8);
  ends.forEach((end, i) => {
    if (!end) return;
    const { label, borderColor } = data.datasets[i];
    const wide = ctx.measureText(label).width;
    const x = Math.min(Math.max(end.x - wide / 2, chartArea.left), chartArea.right + 8 - wide);
    ctx.strokeText(label, x, heights[i]);
    ctx.fillStyle = borderColor;
    ctx.fillText(label, x, heights[i]);
  });
  ctx.restore();
}

function paint(canvas, { data, options }) {
  const style = getComputedStyle(canvas);
  const token = (name) => style.getPropertyValue(name).trim();
  data.datasets.forEach((line, i) => Object.assign(line, { borderColor: token(LINES[i].colour), backgroundColor: token(LINES[i].colour) }));
  options.namesBehind = token("--color-surface");
  for (const axis of Object.values(options.scales)) Object.assign(axis.ticks, { color: token("--chart-ink"), font: { family: style.fontFamily, size: parseFloat(style.fontSize) } });
  options.scales.y.grid = { color: token("--chart-grid"), drawTicks: false };
  Object.assign(options.plugins.tooltip, { backgroundColor: token("--chart-tooltip"), titleColor: token("--chart-tooltip-ink"), bodyColor: token("--chart-tooltip-ink") });
}
