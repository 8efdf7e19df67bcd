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
    try {
      const answer = await load();
      if (answer) show(answer);
    } catch {
      wanted = true;
    } finally {
      busy = false;
    }
    if (wanted) plan(Math.max(every, AGAIN));
  }

  return {
    /** Something changed. */
    ask() {
      const first = !wanted;
      wanted = true;
      if (!busy && !hidden() && first) plan(Math.max(GATHER, last + every - clock.now()));
    },
    /** Somebody looks again. */
    wake() {
      if (wanted && !busy) plan(GATHER);
    },
  };
}
