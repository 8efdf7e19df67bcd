/** Keep the screen on, where the browser can: on a secure address, while the page is seen. */
const AGAIN = 30000;

export function keepAwake() {
  const { navigator, document } = window;
  if (!("wakeLock" in navigator)) return;
  const hold = () => {
    if (document.visibilityState !== "visible") return;
    navigator.wakeLock
      .request("screen")
      .then((lock) => lock.addEventListener("release", () => setTimeout(hold, AGAIN)))
      .catch(() => null);
  };
  document.addEventListener("visibilitychange", hold);
  hold();
}
