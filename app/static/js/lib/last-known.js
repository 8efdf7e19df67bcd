/** The last figures of a wall, kept on the machine: after a restart they are drawn first, with their time. */
const FORM = 1;

export function keepLastKnown(storage, key, state, clock) {
  let timer = null;
  const save = (at) => {
    timer = null;
    try {
      const figures = Object.fromEntries([...state.metrics].map(([name, [value]]) => [name, value]));
      storage.setItem(key, JSON.stringify({ form: FORM, at, figures }));
    } catch {
      // Without storage the wall starts from what the server drew.
    }
  };
  return (at) => {
    timer = timer || clock.setTimeout(() => save(at), 2000);
  };
}

/** `{ at, figures }` or null. */
export function readLastKnown(storage, key) {
  try {
    const kept = JSON.parse(storage.getItem(key));
    return kept && kept.form === FORM ? kept : null;
  } catch {
    return null;
  }
}
