"""The search box of every page, and the keys: what the list says is what they do."""

import re

from playwright.sync_api import Page, expect

from tests.browser import books, screens
from tests.browser.conftest import PHONE, Open
from tests.browser.looking import barriers, overflow
from tests.browser.made import Made
from tests.browser.watching import Complaints
from tests.support.server import Server


def options(page: Page, group: str) -> list[str]:
    labels = page.get_by_role("group", name=group, exact=True).locator(".palette-label")
    return [text.strip() for text in labels.all_inner_texts()]


def chosen(page: Page) -> str:
    return page.locator('[role=option][aria-selected="true"] .palette-label').inner_text()


def keys_shown(page: Page) -> dict[str, str]:
    """What the list under "?" says: the words of each key."""
    lines = page.locator("dialog.keys .keys-list > div").all()
    return {line.locator("dt").inner_text(): line.locator("dd").inner_text() for line in lines}


def test_a_student_a_receipt_a_page_and_an_action_are_found_without_the_mouse(
    window: Open, serving: Server, made_school: Made
) -> None:
    receipt = books.pay(serving.database, made_school.ids["asha"], 1_234)
    page = window("bursar", "/fees")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    page.keyboard.type("mensah ash")
    expect(page.get_by_role("option", name="Asha Mensah").first).to_be_visible()
    assert chosen(page) == "Asha Mensah"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") == "palette-option-0"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/students/{made_school.ids['asha']}")

    page.keyboard.press("Control+k")
    page.keyboard.type(receipt.lower())
    page.keyboard.press("Enter")  # before the answer: what it finds is meant
    page.wait_for_url(f"**/receipts/{receipt}")

    page.keyboard.press("Control+k")
    expect(page.get_by_role("group", name="Lately").get_by_role("option")).to_have_count(1)
    assert options(page, "Lately") == ["Asha Mensah"]
    page.keyboard.type("cash bo")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/transactions")

    page.keyboard.press("Control+k")
    page.keyboard.type("asha")
    page.get_by_role("option", name="Take a payment from Asha Mensah").click()
    page.wait_for_url(f"**/desk?student={made_school.ids['asha']}")
    expect(page.locator("#field-amount")).to_be_focused()


def test_the_box_offers_what_the_role_may_do_and_closes_where_it_was_opened(window: Open) -> None:
    page = window("teacher", "/students")
    opener = page.get_by_role("link", name="Search", exact=True)
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Search")).to_be_visible()
    assert options(page, "Actions") == ["Change my password"]
    assert "Fee desk" not in options(page, "Pages")
    page.keyboard.type("zzzz")
    expect(page.get_by_text("Nothing found. Try fewer letters")).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Search")).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_box_is_a_screen_of_its_own_on_a_phone(window: Open, made_school: Made) -> None:
    page = window("bursar", "/desk", PHONE, is_mobile=True, has_touch=True)
    page.get_by_role("link", name="Search", exact=True).tap()
    dialog = page.get_by_role("dialog", name="Search")
    expect(dialog).to_be_visible()
    assert dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    page.keyboard.type("ama")
    expect(page.get_by_role("option", name="Ama").first).to_be_visible()
    assert barriers(page) == []
    assert overflow(page) == ""
    small = [
        box for option in page.get_by_role("option").all() if (box := option.bounding_box()) and box["height"] < 44
    ]
    assert small == []


def test_without_an_answer_pages_and_actions_still_work(window: Open, complaints: Complaints) -> None:
    page = window("admin", "/students")
    page.route("**/search/items*", lambda route: route.abort())
    with complaints.expected("request failed: GET .*/search/items"):
        page.keyboard.press("Control+k")
        page.keyboard.type("new stud")
        expect(page.get_by_text("The server did not answer; only pages and actions are shown.")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/students/new")


def test_without_scripts_the_search_is_a_page(window: Open) -> None:
    page = window("bursar", "/fees", java_script_enabled=False)
    page.get_by_role("link", name="Search", exact=True).click()
    page.locator("main input[type=search]").fill("asha mens")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Asha Mensah").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Asha Mensah")


def test_every_key_of_the_list_leads_where_the_list_says(window: Open) -> None:
    page = window("admin", "/students")
    screens.live(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert barriers(page) == []
    said = keys_shown(page)
    assert {"?", "Ctrl K", "N", "/"} < said.keys()
    page.keyboard.press("Escape")
    for strokes, words in said.items():
        if re.fullmatch("G [A-Z]", strokes):
            page.get_by_role("heading", level=1).click()  # out of the field where a page begins
            for stroke in strokes.lower().split():
                page.keyboard.press(stroke)
            expect(page.get_by_role("heading", level=1)).to_contain_text(words)
            # A page that has only been drawn does not listen to keys yet.
            screens.live(page)
    page.goto("/students")
    screens.live(page)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name=said["/"])).to_be_focused()
    page.keyboard.type("g n ?")
    expect(page.get_by_role("searchbox", name=said["/"])).to_have_value("g n ?")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("n")
    page.wait_for_url("**/students/new")


def test_single_keys_stay_switched_off_for_who_does_not_want_them(window: Open) -> None:
    page = window("registrar", "/students")
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("checkbox", name="Single keys work").uncheck()
    page.keyboard.press("Escape")
    page.evaluate("localStorage.clear(); sessionStorage.clear()")  # as signing out does
    page.goto("/classes")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    page.keyboard.press("n")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Search")).to_be_visible()
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("checkbox", name="Single keys work").check()
    page.keyboard.press("Escape")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("n")
    page.wait_for_url("**/classes/new")
