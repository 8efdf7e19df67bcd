/** The wall: boards of figures for a screen nobody touches. It says when it is behind, and comes back by itself. */
import { takeTurns } from "./lib/boards.js";
import { createChart } from "./lib/charts.js";
import { fetchDocument } from "./lib/fragments.js";
import { WALL_FIGURES, keepLastKnown, readLastKnown } from "./lib/last-known.js";
import { reloadWhenAnswered } from "./lib/reload.js";
import { showStatus, startScreen } from "./lib/screen.js";
import { bindTicker } from "./lib/ticker.js";
import { bindTiles } from "./lib/tiles.js";
import { seenIds } from "./lib/seen.js";
import { toast } from "./lib/toasts.js";
import { keepAwake } from "./lib/wake-lock.js";
import { wallCharts } from "./lib/wall-charts.js";
import { tileDefinitions } from "./lib/wall-tiles.js";
import { t } from "./lib/words.js";

const SHIFT_EVERY = 180000;
const SHIFTS = 8;
const NIGHTLY_HOUR = "03";
const SEEN_EVERY = 240000;
const LOOK_WITHIN = 1500;
const LOOK_AGAIN = 60000;
/** What changes how the page is drawn, and is not a figure. */
const LOOKED_AT = ["classes", "terms", "academic_years", "settings", "wall_displays"];

const root = document.querySelector("[data-screen]");
const read = (name, otherwise) => JSON.parse(root.dataset[name] || "null") || otherwise;
const drawn = read("figures", {});
const kept = readLastKnown(localStorage, WALL_FIGURES);
const isDrawn = Object.keys(drawn).length > 0;
const screen = startScreen({ figures: isDrawn ? drawn : kept ? kept.figures : {}, today: root.dataset.today, always: true, glides: true });
const { live, state, time, clock } = screen;
const page = { classes: read("classes", []), term: read("term", null), lastTerm: read("lastTerm", null), history: read("history", { outstanding: [], years: [] }) };
const school = {
  ...screen,
  today: () => screen.today,
  classes: () => page.classes,
  term: () => page.term,
  history: () => page.history,
};
const tiles = bindTiles(root, tileDefinitions(school), { money: screen.money, lastTerm: () => page.lastTerm && page.lastTerm.figures });
const charts = drawCharts();
const known = keepLastKnown(localStorage, WALL_FIGURES, state, clock);
const ticker = bindTicker(root.querySelector("[data-ticker]"), { most: 8, timeOf: (at) => time.time(at) });
const seen = seenIds(sessionStorage);
let reloading = false;
let looking = null;
let looksLeft = false;

if (!isDrawn && kept) {
  screen.figures.update(null, true);
  showTime(kept.at);
}
showStatus(document.body, screen);
live.on("figures", () => refresh());
live.on("status", ({ at }) => at && (showTime(at), state.synced && known.keep(at)));
live.on("notify", announce);
live.on("changed", ({ table }) => LOOKED_AT.includes(table) && lookSoon());
live.on("connected", (again) => again && lookSoon());
live.on("refused", leave);
live.on("ctl", (message) => (message.auth_changed ? leave() : message.reload && reloadOnce()));
screen.onDay(() => (refresh(true), lookSoon()));
clock.setInterval(tellTime, 1000);
clock.setInterval(shift, SHIFT_EVERY);
clock.setInterval(beSeen, SEEN_EVERY + Math.random() * 30000);
turnBoards();
tellTime();
tellCompared();
refresh(true);
reloadNightly();
keepAwake();
live.start();

function drawCharts() {
  const definitions = wallCharts(school);
  return [...root.querySelectorAll("[data-chart]")].map((figure) => createChart(figure, definitions[figure.dataset.chart], { Chart: window.Chart, money: screen.money }));
}

function refresh(quietly = false) {
  if (!root.isConnected) return;
  tiles.refresh(quietly);
  charts.forEach((chart) => chart.refresh());
}

// ---- boards

