"""The screens of the story: what they show now, and whether they were loaded again."""

from playwright.sync_api import Locator, Page, expect

from tests.browser import books
from tests.support.database import Database

LIVE = '[data-live-status][data-state="live"]'


def live(page: Page, *, within: float = 15_000) -> Page:
    """Wait until the screen says that it is live, and remember that it is this one and no reloaded one."""
    page.locator(LIVE).wait_for(timeout=within)
    page.evaluate("() => (window.theSame = window.theSame ?? true)")
    return page


def is_the_same(page: Page) -> bool:
    """Whether the screen was not reloaded since `live`."""
    return bool(page.evaluate("() => window.theSame === true"))


def words(page: Page) -> Locator:
    """What the screen says of its connection."""
    return page.locator("[data-live-words]").first


def figure(page: Page, name: str) -> Locator:
    """The element that shows a figure."""
    return page.locator(f'[data-metric="{name}"]').first


def expect_figure(page: Page, name: str, text: str, *, within: float = 10_000) -> None:
    expect(figure(page, name)).to_have_text(text, timeout=within)


def wrong_figures(page: Page, database: Database) -> list[tuple[str, str, str]]:
    """Every figure of the page that is not what the database holds: its names, its text and the right one."""
    shown = page.evaluate(
        """() => [...document.querySelectorAll("[data-metric]")].map(({ dataset, textContent }) =>
             [dataset.metric, dataset.format || "count", textContent.trim()])"""
    )
    assert len(shown) >= 4
    texts = {"money": books.money, "money-whole": books.whole, "count": lambda value: f"{value:,}"}
    held = books.figures(database)
    right = [texts[form](sum(held.get(name, 0) for name in names.split())) for names, form, _ in shown]
    return [(names, text, due) for (names, _, text), due in zip(shown, right, strict=True) if text != due]


def chart_values(page: Page, name: str, series: int = 0) -> list[int]:
    """What a chart draws."""
    found: list[int] = page.evaluate(
        """([name, series]) => {
          const canvas = document.querySelector(`[data-chart=${name}] canvas`);
          return window.Chart.getChart(canvas).data.datasets[series].data;
        }""",
        [name, series],
    )
    return found


def chart_words(page: Page, name: str) -> Locator:
    """What a chart says to those who do not see it."""
    return page.locator(f"[data-chart={name}] [data-chart-words]")


def toasts(page: Page) -> Locator:
    return page.locator("[data-toasts] [data-toast-text]")


def remember_texts(page: Page, name: str) -> None:
    """Write down every text that a figure shows from now on."""
    page.evaluate(
        """(name) => {
          const element = document.querySelector(`[data-metric="${name}"]`);
          window.shown = [element.textContent];
          const watcher = new MutationObserver(() => window.shown.push(element.textContent));
          watcher.observe(element, { childList: true, characterData: true, subtree: true });
        }""",
        name,
    )


def texts_shown(page: Page) -> list[str]:
    found: list[str] = page.evaluate("() => window.shown")
    return found


def note_when_shown(page: Page, name: str) -> None:
    """Write down from now on when each text of a figure was first shown."""
    page.evaluate(
        """(name) => {
          const element = document.querySelector(`[data-metric="${name}"]`);
          window.shownAt = {};
          const watcher = new MutationObserver(() => (window.shownAt[element.textContent] ??= Date.now()));
          watcher.observe(element, { childList: true, characterData: true, subtree: true });
        }""",
        name,
    )


def when_shown(page: Page, text: str) -> float:
    """When it was shown, in seconds of the machine's clock; waits for it."""
    return float(page.wait_for_function("(text) => window.shownAt[text]", arg=text).json_value()) / 1_000
