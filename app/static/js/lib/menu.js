const A_YEAR = 31_536_000;

/** The user's choice of colours, kept in a cookie of this browser; theme.js applies it before the first paint. */
export function bindThemeChoice(root) {
  const buttons = [...root.querySelectorAll("[data-theme-choice]")];
  const show = () => {
    const { themeChosen: chosen } = document.documentElement.dataset;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      document.cookie = `theme=${button.dataset.themeChoice}; path=/; max-age=${A_YEAR}; samesite=lax`;
      document.dispatchEvent(new Event("theme:choose"));
      show();
    });
  }
  show();
}
