/** Short messages at the edge of the screen. Text only: a message is never read as HTML. */
const AT_MOST = 4;

export function toast({ title = "", message = "", tone = "info", href = null, stay = false }) {
  const place = document.querySelector("[data-toasts]");
  const template = document.querySelector("[data-toast-template]");
  if (!place || !template) return;
  const element = template.content.firstElementChild.cloneNode(true);
  element.classList.add(`toast-${tone}`);
  element.querySelector("[data-toast-title]").textContent = title;
  element.querySelector("[data-toast-text]").textContent = message;
  const link = element.querySelector("[data-toast-link]");
  if (link && href && href.startsWith("/") && !href.startsWith("//")) {
    link.href = href;
    link.hidden = false;
  }
  place.append(element);
  while (place.children.length > AT_MOST) place.firstElementChild.remove();
  if (window.bootstrap) {
    element.addEventListener("hidden.bs.toast", () => element.remove());
    window.bootstrap.Toast.getOrCreateInstance(element, { autohide: !stay, delay: 7000 }).show();
  } else {
    element.classList.add("show");
    if (!stay) setTimeout(() => element.remove(), 7000);
  }
}

/** The toast of a `notify` message. */
export function toastOf({ title, message, priority, action_url: href }) {
  const tone = { critical: "bad", urgent: "bad", high: "warn", low: "info" }[priority] ?? "good";
  return { title, message, tone, href, stay: tone === "bad" };
}
