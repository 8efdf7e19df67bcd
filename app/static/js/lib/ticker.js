/** The latest payments, newest first; text from the server, which names nobody. */
export function bindTicker(list, { most = 12, timeOf }) {
  const template = document.querySelector("[data-ticker-template]");
  const older = (id) => [...list.children].find((item) => Number(item.dataset.id) < id);
  const isShown = (id) => [...list.children].some((item) => Number(item.dataset.id) === id);
  const empty = list.parentElement.querySelector("[data-ticker-empty]");
  return {
    add({ id, at, message }) {
      const after = older(id);
      // What is older than all of a full list was shown before, or overtaken.
      if (isShown(id) || (!after && list.children.length >= most)) return;
      const item = template.content.firstElementChild.cloneNode(true);
      item.dataset.id = id;
      item.querySelector("[data-ticker-time]").textContent = timeOf(at);
      item.querySelector("[data-ticker-text]").textContent = message;
      list.insertBefore(item, after || null);
      item.classList.add("is-new");
      while (list.children.length > most) list.lastElementChild.remove();
      if (empty) empty.hidden = true;
    },
  };
}