function turnBoards() {
  const boards = [...root.querySelectorAll("[data-board]")];
  const marks = [...root.querySelectorAll("[data-board-mark]")];
  const turns = takeTurns({
    names: boards.map((board) => board.dataset.board),
    seconds: Number(root.dataset.seconds),
    clock,
    show(name) {
      boards.forEach((board) => board.classList.toggle("is-shown", board.dataset.board === name));
      marks.forEach((mark) => mark.setAttribute("aria-pressed", String(mark.dataset.boardMark === name)));
      charts.forEach((chart) => chart.refresh());
    },
  });
  const hold = (wanted) => root.classList.toggle("is-held", turns.hold(wanted));
  marks.forEach((mark) => mark.addEventListener("click", () => (turns.choose(mark.dataset.boardMark), hold(true))));
  const holder = root.querySelector("[data-board-hold]");
  if (!holder) return;
  const sayHeld = () => holder.setAttribute("aria-pressed", String(root.classList.contains("is-held")));
  holder.addEventListener("click", () => (hold(), sayHeld()));
  marks.forEach((mark) => mark.addEventListener("click", sayHeld));
  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "ArrowRight") turns.next();
    else if (key === "ArrowLeft") turns.previous();
    else if (key === " " && target === document.body) (hold(), sayHeld());
  });
}

// ---- news

function announce(message) {
  if (message.type === "payment") ticker.add(message);
  if (seen.has(message.id)) return;
  seen.add(message.id);
  if (message.type === "payment") toast({ title: message.title, message: message.message, tone: "good" });
}

// ---- time

function showTime(at) {
  root.querySelector("[data-as-of]").textContent = t("as of {time}", { time: time.time(at) });
}

function tellTime() {
  const now = time.time();
  const place = root.querySelector("[data-clock]");
  if (place.textContent === now) return;
  place.textContent = now;
  root.querySelector("[data-date]").textContent = time.date();
  chooseColours(Number(now.slice(0, 2)));
}

function tellCompared() {
  if (!page.lastTerm) return;
  const day = new Intl.DateTimeFormat(screen.locale, { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" }).format(new Date(`${page.lastTerm.day}T00:00:00Z`));
  for (const place of root.querySelectorAll("[data-compared]")) place.textContent = t("Compared with {day}, the same day of {term}", { day, term: page.lastTerm.name });
}

/** Light by day and dark by night, where that was chosen: a bright screen at night wears out for nobody. */
function chooseColours(hour) {
  if (root.dataset.theme !== "schedule") return;
  const [from, until] = root.dataset.lightHours.split("-").map(Number);
  const theme = hour >= from && hour < until ? "light" : "dark";
  if (document.documentElement.dataset.bsTheme !== theme) document.documentElement.dataset.bsTheme = theme;
}

/** A page that is always the same burns into the screen: move it by a few pixels now and then. */
function shift() {
  root.dataset.shift = String((Number(root.dataset.shift || 0) + 1) % SHIFTS);
}

// ---- the server

/** The list of displays says when each was here last; a socket alone is seen by one process only. */
function beSeen() {
  const etag = `"${state.epoch}:${state.cursor}"`;
  fetch(document.body.dataset.statsUrl, { headers: { Accept: "application/json", "If-None-Match": etag }, cache: "no-store", credentials: "same-origin" })
    .then(({ status }) => status === 401 && leave())
    .catch(() => null);
}

function reloadOnce() {
  if (!reloading) reloadWhenAnswered(clock);
  reloading = true;
}

function lookSoon() {
  if (looking) looksLeft = looking === "now";
  else looking = clock.setTimeout(look, Math.random() * LOOK_WITHIN);
}

/** The page as the server would draw it now: another one is loaded; only what today is compared with is taken over. */
async function look() {
  looking = "now";
  const there = await fetchDocument(window.location.href).catch(() => null);
  const fresh = there && there.querySelector("[data-screen]");
  looking = null;
  if (fresh && fresh.dataset.drawn !== root.dataset.drawn) reloadOnce();
  else if (fresh) takeOver(fresh);
  else looking = clock.setTimeout(look, LOOK_AGAIN);
  if (looksLeft) lookSoon();
  looksLeft = false;
}

function takeOver({ dataset }) {
  page.term = JSON.parse(dataset.term);
  page.lastTerm = JSON.parse(dataset.lastTerm);
  page.history = JSON.parse(dataset.history);
  tellCompared();
  refresh(true);
}

function reloadNightly() {
  const born = screen.today;
  clock.setInterval(() => screen.today !== born && time.time().startsWith(NIGHTLY_HOUR) && reloadOnce(), 600000 + Math.random() * 600000);
}

/** The server does not know this screen any more: nothing stays, on the page or in the machine. */
function leave() {
  if (!root.isConnected) return;
  live.stop();
  known.forget();
  charts.forEach(({ chart }) => chart.destroy());
  document.body.replaceChildren(document.querySelector("[data-left-template]").content.cloneNode(true));
  document.body.className = "wall-page wall-door";
  delete document.body.dataset.state;
  reloadWhenAnswered(clock, { spread: 1000, tryAgain: 5000 });
}
