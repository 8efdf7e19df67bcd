/**
 * What is being typed into the forms of a page, kept by this tab until it is saved: it comes back after an expired session, a
 * reload or a crash, to the same user only. Passwords and files are never kept.
 *
 * Leaving a page asks when something was typed; who leaves all the same has thrown it away. A page that the program leaves by
 * itself (`leave`) does not ask, and keeps.
 */
import { isChanged as differs, isTick } from "./fields.js";
import { t } from "./words.js";

const PREFIX = "draft:";
const KEEP_FOR = 12 * 3600 * 1000;
const PAUSE = 300;
// Parts of a form that the server drew for one moment: they go with what was typed over them.
const OF_THAT_MOMENT = /^(request_key|version|drawn_.*)$/;
const SECRET = /password|one-time-code|cc-/;

export class Drafts {
  constructor({ storage, user, address, isReload = false, now = () => Date.now() }) {
    Object.assign(this, { storage, user, address, isReload, now });
    this.forms = new Map();
    this.isLeaving = false;
    this.isAsked = false;
  }

  /**
   * Watch a form, and give back what was typed into it before; returns whether anything came back. A form that the server refused
   * (`isRefused`) holds what was typed already.
   */
  track(form, { isRefused = false } = {}) {
    this.forgetDetached();
    this.forms.set(form, { hidden: hiddenOf(form), isRefused, timer: null });
    if (!isRefused) return this.restore(form);
    this.keep(form);
    return false;
  }

  isTyped(form) {
    return this.isOther(form) && !form.matches("[data-sent], [data-busy]");
  }

  isOther(form) {
    const known = this.forms.get(form);
    return Boolean(known) && (known.isRefused || fieldsOf(form).some((field) => isChanged(field, known.hidden)));
  }

  anyTyped() {
    this.forgetDetached();
    return [...this.forms.keys()].some((form) => this.isTyped(form));
  }

  /** Something was typed: keep it in a moment. */
  touch(form) {
    const known = this.forms.get(form);
    this.isAsked = false;
    if (known) known.timer = known.timer || setTimeout(() => this.keep(form), PAUSE);
  }

  keep(form, extra = {}) {
    const known = this.forms.get(form);
    if (!known) return;
    clearTimeout(known.timer);
    known.timer = null;
    // A form that has left the page is done with; what the fee desk is sending is kept by the desk itself.
    if (!form.isConnected || form.matches("[data-busy]")) return;
    if (this.isOther(form)) this.write(this.keyOf(form), { at: this.now(), fields: snapshot(form), texts: textsOf(form), ...extra });
    else this.forget(form);
  }

  forget(form) {
    const known = this.forms.get(form);
    if (known) clearTimeout(known.timer);
    if (known) known.timer = null;
    this.remove(this.keyOf(form));
  }

  /** The program itself leaves the page: nothing is asked, everything typed is kept, except in `saved`. */
  leave(go, { saved = null } = {}) {
    for (const form of this.forms.keys()) if (form !== saved) this.keep(form, { isKept: true });
    if (saved) this.forget(saved);
    this.isLeaving = true;
    go();
  }

  /** The browser is about to leave: whether it should ask. */
  shouldAsk() {
    if (this.isLeaving || !this.anyTyped()) return false;
    this.isAsked = true;
    return true;
  }

  /** The page is gone now. */
  gone() {
    if (this.isLeaving) return;
    for (const form of this.forms.keys()) this.keep(form, { isAsked: this.isAsked });
  }

  /** The page came back from the browser's memory, where it was left. */
  back() {
    this.isLeaving = this.isAsked = false;
  }

  /** Forget everything of this tab, or with `others` only what is of somebody else. */
  clear({ others = false } = {}) {
    for (const key of this.keys()) if (!others || !key.startsWith(`${PREFIX}${this.user}:`)) this.remove(key);
  }

  /** Whether something waits for its user to sign in again. */
  isWaiting() {
    return this.keys().some((key) => this.read(key)?.isKept);
  }

  /* Coming back */

