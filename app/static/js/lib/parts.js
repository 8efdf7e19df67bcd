/**
 * Parts of a page that the server draws (`data-part="tiles"`): put what a fresh copy of the page says in their place.
 *
 * A part that says the same stays as it is. What has `data-flash="key"` and says something else than before flashes once;
 * the link or button that had the focus has it again.
 */
import { flash } from "./figures.js";

export function renewParts(root, page) {
  for (const part of root.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh && saidBy(part) !== saidBy(fresh)) renew(part, fresh);
  }
}

export function renew(part, fresh) {
  const before = new Map([...part.querySelectorAll("[data-flash]")].map((element) => [element.dataset.flash, element.textContent]));
  const open = new Set([...part.querySelectorAll("details[open]")].map((element) => element.dataset.details));
  const focused = focusable(part).indexOf(document.activeElement);
  part.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  for (const element of part.querySelectorAll("details")) element.open = open.has(element.dataset.details);
  if (focused >= 0) focusable(part)[focused]?.focus();
  for (const element of part.querySelectorAll("[data-flash]")) {
    const said = before.get(element.dataset.flash);
    if (said !== undefined && said !== element.textContent) flash(element);
  }
}

const focusable = (part) => [...part.querySelectorAll("a[href], button, summary")];

const saidBy = (part) => [part.textContent.replace(/\s+/g, " "), ...[...part.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"))].join("\n");
