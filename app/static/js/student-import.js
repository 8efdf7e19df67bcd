/**
 * The import page: the report appears below the form, and the file stays chosen, so that checking and importing
 * are two clicks. Without this module the form works as any other.
 */
import "./shell.js";
import { t } from "./lib/words.js";

const form = document.querySelector("[data-import]");
const place = document.getElementById("report");

if (form && place) form.addEventListener("submit", onSubmit);

function onSubmit(event) {
  const file = form.elements.file.files[0];
  if (!file) return;
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  const body = new FormData(form);
  if (event.submitter) body.set(event.submitter.name, event.submitter.value);
  form.setAttribute("data-sent", "");
  place.setAttribute("aria-busy", "true");
  request.onloadend = () => {
    document.dispatchEvent(new CustomEvent("form:answered"));
    form.removeAttribute("data-sent");
    place.removeAttribute("aria-busy");
    show(request);
  };
  request.send(body);
}

function show(request) {
  const page = request.status ? request.responseXML : null;
  const report = page?.getElementById("report");
  const problem = page?.querySelector("#error-file")?.textContent.trim();
  if (report && !problem) place.replaceChildren(...[...report.childNodes].map((node) => document.importNode(node, true)));
  else say(problem ?? page?.querySelector("main p")?.textContent.trim() ?? t("The server cannot be reached. Nothing was imported."));
  place.focus();
}

function say(words) {
  const box = document.createElement("div");
  box.className = "alert alert-danger notice";
  box.setAttribute("role", "alert");
  box.textContent = words;
  place.replaceChildren(box);
}
