"""The register of a class, taken without a mouse, on two screens at once."""

from playwright.sync_api import expect

from tests.browser import books, screens
from tests.browser.conftest import PHONE, Open
from tests.browser.made import Made
from tests.browser.watching import Complaints
from tests.support.server import Server


def marks(serving: Server, class_id: int) -> dict[str, int]:
    """How many of a class have each mark today."""
    sql = (
        "SELECT a.status, count(*) FROM attendance a JOIN students s ON s.id = a.student_id "
        "WHERE s.class_id = ? AND a.date = ? GROUP BY a.status"
    )
    return dict(serving.raw.execute(sql, (class_id, books.today().isoformat())).fetchall())


def test_a_class_is_marked_by_single_keys_and_the_wall_counts_along(
    window: Open, serving: Server, made_school: Made
) -> None:
    class_id = made_school.ids["class_id"]
    wall = screens.live(window("wall", "/wall"))
    page = window("teacher", "/attendance")
    link = page.get_by_role("link", name="Basic 1")
    for _ in range(40):
        page.keyboard.press("Tab")
        if link.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/attendance?class_id=*")
    page.goto(f"/attendance?class_id={class_id}")
    names = page.locator("[data-line]")
    expect(names.first.locator("input:checked")).to_be_focused()
    count = names.count()
    before = marks(serving, class_id)

    page.keyboard.press("a")
    expect(names.nth(1).locator("input:checked")).to_be_focused()
    page.keyboard.press("l")
    page.keyboard.press("e")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("p")
    for _ in range(count - 3):
        page.keyboard.press("p")
    expect(page.locator("[data-counts]")).to_have_text(f"{count - 2} present · 1 absent · 1 late")
    assert marks(serving, class_id) == before
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent.includes('Save register')"):
            break
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text(" is saved: ")
    assert marks(serving, class_id) == {"present": count - 2, "absent": 1, "late": 1}
    today = f"attendance_{books.today()}"
    screens.expect_figure(wall, today, str(books.figure(serving.database, today)))
    assert screens.is_the_same(wall)


def test_two_teachers_with_one_register_do_not_overwrite_each_other(
    window: Open, serving: Server, made_school: Made, complaints: Complaints
) -> None:
    path = f"/attendance?class_id={made_school.ids['class_id']}"
    first, second = window("teacher", path), window("registrar", path, PHONE)
    screens.live(second)
    first.keyboard.press("e")
    first.get_by_role("button", name="Save register").click()
    expect(first.locator("main")).to_contain_text(" is saved: ")

    expect(second.get_by_text("Somebody else has just saved this register.")).to_be_visible()
    second.locator("[data-line]").nth(1).get_by_text("Absent").click()
    with complaints.expected("answer 409: POST .*/attendance"):
        second.get_by_role("button", name="Save register").click()
        expect(second.get_by_text("Nothing was saved yet.")).to_be_visible()
    expect(second.locator("[data-line]").nth(1).get_by_role("radio", name="Absent")).to_be_checked()
    second.get_by_role("button", name="Save register").click()
    expect(second.locator("main")).to_contain_text(" is saved: ")
