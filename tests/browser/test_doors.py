"""Pages at the door: signing in, what is not for a role, what does not exist; and the dark colours."""

import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.looking import barriers, overflow, shorten
from tests.browser.made import PASSWORD, Made
from tests.browser.screens import LIVE
from tests.browser.watching import Complaints
from tests.support.server import Server

DARK = (
    "/dashboard", "/desk?student={student_id}", "/students/{student_id}", "/fees", "/attendance?class_id={class_id}",
    "/receipts/{voided_receipt_no}", "/transactions/new", "/health", "/settings", "/activity",
)  # fmt: skip


def slowly(route: Route) -> None:
    answer = route.fetch(max_redirects=0)
    time.sleep(1)
    route.fulfill(response=answer)


def problems(page: Page) -> list[str]:
    wrong = [] if page.locator("h1").count() == 1 else ["not exactly one h1"]
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        wrong += [problem for problem in [overflow(page), *barriers(page)] if problem]
    return wrong


def test_signing_in_keeps_the_name_after_a_wrong_password_and_leads_to_the_page_that_was_wanted(
    window: Open, serving: Server, complaints: Complaints
) -> None:
    page = window("nobody", "/fees?status=unpaid")
    expect(page).to_have_url(f"{serving.url}/login?next=/fees?status%3Dunpaid")
    assert problems(page) == []
    page.set_viewport_size(DESKTOP)
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("efua")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    with complaints.expected("answer 401: POST .*/login"):
        page.keyboard.press("Enter")
        expect(page.locator("[data-error-summary]")).to_contain_text("The user name or the password is wrong.")
    expect(page.get_by_label("User name")).to_have_value("efua")
    expect(page.get_by_label("Password")).to_have_value("")
    assert problems(page) == []
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{serving.url}/fees?status=unpaid")


@pytest.mark.parametrize("role", ["teacher", "registrar", "bursar", "principal", "wall"])
def test_a_page_that_is_not_for_the_role_says_so(window: Open, complaints: Complaints, role: str) -> None:
    page = window(role)
    with complaints.expected("answer 403: GET .*/users"):
        answer = page.goto("/users")
    assert answer is not None and answer.status == 403
    expect(page.get_by_role("heading", level=1)).to_have_text("Not for your role")
    assert problems(page) == []


@pytest.mark.parametrize("role", ["nobody", "principal"])
def test_an_address_that_does_not_exist_says_so(window: Open, complaints: Complaints, role: str) -> None:
    page = window(role)
    with complaints.expected("answer 404: GET .*/nothing-here"):
        answer = page.goto("/nothing-here")
    assert answer is not None and answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
    assert problems(page) == []


def test_dark_colours_can_be_read(window: Open, made_school: Made) -> None:
    page = window("admin", color_scheme="dark")
    wrong = []
    for address in DARK:
        page.set_viewport_size(DESKTOP)
        page.goto(address.format(**made_school.ids))
        assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
        shorten(page)
        wrong += [f"{address}: {problem}" for problem in barriers(page)]
    assert not wrong, "\n".join(wrong)


def test_the_colours_that_somebody_chose_are_kept(window: Open) -> None:
    page = window("principal", "/dashboard")
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.goto("/fees")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.get_by_role("button", name="Account of").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_a_phone_has_a_menu_and_no_page_scrolls_sideways_by_touch(window: Open, made_school: Made) -> None:
    """The emulated phone widens its window instead of scrolling, so its width is compared with the glass."""
    page = window("admin", "/dashboard", PHONE, is_mobile=True, has_touch=True, device_scale_factor=3)
    page.get_by_role("navigation", name="Quick").get_by_role("button", name="Menu").tap()
    menu = page.get_by_role("dialog", name="Main")
    expect(menu).to_be_visible()
    menu.get_by_role("link", name="Students").tap()
    page.wait_for_url("**/students")
    for address in ("/students", "/fees", "/attendance?class_id={class_id}", "/activity", "/wall"):
        page.goto(address.format(**made_school.ids))
        page.wait_for_function("() => innerWidth === 390", timeout=3_000)


def test_signing_out_leads_to_the_door_even_when_its_answer_is_slower_than_the_news_of_it(
    window: Open, serving: Server
) -> None:
    page = window("registrar", "/account")
    page.locator(LIVE).wait_for()
    page.route("**/logout", slowly)
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    expect(page).to_have_url(f"{serving.url}/login")
