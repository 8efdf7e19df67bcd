/* Sets the colours before the first paint, therefore a classic script in the head: light, dark, or as the system says. */
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const apply = () => {
    let chosen = "auto";
    try {
      chosen = localStorage.getItem("theme") || "auto";
    } catch {
      // A browser that keeps nothing follows the system.
    }
    root.dataset.bsTheme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  };
  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  document.addEventListener("theme:choose", apply);
  // Paper is white; charts draw themselves anew for it.
  window.addEventListener("beforeprint", () => (root.dataset.bsTheme = "light"));
  window.addEventListener("afterprint", apply);
})();
