/** The fee desk: student, amount, Enter, receipt; and again. Without this module the page works by posting its form. */
import { live } from "./shell.js";
import { bindForm, clearErrors, fillIn, followAccount, onward, setBusy, showErrors, tell } from "./desk/form.js";
import { showChecking, showDone } from "./desk/panels.js";
import { forget, pendingOf, post, remember, savedWith } from "./desk/pending.js";
import { fetchDocument } from "./lib/fragments.js";
import { formatMoney, schoolMoney } from "./lib/money.js";
import { sendOnce } from "./lib/send-once.js";

const STATES = { sending: "Saving…", checking: "No answer yet. Checking whether it was saved; it is taken only once." };
const desk = document.querySelector("[data-desk]");

function start() {
  const studentBox = desk.querySelector('[role="combobox"]');
  const account = desk.querySelector("[data-desk-account]");
  const pay = desk.querySelector("[data-desk-pay]");
  const card = () => account.querySelector("[data-student]");
  const formOf = () => pay.querySelector("[data-desk-form]");
  let busy = false;
  let turn = 0;
  let refreshing = null;

  desk.addEventListener("combobox:choose", ({ detail }) => openStudent(detail.id));
  desk.querySelector("[data-desk-search]").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", onKey);
  bindHelp();
  bindFormOf();
  live?.on("changed", ({ table }) => ["fees", "payments"].includes(table) && refreshSoon());
  const before = pendingOf(desk.dataset.user);
  if (before) checking(before);

  /* The student */

  async function openStudent(id) {
    if (busy) return;
    const mine = ++turn;
    const page = await pageOf(id);
    if (mine !== turn) return;
    if (!page) {
      if (formOf()) tell(formOf(), "The student could not be opened. Please try again.");
      return;
    }
    history.replaceState(null, "", `/desk?student=${id}`);
    replace(account, page, "[data-desk-account]");
    replace(pay, page, "[data-desk-pay]");
    bindFormOf();
  }

  function nextStudent() {
    turn += 1;
    history.replaceState(null, "", "/desk");
    account.replaceChildren(document.querySelector("[data-desk-idle-account]").content.cloneNode(true));
    pay.replaceChildren(document.querySelector("[data-desk-idle-pay]").content.cloneNode(true));
    studentBox.value = "";
    studentBox.focus();
  }

  function bindFormOf() {
    if (formOf()) bindForm(formOf(), { card, save });
  }

  function refreshSoon() {
    if (refreshing || !card()) return;
    refreshing = setTimeout(async () => {
      refreshing = null;
      if (!busy) await refreshAccount();
    }, 400);
  }

  /** Somebody else may have paid or charged this student: bring the balance up to date, leave what was typed. */
  async function refreshAccount() {
    if (!card()) return;
    const { student, arrears } = card().dataset;
    const mine = turn;
    const page = await pageOf(student);
    if (!page || mine !== turn) return;
    replace(account, page, "[data-desk-account]");
    if (formOf() && card()?.dataset.arrears !== arrears) followAccount(formOf(), page.querySelector("[data-desk-form]"), card());
  }

  /* Saving */

  async function save(form) {
    if (busy) return;
    clearErrors(form);
    busy = true;
    setBusy(form, true);
    const body = new URLSearchParams(new FormData(form));
    remember(body, desk.dataset.user);
    const result = await sendOnce({ send: () => post(body), wait, now: () => performance.now(), onState: (state) => tell(form, STATES[state]) });
    busy = false;
    setBusy(form, false);
    if (result.outcome === "unknown") {
      checking(body);
      return;
    }
    forget();
    if (result.outcome === "done") done(result.data);
    else if (result.error.saved) done(result.error.saved, result.error.message);
    else showErrors(form, result);
  }

  function done(saved, words) {
    showDone(pay, saved, { words, next: nextStudent });
    refreshAccount();
    refreshToday();
  }

  async function refreshToday() {
    const page = await fetchDocument("/desk", { fragment: "table" }).catch(() => null);
    if (page) replace(desk.querySelector('[data-live-table="payments"]'), page, '[data-live-table="payments"]');
  }

  /** A payment whose answer got lost: one of saved, not saved, or still checking is true, and only that is shown. */
  async function checking(body) {
    busy = true;
    const notSaved = showChecking(pay, { again: () => sendAgain(body), drop: leave });
    let saved = await savedWith(body.get("request_key"));
    while (saved === undefined) {
      await wait(2_000);
      saved = await savedWith(body.get("request_key"));
    }
    busy = false;
    if (saved) {
      forget();
      done(saved, "This payment was saved");
    } else {
      const amount = schoolMoney().read(body.get("amount"));
      notSaved(amount === null ? body.get("amount") : formatMoney(amount));
    }
  }

  function leave() {
    forget();
    nextStudent();
  }

  async function sendAgain(body) {
    await openStudent(body.get("student_id"));
    const form = formOf();
    if (!form) return;
    body.delete("csrf_token");
    fillIn(form, body, card());
    save(form);
  }

  /* Keys */

  function bindHelp() {
    const help = document.querySelector("[data-desk-help]");
    help.hidden = false;
    help.addEventListener("click", showKeys);
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
}

const pageOf = (student) => fetchDocument(`/desk?student=${student}`, { fragment: "desk" }).catch(() => null);

const wait = (pause) => new Promise((done) => setTimeout(done, pause));

const showKeys = () => document.querySelector("[data-desk-keys]").showModal();

/** Whether a question mark belongs to what is being typed. */
const isWriting = (target) => target.matches?.("input, textarea, select") && target.type !== "radio" && target.name !== "amount" && Boolean(target.value);

function replace(place, page, selector) {
  const fresh = page.querySelector(selector);
  if (fresh) place.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
}

if (desk) start();
