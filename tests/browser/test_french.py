"""Every page of a French school, in a real browser: nothing is wider than the window, nothing is left in English."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from app.words import catalogue
from tests.browser.conftest import PHONE, SchoolFile, new_context
from tests.browser.looking import barriers, overflow, shape, shorten
from tests.browser.pages import OUTSIDE, PAGES
from tests.browser.watching import Complaints
from tests.support.database import raw_connection
from tests.support.server import Server

LAPTOP = {"width": 1366, "height": 768}
_SAID = """() => {
  const told = ["aria-label", "placeholder", "title"];
  const texts = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement.closest("script, style, svg, kbd, code")) texts.push(walker.currentNode.data);
  }
  for (const element of document.querySelectorAll(told.map((name) => `[${name}]`).join())) {
    texts.push(...told.map((name) => element.getAttribute(name)).filter(Boolean));
  }
  return [...new Set(texts.map((text) => text.trim().replace(/\\s+/g, " ")))];
}"""


@pytest.fixture(scope="module")
def english(own_school: SchoolFile) -> set[str]:
    """The texts that French says otherwise; what the school itself has written in English is its own."""
    french = catalogue("fr_CI")
    known = {key for key in french._catalog if isinstance(key, str) and key}  # type: ignore[attr-defined]
    raw = raw_connection(own_school.database)
    tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    written = {value for table in tables for row in raw.execute(f'SELECT * FROM "{table}"') for value in row}
    raw.close()
    return known - {french.gettext(text) for text in known} - written


@pytest.fixture(scope="module")
def french_school(own_school: SchoolFile, serving: Server) -> Server:
    raw = raw_connection(own_school.database)
    raw.execute("INSERT OR REPLACE INTO settings (key, value) VALUES ('locale', 'fr_CI')")
    raw.close()
    return serving


@pytest.fixture(scope="module")
def heard() -> Complaints:
    return Complaints()


@pytest.fixture(scope="module")
def contexts(
    browser: Browser, french_school: Server, own_school: SchoolFile, heard: Complaints
) -> Iterator[dict[str, BrowserContext]]:
    profiles = {role: new_context(browser, french_school, own_school.made, role, LAPTOP) for role in ("admin", "wall")}
    profiles["nobody"] = browser.new_context(base_url=french_school.url, viewport=LAPTOP)
    for context in profiles.values():
        heard.watch(context)
    yield profiles
    for context in profiles.values():
        context.close()


@pytest.fixture(scope="module")
def seen() -> set[str]:
    """The shapes of pages that axe has read."""
    return set()


@pytest.mark.parametrize("endpoint", [*PAGES, "auth.login"])
def test_a_page_in_french(
    contexts: dict[str, BrowserContext],
    own_school: SchoolFile,
    heard: Complaints,
    seen: set[str],
    english: set[str],
    endpoint: str,
) -> None:
    role = "nobody" if endpoint in OUTSIDE else "wall" if endpoint.startswith("wall.") else "admin"
    ids = {**own_school.made.ids, "bursar_id": own_school.made.users["bursar"]}
    page = contexts[role].new_page()
    try:
        for address in {**PAGES, **OUTSIDE}[endpoint]:
            page.set_viewport_size(LAPTOP)
            page.goto(address.format(**ids))
            shorten(page)
            wrong = [*filter(None, [overflow(page)]), *left_in_english(page, english)]
            page.set_viewport_size(PHONE)
            wrong += filter(None, [overflow(page)])
            if (looks := shape(page)) not in seen:
                seen.add(looks)
                wrong += barriers(page)
            wrong += heard.take()
            assert not wrong, f"{address}:\n" + "\n".join(wrong)
    finally:
        page.close()


def left_in_english(page: Page, english: set[str]) -> list[str]:
    wrong = [] if page.locator("html").get_attribute("lang") == "fr-CI" else ["the page does not say that it is French"]
    if live := page.locator("[data-live-status]"):
        for place in live.all():
            place.and_(page.locator(":not([data-state=connecting])")).wait_for(state="attached")
    return wrong + [f"left in English: {text}" for text in page.evaluate(_SAID) if text in english]
