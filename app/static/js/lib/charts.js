/** One Chart.js chart per canvas, made once, then its data arrays changed in place. */
import { directLabels } from "./chart-labels.js";
import { isShown } from "./shown.js";

/**
 * `definition`: `{ type, stacked, money, labels(), series: [{ name, label, values() }], words() }`; with `marks()` (see
 * chart-labels.js) it is drawn for readers far away: without the axis of values, `horizontal` if wanted, and the last bar in
 * the full colour before the `--chart-{name}-past` of the others if `lastStands`.
 * The colour of a series is the custom property `--chart-{name}`. Returns `refresh()`, which may be called as often as one
 * likes: it draws once per animation frame, and a chart that nobody sees not before it is shown (`refresh()` again).
 */
export function createChart(figure, definition, { Chart, money }) {
  const canvas = figure.querySelector("canvas");
  const words = figure.querySelector("[data-chart-words]");
  const legend = figure.parentElement.querySelector("[data-chart-legend]");
  const look = { size: 12, family: "", inks: [] };
  const config = optionsFor(definition, money);
  if (definition.marks) config.plugins = [directLabels(definition, look)];
  applyColours(canvas, config, definition, look);
  const chart = new Chart(canvas, config);
  let asked = 0;
  let drawn = "";

  function draw() {
    asked = 0;
    replace(chart.data.labels, definition.labels());
    definition.series.forEach((series, i) => replace(chart.data.datasets[i].data, series.values()));
    figure.classList.toggle("is-empty", chart.data.datasets.every(({ data }) => data.every((value) => !value)));
    if (words) words.textContent = definition.words();
    const data = JSON.stringify([chart.data.labels, chart.data.datasets.map((set) => set.data)]);
    if (data === drawn || !isShown(canvas)) return;
    drawn = data;
    chart.update("none");
  }

  function paint() {
    applyColours(canvas, chart, definition, look);
    // Colours shared by all bars are kept through an update of mode "none".
    chart.update();
  }

  function refresh() {
    asked = asked || requestAnimationFrame(draw);
  }

  if (legend) drawLegend(legend, definition.series);
  onThemeChange(paint);
  if (definition.marks) window.addEventListener("resize", paint);
  refresh();
  return { refresh, chart };
}

/** In place, and by index: emptying the array first would make Chart.js forget what is stacked on what. */
function replace(array, values) {
  while (array.length > values.length) array.pop();
  values.forEach((value, i) => (i < array.length ? (array[i] = value) : array.push(value)));
}

function optionsFor({ type, stacked = false, money: isMoney = false, series, marks, horizontal = false }, money) {
  const tick = (value) => (isMoney ? money.short(value) : value);
  const exact = (value) => (isMoney ? money.format(value) : String(value));
  const isLine = type === "line";
  const names = { stacked, border: { display: false }, grid: { display: false }, ticks: { maxRotation: 0, autoSkip: !horizontal, autoSkipPadding: marks ? 40 : 14 } };
  const amounts = { stacked, display: !marks, beginAtZero: true, suggestedMax: isMoney ? 10000 : 10, border: { display: false }, ticks: { callback: tick, maxTicksLimit: 6, padding: 6, precision: isMoney ? undefined : 0 } };
  return {
    type,
    data: {
      labels: [],
      datasets: series.map(({ label }) => ({ label, data: [], borderRadius: 4, borderSkipped: "start", maxBarThickness: marks ? 200 : 28, categoryPercentage: marks ? 0.82 : 0.72, barPercentage: 0.86, borderWidth: isLine ? 2.5 : 0, pointRadius: 0, pointHitRadius: 14, tension: 0.3, cubicInterpolationMode: marks ? "monotone" : "default", fill: isLine && !marks })),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      indexAxis: horizontal ? "y" : "x",
      layout: { padding: 0 },
      interaction: { mode: "index", intersect: false, axis: horizontal ? "y" : "x" },
      plugins: {
        colors: { enabled: false },
        legend: { display: false },
        tooltip: { callbacks: { label: ({ dataset, raw }) => ` ${dataset.label}: ${exact(raw)}` }, padding: 10, boxPadding: 4, cornerRadius: 8 },
      },
      scales: horizontal ? { y: names, x: amounts } : { x: names, y: amounts },
    },
  };
}

function applyColours(canvas, { data, options }, { series, type, marks, horizontal, lastStands = false }, look) {
  const style = getComputedStyle(canvas);
  const token = (name) => style.getPropertyValue(name).trim();
  const size = parseFloat(style.fontSize);
  Object.assign(look, { size, family: style.fontFamily, inks: series.map(({ name }) => token(`--chart-${name}-ink`) || token(`--chart-${name}`)) });
  series.forEach(({ name }, i) => {
    const colour = token(`--chart-${name}`);
    Object.assign(data.datasets[i], { borderColor: colour, backgroundColor: type === "line" ? token(`--chart-${name}-area`) || colour : colour });
    // Now is what everybody looks for.
    if (lastStands) data.datasets[i].backgroundColor = ({ dataIndex, dataset }) => (dataIndex === dataset.data.length - 1 ? colour : token(`--chart-${name}-past`) || colour);
    // From afar a line is as thick as the letters beside it.
    if (marks) Object.assign(data.datasets[i], { borderRadius: size / 6, borderWidth: type === "line" ? size / 5 : 0, borderCapStyle: "round" });
  });
  const { scales, plugins } = options;
  for (const axis of Object.values(scales)) Object.assign(axis.ticks, { color: token("--chart-ink"), font: { family: style.fontFamily, size } });
  scales[horizontal ? "x" : "y"].grid = { color: token("--chart-grid"), drawTicks: false };
  Object.assign(plugins.tooltip, { backgroundColor: token("--chart-tooltip"), titleColor: token("--chart-tooltip-ink"), bodyColor: token("--chart-tooltip-ink") });
}

function drawLegend(list, series) {
  list.replaceChildren(
    ...series.map(({ name, label }) => {
      const item = document.createElement("li");
      const swatch = document.createElement("span");
      swatch.className = `swatch swatch-${name}`;
      item.append(swatch, label);
      return item;
    }),
  );
}

function onThemeChange(run) {
  new MutationObserver(run).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
}
