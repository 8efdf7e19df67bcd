/** Small help for forms: one submit, the focus on what is wrong, the amount that was understood. */
import { confirmed } from "./confirm.js";
import { schoolMoney } from "./money.js";

/** `saving` sends forms without leaving the page; without it the browser sends them. */
export function bindForms(root, saving = null) {
  root.querySelector("[data-error-summary]")?.focus();
  // On the page, not on each form: rows of a live list bring forms of their own.
  root.addEventListener("submit", (event) => onSubmit(event, event.target, saving));
  bindFields(root);
  // A page that comes back from the history must have working buttons again.
  window.addEventListener("pageshow", () => root.querySelectorAll("form[data-sent]").forEach(setFree));
}

/** What belongs to fields and buttons; also for a part of a page that came later. */
export function bindFields(place) {
  for (const input of place.querySelectorAll("[data-money-input]")) showUnderstood(input);
  for (const button of place.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
}

function setFree(form) {
  form.removeAttribute("data-sent");
  form.removeAttribute("data-confirmed");
}

function onSubmit(event, form, saving) {
  const isPost = form.getAttribute("method") === "post";
  if (form.hasAttribute("data-sent")) {
    event.preventDefault();
  } else if (form.dataset.confirm && !form.hasAttribute("data-confirmed")) {
    event.preventDefault();
    askFirst(form, event.submitter);
  } else if (isPost && !event.defaultPrevented && saving && !form.target && !form.hasAttribute("data-native")) {
    event.preventDefault();
    saving.send(form, event.submitter);
  } else if (isPost && !event.defaultPrevented) {
    form.setAttribute("data-sent", "");
  }
}

async function askFirst(form, button) {
  if (!(await confirmed(form.dataset.confirm, button?.textContent.trim()))) return;
  form.setAttribute("data-confirmed", "");
  form.requestSubmit(button);
}

function showUnderstood(input) {
  const words = document.createElement("span");
  words.className = "money-understood";
  words.setAttribute("aria-live", "polite");
  input.after(words);
  const show = () => {
    const minor = schoolMoney().read(input.value);
    words.textContent = minor === null ? "" : schoolMoney().format(minor);
  };
  input.addEventListener("input", show);
  show();
}
