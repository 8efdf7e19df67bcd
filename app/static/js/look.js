/** The settings page: what a colour would make of the program's pages, shown before it is saved. */
import "./shell.js";
import { http } from "./lib/http.js";

const PAUSE = 150;
const WHOLE = /^#?[0-9a-f]{6}$/i;

const form = document.querySelector("[data-look]");
if (form) start();

function start() {
  const field = form.querySelector("[data-look-colour]");
  const picker = form.querySelector("[data-look-picker]");
  const samples = form.querySelector("[data-look-samples]");
  let timer = null;
  let turn = 0;

  picker.hidden = false;
  picker.addEventListener("input", () => {
    field.value = picker.value;
    soon();
  });
  field.addEventListener("input", soon);

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  }

  async function show() {
    const mine = ++turn;
    const colour = field.value.trim();
    if (!colour) return paint({});
    if (!WHOLE.test(colour)) return;
    try {
      const themes = await http.get(`${samples.dataset.previewUrl}?colour=${encodeURIComponent(colour)}`);
      if (mine !== turn) return;
      picker.value = themes.light["--color-brand"];
      paint(themes);
    } catch {
      // The samples stay as they are.
    }
  }

  /** Without a theme's colours a sample shows what is saved. */
  function paint(themes) {
    for (const sample of samples.children) {
      sample.removeAttribute("style");
      for (const [name, value] of Object.entries(themes[sample.dataset.lookSample] || {})) sample.style.setProperty(name, value);
    }
  }
}
