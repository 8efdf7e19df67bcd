/**
 * Elements that show figures: `<output data-metric="a b" data-format="money">` shows a + b.
 *
 * A `data-metric-template` such as "daily_fees_{today}" follows the school's day: {today} is the date,
 * {month} its month.
 */
import { glide, mayGlide, stopGliding } from "./glide.js";
import { schoolMoney } from "./money.js";
import { isShown } from "./shown.js";
import { numberText } from "./words.js";

const SMALLEST_FIT = 0.3;

/** The number, and the units that may be drawn smaller before or after it. */
const FORMATS = {
  count: (value) => [numberText(value)],
  percent: (value) => [numberText(value), "", "%"],
  money: (value) => [schoolMoney().format(value)],
  "money-whole": (value) => schoolMoney().wholeParts(value),
};

const drawn = new WeakMap();

export function fillTemplate(template, today) {
  return template.split("{today}").join(today).split("{month}").join(today.slice(0, 7));
}

/** What a figure with these names shows now; null as long as nothing is known of any of them. */
export function valueOf(state, names) {
  const known = names.some((name) => state.get(name) !== undefined);
  return known || state.synced ? state.sum(names) : null;
}

export function bindFigures(root, state, { glides = false } = {}) {
  const elements = () => [...root.querySelectorAll("[data-metric]")];
  const namesOf = (element) => element.dataset.metric.split(" ").filter(Boolean);

  function show(element, quietly) {
    const value = valueOf(state, namesOf(element));
    if (value !== null) drawFigure(element, value, { quietly, glides });
  }

  /** Also figures that the server alone knows: they are as long. */
  function fitAll() {
    root.querySelectorAll(".figure").forEach(fit);
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

/** Let an element show a value, as its `data-format` says; `quietly` without drawing anybody's eye, `glides` by running there. */
export function drawFigure(element, value, { quietly = false, glides = false } = {}) {
  const before = drawn.get(element);
  drawn.set(element, value);
  if (before === value) return;
  stopGliding(element);
  if (!write(element, value)) return;
  fit(element);
  if (quietly) return;
  flash(element);
  // What nobody sees may change at once: another board, another page.
  if (glides && before !== undefined && mayGlide() && isShown(element)) glide(element, before, value, (step) => write(element, step));
}

/** Whether the text of the element is another now. */
function write(element, value) {
  const [number, unit = "", unitAfter = ""] = (FORMATS[element.dataset.format] || FORMATS.count)(value);
  if (element.textContent === unit + number + unitAfter) return false;
  element.replaceChildren(...(unit ? [unitOf(unit)] : []), number, ...(unitAfter ? [unitOf(unitAfter)] : []));
  return true;
}

function unitOf(text) {
  const span = document.createElement("span");
  span.className = "figure-unit";
  span.textContent = text;
  return span;
}

/** Give a figure the largest type that its place holds: --fit is by how much it is smaller; fonts and amounts differ too much to guess. */
function fit(element) {
  const place = element.parentElement;
  element.style.setProperty("--fit", 1);
  for (let room = 1; room > SMALLEST_FIT && place.scrollWidth > place.clientWidth; ) {
    room = Math.max(SMALLEST_FIT, Math.min(room - 0.02, Math.floor((room * place.clientWidth * 100) / place.scrollWidth) / 100));
    element.style.setProperty("--fit", room);
  }
}

export function flash(element) {
  element.classList.remove("is-new");
  // Reading the layout lets the same animation start again.
  void element.offsetWidth;
  element.classList.add("is-new");
}
