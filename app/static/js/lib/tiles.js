/** The tiles of the wall on its page: figure, change against the last term, and past. */
import { changeOf } from "./changes.js";
import { drawFigure } from "./figures.js";
import { drawSparkline } from "./sparkline.js";

/** `lastTerm()`: the figures of the same day of the last term, or null. Returns `refresh(quietly)`, drawn once per frame. */
export function bindTiles(root, definitions, { money, lastTerm }) {
  const tiles = [...root.querySelectorAll("[data-tile]")].map((element) => ({
    definition: definitions[element.dataset.tile],
    figure: element.querySelector("[data-derived]"),
    change: element.querySelector("[data-change]"),
    spark: element.querySelector("[data-spark]"),
  }));
  let asked = 0;
  let quiet = true;

  function draw() {
    asked = 0;
    for (const tile of tiles) drawTile(tile, quiet);
    quiet = true;
    for (const lead of root.querySelectorAll("[data-compared]")) lead.hidden = !lead.closest("[data-board]").querySelector('[data-change]:not([data-direction=""])[data-direction]');
  }

  function drawTile({ definition, figure, change, spark }, quietly) {
    if (figure) {
      const value = definition.value();
      if (value === null) figure.textContent = "–";
      else drawFigure(figure, value, { quietly, glides: true });
    }
    drawChange(change, definition);
    const target = definition.target ? definition.target() : null;
    if (spark && target) drawTarget(spark, target);
    else if (spark && definition.past) drawSparkline(spark, definition.past(), definition.drawing);
  }

  function drawChange(place, definition) {
    if (definition.note) {
      setText(placeOf(place, "text"), definition.note());
      return;
    }
    const figures = lastTerm() || {};
    const before = definition.beforeOf ? definition.beforeOf(figures) : definition.before ? figures[definition.before] : null;
    const change = definition.value ? changeOf({ now: definition.value(), before, kind: definition.kind, wanted: definition.wanted, money }) : null;
    place.dataset.direction = change ? change.direction : "";
    place.dataset.tone = change ? change.tone : "";
    setText(placeOf(place, "text"), change ? change.text : definition.otherwise ? definition.otherwise() : "");
    setText(placeOf(place, "than"), change ? ` ${change.than}` : "");
  }

  return {
    refresh(quietly = false) {
      quiet = quiet && quietly;
      asked = asked || requestAnimationFrame(draw);
    },
  };
}

/** A bar that is full when the target is reached. */
function drawTarget(place, { share, text = "" }) {
  let bar = place.querySelector("progress");
  if (!bar) {
    bar = document.createElement("progress");
    bar.className = "wall-target";
    bar.max = 1000;
    const words = document.createElement("span");
    words.className = "wall-target-words";
    place.replaceChildren(bar, words);
    place.hidden = false;
  }
  bar.value = Math.max(0, Math.min(1000, Math.round(share * 1000)));
  setText(place.lastElementChild, text);
}

/** The part of a change with this name. */
function placeOf(place, name) {
  let part = place.querySelector(`.change-${name}`);
  if (!part) {
    part = document.createElement("span");
    part.className = `change-${name}`;
    place.append(part);
  }
  return part;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
