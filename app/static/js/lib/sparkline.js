/** The past of a figure as a small drawing: one SVG with two paths, changed in place. */
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 100;
const GAP = 0.32;

/** `values`: oldest first, the last one is now; null is a day of which nothing is known. `kind`: "line" or "bars". */
export function drawSparkline(place, values, kind) {
  const known = values.filter((value) => value !== null);
  const paths = place.sparkline || (place.sparkline = startSparkline(place, kind));
  const enough = known.length > 1;
  place.hidden = !enough;
  if (!enough) return;
  const [past, now] = kind === "bars" ? barsOf(values) : lineOf(values);
  setPath(paths.past, past);
  setPath(paths.now, now);
}

function startSparkline(place, kind) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", `spark spark-${kind}`);
  svg.setAttribute("focusable", "false");
  const [past, now] = ["past", "now"].map((name) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", `spark-${name}`);
    path.setAttribute("vector-effect", "non-scaling-stroke");
    svg.append(path);
    return path;
  });
  place.replaceChildren(svg);
  return { past, now };
}

function setPath(path, d) {
  if (path.getAttribute("d") !== d) path.setAttribute("d", d);
}

/** Bars from the ground up, the last one by itself. */
export function barsOf(values) {
  const most = Math.max(1, ...values);
  const wide = WIDTH / values.length;
  const bars = values.map((value, i) => {
    if (!(value > 0)) return "";
    const top = round(HEIGHT - Math.max(3, (value / most) * HEIGHT));
    const left = round((i + GAP / 2) * wide);
    return `M${left} ${HEIGHT}V${top}H${round(left + wide * (1 - GAP))}V${HEIGHT}Z`;
  });
  return [bars.slice(0, -1).join(""), bars[bars.length - 1]];
}

/** A line through what is known, and its last point: a stroke of no length, which round caps make a dot. */
export function lineOf(values) {
  const known = values.filter((value) => value !== null);
  const least = Math.min(...known);
  const range = Math.max(...known) - least;
  const points = values.map((value, i) => (value === null ? null : [round((i / (values.length - 1)) * WIDTH), height(value, least, range)])).filter(Boolean);
  const [x, y] = points[points.length - 1];
  return [`M${points.map((point) => point.join(" ")).join("L")}`, `M${x} ${y}h0`];
}

/** Room is left above and below for the width of the line; a figure that never changed lies in the middle. */
function height(value, least, range) {
  return range ? round(HEIGHT - 12 - ((value - least) / range) * (HEIGHT - 24)) : HEIGHT / 2;
}

const round = (number) => Math.round(number * 100) / 100;
