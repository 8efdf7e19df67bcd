/**
 * A place whose content is fetched: what it shows while it waits, and when the content does not come.
 *
 * What is there stays, only paler; an empty place shows lines in the form of a text. Both begin after a third of a second,
 * so that a quick answer does not flicker. When it fails, a note above the content says so, with a button to try again;
 * the note goes with the next success.
 */
import { t } from "./words.js";

export const PATIENCE = 300;

/**
 * Fetch and show: `show(answer)` runs with what `fetch()` resolved to. Resolves to whether that worked.
 *
 * `failure(error)` gives `{ title, text }` of the note; `wanted()` says whether anybody still waits for this answer.
 */
export async function fetchInto(place, fetch, show, options = {}) {
  const { failure = generalFailure, wanted = () => true, patience = PATIENCE } = options;
  const done = startWaiting(place, patience);
  try {
    const answer = await fetch();
    done();
    if (!wanted()) return false;
    tellSuccess(place);
    await show(answer);
    return true;
  } catch (error) {
    done();
    if (wanted()) tellFailure(place, { ...failure(error), again: () => fetchInto(place, fetch, show, options) });
    return false;
  }
}

/** Show that a place waits, after `patience` ms; the answer ends it. */
export function startWaiting(place, patience = PATIENCE) {
  place.setAttribute("aria-busy", "true");
  const timer = setTimeout(() => {
    place.classList.add("is-waiting");
    if (!hasContent(place)) place.append(cloneOf("[data-skeleton-template]"));
  }, patience);
  return () => {
    clearTimeout(timer);
    place.removeAttribute("aria-busy");
    place.classList.remove("is-waiting");
    for (const skeleton of place.querySelectorAll(":scope > [data-skeleton]")) skeleton.remove();
  };
}

/** Say above a place's content that newer could not be fetched; `again` is what the button does. */
export function tellFailure(place, { title, text, again }) {
  const note = noteOf(place) || cloneOf("[data-load-failed-template]");
  setText(note.querySelector("[data-failed-title]"), title);
  setText(note.querySelector("[data-failed-text]"), text);
  note.querySelector("[data-failed-again]").onclick = again;
  if (!note.isConnected) place.prepend(note);
}

/** What is shown is right again. */
export function tellSuccess(place) {
  noteOf(place)?.remove();
}

const generalFailure = () => ({ title: t("This could not be loaded."), text: t("Nothing was changed.") });

const noteOf = (place) => place.querySelector(":scope > [data-load-failed]");

const hasContent = (place) => [...place.children].some((child) => !child.matches("[data-load-failed]"));

const cloneOf = (selector) => document.querySelector(selector).content.firstElementChild.cloneNode(true);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
