"""A school's first day: the link that the start prints, the first administrator, empty pages, a wall that is paired."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.services.setup import new_setup_token
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looking import barriers, overflow
from tests.browser.made import PASSWORD, application
from tests.browser.pages import PAGES
from tests.browser.screens import LIVE
from tests.browser.watching import Complaints
from tests.support.database import Database, copied
from tests.support.server import Server, running

# Forms look the same on every day; what lists rows has something else to say on the first.
EMPTY = [addresses[0] for name, addresses in PAGES.items() if "{" not in addresses[0] and "new" not in addresses[0]]


@pytest.fixture
def school(template: Database, tmp_path: Path) -> Iterator[Server]:
    """A server on a database that nobody has set up."""
    with running(copied(template, tmp_path / "school.db")) as server:
        yield server


def look(page: Page) -> list[str]:
    wrong = [] if page.locator("h1").count() == 1 else [f"not exactly one h1 on {page.url}"]
    page.set_viewport_size(PHONE)
    wrong += filter(None, [overflow(page)])
    page.set_viewport_size(DESKTOP)
    wrong += filter(None, [overflow(page), *barriers(page)])
    return [f"{page.url}: {problem}" for problem in wrong]


def test_from_the_printed_link_to_a_wall_that_waits_for_the_first_payment(
    browser: Browser, school: Server, complaints: Complaints
) -> None:
    context = browser.new_context(base_url=school.url, viewport=DESKTOP)
    complaints.watch(context)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome to SchoolPulse")
    wrong = look(page)
    with complaints.expected("answer 404: GET .*/setup/guessed"):
        page.goto("/setup/guessed")
    wrong += look(page)
    with application(school.database):
        link = f"/setup/{new_setup_token()}"

    page.goto(link)
    wrong += look(page)
    page.get_by_label("School name").fill("Riverside Basic School")
    page.get_by_label("User name").fill("akosua")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("Password again").fill("other")
    with complaints.expected("answer 422: POST .*/setup/"):
        page.get_by_role("button", name="Set up the school").click()
        expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_label("School name")).to_have_value("Riverside Basic School")
    expect(page.get_by_label("User name")).to_have_value("akosua")
    wrong += look(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Set up the school").click()
    page.wait_for_url("**/dashboard")
    page.locator(LIVE).wait_for()

    for address in EMPTY:
        page.goto(address)
        wrong += look(page)
    assert not wrong, "\n".join(wrong)

    page.goto("/displays")
    page.get_by_label("Where it hangs").fill("Staff room")
    page.get_by_role("button", name="Add the display").click()
    pairing = page.locator(".pairing-link").inner_text().strip()
    wrong += look(page)
    television = browser.new_context(base_url=school.url, viewport=DESKTOP)
    complaints.watch(television)
    wall = television.new_page()
    wall.goto(pairing)
    wall.wait_for_url("**/wall")
    wall.locator(LIVE).wait_for()
    expect(wall.locator("[data-metric=total_enrollment]")).to_have_text("0")
    expect(wall.get_by_text("No payments yet")).to_be_visible()
    wrong += look(wall)
    assert not wrong, "\n".join(wrong)

    page.goto("/account")
    page.get_by_role("button", name="Account of akosua").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    page.goto(link)
    expect(page).to_have_url(f"{school.url}/login")
    page.get_by_label("User name").fill("akosua")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard")
    television.close()
    context.close()