  restore(form) {
    const key = this.keyOf(form);
    const kept = this.read(key);
    if (!kept) return false;
    const isWanted = kept.isKept || this.isReload || !kept.isAsked;
    if (!isWanted || this.now() - kept.at > KEEP_FOR || !fits(form, kept.fields)) {
      this.remove(key);
      return false;
    }
    const changed = fill(form, kept);
    if (!changed.length) return false;
    for (const field of changed) {
      field.closest("details")?.setAttribute("open", "");
      // To a type-ahead this would mean that its choice was typed over.
      if (field.name) field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }

  /** The form as the server drew it. */
  startOver(form) {
    const known = this.forms.get(form);
    known.isRefused = false;
    form.reset();
    for (const [field, value] of known.hidden) field.value = value;
    this.forget(form);
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* Keeping */

  keyOf(form) {
    const name = form.dataset.draft || `${this.address()}#${form.getAttribute("action") || ""}`;
    return `${PREFIX}${this.user}:${name}`;
  }

  keys() {
    try {
      return Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index)).filter((key) => key.startsWith(PREFIX));
    } catch {
      return [];
    }
  }

  read(key) {
    try {
      return JSON.parse(this.storage.getItem(key));
    } catch {
      return null;
    }
  }

  write(key, draft) {
    try {
      this.storage.setItem(key, JSON.stringify(draft));
    } catch {
      // A full or forbidden storage: the page still asks before it is left.
    }
  }

  remove(key) {
    try {
      this.storage.removeItem(key);
    } catch {
      // There was none.
    }
  }

  forgetDetached() {
    for (const form of this.forms.keys()) if (!form.isConnected) this.forms.delete(form);
  }
}

/** The words above a form whose text came back. */
export function tellRestored(form, drafts) {
  const box = document.createElement("div");
  box.className = "alert alert-info notice draft-notice";
  box.setAttribute("role", "status");
  const words = document.createElement("div");
  words.textContent = t("What you had typed is back. It is not saved yet.");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn-sm btn-secondary", textContent: t("Start over") });
  button.addEventListener("click", () => {
    drafts.startOver(form);
    box.remove();
    form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
  box.append(words, button);
  form.before(box);
}

/* The fields of a form */

const fieldsOf = (form) => [...form.elements].filter((field) => field.matches("input, select, textarea") && !["submit", "button", "reset", "image", "file"].includes(field.type) && field.name !== "csrf_token" && isAsking(field));

const isAsking = (field) => Boolean(field.name) || field.matches('[data-combobox] [role="combobox"]');

const isSecret = (field) => field.type === "password" || SECRET.test(field.autocomplete || "");

const hiddenOf = (form) => new Map(fieldsOf(form).filter(({ type }) => type === "hidden").map((field) => [field, field.value]));

function isChanged(field, hidden) {
  if (field.type === "hidden") return field.hasAttribute("data-combobox-value") && field.value !== hidden.get(field);
  return differs(field);
}

const snapshot = (form) =>
  fieldsOf(form)
    .filter((field) => field.name && !isSecret(field))
    .map((field) => [field.name, field.value, isTick(field) ? field.checked : null]);

const textsOf = (form) => [...form.querySelectorAll('[data-combobox] [role="combobox"]')].map(({ value }) => value);

/** Whether this is the form that the draft was typed into: what nobody types must be the same. */
function fits(form, fields) {
  const fixed = (pairs) => pairs.filter(([name]) => !OF_THAT_MOMENT.test(name)).map((pair) => pair.slice(0, 2).join("="));
  const hidden = new Set(fieldsOf(form).filter((field) => field.type === "hidden" && !field.hasAttribute("data-combobox-value")).map(({ name }) => name));
  const [here, there] = [snapshot(form), fields].map((pairs) => fixed(pairs.filter(([name]) => hidden.has(name))).sort().join("\n"));
  return here === there;
}

/** Put the kept values in; returns the visible fields that are others now. */
function fill(form, { fields, texts }) {
  const changed = [];
  const rest = fieldsOf(form).filter((field) => field.name);
  for (const [name, value, isOn] of fields) {
    const index = rest.findIndex((field) => field.name === name && (isOn === null ? !isTick(field) : isTick(field) && field.value === value));
    if (index < 0) continue;
    const [field] = rest.splice(index, 1);
    if (isOn === null ? field.value === value : field.checked === isOn) continue;
    if (isOn === null) field.value = value;
    else field.checked = isOn;
    if (field.type !== "hidden") changed.push(field);
  }
  [...form.querySelectorAll('[data-combobox] [role="combobox"]')].forEach((box, index) => {
    if (box.value === texts[index]) return;
    box.value = texts[index] ?? "";
    changed.push(box);
  });
  return changed;
}
