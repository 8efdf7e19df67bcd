/** The fee desk: student, amount, Enter, receipt; and again. Without this module the page works by posting its form. */
import { live } from "./shell.js";
import { fetchDocument } from "./lib/fragments.js";
import { formatMoney, schoolMoney } from "./lib/money.js";
import { sendOnce } from "./lib/send-once.js";
import { sharesOf } from "./lib/shares.js";

const PENDING = "desk-pending";
const ANSWER_WITHIN = 15_000;

const desk = document.querySelector("[data-desk]");

function start() {
  const studentBox = desk.querySelector('[role="combobox"]');
  const account = desk.querySelector("[data-desk-account]");
  const pay = desk.querySelector("[data-desk-pay]");
  let busy = false;
  let turn = 0;
  let refreshing = null;

  desk.addEventListener("combobox:choose", ({ detail }) => openStudent(detail.id));
  desk.querySelector("[data-desk-search]").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", onKey);
  bindKeys();
  bindForm();
  live?.on("changed", ({ table }) => {
    if (["fees", "payments"].includes(table)) refreshSoon();
  });
  askAboutPending();

  /* The student */

  async function openStudent(id) {
    if (busy) return;
    const mine = ++turn;
    const page = await pageOf(id);
    if (mine !== turn || !page) return;
    history.replaceState(null, "", `/desk?student=${id}`);
    replace(account, page, "[data-desk-account]");
    replace(pay, page, "[data-desk-pay]");
    bindForm();
  }

  async function pageOf(id) {
    try {
      return await fetchDocument(`/desk?student=${id}`, { fragment: "desk" });
    } catch {
      say("The student could not be opened. Please try again.");
      return null;
    }
  }

  function nextStudent() {
    turn += 1;
    history.replaceState(null, "", "/desk");
    account.replaceChildren(document.querySelector("[data-desk-idle-account]").content.cloneNode(true));
    pay.replaceChildren(document.querySelector("[data-desk-idle-pay]").content.cloneNode(true));
    studentBox.value = "";
    studentBox.focus();
  }

  function refreshSoon() {
    if (refreshing || !account.querySelector("[data-student]")) return;
    refreshing = setTimeout(async () => {
      refreshing = null;
      if (!busy) await refreshAccount();
    }, 400);
  }

  /** Somebody else may have paid or charged this student: bring the balance up to date, leave what was typed. */
  async function refreshAccount() {
    const card = account.querySelector("[data-student]");
    if (!card) return;
    const mine = turn;
    const page = await fetchDocument(`/desk?student=${card.dataset.student}`, { fragment: "desk" }).catch(() => null);
    if (!page || mine !== turn) return;
    const before = card.dataset.arrears;
    replace(account, page, "[data-desk-account]");
    const form = formOf();
    if (!form || account.querySelector("[data-student]")?.dataset.arrears === before) return;
    const amount = form.elements.amount;
    const untouched = amount.value === amount.defaultValue;
    const fresh = page.querySelector("[data-desk-form]");
    for (const part of ["[data-quick-amounts]", "#field-fee_id"]) exchange(form.querySelector(part), fresh?.querySelector(part));
    if (untouched && fresh) {
      amount.value = amount.defaultValue = fresh.elements.amount.value;
      if (document.activeElement === amount) amount.select();
    }
    showQuickAmounts(form);
    preview(form);
  }

  /* The form */

  function formOf() {
    return pay.querySelector("[data-desk-form]");
  }

  function bindForm() {
    const form = formOf();
    if (!form) return;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      save(form);
    });
    form.addEventListener("input", () => preview(form));
    form.addEventListener("change", () => {
      showReference(form);
      preview(form);
    });
    form.addEventListener("click", (event) => {
      const quick = event.target.closest("[data-amount]");
      if (!quick) return;
      form.elements.amount.value = plain(Number(quick.dataset.amount));
      form.elements.amount.focus();
      form.elements.amount.select();
      preview(form);
    });
    showQuickAmounts(form);
    showReference(form);
    preview(form);
    const bad = form.querySelector('[aria-invalid="true"]') || form.elements.amount;
    bad.focus();
    bad.select?.();
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

  function preview(form) {
    const list = form.querySelector("[data-desk-preview]");
    const amount = schoolMoney().read(form.elements.amount.value);
    const card = account.querySelector("[data-student]");
    list.hidden = amount === null || amount <= 0 || !card;
    ask(form, "allow_credit", false);
    if (list.hidden) return;
    const chosen = Number(form.elements.fee_id?.value) || null;
    const { shares, credit } = sharesOf(amount, JSON.parse(card.dataset.fees), chosen);
    const lines = shares.map(({ what, part, rest }) => [rest ? `${what} (${formatMoney(rest)} stays owed)` : `${what} (in full)`, part]);
    if (credit) lines.push([`Credit of ${card.dataset.name}`, credit]);
    if (credit) ask(form, "allow_credit", true, `Keep ${formatMoney(credit)} as credit of ${card.dataset.name}`);
    lines.push(["Owed after this payment", Math.max(0, Number(card.dataset.arrears) - amount)]);
    list.replaceChildren(...lines.map(lineOf));
  }

  function ask(form, name, wanted, words = null) {
    const box = form.querySelector(`[data-ask="${name}"]`);
    if (!box || (box.dataset.told && !wanted)) return;
    box.hidden = !wanted;
    if (!wanted) form.elements[name].checked = false;
    if (words) box.querySelector("[data-ask-words]").textContent = words;
  }

  /* Saving */

  async function save(form) {
    if (busy) return;
    clearErrors(form);
    busy = true;
    setBusy(form, true);
    const body = new URLSearchParams(new FormData(form));
    remember(body);
    const result = await sendOnce({ send: () => post(body), wait, now: () => performance.now(), onState: (state) => tell(form, state) });
    busy = false;
    setBusy(form, false);
    settle(form, result, body);
  }

  function settle(form, result, body) {
    if (result.outcome === "unknown") {
      checking(body);
      return;
    }
    forget();
    if (result.outcome === "done") showDone(result.data);
    else if (result.error.saved) showDone(result.error.saved, result.error.message);
    else showErrors(form, result);
  }

  function showDone(saved, words = saved.message) {
    const done = clone("[data-desk-done]");
    const set = (name, text) => {
      done.querySelector(`[data-done-${name}]`).textContent = text;
    };
    set("words", words);
    set("amount", formatMoney(saved.amount));
    set("receipt", saved.receipt_no);
    set("student", saved.student);
    set("method", saved.method);
    const credit = saved.credit ? ` Credit ${formatMoney(saved.credit)}.` : "";
    set("balance", (saved.arrears ? `Still owes ${formatMoney(saved.arrears)}.` : "Owes nothing now.") + credit);
    done.querySelector("[data-done-print]").action = saved.print_url;
    done.querySelector("[data-done-open]").href = saved.receipt_url;
    const next = done.querySelector("[data-done-next]");
    next.addEventListener("click", nextStudent);
    // A second receipt may be printed: the form of the print button is never "sent".
    done.querySelector("[data-done-print]").addEventListener("submit", (event) => event.stopPropagation());
    pay.replaceChildren(done);
    next.focus();
    refreshAccount();
    refreshToday();
  }

  function showErrors(form, { status, error }) {
    const fields = error.fields ?? (error.param ? { [error.param]: error.message } : {});
    let first = null;
    for (const [name, text] of Object.entries(fields)) {
      if (name.startsWith("allow_")) continue;
      const field = form.querySelector(`#field-${name}`);
      if (field) mark(field, name, text);
      first = first || field;
    }
    for (const name of error.ask ?? []) {
      form.querySelector(`[data-ask="${name}"]`).dataset.told = "yes";
      ask(form, name, true);
      first = form.elements[name];
    }
    const shown = Object.keys(fields).some((name) => form.querySelector(`#error-${name}`));
    const words = error.message ?? `The server could not do this (error ${status}). Nothing was saved.`;
    form.querySelector("[data-desk-state]").textContent = shown ? "Nothing was saved." : words;
    (first ?? form.elements.amount).focus();
    first?.select?.();
  }

  function tell(form, state) {
    const words = { sending: "Saving…", checking: "No answer yet. Checking whether it was saved; it is taken only once." };
    form.querySelector("[data-desk-state]").textContent = words[state];
  }

  async function refreshToday() {
    const page = await fetchDocument("/desk", { fragment: "table" }).catch(() => null);
    const box = desk.querySelector('[data-live-table="payments"]');
    const fresh = page?.querySelector('[data-live-table="payments"]');
    if (fresh) box.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  }

  /* A payment whose answer got lost */

  function remember(body) {
    sessionStorage.setItem(PENDING, JSON.stringify({ body: body.toString(), user: desk.dataset.user }));
  }

  function forget() {
    sessionStorage.removeItem(PENDING);
  }

  async function askAboutPending() {
    const kept = sessionStorage.getItem(PENDING);
    if (!kept) return;
    const { body, user } = JSON.parse(kept);
    if (user === desk.dataset.user) await checking(new URLSearchParams(body));
    else forget();
  }

  async function checking(body) {
    const panel = clone("[data-desk-checking]");
    const set = (name, text) => {
      panel.querySelector(`[data-checking-${name}]`).textContent = text;
    };
    const again = panel.querySelector("[data-checking-again]");
    const drop = panel.querySelector("[data-checking-drop]");
    busy = true;
    set("words", "Checking the payment before …");
    set("about", "Its answer did not arrive. It is not taken twice.");
    pay.replaceChildren(panel);
    let saved;
    do {
      saved = await savedWith(body.get("request_key"));
      if (saved === undefined) await wait(2_000);
    } while (saved === undefined);
    busy = false;
    if (saved) {
      forget();
      showDone(saved, "This payment was saved");
      return;
    }
    set("words", "The payment before was not saved.");
    const amount = schoolMoney().read(body.get("amount"));
    set("about", `It was ${amount === null ? body.get("amount") : formatMoney(amount)}. Send it again, or leave it and enter it anew.`);
    again.hidden = drop.hidden = false;
    again.focus();
    drop.addEventListener("click", () => {
      forget();
      nextStudent();
    });
    again.addEventListener("click", async () => {
      body.set("csrf_token", document.querySelector('meta[name="csrf-token"]').content);
      await openStudent(body.get("student_id"));
      const form = formOf();
      if (!form) return;
      for (const [name, value] of body) setField(form, name, value);
      showReference(form);
      preview(form);
      save(form);
    });
  }

  /** What was saved under a key; null when nothing was, undefined when the server cannot be asked now. */
  async function savedWith(key) {
    try {
      const answer = await fetch(`/desk/status?key=${encodeURIComponent(key)}`, { headers: { Accept: "application/json" } });
      return answer.ok ? (await answer.json()).saved : undefined;
    } catch {
      return undefined;
    }
  }

  /* Keys */

  function bindKeys() {
    const help = document.querySelector("[data-desk-help]");
    help.hidden = false;
    help.addEventListener("click", showKeys);
  }

  function showKeys() {
    document.querySelector("[data-desk-keys]").showModal();
  }

  function onKey(event) {
    if (document.querySelector("dialog[open]") || event.isComposing) return;
    const form = event.target.closest?.("[data-desk-form]");
    if (event.key === "?" && !isWriting(event.target)) showKeys();
    else if (event.key === "Escape" && (form || event.target === document.body)) studentBox.select();
    else if (event.key === "Enter" && form && !["BUTTON", "SUMMARY", "A"].includes(event.target.tagName)) {
      if (event.ctrlKey || event.metaKey) form.requestSubmit();
      else onward(form, event.target);
    } else return;
    event.preventDefault();
  }

  /** Enter moves on; on the last field it saves. */
  function onward(form, from) {
    const stops = [form.elements.amount, form.querySelector('[name="method"]:checked'), visible(form.elements.external_reference)].filter(Boolean);
    const here = from.name === "method" ? stops.findIndex((stop) => stop.name === "method") : stops.indexOf(from);
    const next = here >= 0 ? stops[here + 1] : null;
    if (!next) return form.requestSubmit();
    next.focus();
    next.select?.();
  }

  function say(words) {
    const form = formOf();
    if (form) form.querySelector("[data-desk-state]").textContent = words;
  }
}

