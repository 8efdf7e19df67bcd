/* Stands where a page could not be fetched: asks until the server answers, then opens what was wanted. */
(() => {
  const EVERY = 5_000;
  const { pathname } = window.location;
  // Opened by its own address there is nothing to wait for.
  if (pathname === document.body.dataset.page) return;
  let asking = false;
  const ask = async () => {
    if (document.hidden || asking) return;
    asking = true;
    const answer = await fetch("/healthz", { cache: "no-store", credentials: "omit" }).catch(() => null);
    asking = false;
    if (answer && answer.ok) window.location.reload();
  };
  window.setInterval(ask, EVERY);
  window.addEventListener("online", ask);
  document.addEventListener("visibilitychange", ask);
})();
