/**
 * Short messages at the edge of the screen. Text only: a message is never read as HTML. `bind` gets a button of the message;
 * what is returned takes the message away.
 */
const AT_MOST = 3;
const AT_MOST_ON_A_PHONE = 1;

export function toast({ title = "", message = "", tone = "info", href = null, stay = false, bind = null }) {
  const place = document.querySelector("[data-toasts]");
  const template = document.querySelector("[data-toast-template]");
  if (!place || !template) return () => {};
  const element = template.content.firstElementChild.cloneNode(true);
  element.classList.add(`toast-${tone}`);
  element.querySelector("[data-toast-title]").textContent = title;
  element.querySelector("[data-toast-text]").textContent = message;
  const link = element.querySelector("[data-toast-link]");
  if (link && href && href.startsWith("/") && !href.startsWith("//")) {
    link.href = href;
    link.hidden = false;
  }
  if (bind) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-sm btn-secondary toast-action" });
    link.before(button);
    bind(button);
  }
  place.append(element);
  if (stay) element.dataset.stay = "";
  makeRoom(place);
  if (window.bootstrap) {
    element.addEventListener("hidden.bs.toast", () => element.remove());
    window.bootstrap.Toast.getOrCreateInstance(element, { autohide: !stay, delay: 7000 }).show();
  } else {
    element.classList.add("show");
    if (!stay) setTimeout(() => element.remove(), 7000);
  }
  return () => element.remove();
}

/** News gives way to newer news; what waits for somebody to close it goes last. */
function makeRoom(place) {
  const isPhone = window.matchMedia("(width < 48rem)").matches;
  const most = isPhone ? AT_MOST_ON_A_PHONE : Number(place.dataset.most) || AT_MOST;
  const older = [...place.children].slice(0, -1);
  const byWorth = [...older.filter(({ dataset }) => !("stay" in dataset)), ...older.filter(({ dataset }) => "stay" in dataset)];
  byWorth.slice(0, Math.max(0, place.children.length - most)).forEach((toast) => toast.remove());
}

/** The toast of a `notify` message. */
export function toastOf({ title, message, priority, action_url: href }) {
  const tone = { critical: "bad", urgent: "bad", high: "warn", low: "info" }[priority] ?? "good";
  return { title, message, tone, href, stay: tone === "bad" };
}
