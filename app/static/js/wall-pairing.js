/** A screen that waits to be paired: shows six digits, asks how it stands now and then, and goes in when it was admitted. */
import { WALL_FIGURES, forgetLastKnown } from "./lib/last-known.js";
import { http } from "./lib/http.js";
import { t, tn } from "./lib/words.js";

const ASK_EVERY = 3000;
const TRY_AGAIN = 5000;
const REFUSED_AGAIN = 60000;

const root = document.querySelector("[data-pairing]");
const place = root.querySelector("[data-code]");
const words = root.querySelector("[data-code-time]");
let endsAt = 0;

// Whoever is nobody keeps nothing.
forgetLastKnown(localStorage, WALL_FIGURES);
setInterval(tellTime, 1000);
begin();

async function begin() {
  try {
    const { code, seconds } = await http.post("/wall/pair");
    endsAt = performance.now() + seconds * 1000;
    showCode(code);
    setTimeout(ask, ASK_EVERY);
  } catch (error) {
    endsAt = 0;
    hideCode();
    words.textContent = error.status ? error.message : t("The school's server cannot be reached. This screen tries again by itself.");
    setTimeout(begin, error.status ? REFUSED_AGAIN : TRY_AGAIN);
  }
}

async function ask() {
  try {
    const { standing } = await http.get("/wall/pair/standing");
    if (standing === "admitted") await enter();
    else if (standing === "gone") begin();
    else setTimeout(ask, ASK_EVERY + Math.random() * 500);
  } catch {
    setTimeout(ask, TRY_AGAIN);
  }
}

async function enter() {
  const { url } = await http.post("/wall/pair/enter");
  endsAt = 0;
  words.textContent = t("Paired. The figures are coming.");
  window.location.replace(url);
}

function showCode(code) {
  const halves = [code.slice(0, 3), code.slice(3)].map((digits) => {
    const half = document.createElement("span");
    half.className = "door-half";
    half.textContent = digits;
    return half;
  });
  place.replaceChildren(halves[0], " ", halves[1]);
  tellTime();
}

function hideCode() {
  place.textContent = "··· ···";
}

function tellTime() {
  if (!endsAt) return;
  const minutes = Math.ceil((endsAt - performance.now()) / 60000);
  const text = minutes > 0 ? tn("This code lasts {n} more minute.", "This code lasts {n} more minutes.", minutes) : t("A new code is coming.");
  if (words.textContent !== text) words.textContent = text;
}
