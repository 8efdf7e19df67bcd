/* Sets the colours before the first paint, therefore a classic script in the head: light, dark, or as the system says. */
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const apply = () => {
    // A cookie, for signing out clears everything else that pages keep.
    const [, chosen] = document.cookie.match(/(?:^|; )theme=(light|dark)(?:;|$)/) || ["", "auto"];
    const shown = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
    Object.assign(root.dataset, { bsTheme: shown, themeChosen: chosen });
    // The bar of a phone has the colour of the theme, whichever the system would have.
    const bars = [...document.querySelectorAll("meta[data-theme-colour]")];
    const bar = bars.find((meta) => meta.dataset.themeColour === shown);
    for (const meta of bars) meta.content = bar.dataset.colour;
  };
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("visibilitychange", apply);
  document.addEventListener("theme:choose", apply);
  // Paper is white; charts draw themselves anew for it.
  window.addEventListener("beforeprint", () => (root.dataset.bsTheme = "light"));
  window.addEventListener("afterprint", apply);
})();
