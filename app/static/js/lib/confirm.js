import { t } from "./words.js";

/** Ask before something that cannot be taken back. Resolves to true for yes; "no" is what Escape and Enter choose. */
export function confirmed(question, yes = t("Yes")) {
  const dialog = document.querySelector("[data-confirm-dialog]");
  dialog.querySelector("[data-confirm-question]").textContent = question;
  dialog.querySelector("[data-confirm-yes]").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
