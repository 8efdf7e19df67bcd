"""Names that are scripts: shown letter by letter, also where the pages' own scripts put them, and never run.

That no page runs them when it is drawn is seen by test_pages.py, whose school is full of them.
"""

from playwright.sync_api import Page, expect

from tests.browser import books, screens
from tests.browser.conftest import Open
from tests.browser.made import IMAGE, SCRIPT, Made
from tests.support.server import Server

NAME = f"{IMAGE} {SCRIPT}"


def nothing_grew(page: Page) -> None:
    """No element came out of a name: all scripts and images of a page are the program's own files."""
    assert page.evaluate("() => [...document.images].length") == 0
    assert page.evaluate("() => [...document.scripts].every((script) => script.src.includes('/static/'))")


def test_a_hostile_name_is_only_a_name_on_the_way_from_the_desk_to_the_screens(
    window: Open, serving: Server, made_school: Made
) -> None:
    wall, dashboard = screens.live(window("wall", "/wall")), screens.live(window("principal", "/dashboard"))
    students, fees = screens.live(window("principal", "/students")), screens.live(window("principal", "/fees"))
    desk = window("bursar", "/desk")
    desk.keyboard.type("img src")
    expect(desk.get_by_role("option").first).to_contain_text(NAME)
    desk.keyboard.press("Enter")
    expect(desk.locator(".desk-name")).to_have_text(NAME)
    desk.locator("#field-amount").fill("3.21")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("[data-done-student]")).to_have_text(NAME)
    expect(desk.locator(".desk-today")).to_contain_text(NAME)

    for page in (wall, dashboard):
        expect(screens.toasts(page).filter(has_text="GH₵3.21 received").first).to_contain_text(SCRIPT)
        expect(page.locator("[data-ticker] li").first).to_contain_text(SCRIPT)
        expect(screens.chart_words(page, "classes")).to_contain_text(SCRIPT)
    owed = books.value(
        serving.database, "SELECT arrears FROM student_balances WHERE student_id = ?", made_school.ids["student_id"]
    )
    row = students.locator(f'[data-row-id="{made_school.ids["student_id"]}"]')
    expect(row.locator('[data-label="Owed"]')).to_have_text(books.money(owed))
    expect(row).to_contain_text(IMAGE)
    for page in (wall, dashboard, desk, students, fees):
        nothing_grew(page)


def test_a_row_that_comes_in_live_brings_its_name_as_text(window: Open, serving: Server) -> None:
    page = screens.live(window("registrar", "/teachers"))
    with books.outside(serving.database) as raw:
        raw.execute("INSERT INTO teachers (first_name, last_name) VALUES (?, ?)", (SCRIPT, f"A {IMAGE}"))
    expect(page.locator(".table-box[data-live-table=teachers]")).to_contain_text(f"A {IMAGE}, {SCRIPT}")
    nothing_grew(page)


def test_names_are_asked_about_as_text(window: Open, made_school: Made) -> None:
    page = window("admin", f"/students/{made_school.ids['student_id']}/guardians/{made_school.ids['guardian_id']}")
    page.get_by_role("button", name="Take off").click()
    expect(page.locator("[data-confirm-question]")).to_contain_text(IMAGE)
    page.keyboard.press("Escape")
    page.goto(f"/students?q={IMAGE}")
    expect(page.get_by_role("searchbox")).to_have_value(IMAGE)
    nothing_grew(page)
