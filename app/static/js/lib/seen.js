/** Ids that this tab has shown already, so that a page change does not repeat a toast. */
export function seenIds(storage, key = "seen-notifications", most = 200) {
  const read = () => {
    try {
      return JSON.parse(storage.getItem(key)) || [];
    } catch {
      return [];
    }
  };
  return {
    has: (id) => read().includes(id),
    add(id) {
      try {
        storage.setItem(key, JSON.stringify([...read(), id].slice(-most)));
      } catch {
        // A full or forbidden storage only means that a message may be shown twice.
      }
    },
  };
}
