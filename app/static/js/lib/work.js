/**
 * The user's long work on every page of his: the server says by `progress` how far it is, and by /progress what it is and what
 * became of it. Nothing is known from messages alone, so one that is lost costs a moment. A page that was reloaded while it
 * waited for an answer says what came of the work; a page that has the answer does not.
 */
import { http } from "./http.js";
import { numberText, t } from "./words.js";

const ASK_EVERY = 2_000;
const ASK_SOON = 150;
/** Work that is done before somebody could read its name is not shown. */
const SHOW_AFTER = 400;
const SAY_EACH = 25;
const KEPT = "work";

/** What there is to show: `jobs` of the server, `watched` ids of this tab. Ended work that nobody here watched is no news. */
export function worth(jobs, watched) {
  return jobs.filter(({ job, state }) => state === "running" || watched.has(job));
}

/** Percent, or null while the total is not known. */
export const percentOf = ({ done, total }) => (total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : null);

export function bindWork(document, live, { ask = http, storage = window.sessionStorage, user = "" } = {}) {
  const box = document.querySelector("[data-work]");
  if (!box) return;
  const place = box.querySelector("[data-work-jobs]");
  const said = document.querySelector("[data-work-said]");
  const key = `${KEPT}:${user}`;
  const watched = new Set((storage.getItem(key) || "").split(",").filter(Boolean));
  const shown = new Map();
  let timer = null;

  live.on("progress", (message) => {
    const known = shown.get(message.job);
    if (known) move(known, message);
    if (!known || !(message.done < message.total)) soon(ASK_SOON);
  });
  // The page that sent the form has the answer: it says what came of it.
  document.addEventListener("form:answered", () => {
    for (const job of [...shown.keys()]) forget(job);
  });
  document.addEventListener("visibilitychange", () => document.hidden || (shown.size && soon(ASK_SOON)));
  if (watched.size || box.hasAttribute("data-work-running")) look();

  function soon(pause) {
    if (timer && timer.pause <= pause) return;
    if (timer) clearTimeout(timer.id);
    timer = { pause, id: setTimeout(look, pause) };
  }

  async function look() {
    timer = null;
    let jobs = null;
    try {
      ({ jobs } = await ask.get("/progress"));
    } catch {
      soon(ASK_EVERY);
      return;
    }
    const there = new Set(jobs.map(({ job }) => job));
    for (const job of [...watched, ...shown.keys()]) if (!there.has(job)) forget(job);
    for (const job of worth(jobs, watched)) show(job);
    if (jobs.some(({ state }) => state === "running") && !document.hidden) soon(ASK_EVERY);
  }

  function show(job) {
    if (job.state !== "running" && document.querySelector("form[data-sent]")) return;
    const item = shown.get(job.job) || made(job);
    watch(job.job);
    move(item, job);
    if (job.state !== "running") end(item, job);
  }

  function made({ job, title, can_cancel: canCancel }) {
    const part = document.importNode(box.querySelector("template").content, true).firstElementChild;
    const item = { job, part, percent: -1, stage: 0 };
    part.querySelector(".work-title").textContent = title;
    part.querySelector("progress").setAttribute("aria-label", title);
    const stop = part.querySelector("[data-work-cancel]");
    stop.hidden = !canCancel;
    stop.addEventListener("click", () => cancel(item, stop));
    part.querySelector("[data-work-close]").addEventListener("click", () => forget(job));
    shown.set(job, item);
    setTimeout(() => {
      if (shown.get(job) !== item) return;
      place.append(part);
      box.hidden = false;
      said.textContent = title;
    }, SHOW_AFTER);
    return item;
  }

  function move(item, job) {
    const percent = percentOf(job);
    if (percent === null || percent < item.percent) return;
    item.percent = percent;
    item.part.querySelector("progress").value = percent;
    item.part.querySelector(".work-percent").textContent = t("{percent}%", { percent: numberText(percent) });
    const stage = Math.floor(percent / SAY_EACH);
    if (stage > item.stage && item.part.isConnected) said.textContent = t("{percent}%", { percent: numberText(percent) });
    item.stage = stage;
  }

  function end(item, { state, words }) {
    watched.delete(item.job);
    keep();
    item.part.dataset.state = state;
    const close = item.part.querySelector("[data-work-close]");
    close.hidden = false;
    // Who cancelled by the keyboard stays where the button was.
    if (item.part.contains(document.activeElement)) close.focus();
    for (const each of item.part.querySelectorAll("progress, [data-work-cancel]")) each.hidden = true;
    item.part.querySelector(".work-percent").textContent = "";
    const line = item.part.querySelector(".work-words");
    line.hidden = false;
    line.textContent = said.textContent = words;
    document.dispatchEvent(new CustomEvent("work:ended"));
  }

  async function cancel(item, button) {
    // Not `disabled`, which would take the focus away.
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    button.textContent = t("Cancelling…");
    // Too late or no answer: what is asked next says how it stands.
    await ask.post(`/progress/${item.job}/cancel`).catch(() => {});
    soon(ASK_SOON);
  }

  function watch(job) {
    if (watched.has(job)) return;
    watched.add(job);
    keep();
  }

  function forget(job) {
    shown.get(job)?.part.remove();
    shown.delete(job);
    watched.delete(job);
    keep();
    box.hidden = !place.childElementCount;
  }

  function keep() {
    storage.setItem(key, [...watched].join(","));
  }
}
