"""The type-ahead of a form: Enter chooses, and never sends a form without a choice."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.watching import Complaints


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
