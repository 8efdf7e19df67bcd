/**
 * A type-ahead over `data-combobox="/source"`: ARIA combobox with a list, arrows, Enter, Escape.
 * The source answers `GET ?q=` with `{ items: [{ id, label, note, end }] }`. A choice fills the hidden field
 * and dispatches `combobox:choose` with the item.
 */
import { http } from "./http.js";
import { PATIENCE } from "./waiting.js";
import { t } from "./words.js";

const PAUSE = 120;

export function bindCombobox(box) {
  const input = box.querySelector('[role="combobox"]');
  const list = box.querySelector('[role="listbox"]');
  const field = box.querySelector("[data-combobox-value]");
  let items = [];
  /** What was typed when the shown items were asked for. */
  let answered = "";
  let active = -1;
  let turn = 0;
  let timer = null;

  input.addEventListener("input", () => {
    field.value = "";
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  });
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) choose(Number(option.dataset.index));
  });

  async function search() {
    const mine = ++turn;
    const text = input.value.trim();
    if (!text) return close();
    // A slow line looks like nothing was found, unless it is said.
    const late = setTimeout(() => mine === turn && say(t("Searching …")), PATIENCE);
    try {
      const joint = box.dataset.combobox.includes("?") ? "&" : "?";
      const answer = await http.get(`${box.dataset.combobox}${joint}q=${encodeURIComponent(text)}`);
      if (mine !== turn || document.activeElement !== input) return;
      answered = text;
      draw(answer.items);
    } catch (error) {
      if (mine === turn) say(error.message);
    } finally {
      clearTimeout(late);
    }
  }

  function draw(found) {
    items = found;
    if (!items.length) return say(t("Nothing found."));
    list.replaceChildren(...items.map(optionOf));
    open();
    mark(0);
  }

  function optionOf(item, index) {
    const option = document.createElement("li");
    Object.assign(option, { id: `${list.id}-${index}`, className: "combobox-option" });
    option.setAttribute("role", "option");
    option.dataset.index = index;
    for (const part of ["label", "note", "end"]) {
      if (!item[part]) continue;
      const span = document.createElement("span");
      span.className = `combobox-${part}`;
      span.textContent = item[part];
      option.append(span);
    }
    return option;
  }

  function say(words) {
    items = [];
    const option = document.createElement("li");
    option.className = "combobox-nothing";
    option.setAttribute("role", "option");
    option.setAttribute("aria-disabled", "true");
    option.textContent = words;
    list.replaceChildren(option);
    open();
  }

  function open() {
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function close() {
    turn += 1;
    clearTimeout(timer);
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function look() {
    if (list.hidden) search();
  }

  function mark(index) {
    if (!items.length) return;
    const options = [...list.children];
    active = (index + options.length) % options.length;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    input.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  }

  function choose(index) {
    const item = items[index];
    if (!item) return;
    input.value = item.label;
    field.value = item.id;
    close();
    box.dispatchEvent(new CustomEvent("combobox:choose", { bubbles: true, detail: item }));
  }

  /** Whoever types on and presses Enter has not seen what fits: the marked one counts only if it still does. */
  async function chooseIfItFits() {
    const marked = items[active];
    clearTimeout(timer);
    await search();
    if (!list.hidden && isCurrent()) choose(items.findIndex(({ id }) => id === marked.id));
  }

  function isCurrent() {
    return answered === input.value.trim();
  }

  function onKey(event) {
    const isOpen = !list.hidden;
    const isTyped = input.value.trim() !== "";
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && isOpen) mark(active + step);
    else if (event.key === "Enter" && isOpen && items.length) isCurrent() ? choose(active) : chooseIfItFits();
    else if (event.key === "Escape" && isOpen) close();
    // A form without its choice is not sent; the list says what there is to choose.
    else if (isTyped && (event.key === "ArrowDown" || (event.key === "Enter" && !field.value))) look();
    else return;
    event.preventDefault();
  }
}
