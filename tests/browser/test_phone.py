"""On a cheap phone with a weak line: pages are light, what is touched is large, and a hidden page asks for nothing."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Request, expect

from app import create_app
from app.domain.permissions import ROLES, allows
from app.web.access import permission_of
from tests.browser.conftest import PHONE, Open, SchoolFile, new_context
from tests.browser.made import Made
from tests.browser.pages import OUTSIDE, PAGES
from tests.browser.screens import live
from tests.browser.watching import Complaints
from tests.support.database import overrides
from tests.support.server import Server

MOST_BYTES = 250_000
TOUCH = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
# Over plain HTTP a browser takes nothing better than this.
PLAIN = {"Accept-Encoding": "gzip"}
SCREENS = {"wall.show", "wall.wait"}
"""Of a television: nobody touches them, and no phone opens them."""

_SMALL = """() => {
  const LEAST = 44 - 0.5;
  const targets = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  // A link in a sentence or a cell is as high as its line (WCAG 2.5.8 leaves these out, too), one of a tile covers it,
  // and the headings of a table are not seen on a phone.
  const inText = "a:is(td *, dd *, p *):not(.btn, [href^='tel:']), .stretched-link, thead *";
  const isInline = (element) =>
    element.matches(inText) || (element.matches("a") && getComputedStyle(element).display === "inline");
  const boxes = (element) => [element, ...(element.labels || [])]
    .filter((part) => part.checkVisibility({ visibilityProperty: true }))
    .map((part) => part.getBoundingClientRect())
    .filter(({ width, height }) => width > 1 && height > 1);
  const told = ({ tagName, className, textContent }) => `${tagName}.${className} "${textContent.trim().slice(0, 30)}"`;
  const small = [];
  for (const element of document.querySelectorAll(targets)) {
    const rects = element.disabled || isInline(element) || element.closest(".skip-link") ? [] : boxes(element);
    if (!rects.length) continue;
    const width = Math.max(...rects.map(({ right }) => right)) - Math.min(...rects.map(({ left }) => left));
    const height = Math.max(...rects.map(({ bottom }) => bottom)) - Math.min(...rects.map(({ top }) => top));
    if (width < LEAST || height < LEAST) small.push(`${told(element)} ${Math.round(width)}x${Math.round(height)}`);
  }
  return [...new Set(small)].slice(0, 6);
}"""
_HIDE = """(isHidden) => {
  const state = { hidden: isHidden, visibilityState: isHidden ? "hidden" : "visible" };
  for (const [name, value] of Object.entries(state))
    Object.defineProperty(document, name, { configurable: true, value });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Wire:
    """Counts what a page brings over the wire, with nothing of it kept from earlier."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("Network.enable")
        self.session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.session.on("Network.responseReceived", self._named)
        self.session.on("Network.loadingFinished", self._counted)
        self.begin()

    def begin(self) -> None:
        self.names: dict[str, str] = {}
        self.bytes: dict[str, int] = {}

    def _named(self, event: dict[str, object]) -> None:
        response = event["response"]
        assert isinstance(response, dict)
        self.names[str(event["requestId"])] = str(response["url"])

    def _counted(self, event: dict[str, object]) -> None:
        self.bytes[str(event["requestId"])] = int(str(event["encodedDataLength"]).split(".")[0])

    @property
    def total(self) -> int:
        return sum(self.bytes.values())

    def largest(self) -> str:
        """What weighs most, in words."""
        found = sorted(((size, self.names.get(key, "?")) for key, size in self.bytes.items()), reverse=True)
        return ", ".join(f"{size:,} {name}" for size, name in found[:5])


@pytest.fixture(scope="module")
def app(filled_school: SchoolFile) -> Flask:
    """Asked who may see a page; nothing is served by it."""
    return create_app(overrides(filled_school.database))


@pytest.fixture(scope="module")
def phones(browser: Browser, serving: Server, filled_school: SchoolFile) -> Iterator[dict[str, Page]]:
    """One phone a role, and one on which nobody has signed in."""
    contexts: dict[str, BrowserContext] = {}
    pages: dict[str, Page] = {}
    for role in ("admin", "nobody"):
        contexts[role] = new_context(
            browser, serving, filled_school.made, role, PHONE, **TOUCH, extra_http_headers=PLAIN
        )
        pages[role] = contexts[role].new_page()
    yield pages
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="module")
def wires(phones: dict[str, Page]) -> dict[str, Wire]:
    return {role: Wire(page) for role, page in phones.items()}


@pytest.mark.parametrize("endpoint", [name for name in [*PAGES, *OUTSIDE] if name not in SCREENS])
def test_a_page_is_light_and_what_is_touched_is_large(
    app: Flask, phones: dict[str, Page], wires: dict[str, Wire], made_school: Made, endpoint: str
) -> None:
    """As the admin sees it, who is offered the most on every page."""
    role = "nobody" if endpoint in OUTSIDE else "admin"
    page, wire = phones[role], wires[role]
    address = {**PAGES, **OUTSIDE}[endpoint][0]
    wire.begin()
    page.goto(address.format(**made_school.ids, bursar_id=made_school.users["bursar"], setup_token="of-nobody"))
    if page.locator("[data-live-status]").count():
        live(page)
    assert wire.total <= MOST_BYTES, f"{wire.total:,} bytes: {wire.largest()}"
    assert page.evaluate(_SMALL) == []


def test_the_admin_is_offered_what_anybody_is(app: Flask) -> None:
    for endpoint in PAGES.keys() - SCREENS:
        permission = permission_of(app.view_functions[endpoint])
        assert permission == "public" or any(allows(role, permission or "") for role in ROLES)
        assert permission == "public" or allows("admin", permission or ""), endpoint


def test_the_menu_of_a_phone_has_large_links(window: Open) -> None:
    page = live(window("admin", "/account", PHONE, **TOUCH))
    page.get_by_role("button", name="Menu").tap()
    expect(page.locator("#menu")).to_be_visible()
    assert page.evaluate(_SMALL) == []


@pytest.mark.parametrize("address", ["/dashboard", "/desk?student={student_id}", "/attendance?class_id={class_id}"])
def test_a_hidden_page_asks_for_nothing(window: Open, made_school: Made, complaints: Complaints, address: str) -> None:
    # For the socket nothing passes of the twenty minutes in which it should have been heard of.
    complaints.expect("WebSocket is closed before the connection is established")
    page = window("admin", None, PHONE, **TOUCH)
    page.clock.install()
    page.goto(address.format(**made_school.ids))
    live(page)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.evaluate(_HIDE, True)
    page.wait_for_load_state("networkidle")
    page.on("request", note)
    page.clock.run_for("20:00")
    page.wait_for_timeout(300)
    assert asked == []
