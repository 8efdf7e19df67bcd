/**
 * The search box of every page: pages and actions stand in the page, students, receipts, classes and teachers come from
 * the server. A combobox over a list of links: arrows choose, Enter opens.
 */
import { hasAll } from "./folding.js";
import { http } from "./http.js";
import { t, tn } from "./words.js";

const PAUSE = 120;

/** `open()` shows it; `recent()` names the places that are offered before anything is typed. Null where there is none. */
export function bindPalette(root, { recent = () => [] } = {}) {
  const dialog = root.querySelector("[data-palette]");
  if (!dialog || !dialog.showModal) return null;
  const input = dialog.querySelector('[role="combobox"]');
  const list = dialog.querySelector('[role="listbox"]');
  const words = dialog.querySelector("[data-palette-words]");
  const template = dialog.querySelector("[data-palette-option]").content.firstElementChild;
  const standing = standingGroups();
  let found = [];
  let options = [];
  let active = null;
  let hasMoved = false;
  let isWaiting = false;
  let isEntered = false;
  let turn = 0;
  let timer = null;

  input.addEventListener("input", () => look(PAUSE));
  input.addEventListener("keydown", onKey);
  dialog.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  dialog.querySelector("[data-palette-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    turn += 1;
    // Where nothing had the focus before, the field that is gone would keep it.
    input.blur();
  });
  for (const opener of root.querySelectorAll("[data-palette-open]")) {
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      open();
    });
  }
  return { open };

  function open() {
    if (dialog.open) return;
    input.value = "";
    found = [];
    dialog.showModal();
    input.focus();
    look(0);
  }

  /** What the page itself has is shown at once; what the server found before stays until it has found anew. */
  function look(pause) {
    const mine = ++turn;
    const text = input.value.trim();
    hasMoved = isEntered = false;
    isWaiting = true;
    draw(text);
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const fresh = await ask(text);
      if (mine !== turn) return;
      isWaiting = false;
      found = fresh ?? [];
      draw(text);
      say(fresh === null);
      if (isEntered) follow();
    }, pause);
  }

  async function ask(text) {
    const places = text ? [] : recent();
    if (!text && !places.length) return [];
    const query = new URLSearchParams(text ? [["q", text]] : places.map((place) => ["recent", place]));
    try {
      return (await http.get(`/search/items?${query}`)).groups;
    } catch {
      return null;
    }
  }

  function draw(text) {
    const own = standing.map((group) => ({ ...group, items: group.items.filter((item) => hasAll(item.label, text)) }));
    const groups = [...found, ...(text ? offers() : []), ...own].filter(({ items }) => items.length);
    const kept = hasMoved && active ? active.href : null;
    list.replaceChildren(...groups.map((group, number) => sectionOf(group, number)));
    options = [...list.querySelectorAll('[role="option"]')];
    options.forEach((option, number) => (option.id = `palette-option-${number}`));
    list.hidden = !options.length;
    input.setAttribute("aria-expanded", String(options.length > 0));
    mark(options.find((option) => kept && option.href === kept) ?? options[0] ?? null);
  }

  function say(isCutOff) {
    if (isCutOff) words.textContent = t("The server did not answer; only pages and actions are shown.");
    else if (options.length) words.textContent = tn("{n} found", "{n} found", options.length);
    else words.textContent = t("Nothing found. Try fewer letters, or a number such as R-000123.");
    words.classList.toggle("visually-hidden", !isCutOff && options.length > 0);
  }

  function sectionOf({ title, items }, number) {
    const section = document.createElement("div");
    section.setAttribute("role", "group");
    const heading = document.createElement("div");
    Object.assign(heading, { id: `palette-group-${number}`, className: "palette-title", textContent: title });
    heading.setAttribute("role", "presentation");
    section.setAttribute("aria-labelledby", heading.id);
    section.append(heading, ...items.map(optionOf));
    return section;
  }

  function optionOf({ href, label, note, end, icon }) {
    const option = template.cloneNode(true);
    option.href = href;
    option.querySelector("use").setAttribute("href", `${dialog.dataset.icons}#${icon}`);
    for (const [part, text] of Object.entries({ label, note, end })) {
      const place = option.querySelector(`.palette-${part}`);
      if (text) place.textContent = text;
      else place.remove();
    }
    return option;
  }

  function mark(option) {
    active?.setAttribute("aria-selected", "false");
    active = option;
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function onKey(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      hasMoved = true;
      mark(options[(options.indexOf(active) + step + options.length) % options.length]);
    } else if (event.key === "Enter") {
      // Who types a name and presses Enter at once means what the server is about to find.
      if (isWaiting && !hasMoved) isEntered = true;
      else follow();
    } else return;
    event.preventDefault();
  }

  function follow() {
    if (!active) return;
    const target = active.href;
    dialog.close();
    window.location.assign(target);
  }

  /** What stands in the page, once: its own buttons, actions of the role, pages. */
  function standingGroups() {
    const here = [...root.querySelectorAll(".page-actions a.btn[href]")].map((link) => ({ href: link.getAttribute("href"), label: link.textContent.trim(), icon: iconIn(link) }));
    const groups = [...dialog.querySelectorAll("[data-palette-group]")].map(({ content, dataset }) => ({
      title: dataset.title,
      items: [...content.querySelectorAll("a")].map((link) => ({ href: link.getAttribute("href"), label: link.textContent.trim(), icon: link.dataset.icon })),
    }));
    const elsewhere = groups.map((group) => ({ ...group, items: group.items.filter(({ href }) => !here.some((own) => own.href === href)) }));
    return [{ title: t("On this page"), items: here }, ...elsewhere];
  }

  /** What can be done with the first student that was found. */
  function offers() {
    const student = found.find(({ name }) => name === "students")?.items[0];
    const desk = root.querySelector('#menu a[href="/desk"]');
    if (!student || !desk) return [];
    const id = student.href.split("/").pop();
    return [{ title: t("With {name}", { name: student.label }), items: [{ href: `/desk?student=${id}`, label: t("Take a payment from {name}", { name: student.label }), icon: "cash-coin" }] }];
  }
}

const iconIn = (link) => (link.querySelector("use")?.getAttribute("href") ?? "#search").split("#")[1];
