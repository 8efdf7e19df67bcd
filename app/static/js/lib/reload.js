/** Reload only when the server answers: a screen must never end on the browser's error page. */
const SPREAD = 5_000;
const TRY_AGAIN = 60_000;

export async function reloadWhenAnswered(clock, { spread = SPREAD, tryAgain = TRY_AGAIN } = {}) {
  await new Promise((resolve) => clock.setTimeout(resolve, Math.random() * spread));
  for (;;) {
    const answer = await fetch(window.location.href, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
    if (answer && answer.ok) {
      window.location.reload();
      return;
    }
    await new Promise((resolve) => clock.setTimeout(resolve, tryAgain));
  }
}
