/**
 * The register: P, A, L and E mark the student in focus and go on to the next, the arrows up and down move between
 * students, one button marks everybody present, and the foot counts. Without this module the radio buttons still work.
 */
import { keys, live } from "./shell.js";
import { HERE } from "./lib/keys-of-page.js";
import { t, tn } from "./lib/words.js";

const MARKS = { p: "present", a: "absent", l: "late", e: "excused" };
const find = () => document.querySelector("[data-register]");
const linesOf = (form) => [...form.querySelectorAll("[data-line]")];

if (find()) {
  bind();
  document.addEventListener("page:redrawn", bind);
  keys?.add(HERE(), keysOfRegister());
}

function bind() {
  const form = find();
  if (!form) return;
  const lines = linesOf(form);
  const counts = form.querySelector("[data-counts]");
  form.addEventListener("change", () => count(lines, counts));
  form.querySelector("[data-all-present]")?.addEventListener("click", () => {
    for (const line of lines) choose(line, "present");
    form.dispatchEvent(new Event("change", { bubbles: true }));
  });
  count(lines, counts);
  tellOfOthers(form);
}

/** Keys with the focus on a student's marks. */
function keysOfRegister() {
  const when = ({ target }) => target.closest?.("[data-register] [data-line]");
  const words = { p: t("Present, and on to the next student"), a: t("Absent"), l: t("Late"), e: t("Excused") };
  return [
    ...Object.entries(MARKS).map(([key, status]) => ({ keys: key, label: words[key], when, focused: true, run: ({ target }) => step(target, 1, status) })),
    { keys: "ArrowDown", label: t("To the next student"), when, run: ({ target }) => step(target, 1) },
    { keys: "ArrowUp", label: t("To the student before"), when, run: ({ target }) => step(target, -1) },
  ];
}

function step(target, by, status = null) {
  const lines = linesOf(find());
  const place = lines.indexOf(target.closest("[data-line]"));
  if (status) choose(lines[place], status);
  (lines[place + by] ?? (status ? lines[place] : null))?.querySelector("input:checked")?.focus();
  if (status) lines[place].dispatchEvent(new Event("change", { bubbles: true }));
}

function choose(line, status) {
  const button = line.querySelector(`input[value="${status}"]`);
  if (button) button.checked = true;
}

function count(lines, place) {
  if (!place) return;
  const numbers = Object.fromEntries(Object.values(MARKS).map((status) => [status, 0]));
  for (const line of lines) numbers[line.querySelector("input:checked")?.value] += 1;
  place.textContent = Object.entries(numbers)
    .filter(([status, number]) => number || status === "present")
    .map(([status, number]) => counted(status, number))
    .join(" · ");
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

function counted(status, n) {
  if (status === "absent") return tn("{n} absent", "{n} absent", n);
  if (status === "late") return tn("{n} late", "{n} late", n);
  return status === "excused" ? tn("{n} excused", "{n} excused", n) : tn("{n} present", "{n} present", n);
}
