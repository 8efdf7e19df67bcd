"""The ten main tasks, each without a mouse from the first key to what is saved."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import books
from tests.browser.conftest import Open
from tests.browser.keyboard import Keyboard
from tests.browser.made import Made
from tests.support.server import Server

WINDOW = {"width": 1366, "height": 768}


@pytest.fixture
def at(window: Open) -> Callable[[str, str], Keyboard]:
    """Somebody of a role at a page, with the keyboard only."""

    def sit_down(role: str, path: str) -> Keyboard:
        return Keyboard(window(role, path, WINDOW, reduced_motion="reduce"))

    return sit_down


At = Callable[[str, str], Keyboard]


def value(serving: Server, sql: str, *values: object) -> object:
    return serving.raw.execute(sql, values).fetchone()[0]


def test_take_a_payment(at: At, serving: Server) -> None:
    before = books.payments(serving.database)
    keys = at("bursar", "/fees").go("g k", "/desk$")
    keys.choose("asha mens")
    expect(keys.page.locator("#field-amount")).to_be_focused()
    keys.type("31").press("Enter", "Enter")
    expect(keys.page.locator("[data-done-receipt]")).to_be_visible()
    keys.press("Enter")
    expect(keys.page.locator("#desk-student")).to_be_focused()
    assert books.payments(serving.database) == before + 1


def test_void_a_receipt(at: At, serving: Server, made_school: Made) -> None:
    receipt = books.pay(serving.database, made_school.ids["asha"], 1_700)
    keys = at("bursar", "/students").find(receipt, f"/receipts/{receipt}$")
    keys.to("Void").press("Enter")
    keys.page.wait_for_url(re.compile("/void$"))
    keys.to("Reason").type("typed twice").press("Enter")
    keys.page.wait_for_url(re.compile(f"/receipts/{receipt}$"))
    expect(keys.page.locator(".receipt")).to_contain_text("VOID")


def test_add_a_student(at: At, serving: Server) -> None:
    keys = at("registrar", "/classes").go("g s", "/students$").go("n", "/students/new")
    keys.to("First name").type("Dzifa").press("Tab").type("Keyboard").press("Tab").type("Basic 2")
    keys.press("Control+Enter")
    keys.page.wait_for_url(re.compile(r"/students/\d+$"))
    sql = "SELECT c.name FROM students s JOIN classes c ON c.id = s.class_id WHERE s.first_name = 'Dzifa'"
    assert value(serving, sql) == "Basic 2"


def test_import_students(at: At, serving: Server) -> None:
    before = int(str(value(serving, "SELECT count(*) FROM students")))
    keys = at("registrar", "/classes").find("import", "/students/import$")
    # The browser is told to hand over the chooser on another way than the keys take: not in the moment before the key.
    with keys.page.expect_file_chooser() as chosen:
        keys.to("CSV file").press("Space")
    data = b"first_name,last_name,class\nSena,Keys,Basic 1\nElikem,Keys,Basic 2\n"
    chosen.value.set_files({"name": "students.csv", "mimeType": "text/csv", "buffer": data})
    keys.to("Check the file").press("Enter")
    expect(keys.page.locator("#report")).to_contain_text("2 students would be imported.")
    keys.to("^Import").press("Enter")
    expect(keys.page.locator("#report")).to_contain_text("2 students imported.")
    assert value(serving, "SELECT count(*) FROM students") == before + 2


def test_take_a_register(at: At, serving: Server) -> None:
    keys = at("teacher", "/students").go("g r", "/attendance$")
    keys.to("Basic 2").press("Enter")
    keys.page.wait_for_url("**/attendance?class_id=*")
    first = keys.page.locator("[data-line]").first.locator("input:checked")
    expect(first).to_be_focused()
    keys.press("a", "l", "e", "ArrowUp", "p", "Control+Enter")
    expect(keys.page.locator("main")).to_contain_text(" is saved: ")


def test_charge_a_fee(at: At, serving: Server) -> None:
    before = int(str(value(serving, "SELECT count(*) FROM fees")))
    keys = at("bursar", "/students").go("g f", "/fees$").go("n", "/fees/new$")
    keys.to("Student").choose("asha mens").press("Tab").type("45.50")
    keys.to("Description").type("Swimming").press("Control+Enter")
    keys.page.wait_for_url(re.compile(r"/fees/\d+$"))
    assert value(serving, "SELECT count(*) FROM fees") == before + 1


def test_enter_an_expense(at: At, serving: Server) -> None:
    keys = at("bursar", "/students").go("g c", "/transactions$").go("n", "/transactions/new")
    keys.to("Amount").type("75").to("Category").type("Salar").to("Description").type("Watchman")
    keys.press("Control+Enter")
    expect(keys.page.get_by_text("Expense added.")).to_be_visible()
    assert value(serving, "SELECT amount FROM financial_transactions WHERE description = 'Watchman'") == 7_500


def test_promote_a_student(at: At, serving: Server, made_school: Made) -> None:
    keys = at("registrar", "/students").find("promote", "/promotions/new")
    keys.to("Student").choose("asha mens").to("Promoted").press("ArrowRight", "ArrowRight", "ArrowRight")
    keys.to("To class").type("Basic 3").press("Control+Enter")
    keys.page.wait_for_url(re.compile(rf"/students/{made_school.ids['asha']}$"))
    expect(keys.page.locator("main")).to_contain_text("Asha Mensah is now in Basic 3.")
    keys.to("Undo").press("Enter")
    expect(keys.page.locator("main")).to_contain_text("Taken back: Asha Mensah is as before.")
    assert (
        value(serving, "SELECT c.name FROM students s JOIN classes c ON c.id = s.class_id WHERE s.first_name = 'Asha'")
        == "Basic 1"
    )


def test_let_a_user_in(at: At, serving: Server) -> None:
    keys = at("admin", "/students").find("new user", "/users/new$")
    keys.to("User name").type("kojo.keys").press("Tab").type("Kojo Keys").to("Role").type("Teach")
    keys.to("First password").type("a long enough password").press("Enter")
    keys.page.wait_for_url(re.compile("/users$"))
    assert value(serving, "SELECT role FROM users WHERE username = 'kojo.keys'") == "teacher"


def test_change_a_setting(at: At, serving: Server) -> None:
    keys = at("admin", "/students").go("g e", "/settings$")
    keys.to("School name").press("Control+a").type("Hillside Preparatory").press("Control+Enter")
    expect(keys.page.get_by_text("The settings are saved.")).to_be_visible()
    assert value(serving, "SELECT value FROM settings WHERE key = 'school_name'") == "Hillside Preparatory"


def test_a_page_is_walked_through_by_tab_and_back(at: At) -> None:
    """Every stop of a long page can be seen, in both directions."""
    keys = at("admin", "/fees")
    keys.to("Skip to the content")
    for _ in range(60):
        keys.press("Tab")
    for _ in range(60):
        keys.press("Shift+Tab")
