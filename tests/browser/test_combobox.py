"""The type-ahead of a form: Enter chooses, and never sends a form without a choice."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.watching import Complaints

MARKED = ".combobox-option[aria-selected=true]"


def test_enter_without_a_choice_sends_nothing(window: Open, complaints: Complaints) -> None:
    page = window("bursar", "/fees/new")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    box = page.get_by_role("combobox", name="Student")
    expect(box).to_be_focused()
    page.keyboard.type("zzzz")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    box.fill("")
    page.keyboard.type("asha mens")
    page.get_by_role("option", name="Asha Mensah").wait_for()
    page.keyboard.press("Enter")
    expect(box).to_have_value("Asha Mensah")
    assert sent == []
    with complaints.expected("answer 422: POST .*/fees/new"):
        page.keyboard.press("Enter")
        expect(page.get_by_text("Amount due must be filled in.").first).to_be_visible()
    assert len(sent) == 1


def test_enter_never_chooses_what_no_longer_fits(window: Open) -> None:
    """Who types faster than the line answers must not pay for the student that a shorter word had found."""
    page = window("bursar", "/fees/new")
    box = page.get_by_role("combobox", name="Student")
    field = page.locator("input[data-combobox-value]").first
    page.keyboard.type("a")
    marked = page.locator(MARKED)
    expect(marked).to_be_visible()
    assert "Kofi" not in marked.inner_text()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("kofi")
    page.keyboard.press("Enter")
    expect(marked).to_contain_text("Kofi")
    expect(field).to_have_value("")
    page.keyboard.press("Enter")
    expect(box).to_have_value(re.compile("^Kofi"))


def test_enter_chooses_at_once_what_still_fits(window: Open) -> None:
    page = window("bursar", "/fees/new")
    box = page.get_by_role("combobox", name="Student")
    page.keyboard.type("asha men")
    expect(page.locator(MARKED)).to_contain_text("Asha Mensah")
    page.keyboard.type("sah")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Asha Mensah")
