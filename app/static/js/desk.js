/** The fee desk: student, amount, Enter, receipt; and again. Without this module the page works by posting its form. */
import { drafts, keys, live } from "./shell.js";
import { bindForm, clearErrors, fillIn, followAccount, onward, setBusy, showErrors, tell } from "./desk/form.js";
import { showChecking, showDone, showUndone } from "./desk/panels.js";
import { forget, pendingOf, post, remember, savedWith } from "./desk/pending.js";
import { offerUndo } from "./desk/undo.js";
import { tellRestored } from "./lib/drafts.js";
import { fetchDocument } from "./lib/fragments.js";
import { HERE } from "./lib/keys-of-page.js";
import { formatMoney, schoolMoney } from "./lib/money.js";
import { sendOnce } from "./lib/send-once.js";
import { toast } from "./lib/toasts.js";
import { fetchInto } from "./lib/waiting.js";
import { t } from "./lib/words.js";

const STATES = { sending: () => t("Saving…"), checking: () => t("No answer yet. Checking whether it was saved; it is taken only once.") };
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
  let offer = null;

  desk.addEventListener("combobox:choose", ({ detail }) => openStudent(detail.id));
  desk.querySelector("[data-desk-search]").addEventListener("submit", (event) => event.preventDefault());
  keys?.add(HERE(), keysOfDesk());
  live?.on("changed", ({ table }) => ["fees", "payments"].includes(table) && refreshSoon());
  const before = pendingOf(desk.dataset.user);
  if (before) checking(before);
  else {
    bindFormOf();
    // A phone shows first what is owed; the field below it is ready all the same.
    if (document.activeElement === document.body) focusAmount({ preventScroll: true });
  }

  /* The student */

  async function openStudent(id) {
    if (busy) return;
    const mine = ++turn;
    await fetchInto(account, () => studentPage(id), (page) => {
      throwAway();
      history.replaceState(null, "", `/desk?student=${id}`);
      replace(account, page, "[data-desk-account]");
      replace(pay, page, "[data-desk-pay]");
      bindFormOf();
      focusAmount();
    }, { failure: notOpened, wanted: () => mine === turn });
  }

  function nextStudent() {
    turn += 1;
    throwAway();
    history.replaceState(null, "", "/desk");
    account.replaceChildren(document.querySelector("[data-desk-idle-account]").content.cloneNode(true));
    pay.replaceChildren(document.querySelector("[data-desk-idle-pay]").content.cloneNode(true));
    studentBox.value = "";
    studentBox.focus();
  }

  function bindFormOf() {
    const form = formOf();
    if (!form) return;
    bindForm(form, { card, save });
    if (drafts?.track(form)) tellRestored(form, drafts);
  }

  function focusAmount(how) {
    formOf()?.elements.amount.focus(how);
  }

  /** The cashier has turned to somebody else: what was typed for this student is not wanted any more. */
  function throwAway() {
    if (formOf()) drafts?.forget(formOf());
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
    drafts?.forget(form);
    const result = await sendOnce({ send: () => post(body), wait, now: () => performance.now(), onState: (state) => tell(form, STATES[state]()) });
    busy = false;
    setBusy(form, false);
    if (result.outcome === "unknown") {
      checking(body);
      return;
    }
    forget();
    if (result.outcome === "done") return done(result.data);
    if (result.error.saved) return done(result.error.saved, result.error.message);
    drafts?.touch(form);
    if (result.status === 401) drafts.leave(() => window.location.assign(`/login?next=${encodeURIComponent(window.location.pathname + window.location.search)}`));
    else showErrors(form, result);
  }

  function done(saved, words) {
    offer = offerUndo(saved, { undone, refused: notUndone });
    showDone(pay, saved, { words, next: goOn, offer });
    refreshAccount();
    refreshToday();
  }

  function goOn() {
    offer?.asMessage();
    nextStudent();
  }

  /** The payment just taken is void. Another student may be open by now, whose form stays as it is. */
  function undone({ message, student_id: student }) {
    refreshAccount();
    refreshToday();
    if (formOf()) toast({ title: message, tone: "warn", stay: true });
    else showUndone(pay, { message }, { next: nextStudent, again: () => openStudent(student) });
  }

  function notUndone({ message, data }) {
    const where = data?.void_url;
    if (formOf()) toast({ title: t("Not undone"), message, tone: "bad", href: where, stay: true });
    else showUndone(pay, { message, void_url: where }, { next: nextStudent });
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
      done(saved, t("This payment was saved"));
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

  /* Keys: what they do, and what the list under "?" says of them */

  function toStudentBox() {
    studentBox.focus();
    studentBox.select();
  }

  function keysOfDesk() {
    const inForm = ({ target }) => target.closest?.("[data-desk-form]");
    const inField = (event) => inForm(event) && !["BUTTON", "SUMMARY", "A"].includes(event.target.tagName);
    return [
      { keys: "ArrowUp ArrowDown Enter", label: t("Choose a student from the list") },
      { keys: "Enter", label: t("To the next field; on the last one: save"), when: inField, run: (event) => onward(inForm(event), event.target) },
      { keys: "ArrowLeft ArrowRight", label: t("Change the way of paying") },
      { keys: "Ctrl+Enter", label: t("Save at once"), when: inField, run: (event) => inForm(event).requestSubmit() },
      { keys: "u", label: t("Undo the payment just taken"), when: () => offer?.isOpen(), run: () => offer.run() },
      { keys: "Escape", label: t("Back to the student box"), when: (event) => inForm(event) || event.target === document.body, run: toStudentBox },
    ];
  }
}

async function studentPage(student) {
  const page = await fetchDocument(`/desk?student=${student}`, { fragment: "desk" });
  if (!page) throw new Error("there is no such student any more");
  return page;
}

const pageOf = (student) => studentPage(student).catch(() => null);

const notOpened = () => ({ title: t("The student could not be opened."), text: t("Nothing was saved or changed.") });

const wait = (pause) => new Promise((done) => setTimeout(done, pause));

function replace(place, page, selector) {
  const fresh = page.querySelector(selector);
  if (fresh) place.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
}

if (desk) start();
