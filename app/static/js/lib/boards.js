/**
 * Boards that take turns. Knows no page: `show(name, place, count)` is called when another one is to be seen.
 *
 * Nothing turns while there is one board, or while somebody holds it.
 */
export function takeTurns({ names, seconds, clock, show }) {
  let at = 0;
  let timer = null;
  let held = false;

  function go(place) {
    at = (place + names.length) % names.length;
    show(names[at], at, names.length);
    wait();
  }

  function wait() {
    clock.clearTimeout(timer);
    timer = held || names.length < 2 ? null : clock.setTimeout(() => go(at + 1), seconds * 1000);
  }

  go(0);
  return {
    next: () => go(at + 1),
    previous: () => go(at - 1),
    choose: (name) => names.includes(name) && go(names.indexOf(name)),
    /** Stay with this board, or go on. Returns whether it is held now. */
    hold(wanted = !held) {
      held = wanted;
      wait();
      return held;
    },
    get current() {
      return names[at];
    },
  };
}
