/**
 * The seconds in which a payment that was just taken can be undone: a button beside the receipt, then a message beside the next
 * student. After that a link says where the receipt is voided.
 */
import { http } from "../lib/http.js";
import { formatMoney } from "../lib/money.js";
import { toast } from "../lib/toasts.js";
import { t } from "../lib/words.js";

/** `undone(answer)` and `refused(error)` hear how it ended; null where nothing can be undone. */
export function offerUndo(saved, { undone, refused, now = () => Date.now() }) {
  if (!saved.undo_url) return null;
  const until = now() + saved.undo_seconds * 1_000;
  const buttons = new Map();
  let isOver = false;
  let closeMessage = null;
  const timer = setInterval(() => (left() > 0 ? [...buttons.keys()].forEach(count) : end()), 250);

  return { button, asMessage, run, isOpen: () => !isOver && left() > 0 };

  function left() {
    return Math.ceil((until - now()) / 1_000);
  }

  /** Make a button offer it; `later` is shown in its place when the time is over. */
  function button(element, later = null) {
    const seconds = document.createElement("span");
    seconds.setAttribute("aria-hidden", "true");
    element.replaceChildren(`${t("Undo")} `, seconds);
    element.hidden = false;
    element.addEventListener("click", run);
    buttons.set(element, later);
    count(element);
  }

  /** The receipt makes room for the next student: go on offering it beside. */
  function asMessage() {
    if (isOver) return;
    closeMessage = toast({ title: `${saved.receipt_no}, ${formatMoney(saved.amount)}`, message: saved.student, tone: "good", stay: true, bind: button });
  }

  async function run() {
    if (isOver) return;
    end();
    try {
      undone(await http.post(saved.undo_url));
    } catch (error) {
      refused(error);
    }
  }

  function end() {
    isOver = true;
    clearInterval(timer);
    for (const [element, later] of buttons) {
      const hadFocus = element === document.activeElement;
      element.hidden = true;
      if (later) later.hidden = false;
      if (hadFocus) (later ?? element.parentElement.querySelector("button:not([hidden]), a"))?.focus();
    }
    closeMessage?.();
  }

  /** Seconds that pass are shown, and not read out. */
  function count(element) {
    element.lastElementChild.textContent = `(${left()})`;
  }
}
