"""Every page, for every role that may see it, on a large screen and on a phone; the program itself lists its pages."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from app import create_app
from app.domain.permissions import ROLES, allows
from app.web.access import permission_of
from tests.browser.conftest import DESKTOP, PHONE, SchoolFile, new_context
from tests.browser.looking import barriers, cut, faint, overflow, shape, shorten, unstyled
from tests.browser.made import Made
from tests.browser.pages import NO_PAGES, OUTSIDE, PAGES
from tests.browser.watching import Complaints
from tests.support.database import overrides
from tests.support.server import Server

EVERYBODY = (*ROLES, "wall")
LAPTOP = {"width": 1366, "height": 768}
ZOOMED = ({"width": 960, "height": 540}, {"width": 683, "height": 384})
"""What is left of a large screen and of a laptop's at 200 % zoom."""


def test_the_list_of_pages_is_complete(app: Flask) -> None:
    """A new page has to be looked at: name it in pages.py, with an address of the made school."""
    answers_get = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and not rule.rule.startswith("/api/")
    }
    assert answers_get == PAGES.keys() | OUTSIDE.keys() | NO_PAGES.keys()


@pytest.fixture(scope="module")
def app(filled_school: SchoolFile) -> Flask:
    """Asked what its routes are and who may use them; nothing is served by it."""
    return create_app(overrides(filled_school.database))


@pytest.fixture(scope="module")
def heard() -> Complaints:
    """What all windows of this module complain about; every test takes its own part."""
    return Complaints()


@pytest.fixture(scope="module")
def contexts(
    browser: Browser, serving: Server, filled_school: SchoolFile, heard: Complaints
) -> Iterator[dict[str, BrowserContext]]:
    """One browser profile per role, so that files are fetched once."""
    profiles = {role: new_context(browser, serving, filled_school.made, role, DESKTOP) for role in EVERYBODY}
    for context in profiles.values():
        heard.watch(context)
    yield profiles
    for context in profiles.values():
        context.close()


@pytest.fixture(scope="module")
def seen() -> set[tuple[str, str]]:
    """The shapes of pages that axe has read, by size: another role's page of the same shape is not read again."""
    return set()


def may_see(app: Flask, role: str, endpoint: str) -> bool:
    permission = permission_of(app.view_functions[endpoint])
    return permission == "public" or allows(role, permission or "")


def addresses(endpoint: str, made: Made) -> list[str]:
    ids = {**made.ids, "bursar_id": made.users["bursar"]}
    return [address.format(**ids) for address in PAGES[endpoint]]


@pytest.mark.parametrize("endpoint", PAGES)
@pytest.mark.parametrize("role", EVERYBODY)
def test_page(
    app: Flask,
    contexts: dict[str, BrowserContext],
    made_school: Made,
    heard: Complaints,
    seen: set[tuple[str, str]],
    endpoint: str,
    role: str,
) -> None:
    context = contexts[role]
    if not may_see(app, role, endpoint):
        for address in addresses(endpoint, made_school):
            assert context.request.get(address, headers={"Accept": "text/html"}).status == 403
        return
    page = context.new_page()
    try:
        for address in addresses(endpoint, made_school):
            page.set_viewport_size(DESKTOP)
            response = page.goto(address)
            assert response is not None and response.status == 200
            shorten(page)
            wrong = [*unstyled(page), *look(page, "large", seen)]
            page.set_viewport_size(PHONE)
            wrong += [f"on a phone: {problem}" for problem in look(page, "phone", seen)]
            if role == "admin":
                wrong += look_again(page, seen)
            wrong += heard.take()
            assert not wrong, f"{address}:\n" + "\n".join(wrong)
    finally:
        page.close()


def look_again(page: Page, seen: set[tuple[str, str]]) -> list[str]:
    """On a laptop, enlarged twice, and in the dark: seen by one role only, because the parts are the same for all."""
    wrong = []
    for size in (LAPTOP, *ZOOMED):
        page.set_viewport_size(size)
        wrong += [*filter(None, [overflow(page)]), *cut(page)]
    if (looks := ("dark", shape(page))) not in seen:
        seen.add(looks)
        page.set_viewport_size(LAPTOP)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        wrong += [f"in the dark: {problem}" for problem in faint(page)]
    return wrong


def look(page: Page, size: str, seen: set[tuple[str, str]]) -> list[str]:
    wrong = [] if page.locator("h1").count() == 1 else ["not exactly one h1"]
    wrong += [*filter(None, [overflow(page)]), *cut(page)]
    if (looks := (size, shape(page))) not in seen:
        seen.add(looks)
        wrong += barriers(page)
    return wrong
