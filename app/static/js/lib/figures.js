/**
 * Elements that show figures: `<output data-metric="a b" data-format="money">` shows a + b.
 *
 * A `data-metric-template` such as "daily_fees_{today}" follows the school's day: {today} is the date,
 * {month} its month.
 */
import { schoolMoney } from "./money.js";
import { numberText } from "./words.js";

const SMALLEST_FIT = 6;

const FORMATS = {
  count: (value) => [numberText(value)],
  money: (value) => [schoolMoney().format(value)],
  "money-whole": (value) => schoolMoney().wholeParts(value),
};

export function fillTemplate(template, today) {
  return template.replaceAll("{today}", today).replaceAll("{month}", today.slice(0, 7));
}

/** What a figure with these names shows now; null as long as nothing is known of any of them. */
export function valueOf(state, names) {
  const known = names.some((name) => state.get(name) !== undefined);
  return known || state.synced ? state.sum(names) : null;
}

export function bindFigures(root, state) {
  const elements = () => [...root.querySelectorAll("[data-metric]")];
  const namesOf = (element) => element.dataset.metric.split(" ").filter(Boolean);

  function show(element, quietly) {
    const value = valueOf(state, namesOf(element));
    if (value === null) return;
    const [number, unit = ""] = (FORMATS[element.dataset.format] ?? FORMATS.count)(value);
    if (element.textContent === unit + number) return;
    element.replaceChildren(...(unit ? [unitOf(unit)] : []), number);
    fit(element);
    if (!quietly) flash(element);
  }

  /** Also figures that the server alone knows: they are as long. */
  function fitAll() {
    root.querySelectorAll("output.figure").forEach(fit);
  }

  elements().forEach((element) => show(element, true));
  fitAll();
  window.addEventListener("resize", fitAll);
  return {
    fit: fitAll,
    /** Redraw what these metrics touch; all of it when no names are given. */
    update(names = null, quietly = false) {
      const changed = names && new Set(names);
      for (const element of elements()) {
        if (!changed || namesOf(element).some((name) => changed.has(name))) show(element, quietly);
      }
    },
    /** The school's day turned over: the same tiles now mean another day. */
    follow(today) {
      for (const element of root.querySelectorAll("[data-metric-template]")) {
        element.dataset.metric = fillTemplate(element.dataset.metricTemplate, today);
      }
      this.update(null, true);
    },
  };
}

function unitOf(text) {
  const span = document.createElement("span");
  span.className = "figure-unit";
  span.textContent = text;
  return span;
}

/** Give a figure the largest type that its place holds (css: [data-fit]); fonts and amounts differ too much to guess. */
function fit(element) {
  const place = element.parentElement;
  for (let step = 0; step <= SMALLEST_FIT; step += 1) {
    element.dataset.fit = step;
    if (place.scrollWidth <= place.clientWidth) return;
  }
}

export function flash(element) {
  element.classList.remove("is-new");
  // Reading the layout lets the same animation start again.
  void element.offsetWidth;
  element.classList.add("is-new");
}
