/** The wall: figures and charts for a screen nobody touches. It says when it is behind, and comes back by itself. */
import { createChart } from "./lib/charts.js";
import { fetchDocument } from "./lib/fragments.js";
import { keepLastKnown, readLastKnown } from "./lib/last-known.js";
import { chartDefinitions } from "./lib/school-charts.js";
import { reloadWhenAnswered } from "./lib/reload.js";
import { showStatus, startScreen } from "./lib/screen.js";
import { bindTicker } from "./lib/ticker.js";
import { seenIds } from "./lib/seen.js";
import { toast } from "./lib/toasts.js";

const KEPT = "wall-figures";
const SHIFT_EVERY = 180_000;
const NIGHTLY_HOUR = "03";

const root = document.querySelector("[data-screen]");
const drawn = JSON.parse(root.dataset.figures || "{}");
const kept = readLastKnown(localStorage, KEPT);
const screen = startScreen({ figures: Object.keys(drawn).length ? drawn : (kept?.figures ?? {}), today: root.dataset.today, always: true });
const { live, state, time, clock } = screen;
const classes = JSON.parse(root.dataset.classes || "[]");
const charts = drawCharts();
const keep = keepLastKnown(localStorage, KEPT, state, clock);
const ticker = bindTicker(root.querySelector("[data-ticker]"), { most: 8, timeOf: (at) => time.time(at) });
const seen = seenIds(sessionStorage);
let reloading = false;

if (!Object.keys(drawn).length && kept) {
  screen.figures.update(null, true);
  showTime(kept.at);
}
showStatus(document.body, screen);
live.on("figures", refresh);
live.on("status", ({ at }) => at && (showTime(at), state.synced && keep(at)));
live.on("notify", announce);
live.on("changed", ({ table }) => table === "classes" && reloadIfClassesChanged());
live.on("ctl", (message) => (message.reload || message.auth_changed) && reloadOnce());
screen.onDay(refresh);
clock.setInterval(tellTime, 1000);
clock.setInterval(shift, SHIFT_EVERY);
tellTime();
reloadNightly();
stayAwake();
live.start();

function drawCharts() {
  const definitions = chartDefinitions({ ...screen, today: () => screen.today, classes: () => classes });
  return [...root.querySelectorAll("[data-chart]")].map((figure) => createChart(figure, definitions[figure.dataset.chart], { Chart: window.Chart, money: screen.money }));
}

function refresh() {
  charts.forEach((chart) => chart.refresh());
}

function announce(message) {
  if (message.type === "payment") ticker.add(message);
  if (seen.has(message.id)) return;
  seen.add(message.id);
  if (message.type === "payment") toast({ title: message.title, message: message.message, tone: "good" });
}

function showTime(at) {
  root.querySelector("[data-as-of]").textContent = `as of ${time.time(at)}`;
}

function tellTime() {
  root.querySelector("[data-clock]").textContent = time.time();
  root.querySelector("[data-date]").textContent = time.date();
}

/** A page that is always the same burns into the screen: move it by a few pixels now and then. */
function shift() {
  root.dataset.shift = String((Number(root.dataset.shift || 0) + 1) % 4);
}

function reloadOnce() {
  if (!reloading) reloadWhenAnswered(clock);
  reloading = true;
}

/** A wall that was away is told that any list may be another now: it looks before it reloads. */
async function reloadIfClassesChanged() {
  const page = await fetchDocument(window.location.href).catch(() => null);
  const there = page?.querySelector("[data-screen]")?.dataset.classes;
  if (there !== undefined && there !== root.dataset.classes) reloadOnce();
}

function reloadNightly() {
  const born = screen.today;
  clock.setInterval(() => screen.today !== born && time.time().startsWith(NIGHTLY_HOUR) && reloadOnce(), 600_000 + Math.random() * 600_000);
}

async function stayAwake() {
  if (!("wakeLock" in navigator)) return;
  const hold = () => document.visibilityState === "visible" && navigator.wakeLock.request("screen").catch(() => null);
  document.addEventListener("visibilitychange", hold);
  hold();
}
