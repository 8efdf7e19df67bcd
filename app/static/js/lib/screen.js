/** What every live page has: the connection, the school's clock and money, and figures that follow both. */
import { systemClock, SchoolClock } from "./clock.js";
import { connectLive } from "./live.js";
import { bindFigures } from "./figures.js";
import { schoolMoney } from "./money.js";
import { reloadWhenAnswered } from "./reload.js";
import { statusWords } from "./connection-status.js";
import { t } from "./words.js";

const DAY_CHECK = 5_000;

/** `figures`: name -> value that the server drew; `today`: the school's day it drew them for; `glides`: numbers run to the next one. */
export function startScreen({ root = document.body, figures: drawn = {}, today = null, always = false, glides = false } = {}) {
  const { statsUrl, locale, timezone, token } = document.body.dataset;
  const clock = systemClock(window);
  const time = new SchoolClock({ timezone, locale, clock });
  const live = connectLive({ statsUrl, token, always, clock });
  const { state } = live;
  state.seed(drawn);
  const figures = bindFigures(root, state, { glides });
  const dayListeners = [];
  const screen = { live, state, clock, time, locale, figures, money: schoolMoney(), today, onDay: (run) => dayListeners.push(run) };

  screen.today = today || time.today();
  const month = screen.today.slice(0, 7);
  let told = false;
  live.on("figures", (names) => {
    // The first news also settles figures of which nothing was known: they are zero.
    figures.update(told ? names : null, !told);
    told = true;
  });
  live.on("status", ({ at }) => at && time.hear(at));
  clock.setInterval(() => {
    const day = time.today();
    // The screen's own clock may be wrong by years: only the server turns the day.
    if (!time.heard || day === screen.today) return;
    screen.today = day;
    figures.follow(day);
    dayListeners.forEach((run) => run(day));
    // The figures of "this year" are sums of months that the server named; a new month is its to name.
    if (day.slice(0, 7) !== month) reloadWhenAnswered(clock);
  }, DAY_CHECK);
  return screen;
}

/** Say how fresh the figures are, in words and with a mark, wherever `data-live-status` is. */
export function showStatus(root, { live, time }) {
  const banner = root.querySelector("[data-live-banner]");
  live.on("status", ({ state, at }) => {
    const words = statusWords(state, at ? time.time(at) : t("the last visit"));
    for (const place of root.querySelectorAll("[data-live-status]")) {
      place.dataset.state = state;
      setText(place.querySelector("[data-live-words]"), words);
    }
    root.dataset.state = state;
    if (banner) {
      banner.hidden = state === "live" || state === "connecting";
      setText(banner, bannerWords(state, at ? time.time(at) : null));
    }
  });
}

function bannerWords(state, time) {
  const figures = time ? t("These figures are of {time}.", { time }) : t("These figures may be old.");
  if (state === "offline") return `${t("No connection to the school's server.")} ${figures}`;
  return state === "delayed" ? `${t("News comes late.")} ${figures}` : "";
}

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
