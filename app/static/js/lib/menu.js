/** The user's choice of colours; theme.js applies it before the first paint. */
export function bindThemeChoice(root) {
  const buttons = [...root.querySelectorAll("[data-theme-choice]")];
  const show = () => {
    const chosen = localStorage.getItem("theme") || "auto";
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      localStorage.setItem("theme", button.dataset.themeChoice);
      document.dispatchEvent(new Event("theme:choose"));
      show();
    });
  }
  show();
}
