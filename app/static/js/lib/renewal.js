/**
 * Asking again at the right time: soon after a change, not more often than every `every` milliseconds, never while nobody
 * looks, and again after a failure. The latest answer wins.
 */
const GATHER = 200;
const AGAIN = 5_000;

/** `load()` resolves to what `show(answer)` draws, or to null when there is nothing to draw. */
export function createRenewal({ load, show, every = 2_000, clock, hidden = () => false }) {
  let timer = null;
  let wanted = false;
  let busy = false;
  let last = -Infinity;

  function plan(wait) {
    if (timer === null) timer = clock.setTimeout(run, wait);
  }

  async function run() {
    timer = null;
    if (!wanted || busy || hidden()) return;
    wanted = false;
    busy = true;
    last = clock.now();
    let wait = every;
    try {
      const answer = await load();
      if (answer) show(answer);
    } catch {
      wanted = true;
      wait = Math.max(every, AGAIN);
    } finally {
      busy = false;
    }
    if (wanted) plan(wait);
  }

  return {
    /** Something changed. */
    ask() {
      wanted = true;
      if (!busy && !hidden()) plan(Math.max(GATHER, last + every - clock.now()));
    },
    /** Somebody looks again. */
    wake() {
      if (wanted && !busy) plan(GATHER);
    },
  };
}
