/** The settings page: what a colour and a logo would make of the program's pages, shown before they are saved. */
import "./shell.js";
import { http } from "./lib/http.js";

const PAUSE = 150;
const WHOLE = /^#?[0-9a-f]{6}$/i;
const LONGEST_SIDE = 800;
const LARGEST_FILE = 400_000;
const SAMPLE_HEIGHT = 72;

const form = document.querySelector("[data-look]");
if (form) {
  const samples = form.querySelector("[data-look-samples]");
  bindColour(form.querySelector("[data-look-colour]"), form.querySelector("[data-look-picker]"), samples);
  form.querySelector('[name="logo"]').addEventListener("change", ({ target }) => takeLogo(target, samples));
}

function bindColour(field, picker, samples) {
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
    if (!colour) return paint(samples, {});
    if (!WHOLE.test(colour)) return;
    try {
      const themes = await http.get(`${samples.dataset.previewUrl}?colour=${encodeURIComponent(colour)}`);
      if (mine !== turn) return;
      picker.value = themes.light["--color-brand"];
      paint(samples, themes);
    } catch {
      // The samples stay as they are.
    }
  }
}

/** Without a theme's colours a sample shows what is saved. */
function paint(samples, themes) {
  for (const sample of samples.children) {
    sample.removeAttribute("style");
    for (const [name, value] of Object.entries(themes[sample.dataset.lookSample] || {})) sample.style.setProperty(name, value);
  }
}

/** Show the chosen picture; one that comes straight from a camera is made small enough. */
async function takeLogo(field, samples) {
  const [file] = field.files;
  if (!file) return;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    if (scale < 1 || file.size > LARGEST_FILE) {
      const small = await new Promise((done) => drawn(picture, scale).toBlob(done, "image/webp", 0.9));
      const files = new DataTransfer();
      files.items.add(new File([small], file.name, { type: small.type }));
      field.files = files.files;
    }
    show(samples, drawn(picture, SAMPLE_HEIGHT / picture.height).toDataURL());
  } catch {
    // No picture that a browser knows; saving says so.
  }
}

function drawn(picture, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function show(samples, address) {
  for (const head of samples.querySelectorAll(".look-head")) {
    const logo = document.createElement("img");
    Object.assign(logo, { className: "school-logo", alt: "", src: address });
    head.firstElementChild.replaceWith(logo);
  }
}
