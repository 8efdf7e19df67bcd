/** The module of every page: live figures and rows, the bell, toasts, forms. Pages of their own import `live` from here. */
import { bindCombobox } from "./lib/combobox.js";
import { bindForms } from "./lib/forms.js";
import { http } from "./lib/http.js";
import { bindThemeChoice } from "./lib/menu.js";
import { momentOf } from "./lib/clock.js";
import { bindRows } from "./lib/rows.js";
import { showStatus, startScreen } from "./lib/screen.js";
import { seenIds } from "./lib/seen.js";
import { toast, toastOf } from "./lib/toasts.js";

const TOAST_YOUNGER_THAN = 120_000;

const root = document.querySelector("[data-screen]");
export const screen = document.body.dataset.live ? startScreen(drawnBy(root)) : null;
export const live = screen ? screen.live : null;

bindForms(document);
bindThemeChoice(document);
document.querySelectorAll("[data-combobox]").forEach(bindCombobox);
if (screen) {
  showStatus(document.body, screen);
  bindRows(document, live);
  bindBell();
  bindProgress();
  live.on("notify", announce);
  live.on("ctl", obey);
  live.start();
}

function drawnBy(element) {
  return element ? { figures: JSON.parse(element.dataset.figures || "{}"), today: element.dataset.today } : {};
}

function announce(message) {
  const seen = seenIds(sessionStorage);
  if (seen.has(message.id)) return;
  seen.add(message.id);
  if (screen.time.now() - momentOf(message.at) < TOAST_YOUNGER_THAN) toast(toastOf(message));
}

function bindBell() {
  const url = document.body.dataset.unreadUrl;
  const badges = document.querySelectorAll("[data-unread]");
  if (!badges.length) return;
  let timer = null;
  const ask = async () => {
    timer = null;
    try {
      const { unread } = await http.get(url);
      for (const badge of badges) {
        badge.hidden = !unread;
        badge.querySelector("[data-unread-count]").textContent = unread > 99 ? "99+" : unread;
      }
    } catch {
      // The number stays; the next message asks again.
    }
  };
  const soon = () => {
    timer = timer || setTimeout(ask, 500 + Math.random() * 500);
  };
  live.on("notify", soon);
  live.on("changed", ({ table }) => (table === "system_notifications" || table === "notification_reads") && soon());
}

function bindProgress() {
  live.on("progress", ({ job, done, total }) => {
    for (const box of document.querySelectorAll("[data-progress]")) {
      if (box.dataset.progress && box.dataset.progress !== String(job)) continue;
      box.hidden = false;
      const bar = box.querySelector("progress");
      if (bar) Object.assign(bar, { max: total || 1, value: done });
      const words = box.querySelector("[data-progress-words]");
      if (words) words.textContent = `${done} of ${total}`;
    }
  });
}

function obey(message) {
  // A form that is on its way (signing out, a new password) brings its own next page.
  if (message.auth_changed && !document.querySelector("form[data-sent]")) window.location.reload();
  if (!message.reload) return;
  const typing = [...document.querySelectorAll("form[method=post] input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
  if (typing) toast({ title: "A new version is ready", message: "Reload the page when you have saved.", tone: "info", stay: true });
  else setTimeout(() => window.location.reload(), Math.random() * 5000);
}
