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
  let turn = 0;

  function plan(wait) {
    if (timer === null) timer = clock.setTimeout(run, wait);
  }

  async function run() {
    timer = null;
    if (!wanted || busy || hidden()) return;
    const mine = (turn += 1);
    wanted = false;
    busy = true;
    last = clock.now();
    let wait = every;
    try {
      const answer = await load();
      if (answer && mine === turn) show(answer);
    } catch {
      wanted ||= mine === turn;
      wait = Math.max(every, AGAIN);
    }
    if (mine !== turn) return;
    busy = false;
    if (wanted) plan(wait);
  }

  return {
    /** Something changed. */
    ask() {
      wanted = true;
      if (!busy && !hidden()) plan(Math.max(GATHER, last + every - clock.now()));
    },
    /** The line works again: ask now, and wait no longer for what was asked before. */
    askAnew() {
      if (timer !== null) clock.clearTimeout(timer);
      wanted = true;
      busy = false;
      run();
    },
    /** Somebody looks again. */
    wake() {
      if (wanted && !busy) plan(GATHER);
    },
  };
}