const wait = (pause) => new Promise((done) => setTimeout(done, pause));

async function post(body) {
  const answer = await fetch("/desk", {
    method: "POST",
    body,
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  const isJson = (answer.headers.get("Content-Type") || "").includes("json");
  return { status: answer.status, data: isJson ? await answer.json() : null };
}

function replace(place, page, selector) {
  const fresh = page.querySelector(selector);
  if (fresh) place.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
}

function exchange(old, fresh) {
  if (!old || !fresh) return;
  const value = old.value;
  const mine = document.importNode(fresh, true);
  old.replaceWith(mine);
  if (mine.matches("select") && [...mine.options].some((option) => option.value === value)) mine.value = value;
}

const clone = (selector) => document.querySelector(selector).content.firstElementChild.cloneNode(true);

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

function clearErrors(form) {
  form.querySelector("[data-error-summary]")?.remove();
  form.querySelectorAll(".field-error").forEach((words) => words.remove());
  form.querySelectorAll(".field-bad").forEach((box) => box.classList.remove("field-bad"));
  form.querySelectorAll('[aria-invalid="true"]').forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.classList.remove("is-invalid");
  });
}

function setBusy(form, isBusy) {
  form.toggleAttribute("data-busy", isBusy);
  form.querySelector("[data-submit]").disabled = isBusy;
}

function setField(form, name, value) {
  const field = form.elements[name];
  if (!field) return;
  if (field instanceof RadioNodeList) field.value = value;
  else if (field.type === "checkbox") field.checked = true;
  else field.value = value;
}

const plain = (minor) => schoolMoney().plain(minor);

const visible = (field) => (field.closest("[hidden]") ? null : field);

/** Whether a question mark belongs to what is being typed. */
const isWriting = (target) => target.matches?.("input, textarea, select") && target.type !== "radio" && target.name !== "amount" && Boolean(target.value);

if (desk) start();
