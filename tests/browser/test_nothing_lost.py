"""Nothing that was typed is lost: by an expired session, a dead line, news of others, or a wrong click."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from app.services.users import add_user
from tests.browser import books, screens
from tests.browser.conftest import PHONE, Open
from tests.browser.made import PASSWORD, Made, application
from tests.browser.watching import Complaints
from tests.support.server import Server

OFFLINE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "WebSocket connection",
    "ERR_ABORTED",
)
NEVER_ASKS = "addEventListener('beforeunload', (event) => event.stopImmediatePropagation())"
"""A browser that does not ask before it leaves, as those of many phones."""
YES = "addEventListener('beforeunload', (event) => { event.preventDefault = () => {}; })"
"""Somebody who is asked, and leaves all the same."""


@pytest.fixture(autouse=True)
def sessions(serving: Server) -> Iterator[None]:
    """Whatever a test did to them, the sessions of the others live."""
    kept = serving.raw.execute("SELECT id, expires_at FROM user_sessions").fetchall()
    yield
    for session_id, expires_at in kept:
        serving.raw.execute("UPDATE user_sessions SET expires_at = ? WHERE id = ?", (expires_at, session_id))


def expire(serving: Server, made: Made, role: str) -> None:
    serving.raw.execute(
        "UPDATE user_sessions SET expires_at = '2020-01-01 00:00:00.000000' WHERE user_id = ?", (made.users[role],)
    )


def save_or_be_shown_out(page: Page, button: str) -> None:
    """Save; the news that the session has ended may come first."""
    with suppress(Error):
        page.get_by_role("button", name=button).click(timeout=2_000)
    # Both may lead there, and the later one ends the way of the earlier one.
    expect(page).to_have_url(re.compile(r"/login\?next="))


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def new_fee(page: Page) -> None:
    """Type a fee for Asha, as far as the button."""
    page.get_by_role("combobox", name="Student").fill("asha mens")
    page.get_by_role("option", name="Asha Mensah").click()
    page.get_by_label("Amount due").fill("41.50")
    page.get_by_label("Description").fill("Excursion to Cape Coast")
    page.locator("label[for=field-method-momo]").click()


def is_new_fee(page: Page) -> None:
    expect(page.get_by_label("Amount due")).to_have_value("41.50")
    expect(page.get_by_label("Description")).to_have_value("Excursion to Cape Coast")
    expect(page.get_by_role("combobox", name="Student")).to_have_value("Asha Mensah")
    expect(page.locator("#field-method-momo")).to_be_checked()


def opened(window: Open, role: str, path: str, script: str, **options: Any) -> Page:
    page = window(role, **options)
    page.add_init_script(script)
    page.goto(path)
    return page


def count(serving: Server, sql: str, *values: object) -> int:
    return int(serving.raw.execute(sql, values).fetchone()[0])


def kept(page: Page) -> str:
    return str(page.evaluate("JSON.stringify({ ...sessionStorage })"))


def test_a_session_that_ends_while_somebody_types_gives_the_form_back_after_signing_in(
    window: Open, serving: Server, made_school: Made, complaints: Complaints
) -> None:
    page = window("bursar", "/fees/new?student=")
    new_fee(page)
    before = count(serving, "SELECT count(*) FROM fees")
    expire(serving, made_school, "bursar")
    with complaints.expected("answer 401: POST .*/fees/new"):
        save_or_be_shown_out(page, "Save fee")
    expect(page.get_by_text("What you typed is kept in this tab and comes back.")).to_be_visible()
    sign_in(page, "efua")
    page.wait_for_url("**/fees/new?student=")
    expect(page.get_by_text("What you had typed is back. It is not saved yet.")).to_be_visible()
    is_new_fee(page)
    page.get_by_role("button", name="Save fee").click()
    page.wait_for_url(re.compile(r"/fees/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Excursion to Cape Coast")
    assert count(serving, "SELECT count(*) FROM fees") == before + 1
    assert "Excursion" not in kept(page)


def test_what_was_typed_belongs_to_who_typed_it(window: Open, serving: Server, made_school: Made) -> None:
    with application(serving.database):
        add_user(username="kwesi", role="bursar", password=PASSWORD)
    page = opened(window, "bursar", "/fees/new?student=", NEVER_ASKS)
    new_fee(page)
    page.context.clear_cookies()
    page.goto("/login")
    assert "Excursion" in kept(page)
    sign_in(page, "kwesi")
    page.wait_for_url("**/desk")
    page.goto("/fees/new?student=")
    expect(page.get_by_label("Amount due")).to_have_value("")
    assert "Excursion" not in kept(page)


def test_a_form_is_kept_where_the_browser_never_asks(window: Open, complaints: Complaints) -> None:
    page = opened(window, "bursar", "/fees/new?student=", NEVER_ASKS, size=PHONE)
    new_fee(page)
    page.goto("/students")
    page.goto("/fees/new?student=")
    is_new_fee(page)
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_label("Amount due")).to_have_value("")
    expect(page.get_by_role("combobox", name="Student")).to_have_value("")
    expect(page.locator("#field-method-cash")).to_be_checked()
    page.reload()
    expect(page.get_by_label("Amount due")).to_have_value("")
    expect(page.get_by_text("What you had typed is back.")).to_be_hidden()


def test_leaving_asks_only_when_something_was_typed(window: Open, complaints: Complaints) -> None:
    page = window("registrar", "/students/new")
    page.get_by_label("First name").click()
    page.get_by_role("link", name="Classes", exact=True).click()
    page.wait_for_url("**/classes")
    page.go_back()
    page.get_by_label("First name").click()
    page.keyboard.type("Adwoa")
    with complaints.expected("beforeunload dialog"):
        page.get_by_role("link", name="Classes", exact=True).click()
        page.wait_for_timeout(300)
    expect(page).to_have_url(re.compile("/students/new$"))
    expect(page.get_by_label("First name")).to_have_value("Adwoa")
    page.get_by_label("Last name").fill("Kept")
    page.get_by_role("button", name="Save student").click()
    page.wait_for_url(re.compile(r"/students/\d+$"))
    page.get_by_role("link", name="Classes", exact=True).click()
    page.wait_for_url("**/classes")


def test_who_throws_away_what_was_typed_does_not_meet_it_again(window: Open) -> None:
    page = opened(window, "registrar", "/students/new", YES)
    page.get_by_label("First name").click()
    page.keyboard.type("Thrown")
    page.goto("/classes")
    page.goto("/students/new")
    expect(page.get_by_label("First name")).to_have_value("")


def test_passwords_are_never_kept(window: Open) -> None:
    page = opened(window, "admin", "/users/new", NEVER_ASKS)
    page.get_by_label("User name").fill("yaa.new")
    page.get_by_label("First password").fill("the secret of yaa")
    page.goto("/account")
    assert "yaa.new" in kept(page)
    assert "the secret" not in kept(page)
    page.get_by_label("Present password").fill("the secret of yaa")
    page.goto("/users")
    assert "the secret" not in kept(page)


def test_signing_out_forgets_everything(window: Open, made_school: Made) -> None:
    page = opened(window, "principal", f"/attendance?class_id={made_school.ids['class_id']}", NEVER_ASKS)
    page.locator("[data-line]").nth(1).get_by_text("Excused").click()
    page.reload()
    expect(page.get_by_text("What you had typed is back.")).to_be_visible()
    assert "register:" in kept(page)
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    assert "register:" not in kept(page)


def test_a_server_that_dies_under_a_form_costs_nothing(
    window: Open, serving: Server, complaints: Complaints, made_school: Made
) -> None:
    complaints.expect(*OFFLINE)
    fee, student = window("bursar", "/fees/new?student="), window("registrar", "/students/new")
    plain = window("registrar", f"/students/{made_school.ids['asha']}/edit")
    new_fee(fee)
    student.get_by_label("First name").fill("Akosua")
    student.get_by_label("Last name").fill("Patience")
    plain.get_by_label("Date of birth").fill("2019-03-05")
    fees, students = count(serving, "SELECT count(*) FROM fees"), count(serving, "SELECT count(*) FROM students")
    serving.kill()
    for page, button in ((plain, "Save"), (student, "Save student"), (fee, "Save fee")):
        page.get_by_role("button", name=button, exact=True).click()
    expect(plain.get_by_text("It may not be saved; what you typed is still here.")).to_be_visible()
    expect(plain.get_by_label("Date of birth")).to_have_value("2019-03-05")
    for page in (student, fee):
        expect(page.get_by_text("No answer yet. What you typed is still here; it is saved only once.")).to_be_visible()
    expect(student.get_by_label("First name")).to_have_value("Akosua")
    is_new_fee(fee)
    serving.start()
    fee.wait_for_url(re.compile(r"/fees/\d+$"), timeout=30_000)
    student.wait_for_url(re.compile(r"/students/\d+$"), timeout=30_000)
    plain.get_by_role("button", name="Try again").click()
    plain.wait_for_url(re.compile(r"/students/\d+$"))
    assert count(serving, "SELECT count(*) FROM fees") == fees + 1
    assert count(serving, "SELECT count(*) FROM students") == students + 1
    assert count(serving, "SELECT count(*) FROM students WHERE born_on = '2019-03-05'") == 1


def test_an_answer_that_gets_lost_is_asked_for_again_and_done_once(
    window: Open, serving: Server, complaints: Complaints
) -> None:
    page = window("bursar", "/fees/new?student=")
    lost: list[int] = []

    def lose_one(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0).status)
            route.abort()
        else:
            route.continue_()

    page.route("**/fees/new*", lose_one)
    new_fee(page)
    before = count(serving, "SELECT count(*) FROM fees")
    with complaints.expected("request failed: POST .*/fees/new"):
        page.get_by_role("button", name="Save fee").click()
        page.wait_for_url(re.compile(r"/fees/\d+$"))
    assert lost == [204]
    assert count(serving, "SELECT count(*) FROM fees") == before + 1


def test_a_page_that_was_opened_before_signing_in_anew_still_saves(
    window: Open, serving: Server, made_school: Made, complaints: Complaints
) -> None:
    """Signing in makes a new token; pages of the same browser that were open before have the old one."""
    page = window("bursar", "/fees/new?student=")
    new_fee(page)
    page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach((field) => { field.value = 'of before'; })")
    with complaints.expected("answer 403: POST .*/fees/new"):
        page.get_by_role("button", name="Save fee").click()
        page.wait_for_url(re.compile(r"/fees/\d+$"))


def test_a_refused_form_is_still_kept(window: Open, serving: Server, made_school: Made, complaints: Complaints) -> None:
    page = window("bursar", "/fees/new?student=")
    new_fee(page)
    page.get_by_label("Amount due").fill("a lot")
    with complaints.expected("answer 422: POST .*/fees/new", "answer 401: POST .*/fees/new"):
        page.get_by_role("button", name="Save fee").click()
        expect(page.locator("[data-error-summary]")).to_be_focused()
        expire(serving, made_school, "bursar")
        save_or_be_shown_out(page, "Save fee")
    sign_in(page, "efua")
    page.wait_for_url("**/fees/new?student=")
    expect(page.get_by_label("Amount due")).to_have_value("a lot")
    expect(page.get_by_label("Description")).to_have_value("Excursion to Cape Coast")


def test_what_others_save_into_an_open_form_takes_nothing_that_was_typed(
    window: Open, serving: Server, made_school: Made
) -> None:
    asha, class_id = made_school.ids["asha"], made_school.ids["class_id"]
    page = screens.live(window("registrar", f"/students/{asha}/edit"))
    page.get_by_label("First name").fill("Ayesha")
    with books.outside(serving.database) as raw:
        raw.execute(
            "UPDATE students SET first_name = 'Asher', class_id = ?, gender = 'M' WHERE id = ?", (class_id, asha)
        )
    told = page.locator("[data-meanwhile]")
    expect(told).to_contain_text("First name: you typed something else. Theirs is Asher")
    expect(told).to_contain_text("Class is now Basic 4")
    expect(told).to_contain_text("Gender is now Boy.")
    expect(page.get_by_label("First name")).to_have_value("Ayesha")
    expect(page.get_by_label("Class")).to_have_value(str(class_id))
    expect(page.locator("#field-gender-M")).to_be_checked()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/students/{asha}")
    saved = serving.raw.execute("SELECT first_name, class_id, gender FROM students WHERE id = ?", (asha,)).fetchone()
    assert tuple(saved) == ("Ayesha", class_id, "M")
    with books.outside(serving.database) as raw:
        raw.execute("UPDATE students SET first_name = 'Asha', gender = 'F' WHERE id = ?", (asha,))


def test_an_open_register_comes_back_as_it_was_marked(
    window: Open, serving: Server, made_school: Made, complaints: Complaints
) -> None:
    path = f"/attendance?class_id={made_school.ids['class_id']}"
    page = opened(window, "registrar", path, NEVER_ASKS)
    page.locator("[data-line]").nth(2).get_by_text("Excused").click()
    page.reload()
    expect(page.locator("[data-line]").nth(2).get_by_role("radio", name="Excused")).to_be_checked()
    expect(page.locator("[data-counts]")).to_contain_text("excused")


def test_what_the_desk_typed_comes_back_to_the_same_student(
    window: Open, serving: Server, made_school: Made, complaints: Complaints
) -> None:
    asha = made_school.ids["asha"]
    page = window("bursar", f"/desk?student={asha}")
    page.locator("#field-amount").fill("17.25")
    before = books.payments(serving.database)
    expire(serving, made_school, "bursar")
    with complaints.expected("answer 401: POST .*/desk", "answer 401: GET .*"):
        save_or_be_shown_out(page, "Save payment")
    sign_in(page, "efua")
    page.wait_for_url(f"**/desk?student={asha}")
    expect(page.locator("#field-amount")).to_have_value("17.25")
    page.locator("#field-method-cash").check()
    page.locator("#field-amount").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-done-receipt]")).to_be_visible()
    assert books.payments(serving.database) == before + 1
