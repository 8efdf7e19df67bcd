/**
 * The keys of a page. What is entered here is what they do and what the list under "?" says of them, so the two cannot differ.
 *
 *   keys.add(t("Go to"), [{ keys: "g d", label: t("Dashboard"), run: () => ... }]);
 *
 * `keys` is a stroke ("?", "Ctrl+Enter", "Escape") or several, one after another ("g d"). A stroke that writes a character works
 * only while nobody types, and not at all when somebody has switched single keys off. `when(event)` narrows an entry to where it
 * applies; `focused` says that it only works with the focus on what it changes, and so is never switched off. `anywhere` lets it
 * work in a field that is still empty or holds an amount, where no sign belongs. An entry without `run` tells of what a field does by itself.
 */
const NEXT_WITHIN = 1_500;
const NO_TEXT = new Set(["radio", "checkbox", "button", "submit", "reset", "file", "image", "range", "color"]);

export class Keys {
  constructor({ single = true, mac = false, isBlocked = () => false, now = () => performance.now() } = {}) {
    Object.assign(this, { single, mac, isBlocked, now });
    this.groups = new Map();
    this.pressed = [];
    this.pressedAt = 0;
  }

  /** Enter keys under a title; later titles come later in the list. */
  add(title, entries) {
    if (!this.groups.has(title)) this.groups.set(title, []);
    this.groups.get(title).push(...entries.map((entry) => ({ ...entry, strokes: entry.keys.split(" ") })));
    return this;
  }

  /** `[[title, entries], ...]` */
  list() {
    return [...this.groups].filter(([, entries]) => entries.length);
  }

  handle(event) {
    if (event.defaultPrevented || event.isComposing || this.isBlocked(event)) return;
    const stroke = strokeOf(event, this.mac);
    if (!stroke) return;
    if (this.now() - this.pressedAt > NEXT_WITHIN) this.pressed = [];
    const path = [...this.pressed, stroke];
    const fitting = this.list().flatMap(([, entries]) => entries).filter((entry) => entry.run && startsWith(entry.strokes, path) && this.applies(entry, event));
    const entry = fitting.find(({ strokes }) => strokes.length === path.length);
    const isBegun = fitting.length > 0 && !entry;
    const wasBegun = this.pressed.length > 0 && !isTyping(event.target);
    this.pressed = isBegun ? path : [];
    this.pressedAt = this.now();
    if (!entry && !isBegun && !wasBegun) return;
    // A second stroke belongs to the first one, also when the two mean nothing together.
    event.preventDefault();
    event.stopImmediatePropagation();
    if (entry) entry.run(event);
  }

  applies(entry, event) {
    if (entry.when && !entry.when(event)) return false;
    if (entry.focused || !isCharacter(entry.strokes[0])) return true;
    return this.single && (!isTyping(event.target) || (Boolean(entry.anywhere) && isFree(event.target)));
  }
}

/** "g", "?", "Escape", "Ctrl+Enter" (with the command key on a Mac); null for what no entry can name. */
export function strokeOf({ key, ctrlKey, metaKey, altKey, shiftKey }, mac = false) {
  if (!key || key === "Unidentified" || key === "Dead" || altKey || (mac ? ctrlKey : metaKey)) return null;
  const isLetter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  if (ctrlKey || metaKey) return shiftKey ? null : `Ctrl+${isLetter ? key.toUpperCase() : key}`;
  // Signs such as "?" need the shift key on many keyboards; with a letter or a named key it means something else.
  if (shiftKey && (isLetter || key.length > 1)) return null;
  return isLetter ? key.toLowerCase() : key;
}

/** Whether a key that is pressed here would write something. */
export function isTyping(target) {
  if (!target || !target.matches) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input") && !NO_TEXT.has(target.type);
}

const isFree = (field) => !field.value || field.matches("[data-money-input]");

const isCharacter = (stroke) => [...stroke].length === 1;

const startsWith = (strokes, path) => path.every((stroke, index) => strokes[index] === stroke);
