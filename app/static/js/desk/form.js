/** The payment form of the fee desk: what it shows before saving, what it asks, and what was wrong with it. */
import { formatMoney, schoolMoney } from "../lib/money.js";
import { sharesOf } from "../lib/shares.js";
import { t } from "../lib/words.js";
import { clone } from "./panels.js";

/** Make a form live. `card()` is the account beside it, or null; `save` gets the form. */
export function bindForm(form, { card, save }) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(form);
  });
  form.addEventListener("input", () => preview(form, card()));
  form.addEventListener("change", () => {
    showReference(form);
    preview(form, card());
  });
  form.addEventListener("click", (event) => {
    const quick = event.target.closest("[data-amount]");
    if (!quick) return;
    form.elements.amount.value = schoolMoney().plain(Number(quick.dataset.amount));
    form.elements.amount.focus();
    form.elements.amount.select();
    preview(form, card());
  });
  showQuickAmounts(form);
  showReference(form);
  preview(form, card());
  const bad = form.querySelector('[aria-invalid="true"]') || form.elements.amount;
  bad.focus();
  bad.select?.();
}

/** The account changed under the form: take the new amounts over, leave what was typed. */
export function followAccount(form, fresh, card) {
  const amount = form.elements.amount;
  const untouched = amount.value === amount.defaultValue;
  for (const part of ["[data-quick-amounts]", "#field-fee_id"]) exchange(form.querySelector(part), fresh?.querySelector(part));
  if (untouched && fresh) {
    amount.value = amount.defaultValue = fresh.elements.amount.value;
    if (document.activeElement === amount) amount.select();
  }
  showQuickAmounts(form);
  preview(form, card);
}

/** Enter moves on; on the last field it saves. */
export function onward(form, from) {
  const stops = [form.elements.amount, form.querySelector('[name="method"]:checked'), visible(form.elements.external_reference)].filter(Boolean);
  const here = stops.findIndex((stop) => stop.name === from.name);
  const next = here >= 0 ? stops[here + 1] : null;
  if (!next) return form.requestSubmit();
  next.focus();
  next.select?.();
}

export function showErrors(form, { status, error }) {
  const fields = error.fields ?? (error.param ? { [error.param]: error.message } : {});
  let first = null;
  for (const [name, text] of Object.entries(fields)) {
    const field = form.querySelector(`#field-${name}`);
    if (field) mark(field, name, text);
    first = first || field;
  }
  for (const name of error.ask ?? []) {
    form.querySelector(`[data-ask="${name}"]`).dataset.told = "yes";
    ask(form, name, true);
    first = form.elements[name];
  }
  const isShown = Object.keys(fields).some((name) => form.querySelector(`#error-${name}`));
  const words = error.message ?? t("The server could not do this (error {status}). Nothing was saved.", { status });
  tell(form, isShown ? t("Nothing was saved.") : words);
  (first ?? form.elements.amount).focus();
  first?.select?.();
}

export function clearErrors(form) {
  form.querySelector("[data-error-summary]")?.remove();
  form.querySelectorAll(".field-error").forEach((words) => words.remove());
  form.querySelectorAll(".field-bad").forEach((box) => box.classList.remove("field-bad"));
  form.querySelectorAll('[aria-invalid="true"]').forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.classList.remove("is-invalid");
  });
}

export function setBusy(form, isBusy) {
  form.toggleAttribute("data-busy", isBusy);
  form.querySelector("[data-submit]").disabled = isBusy;
}

export function tell(form, words) {
  form.querySelector("[data-desk-state]").textContent = words;
}

/** Fill in what was sent before. */
export function fillIn(form, body, card) {
  for (const [name, value] of body) {
    const field = form.elements[name];
    if (!field) continue;
    if (field.type === "checkbox") field.checked = true;
    else field.value = value;
  }
  showReference(form);
  preview(form, card);
}

function showQuickAmounts(form) {
  const box = form.querySelector("[data-quick-amounts]");
  if (box) box.hidden = false;
}

function showReference(form) {
  const box = form.querySelector("[data-reference]");
  const wanted = box.dataset.methods.split(" ").includes(form.elements.method.value);
  box.hidden = !wanted;
  form.elements.external_reference.required = wanted;
  if (!wanted) form.elements.external_reference.value = "";
}

function preview(form, card) {
  const list = form.querySelector("[data-desk-preview]");
  const amount = schoolMoney().read(form.elements.amount.value);
  list.hidden = amount === null || amount <= 0 || !card;
  ask(form, "allow_credit", false);
  if (list.hidden) return;
  const chosen = Number(form.elements.fee_id?.value) || null;
  const { shares, credit } = sharesOf(amount, JSON.parse(card.dataset.fees), chosen);
  const lines = shares.map(({ what, part, rest }) => [rest ? t("{fee} ({amount} stays owed)", { fee: what, amount: formatMoney(rest) }) : t("{fee} (in full)", { fee: what }), part]);
  if (credit) lines.push([t("Credit of {name}", { name: card.dataset.name }), credit]);
  if (credit) ask(form, "allow_credit", true, t("Keep {amount} as credit of {name}", { amount: formatMoney(credit), name: card.dataset.name }));
  lines.push([t("Owed after this payment"), Math.max(0, Number(card.dataset.arrears) - amount)]);
  list.replaceChildren(...lines.map(lineOf));
}

/** Show or hide a box to tick; one that the server asked for stays. */
function ask(form, name, wanted, words = null) {
  const box = form.querySelector(`[data-ask="${name}"]`);
  if (!box || (box.dataset.told && !wanted)) return;
  box.hidden = !wanted;
  if (!wanted) form.elements[name].checked = false;
  if (words) box.querySelector("[data-ask-words]").textContent = words;
}

function lineOf([words, amount]) {
  const line = clone("[data-desk-line]");
  line.querySelector("dt").textContent = words;
  line.querySelector("dd").textContent = formatMoney(amount);
  return line;
}

function mark(field, name, text) {
  const words = document.createElement("p");
  words.id = `error-${name}`;
  words.className = "field-error";
  words.textContent = text;
  const box = field.closest(".field") ?? field;
  box.classList.add("field-bad");
  box.append(words);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", words.id);
  field.closest("details")?.setAttribute("open", "");
}

function exchange(old, fresh) {
  if (!old || !fresh) return;
  const value = old.value;
  const mine = document.importNode(fresh, true);
  old.replaceWith(mine);
  if (mine.matches("select") && [...mine.options].some((option) => option.value === value)) mine.value = value;
}

const visible = (field) => (field.closest("[hidden]") ? null : field);
