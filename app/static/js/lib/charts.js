/** One Chart.js chart per canvas, made once, then its data arrays changed in place. */

/**
 * `definition`: `{ type, stacked, money, labels(), series: [{ name, label, values() }], words() }`.
 * The colour of a series is the custom property `--chart-{name}`. Returns `refresh()`, which may be
 * called as often as one likes: it draws once per animation frame.
 */
export function createChart(figure, definition, { Chart, money }) {
  const canvas = figure.querySelector("canvas");
  const words = figure.querySelector("[data-chart-words]");
  const legend = figure.parentElement.querySelector("[data-chart-legend]");
  const config = optionsFor(definition, money);
  applyColours(canvas, config, definition);
  const chart = new Chart(canvas, config);
  let asked = 0;

  function draw() {
    asked = 0;
    replace(chart.data.labels, definition.labels());
    definition.series.forEach((series, i) => replace(chart.data.datasets[i].data, series.values()));
    figure.classList.toggle("is-empty", chart.data.datasets.every(({ data }) => data.every((value) => !value)));
    chart.update("none");
    if (words) words.textContent = definition.words();
  }

  function paint() {
    applyColours(canvas, chart, definition);
    // Colours shared by all bars are kept through an update of mode "none".
    chart.update();
  }

  function refresh() {
    asked = asked || requestAnimationFrame(draw);
  }

  if (legend) drawLegend(legend, definition.series);
  onThemeChange(paint);
  refresh();
  return { refresh, chart };
}

/** In place, and by index: emptying the array first would make Chart.js forget what is stacked on what. */
function replace(array, values) {
  while (array.length > values.length) array.pop();
  values.forEach((value, i) => (i < array.length ? (array[i] = value) : array.push(value)));
}

function optionsFor({ type, stacked = false, money: isMoney = false, series }, money) {
  const tick = (value) => (isMoney ? money.short(value) : value);
  const exact = (value) => (isMoney ? money.format(value) : String(value));
  return {
    type,
    data: {
      labels: [],
      datasets: series.map(({ label }) => ({ label, data: [], borderRadius: 4, borderSkipped: "start", maxBarThickness: 28, categoryPercentage: 0.72, barPercentage: 0.86, borderWidth: type === "line" ? 2.5 : 0, pointRadius: 0, pointHitRadius: 14, tension: 0.3, fill: type === "line" })),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        colors: { enabled: false },
        legend: { display: false },
        tooltip: { callbacks: { label: ({ dataset, raw }) => ` ${dataset.label}: ${exact(raw)}` }, padding: 10, boxPadding: 4, cornerRadius: 8 },
      },
      scales: {
        x: { stacked, border: { display: false }, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 14 } },
        y: { stacked, beginAtZero: true, suggestedMax: isMoney ? 10_000 : 10, border: { display: false }, ticks: { callback: tick, maxTicksLimit: 6, padding: 6, precision: isMoney ? undefined : 0 } },
      },
    },
  };
}

function applyColours(canvas, { data, options }, { series, type }) {
  const style = getComputedStyle(canvas);
  const token = (name) => style.getPropertyValue(name).trim();
  const size = parseFloat(style.fontSize);
  series.forEach(({ name }, i) => {
    const colour = token(`--chart-${name}`);
    Object.assign(data.datasets[i], { borderColor: colour, backgroundColor: type === "line" ? token(`--chart-${name}-area`) || colour : colour });
  });
  const { scales, plugins } = options;
  for (const axis of Object.values(scales)) Object.assign(axis.ticks, { color: token("--chart-ink"), font: { family: style.fontFamily, size } });
  scales.y.grid = { color: token("--chart-grid"), drawTicks: false };
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
