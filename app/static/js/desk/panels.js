/** What stands in the place of the payment form: the receipt that was written, or a payment that is being looked for. */
import { formatMoney } from "../lib/money.js";
import { t } from "../lib/words.js";

export const clone = (selector) => document.querySelector(selector).content.firstElementChild.cloneNode(true);

/** The receipt, as the server told it; `offer` is the way back, if there is one. */
export function showDone(place, saved, { words = saved.message, next, offer }) {
  const panel = clone("[data-desk-done]");
  const find = (name) => panel.querySelector(`[data-done-${name}]`);
  const balance = saved.arrears ? t("Still owes {amount}.", { amount: formatMoney(saved.arrears) }) : t("Owes nothing now.");
  const credit = saved.credit ? t("Credit {amount}.", { amount: formatMoney(saved.credit) }) : "";
  find("words").textContent = words;
  find("amount").textContent = formatMoney(saved.amount);
  find("receipt").textContent = saved.receipt_no;
  find("student").textContent = saved.student;
  find("method").textContent = saved.method;
  find("balance").textContent = `${balance} ${credit}`.trim();
  find("open").href = saved.receipt_url;
  find("print").action = saved.print_url;
  // A copy may be printed as well: this form is never "sent".
  find("print").addEventListener("submit", (event) => event.stopPropagation());
  find("next").addEventListener("click", next);
  if (saved.void_url) Object.assign(find("void"), { href: saved.void_url, hidden: Boolean(offer) });
  offer?.button(find("undo"), find("void"));
  place.replaceChildren(panel);
  find("next").focus();
}

/** What became of undoing: a receipt that is void now, or the reason why it stands, and where it is voided. */
export function showUndone(place, { message, void_url: where = null }, { next, again }) {
  const panel = clone("[data-desk-undone]");
  const find = (name) => panel.querySelector(`[data-undone-${name}]`);
  panel.toggleAttribute("data-refused", !again);
  find("words").textContent = message;
  if (where) Object.assign(find("void"), { href: where, hidden: false });
  find("again").hidden = !again;
  if (again) find("again").addEventListener("click", again);
  find("next").addEventListener("click", next);
  place.replaceChildren(panel);
  find("next").focus();
}

/** A payment whose answer got lost. Returns what to call when it is known that nothing was saved. */
export function showChecking(place, { again, drop }) {
  const panel = clone("[data-desk-checking]");
  const find = (name) => panel.querySelector(`[data-checking-${name}]`);
  find("words").textContent = t("Checking the payment before …");
  find("about").textContent = t("Its answer did not arrive. It is not taken twice.");
  find("again").addEventListener("click", again);
  find("drop").addEventListener("click", drop);
  place.replaceChildren(panel);
  return (amount) => {
    find("words").textContent = t("The payment before was not saved.");
    find("about").textContent = t("It was {amount}. Send it again, or leave it and enter it anew.", { amount });
    find("again").hidden = find("drop").hidden = false;
    find("again").focus();
  };
}
