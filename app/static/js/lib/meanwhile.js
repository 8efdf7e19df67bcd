/**
 * Somebody else saves what is open in a form here (`data-record="students:5"`). Fields that nobody has touched take the new value,
 * what was typed stays, and the words above the form say which is which: nothing is undone by saving, and nothing typed is lost.
 */
import { isChanged, isTick } from "./fields.js";
import { fetchDocument } from "./fragments.js";
import { t } from "./words.js";

const GATHER = 400;

export function bindMeanwhile(place, live, { fetchDoc = fetchDocument } = {}) {
  for (const form of place.querySelectorAll("form[data-record]")) bindForm(form, live, fetchDoc);
}

function bindForm(form, live, fetchDoc) {
  const [table, id] = form.dataset.record.split(":");
  let timer = null;
  live.on("changed", (change) => {
    const isIt = change.table === table && (!id || String(change.id) === id);
    if (isIt && form.isConnected && !form.matches("[data-sent]")) timer = timer || setTimeout(look, GATHER);
  });

  async function look() {
    timer = null;
    const page = await fetchDoc(window.location.href).catch(() => null);
    const fresh = page && [...page.querySelectorAll("form[data-record]")].find((other) => other.dataset.record === form.dataset.record);
    if (!fresh || !form.isConnected || form.matches("[data-sent]")) return;
    const touched = new Set(visible(form).filter(isChanged).map(({ name }) => name));
    const news = visible(form).flatMap((field) => newsOf(field, twinOf(fresh, field), touched.has(field.name)));
    if (news.length) tell(form, news);
  }
}

const visible = (form) => [...form.elements].filter((field) => field.name && field.matches("input:not([type=hidden], [type=password], [type=file]), select, textarea"));

const twinOf = (fresh, field) => [...fresh.elements].find((other) => other.name === field.name && other.type === field.type && (!isTick(field) || other.value === field.value));

/** What somebody else did to one field: `[{ label, theirs, isKept }]` or nothing. */
function newsOf(field, twin, isKept) {
  if (!twin || shownIn(field, drawn(field)) === shownIn(twin, drawn(twin))) return [];
  const theirs = shownIn(twin, drawn(twin));
  redraw(field, twin, isKept);
  // Of several buttons for one thing, the one that is pressed now tells it.
  if (field.type === "radio" && !twin.defaultChecked) return [];
  return [{ label: labelOf(field), theirs, isKept }];
}

const drawn = (field) => {
  if (isTick(field)) return field.defaultChecked;
  if (field.matches("select")) return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
  return field.defaultValue;
};

/** A value as people see it. */
function shownIn(field, value) {
  if (field.type === "radio") return value ? labelText(field) : "";
  if (field.type === "checkbox") return value ? t("Yes") : t("No");
  if (field.matches("select")) return [...field.options].find((option) => option.value === value)?.textContent.trim() ?? value;
  return value;
}

function redraw(field, twin, isKept) {
  if (isTick(field)) {
    field.defaultChecked = twin.defaultChecked;
    if (!isKept) field.checked = twin.defaultChecked;
  } else if (field.matches("select")) {
    const value = drawn(twin);
    const kept = field.value;
    if (![...field.options].some((option) => option.value === value)) field.append(document.importNode([...twin.options].find((option) => option.value === value), true));
    for (const option of field.options) option.defaultSelected = option.value === value;
    field.value = isKept ? kept : value;
  } else {
    field.defaultValue = twin.defaultValue;
    if (!isKept) field.value = twin.defaultValue;
  }
}

const labelText = (field) => field.labels?.[0]?.firstChild?.textContent.trim() ?? field.name;

const labelOf = (field) => (field.type === "radio" ? field.closest("fieldset")?.querySelector("legend")?.textContent.trim() : null) ?? labelText(field);

function tell(form, news) {
  let box = form.parentElement.querySelector(":scope > [data-meanwhile]");
  if (!box) {
    box = document.createElement("div");
    box.className = "alert alert-warning notice meanwhile";
    box.setAttribute("role", "status");
    box.setAttribute("data-meanwhile", "");
    const title = document.createElement("strong");
    title.className = "notice-title";
    title.textContent = t("Somebody else has just saved this.");
    const list = document.createElement("ul");
    list.className = "error-list";
    const words = document.createElement("div");
    words.append(title, list);
    box.append(words);
    form.before(box);
  }
  const lines = news.map(({ label, theirs, isKept }) => {
    const line = document.createElement("li");
    const values = { label, theirs: theirs || t("nothing") };
    line.textContent = isKept ? t("{label}: you typed something else. Theirs is {theirs}; saving puts yours in its place.", values) : t("{label} is now {theirs}.", values);
    return line;
  });
  box.querySelector("ul").append(...lines);
}
