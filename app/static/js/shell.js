/** The module of every page: live figures and rows, the bell, toasts, forms. Pages of their own import `live` from here. */
import { bindCombobox } from "./lib/combobox.js";
import { Drafts, tellRestored } from "./lib/drafts.js";
import { bindFields, bindForms } from "./lib/forms.js";
import { http } from "./lib/http.js";
import { keepOffline } from "./lib/kept-offline.js";
import { keysOf } from "./lib/keys-of-page.js";
import { bindThemeChoice } from "./lib/menu.js";
import { bindMeanwhile } from "./lib/meanwhile.js";
import { momentOf } from "./lib/clock.js";
import { bindPalette } from "./lib/palette.js";
import { bindRows } from "./lib/rows.js";
import { Saving } from "./lib/saving.js";
import { showStatus, startScreen } from "./lib/screen.js";
import { seenIds } from "./lib/seen.js";
import { toast, toastOf } from "./lib/toasts.js";
import { visited } from "./lib/visited.js";
import { bindWork } from "./lib/work.js";
import { t } from "./lib/words.js";

const TOAST_YOUNGER_THAN = 120_000;

const root = document.querySelector("[data-screen]");
export const screen = document.body.dataset.live ? startScreen(drawnBy(root)) : null;
export const live = screen ? screen.live : null;

const { user } = document.body.dataset;
export const drafts = live ? draftsOf(user) : null;
const saving = live ? new Saving({ drafts, onRedrawn: bindPlace }) : null;
const places = visited(sessionStorage, user);
const palette = live ? bindPalette(document, { recent: () => places.read().filter((path) => path !== window.location.pathname) }) : null;
export const keys = live ? keysOf(document, { user, openSearch: palette && palette.open }) : null;

bindForms(document, saving);
bindThemeChoice(document);
if (screen) {
  showStatus(document.body, screen);
  bindBell();
  bindWork(document, live, { user });
  keepDrafts();
  live.on("notify", announce);
  live.on("ctl", obey);
  live.start();
  places.note(window.location.pathname);
} else tellOfWaiting();
bindPlace(document, null);
keepOffline();

/** Bind what stands in a place: the whole page, or what came in place of its content after a form was `sent`. */
function bindPlace(place, sent) {
  place.querySelectorAll("[data-combobox]").forEach(bindCombobox);
  if (live) bindRows(place, live);
  if (live) bindMeanwhile(place, live);
  if (drafts) trackForms(place, sent);
  if (!sent) return;
  bindFields(place);
  document.dispatchEvent(new CustomEvent("page:redrawn"));
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

function obey(message) {
  // A form that is on its way (signing out, a new password) brings its own next page.
  if (message.auth_changed && !document.querySelector("form[data-sent], form[data-busy]")) drafts.leave(() => window.location.reload());
  if (!message.reload) return;
  if (drafts.anyTyped()) toast({ title: t("A new version is ready"), message: t("Reload the page when you have saved."), tone: "info", stay: true });
  else setTimeout(() => drafts.leave(() => window.location.reload()), Math.random() * 5000);
}

/* What is being typed */

function draftsOf(name) {
  const [{ type } = {}] = performance.getEntriesByType("navigation");
  const isReload = type === "reload" || type === "back_forward";
  return new Drafts({ storage: sessionStorage, user: name, isReload, address: () => window.location.pathname + window.location.search });
}

/** A form of the page that is kept while it is typed into; pages track forms that they make themselves. */
function trackForms(place, sent) {
  for (const form of place.querySelectorAll('form[method="post"][data-form]:not([enctype], [data-no-draft])')) {
    const isRefused = Boolean(sent && sent.isRefused && form.getAttribute("action") === sent.action);
    if (drafts.track(form, { isRefused })) tellRestored(form, drafts);
  }
}

function keepDrafts() {
  let isSigningOut = false;
  drafts.clear({ others: true });
  for (const kind of ["input", "change"]) document.addEventListener(kind, ({ target }) => target.form && drafts.touch(target.form));
  document.addEventListener("submit", ({ target }) => (isSigningOut = isSigningOut || target.getAttribute("action") === "/logout"));
  window.addEventListener("beforeunload", (event) => drafts.shouldAsk() && event.preventDefault());
  window.addEventListener("pagehide", () => (isSigningOut ? drafts.clear() : drafts.gone()));
  window.addEventListener("pageshow", ({ persisted }) => persisted && drafts.back());
}

/** At the door: say that what was typed has not been lost. */
function tellOfWaiting() {
  const form = document.querySelector('form[action="/login"]');
  if (!form || !new Drafts({ storage: sessionStorage, user, address: () => "" }).isWaiting()) return;
  const words = document.createElement("p");
  words.className = "alert alert-info notice";
  words.textContent = t("Please sign in again. What you typed is kept in this tab and comes back.");
  form.before(words);
}
