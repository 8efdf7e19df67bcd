/**
 * The register: P, A, L and E mark the student in focus and go on to the next, the arrows up and down move between
 * students, one button marks everybody present, and the foot counts. Without this module the radio buttons still work.
 */
import { live } from "./shell.js";

const KEYS = { p: "present", a: "absent", l: "late", e: "excused" };
const form = document.querySelector("[data-register]");

if (form) {
  const lines = [...form.querySelectorAll("[data-line]")];
  const counts = form.querySelector("[data-counts]");
  form.addEventListener("keydown", (event) => onKey(event, lines));
  form.addEventListener("change", () => count(lines, counts));
  form.querySelector("[data-all-present]")?.addEventListener("click", () => {
    for (const line of lines) choose(line, "present");
    count(lines, counts);
  });
  count(lines, counts);
  warnBeforeLeaving(form);
  tellOfOthers(form);
}

function onKey(event, lines) {
  const place = lines.indexOf(event.target.closest("[data-line]"));
  if (place < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const status = KEYS[event.key.toLowerCase()];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (status) choose(lines[place], status);
  if (!status && !step) return;
  event.preventDefault();
  const next = lines[place + (step ?? 1)];
  (next ?? (status ? lines[place] : null))?.querySelector("input:checked")?.focus();
  if (status) lines[place].dispatchEvent(new Event("change", { bubbles: true }));
}

function choose(line, status) {
  const button = line.querySelector(`input[value="${status}"]`);
  if (button) button.checked = true;
}

function count(lines, place) {
  if (!place) return;
  const numbers = Object.fromEntries(Object.values(KEYS).map((status) => [status, 0]));
  for (const line of lines) numbers[line.querySelector("input:checked")?.value] += 1;
  place.textContent = Object.entries(numbers)
    .filter(([status, number]) => number || status === "present")
    .map(([status, number]) => `${number} ${status}`)
    .join(" · ");
}

function warnBeforeLeaving(page) {
  let changed = false;
  page.addEventListener("change", () => (changed = true));
  page.addEventListener("submit", () => (changed = false));
  window.addEventListener("beforeunload", (event) => changed && event.preventDefault());
}

/** Somebody else saved marks of this class meanwhile: say so, and leave what is being marked alone. */
function tellOfOthers(page) {
  const notice = document.querySelector("[data-saved-meanwhile]");
  if (!notice) return;
  const mine = page.elements.version.value;
  live?.on("changed", async ({ table }) => {
    if (table !== "attendance" || !notice.hidden) return;
    const answer = await fetch(notice.dataset.versionUrl, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) notice.hidden = (await answer.json()).version === mine;
  });
}
