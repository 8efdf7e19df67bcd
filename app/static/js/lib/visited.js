/**
 * The records that this tab opened lately. Only their addresses are kept, and only as long as the tab: what they are
 * called is asked for again, so that a machine that others use remembers no names.
 */
const RECORD = /^\/(students|classes|teachers)\/\d+$|^\/receipts\/[^/]+$/;
const MOST = 8;

export function visited(storage, user) {
  const key = `visited:${user}`;
  const read = () => {
    try {
      return JSON.parse(storage.getItem(key)) ?? [];
    } catch {
      return [];
    }
  };
  return {
    read,
    note(path) {
      if (!RECORD.test(path)) return;
      try {
        storage.setItem(key, JSON.stringify([path, ...read().filter((other) => other !== path)].slice(0, MOST)));
      } catch {
        // Without storage nothing was visited.
      }
    },
  };
}
