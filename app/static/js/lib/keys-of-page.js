/** The keys that every page has, read from what the page offers: the menu, its buttons, its search box, its form. */
import { Keys } from "./keys.js";
import { t } from "./words.js";

const GO = {
  "/dashboard": "d", "/desk": "k", "/attendance": "r", "/notifications": "n", "/fees": "f", "/billing": "b", "/payments": "p", "/transactions": "c",
  "/categories": "o", "/students": "s", "/classes": "l", "/teachers": "t", "/promotions": "m", "/displays": "w", "/users": "u",
  "/settings": "e", "/activity": "a", "/health": "h",
}; // prettier-ignore
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const NAMES = { Ctrl: IS_MAC ? "Cmd" : "Ctrl", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };

/** Titles under which pages enter their own keys. */
export const HERE = () => t("On this page");
export const EVERYWHERE = () => t("Everywhere");

export function keysOf(root, { user, openSearch = null, visit = (url) => window.location.assign(url) }) {
  const choice = choiceOf(user);
  const keys = new Keys({ single: choice.read(), mac: IS_MAC, isBlocked: () => Boolean(root.querySelector("dialog[open]")) });
  const dialog = root.querySelector("[data-keys]");
  const show = () => dialog && showKeys(dialog, keys, choice);
  keys.add(HERE(), ofThisPage(root, visit));
  keys.add(EVERYWHERE(), [
    ...(openSearch ? [{ keys: "Ctrl+K", label: t("Search for students, receipts, pages and actions"), run: openSearch }] : []),
    ...(dialog ? [{ keys: "?", label: t("This list"), run: show, anywhere: true }] : []),
  ]);
  keys.add(t("Go to"), places(root, visit));
  root.addEventListener("keydown", (event) => keys.handle(event), { capture: true });
  for (const button of root.querySelectorAll("[data-keys-open]")) button.addEventListener("click", show);
  root.querySelector("#help")?.addEventListener("beforetoggle", ({ newState, target }) => newState === "open" && showHere(target, keys));
  return keys;
}

function ofThisPage(root, visit) {
  const link = (selector) => root.querySelector(`.page-actions ${selector}`);
  const [search, adding, editing] = [root.querySelector('.list-bar [type="search"]'), link('a[href*="/new"]'), link('a[href$="/edit"]')];
  const focus = (field) => {
    field.focus();
    field.select?.();
  };
  return [
    ...(search ? [{ keys: "/", label: search.getAttribute("aria-label"), run: () => focus(search) }] : []),
    ...(adding ? [{ keys: "n", label: adding.textContent.trim(), run: () => visit(adding.href) }] : []),
    ...(editing ? [{ keys: "e", label: editing.textContent.trim(), run: () => visit(editing.href) }] : []),
    ...(root.querySelector("form[data-form]") ? [{ keys: "Ctrl+Enter", label: t("Save the form"), when: ({ target }) => formAt(target), run: ({ target }) => saveAt(target) }] : []),
  ];
}

const formAt = (target) => target.closest?.("form[data-form]");

function saveAt(target) {
  const form = formAt(target);
  form.requestSubmit(form.querySelector("[data-submit]"));
}

function places(root, visit) {
  return [...root.querySelectorAll("#menu a.sidebar-link")]
    .filter((link) => GO[link.getAttribute("href")])
    .map((link) => ({ keys: `g ${GO[link.getAttribute("href")]}`, label: link.querySelector(".sidebar-label").textContent.trim(), run: () => visit(link.href) }));
}

/* The list */

function showKeys(dialog, keys, choice) {
  const place = dialog.querySelector("[data-keys-groups]");
  const copy = (name) => dialog.querySelector(name).content.firstElementChild.cloneNode(true);
  place.replaceChildren(
    ...keys.list().map(([title, entries]) => {
      const section = copy("[data-keys-group]");
      section.querySelector(".keys-title").textContent = title;
      section.querySelector(".keys-list").append(...entries.map((entry) => lineOf(copy("[data-keys-line]"), entry)));
      return section;
    }),
  );
  const box = dialog.querySelector("[data-keys-single]");
  box.checked = keys.single;
  box.onchange = () => {
    keys.single = box.checked;
    choice.keep(box.checked);
  };
  dialog.querySelector("[data-keys-close]").onclick = () => dialog.close();
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close();
  };
  dialog.showModal();
}

/** The keys of this page, in its help. */
function showHere(help, keys) {
  const place = help.querySelector("[data-help-keys]");
  const template = document.querySelector("[data-keys-line]");
  const entries = keys.list().find(([title]) => title === HERE())?.[1] ?? [];
  place.hidden = !entries.length;
  place.querySelector(".keys-list").replaceChildren(...entries.map((entry) => lineOf(template.content.firstElementChild.cloneNode(true), entry)));
}

function lineOf(line, { strokes, label }) {
  line.querySelector("dt").append(...drawn(strokes));
  line.querySelector("dd").textContent = label;
  return line;
}

/** Strokes as a reader of the list sees them. */
export function drawn(strokes) {
  return strokes.flatMap((stroke, index) => [...(index ? [" "] : []), ...stroke.split("+").flatMap((key, part) => [...(part ? [" "] : []), keyOf(key)])]);
}

function keyOf(name) {
  const key = document.createElement("kbd");
  key.textContent = NAMES[name] ?? (name.length === 1 && name !== "?" && name !== "/" ? name.toUpperCase() : name);
  return key;
}

/** Whether this user wants single keys in this browser. A cookie, because signing out empties every other store. */
function choiceOf(user) {
  const name = `single-keys-${user || "0"}`;
  return {
    read: () => !document.cookie.split("; ").includes(`${name}=off`),
    keep(isOn) {
      document.cookie = `${name}=${isOn ? "on" : "off"}; path=/; max-age=34560000; samesite=lax`;
    },
  };
}
