/** The latest payments, newest first; text from the server, which names nobody. */
export function bindTicker(list, { most = 12, timeOf }) {
  const template = document.querySelector("[data-ticker-template]");
  const known = new Set([...list.children].map((item) => item.dataset.id));
  const empty = list.parentElement.querySelector("[data-ticker-empty]");
  return {
    add({ id, at, message }) {
      if (known.has(String(id))) return;
      known.add(String(id));
      const item = template.content.firstElementChild.cloneNode(true);
      item.dataset.id = id;
      item.querySelector("[data-ticker-time]").textContent = timeOf(at);
      item.querySelector("[data-ticker-text]").textContent = message;
      list.prepend(item);
      item.classList.add("is-new");
      while (list.children.length > most) list.lastElementChild.remove();
      if (empty) empty.hidden = true;
    },
  };
}
