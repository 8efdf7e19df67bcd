/** Let a number run from what it was to what it is. Whoever asked for less motion sees the new number at once. */
const RUN = 700;
const running = new WeakMap();

export function mayGlide() {
  return !document.hidden && !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** `paint(value)` is called with whole numbers on the way and, last and always, with `to`. */
export function glide(element, from, to, paint) {
  stopGliding(element);
  const began = performance.now();
  const turn = () => {
    const part = Math.min(1, (performance.now() - began) / RUN);
    if (part === 1) {
      running.delete(element);
      paint(to);
      return;
    }
    paint(Math.round(from + (to - from) * (1 - (1 - part) ** 3)));
    running.set(element, requestAnimationFrame(turn));
  };
  turn();
}

export function stopGliding(element) {
  cancelAnimationFrame(running.get(element));
  running.delete(element);
}
