"""Somebody without a mouse: only keys are pressed, and after each of them the focus can be seen."""

import re

from playwright.sync_api import Error, Page, expect

from tests.browser import screens

MOST_STOPS = 120
_FOCUS = """async () => {
  // What is only moved into sight needs a moment to be there.
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
  const at = document.activeElement;
  if (!at || at === document.body) return { nowhere: true };
  // Some controls are drawn by their label.
  const shown = (at.matches(".btn-check") && document.querySelector(`label[for="${CSS.escape(at.id)}"]`)) || at;
  const { x, y, width, height, bottom, right } = shown.getBoundingClientRect();
  const top = document.elementFromPoint(x + Math.min(width / 2, 40), y + Math.min(height / 2, 12));
  const isDrawn = ({ outlineStyle, outlineWidth, outlineColor, boxShadow }) =>
    boxShadow !== "none" ||
    (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !/, 0\\)|transparent/.test(outlineColor));
  const wrong = [];
  if (width < 1 || height < 1) wrong.push("has no size");
  else if (bottom <= 0 || y >= innerHeight || right <= 0 || x >= innerWidth) wrong.push("is outside of the window");
  else if (!top || !(shown.contains(top) || top.contains(shown))) wrong.push(`is under ${top?.outerHTML.slice(0, 80)}`);
  const parts = [shown, shown.parentElement].map((element) => getComputedStyle(element));
  if (!at.matches("main") && !parts.some(isDrawn)) wrong.push("looks as if it had no focus");
  const words = [(at.labels?.[0] ?? at).textContent.trim().replace(/\\s+/g, " "), at.getAttribute("aria-label") ?? ""];
  return { wrong, words: words.join("|"), html: at.outerHTML.slice(0, 160) };
}"""


class Keyboard:
    """The keys of a page. Fails where a key leads the focus to where nobody can see it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.is_nowhere = True

    def press(self, *keys: str) -> "Keyboard":
        for key in keys:
            self.page.keyboard.press(key)
            found = self._focus()
            # After the last stop comes the browser itself, and then the first one again.
            was_nowhere, self.is_nowhere = self.is_nowhere, bool(found.get("nowhere"))
            lost = self.is_nowhere and was_nowhere and key in ("Tab", "Shift+Tab")
            assert not lost, f"{key} leads nowhere on {self.page.url}"
            assert not found.get("wrong"), f"after {key} on {self.page.url}: {found['html']} {found['wrong']}"
        return self

    def type(self, text: str) -> "Keyboard":
        self.page.keyboard.type(text)
        return self

    def to(self, words: str) -> "Keyboard":
        """Tab to the first stop with these words."""
        for _ in range(MOST_STOPS):
            if re.search(words, str(self._focus().get("words", ""))):
                return self
            self.press("Tab")
        raise AssertionError(f"no way by Tab to {words!r} on {self.page.url}")

    def choose(self, text: str) -> "Keyboard":
        """Type into a type-ahead and take the first that is found, not its word that it is still searching."""
        self.type(text)
        expect(self.page.locator('[role="option"][aria-selected="true"]')).to_be_visible()
        return self.press("Enter")

    def find(self, text: str, path: str) -> "Keyboard":
        """Go somewhere by the search box."""
        self.press("Control+k").type(text)
        expect(self.page.locator("[data-palette-words]")).to_have_text(re.compile("found"))
        self.press("Enter")
        self.page.wait_for_url(re.compile(path))
        return self

    def go(self, keys: str, path: str) -> "Keyboard":
        """Go somewhere by keys."""
        screens.live(self.page)
        self.press(*keys.split())
        self.page.wait_for_url(re.compile(path))
        return self

    def _focus(self) -> dict[str, object]:
        """What has the focus; nowhere while another page is opening."""
        try:
            found: dict[str, object] = self.page.evaluate(_FOCUS)
        except Error as leaving:
            if "navigation" not in str(leaving):
                raise
            self.page.wait_for_load_state()
            return {"nowhere": True}
        return found
