"""On paper a page is the page alone: no frame, no buttons, black on white, a table with its heading on every sheet."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.looking import cut, overflow
from tests.browser.made import Made

A4 = {"width": 703, "height": 1009}
"""What the margins leave of a sheet, in pixels of 1/96 inch."""
FRAME = (".sidebar", ".topbar", ".bottom-bar", ".page-actions", ".toasts", ".list-bar", ".cell-actions", "main .btn")
PAGES = {
    "fees": "/fees",
    "payments": "/payments",
    "cash book": "/transactions",
    "students": "/students",
    "account of a student": "/students/{asha}",
    "class": "/classes/{class_id}",
    "registers of a day": "/attendance",
}


def on_paper(page: Page, *, dark: bool = False) -> Page:
    page.set_viewport_size(A4)
    page.emulate_media(media="print", color_scheme="dark" if dark else "light", reduced_motion="reduce")
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_without_its_frame(window: Open, made_school: Made, name: str) -> None:
    page = on_paper(window("admin", PAGES[name].format(**made_school.ids)))
    for part in FRAME:
        for element in page.locator(part).all():
            expect(element).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".print-head")).to_be_visible()
    for table in page.locator("main table").all():
        expect(table.locator("thead")).to_have_css("display", "table-header-group")
        expect(table.locator("tbody tr").first).to_have_css("display", "table-row")
    assert overflow(page) == ""
    assert cut(page) == []


def test_links_are_plain_text(window: Open) -> None:
    page = on_paper(window("admin", "/fees"))
    link = page.locator("tbody a").first
    expect(link).to_have_css("text-decoration-line", "none")
    ink = page.evaluate("getComputedStyle(document.body).color")
    expect(link).to_have_css("color", ink)


def test_paper_is_white_in_the_dark(window: Open) -> None:
    page = window("admin", "/fees", color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    on_paper(page, dark=True)
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator("body")).to_have_css("color", "rgb(16, 32, 29)")
    expect(page.locator("tbody td").first).to_have_css("color", "rgb(16, 32, 29)")


def test_a_theme_gives_way_to_paper_and_comes_back(window: Open) -> None:
    page = window("admin", "/dashboard", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_register_prints_the_mark_alone(window: Open, made_school: Made) -> None:
    page = on_paper(window("teacher", f"/attendance?class_id={made_school.ids['class_id']}"))
    choices = page.locator(".register-choices").first
    expect(choices.locator(".choice").locator("visible=true")).to_have_count(1)
    expect(page.locator(".register-foot")).to_be_hidden()
    assert overflow(page) == ""
