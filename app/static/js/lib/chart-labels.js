/**
 * Words on a chart, where the thing is that they name: a plugin of Chart.js for charts that are read from afar.
 *
 * `marks()`: `[{ series, index, text, place }]`; `place` is "above" (a standing bar), "after" (a lying bar, or the last
 * of a stack) or "end" (right of the plot, at the height of a line's point or of a part of the last bar).
 */
const AIR = 0.45;

export function directLabels({ marks, horizontal, type }, look) {
  let told = [];
  return {
    id: "directLabels",

    /** Leave room for the words, and let the names of lying bars be as large as there is room for. */
    beforeLayout(chart) {
      told = marks();
      const { ctx, options } = chart;
      if (horizontal) options.scales.y.ticks.font.size = Math.min(look.size, (chart.height / Math.max(1, chart.data.labels.length)) * 0.62);
      ctx.save();
      ctx.font = fontOf(look);
      const beside = told.filter(({ place }) => place !== "above").map(({ text }) => ctx.measureText(text).width);
      ctx.restore();
      const side = beside.length ? Math.max(...beside) + look.size * (AIR + 0.15) : 0;
      options.layout.padding = { right: side, top: told.some(({ place }) => place === "above") ? look.size * 1.5 : look.size * 0.3, left: 0, bottom: 0 };
    },

    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const places = told.map((mark) => ({ ...mark, ...placeOf(chart, mark, look.size) })).filter(({ x }) => Number.isFinite(x));
      ctx.save();
      ctx.font = fontOf(look);
      ctx.textBaseline = "middle";
      apart(places.filter(({ place }) => place === "end"), look.size * 1.15, chartArea);
      const taken = [];
      for (const { text, x, y, place, series } of places) {
        const width = ctx.measureText(text).width;
        const left = place === "above" ? Math.min(Math.max(x - width / 2, chartArea.left), chart.width - width) : x;
        // Two words in one place are none; the first of the list is the more important one.
        if (place === "above" && taken.some((other) => left < other.right + look.size * AIR && left + width > other.left - look.size * AIR && Math.abs(y - other.y) < look.size)) continue;
        taken.push({ left, right: left + width, y });
        ctx.fillStyle = look.inks[series];
        ctx.fillText(text, left, y);
      }
      ctx.restore();
    },
  };

  function placeOf(chart, { series, index, place }, size) {
    const element = chart.getDatasetMeta(series).data[index];
    if (!element) return {};
    if (place === "above") return { x: element.x, y: (type === "line" ? element.y : topOf(chart, index)) - size * 0.75 };
    if (place === "after") return { x: rightOf(chart, index) + size * AIR, y: element.y };
    return { x: chart.chartArea.right + size * AIR, y: type === "bar" ? (element.y + element.base) / 2 : element.y };
  }
}

const fontOf = ({ size, family }) => `650 ${size}px ${family}`;

const stackOf = (chart, index) => chart.data.datasets.map((_, i) => chart.getDatasetMeta(i).data[index]).filter(Boolean);

const topOf = (chart, index) => Math.min(...stackOf(chart, index).map(({ y }) => y));

const rightOf = (chart, index) => Math.max(...stackOf(chart, index).map(({ x }) => x));

/** Move words below each other that would cover each other, and keep them inside the plot. */
function apart(places, least, { top, bottom }) {
  const sorted = [...places].sort((a, b) => a.y - b.y);
  sorted.forEach((place, i) => {
    place.y = Math.max(place.y, i ? sorted[i - 1].y + least : top + least / 2);
  });
  [...sorted].reverse().forEach((place, i, below) => {
    place.y = Math.min(place.y, i ? below[i - 1].y - least : bottom - least / 2);
  });
}
