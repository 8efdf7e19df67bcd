/** The last figures of a wall, kept on the machine: after a restart they are drawn first, with their time. */
const FORM = 1;

/** Under which name a wall keeps its figures. */
export const WALL_FIGURES = "wall-figures";


/** Returns `{ keep(at), forget() }`; after `forget` nothing is kept any more. */
export function keepLastKnown(storage, key, state, clock) {
  let timer = null;
  let forgotten = false;
  const save = (at) => {
    timer = null;
    try {
      const figures = Object.fromEntries([...state.metrics].map(([name, [value]]) => [name, value]));
      storage.setItem(key, JSON.stringify({ form: FORM, at, figures }));
    } catch {
      // Without storage the wall starts from what the server drew.
    }
  };
  return {
    keep(at) {
      if (!forgotten) timer = timer || clock.setTimeout(() => save(at), 2000);
    },
    forget() {
      forgotten = true;
      clock.clearTimeout(timer);
      forgetLastKnown(storage, key);
    },
  };
}

export function forgetLastKnown(storage, key) {
  try {
    storage.removeItem(key);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
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
