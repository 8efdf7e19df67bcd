/** Small help for forms: one submit, the focus on what is wrong, the amount that was understood. */
import { schoolMoney } from "./money.js";

export function bindForms(root) {
  root.querySelector("[data-error-summary]")?.focus();
  for (const form of root.querySelectorAll("form")) {
    form.addEventListener("submit", (event) => onSubmit(event, form));
  }
  for (const input of root.querySelectorAll("[data-money-input]")) showUnderstood(input);
  for (const button of root.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
  // A page that comes back from the history must have working buttons again.
  window.addEventListener("pageshow", () => root.querySelectorAll("form[data-sent]").forEach((form) => form.removeAttribute("data-sent")));
}

function onSubmit(event, form) {
  const question = form.dataset.confirm;
  if (form.hasAttribute("data-sent") || (question && !window.confirm(question))) {
    event.preventDefault();
    return;
  }
  if (form.method === "post" && !event.defaultPrevented) form.setAttribute("data-sent", "");
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
