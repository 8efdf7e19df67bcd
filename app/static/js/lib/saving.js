/**
 * What happens to a form that is sent: it is saved and the browser goes where the server says; it is refused and comes back with
 * its errors; nobody is signed in any more, and it waits; or no answer came, and it stays as it is, to be sent again.
 */
import { sendOnce } from "./send-once.js";
import { getPage, sendForm } from "./send-form.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const SLOW = 400;
const SIGN_IN = 'form[action="/login"]';

/** `drafts` keeps what is typed; `onRedrawn(place, sent)` binds what came in place of the page's content. */
export class Saving {
  constructor({ drafts, onRedrawn, go = (url) => window.location.assign(url) }) {
    Object.assign(this, { drafts, onRedrawn, go });
  }

  async send(form, button) {
    form.setAttribute("data-sent", "");
    const slow = setTimeout(() => tell(form, t("Saving…")), SLOW);
    const answer = await this.answerTo(form, button);
    clearTimeout(slow);
    // A form that is saved stays sent until the page is gone.
    document.dispatchEvent(new CustomEvent("form:answered"));
    if (!answer.location) for (const name of ["data-sent", "data-confirmed"]) form.removeAttribute(name);
    this.take(form, button, answer);
  }

  /** The last answer; of a form that may be sent twice without harm, after several tries. `{ status: 0 }` for none. */
  async answerTo(form, button) {
    let last = { status: 0 };
    const attempt = async () => {
      last = { status: 0 };
      last = await sendForm(form, button);
      if (last.status === 403) {
        const token = await renewToken();
        if (token === "renewed") last = await sendForm(form, button);
        if (token === "signed out") last = { status: 401 };
      }
      return { status: last.status, data: null };
    };
    if (form.elements.request_key) {
      const onState = (state) => state === "checking" && tell(form, t("No answer yet. What you typed is still here; it is saved only once."));
      await sendOnce({ send: attempt, onState, wait, now: () => performance.now(), patience: 30_000 });
    } else {
      await attempt().catch(() => {});
    }
    return last;
  }

  take(form, button, { status, location, page }) {
    if (location) return this.drafts.leave(() => visit(location, this.go), { saved: form });
    if (status === 401 || page?.querySelector(SIGN_IN)) return this.signIn(form);
    const content = page?.querySelector("main");
    if (content && (status < 400 || comesBack(content, form))) return this.redraw(form, page, status);
    tell(form, "");
    this.stay(form, button, status, content);
  }

  redraw(form, page, status) {
    const place = document.querySelector("main");
    if (status < 400) this.drafts.forget(form);
    for (const sheet of page.querySelectorAll('link[rel="stylesheet"]')) {
      if (!document.head.querySelector(`link[href="${sheet.getAttribute("href")}"]`)) document.head.append(document.importNode(sheet, true));
    }
    document.title = page.title;
    place.replaceChildren(...[...page.querySelector("main").childNodes].map((node) => document.importNode(node, true)));
    this.onRedrawn(place, { action: form.getAttribute("action"), isRefused: status >= 400 });
    (place.querySelector("[data-error-summary]") ?? place).focus();
    if (status < 400) window.scrollTo(0, 0);
  }

  /** The session has ended: what was typed waits in this tab for its user. */
  signIn(form) {
    this.drafts.touch(form);
    const here = window.location.pathname + window.location.search;
    this.drafts.leave(() => this.go(`/login?next=${encodeURIComponent(here)}`));
  }

  stay(form, button, status, content) {
    const said = content?.querySelector(".lead")?.textContent.trim();
    const words = said || (status ? t("The server could not do this (error {status}).", { status }) : t("No answer from the server."));
    const rest = status || form.elements.request_key ? t("Nothing was saved; what you typed is still here.") : t("It may not be saved; what you typed is still here.");
    if (form.matches("[data-form]")) tell(form, `${words} ${rest}`, () => form.requestSubmit(button ?? undefined));
    else toast({ title: t("Not done"), message: words, tone: "bad" });
  }
}

/** The line under a form that says what becomes of it. */
function tell(form, words, again = null) {
  let line = form.querySelector("[data-form-state]");
  if (!line) {
    if (!words || !form.matches("[data-form]")) return;
    line = document.createElement("div");
    line.className = "form-state";
    line.setAttribute("role", "status");
    line.setAttribute("data-form-state", "");
    (form.querySelector(".submit-bar") ?? form.lastElementChild).after(line);
  }
  const text = document.createElement("p");
  text.textContent = words;
  line.replaceChildren(...(words ? [text] : []));
  line.toggleAttribute("data-failed", Boolean(again));
  if (!again) return;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn-secondary btn-sm", textContent: t("Try again") });
  button.addEventListener("click", () => {
    tell(form, "");
    again();
  });
  line.append(button);
  line.scrollIntoView({ block: "nearest" });
}

/** Whether the answer holds the same form again, with what was typed. */
const comesBack = (content, form) => [...content.querySelectorAll("form[method=post]")].some((other) => other.getAttribute("action") === form.getAttribute("action"));

/** The page's token may be of a session before this one: take a new one. "renewed", "signed out" or "unknown". */
async function renewToken() {
  const { page } = await getPage(window.location.href).catch(() => ({}));
  const fresh = page?.querySelector('meta[name="csrf-token"]')?.content;
  if (!fresh) return "unknown";
  if (page.querySelector(SIGN_IN)) return "signed out";
  document.querySelector('meta[name="csrf-token"]').content = fresh;
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = fresh;
  return "renewed";
}

function visit(target, go) {
  const url = new URL(target, window.location.href);
  const isHere = url.pathname + url.search === window.location.pathname + window.location.search;
  if (!isHere || !url.hash) return go(url.href);
  // The browser would only scroll to the place in the page as it was.
  window.history.replaceState(null, "", url.href);
  window.location.reload();
}

const wait = (pause) => new Promise((done) => setTimeout(done, pause));
