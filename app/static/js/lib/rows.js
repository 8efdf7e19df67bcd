/**
 * Lists that keep themselves up to date: a box `data-live-table="fees"` with rows `data-row-id`.
 *
 * A changed row is fetched from `data-row-url` ({id} filled in) and put in place; anything wider
 * (a new row, many rows) redraws the box from the page's own address. A row that someone is typing in
 * is left alone.
 */
import { isChanged } from "./fields.js";
import { fetchDocument } from "./fragments.js";
import { flash } from "./figures.js";
import { tellFailure, tellSuccess } from "./waiting.js";
import { t } from "./words.js";

const GATHER = 150;
const RELOAD_EVERY = 2_000;

export function bindRows(root, live, { fetchDoc = fetchDocument, address = () => window.location.href } = {}) {
  for (const box of root.querySelectorAll("[data-live-table]")) bindBox(box, live, fetchDoc, address);
}

function bindBox(box, live, fetchDoc, address) {
  const table = box.dataset.liveTable;
  const asked = new Map();
  let timer = null;
  let busy = false;
  let reloadedAt = -RELOAD_EVERY;

  live.on("changed", (change) => {
    if (change.table !== table || !box.isConnected) return;
    const id = change.id === null || change.id === undefined ? null : String(change.id);
    const row = id && rowOf(box, id);
    // A row of another page or of other filters may stay unknown; only a new one can appear here.
    // `data-live-any` marks boxes whose rows are sums over other rows, so that any change counts.
    if (id && !row && change.op !== "insert" && !("liveAny" in box.dataset)) return;
    asked.set(row && box.dataset.rowUrl ? id : null, change.op);
    soon();
  });
  // What failed is asked for again as soon as the line is there.
  live.on("status", ({ state }) => state === "live" && asked.size && !busy && soon());

  function soon() {
    timer = timer || setTimeout(work, GATHER + Math.random() * GATHER);
  }

  async function work() {
    timer = null;
    const rest = asked.has(null) ? reloadedAt + RELOAD_EVERY - performance.now() : 0;
    if (busy || rest > 0) {
      timer = setTimeout(work, Math.max(GATHER, rest));
      return;
    }
    busy = true;
    const wanted = new Map(asked);
    asked.clear();
    try {
      if (wanted.has(null)) {
        await reload(box, fetchDoc, address());
        reloadedAt = performance.now();
      }
      else await Promise.all([...wanted.keys()].map((id) => refetch(box, id, fetchDoc)));
      tellSuccess(box);
    } catch {
      // Which rows are right is not known any more.
      asked.set(null, "update");
      // What belongs to a list is asked for with it, and one note a list is enough.
      if (!("liveBox" in box.dataset)) tellFailure(box, { ...mayBeOld(), again: () => live.tell("changed", { table, id: null, op: "update" }) });
    } finally {
      busy = false;
    }
  }
}

// A page may have several boxes of one table: its rows, and what they add up to.
const isSameBox = (one, other) => one.liveTable === other.liveTable && one.liveBox === other.liveBox;

/** What stays on the screen is what was known before. */
const mayBeOld = () => ({ title: t("This list may be old."), text: t("A change could not be loaded; shown is what was known before.") });

const rowOf = (place, id) => [...place.querySelectorAll("[data-row-id]")].find((row) => row.dataset.rowId === id);

const FIELDS = "input:not([type=hidden]), select, textarea";

/** Whether somebody types in it, or has typed and not saved. */
function isEdited(place) {
  if (place.matches("[data-editing]") || place.querySelector("[data-editing]")) return true;
  return [...place.querySelectorAll(FIELDS)].some((field) => field === document.activeElement || isChanged(field));
}

async function refetch(box, id, fetchDoc) {
  const page = await fetchDoc(box.dataset.rowUrl.replace("{id}", encodeURIComponent(id)), { fragment: "row" });
  const row = rowOf(box, id);
  if (!row || isEdited(row)) return;
  const fresh = page && rowOf(page, id);
  if (fresh) place(row, fresh);
  else row.remove();
}

async function reload(box, fetchDoc, url) {
  const page = await fetchDoc(url, { fragment: "table" });
  const fresh = page && [...page.querySelectorAll("[data-live-table]")].find((other) => isSameBox(other.dataset, box.dataset));
  if (!fresh || isEdited(box)) return;
  const known = new Map([...box.querySelectorAll("[data-row-id]")].map((row) => [row.dataset.rowId, row.textContent]));
  const row = document.activeElement.closest("[data-row-id]");
  const focused = row && box.contains(row) ? [row.dataset.rowId, focusIn(row)] : null;
  box.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  // How many there are is said below the box.
  const [words, news] = [document, page].map((place) => place.querySelector(".pager-words"));
  if (words && news) words.textContent = news.textContent;
  if (focused) rowOf(box, focused[0])?.querySelectorAll(STOPS)[focused[1]]?.focus();
  for (const row of box.querySelectorAll("[data-row-id]")) {
    if (known.get(row.dataset.rowId) !== row.textContent) flash(row);
  }
}

const STOPS = "a, button, summary";

/** Which of a row's links and buttons has the focus; -1 for none. */
const focusIn = (row) => [...row.querySelectorAll(STOPS)].indexOf(document.activeElement);

function place(row, fresh) {
  const index = focusIn(row);
  const changed = row.textContent !== fresh.textContent;
  const mine = document.importNode(fresh, true);
  row.replaceWith(mine);
  if (index >= 0) mine.querySelectorAll(STOPS)[index]?.focus();
  if (changed) flash(mine);
}
