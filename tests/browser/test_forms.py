"""Bad input on every form: one sentence at its field, what was typed is still there, and nothing is changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app import create_app
from tests.browser.conftest import DESKTOP, SchoolFile, new_context
from tests.browser.looking import barriers, overflow, shorten
from tests.browser.made import Made
from tests.browser.watching import Complaints
from tests.support.database import overrides
from tests.support.server import Server


@dataclass(frozen=True)
class Bad:
    """A form, what somebody types into it by name, the field that is refused and the words that it is told."""

    page: str
    typed: Mapping[str, str]
    refused: str
    words: str
    action: str = ""
    """Where the form goes, when its page has several."""
    secret: frozenset[str] = field(default_factory=frozenset)


LONG = "x" * 300
PASSWORDS = frozenset({"password", "password_again", "present"})
FORMS: Mapping[str, Bad] = {
    "account.password": Bad(
        "/account",
        {"present": "wrong", "password": "another long password", "password_again": "another long password"},
        "present",
        "password",
        secret=PASSWORDS,
    ),
    "billing_runs.create": Bad(
        "/billing/new?list={bus_list_id}", {}, "students", "at least one student", "/billing/new"
    ),
    "categories.create": Bad("/categories", {"name": "Salaries"}, "name", "Salaries", "/categories"),
    "categories.create_fee_type": Bad("/categories", {"name": " "}, "fee_type", "must be filled in", "/fee-types"),
    "categories.update": Bad("/categories/{category_id}", {"name": "Salaries"}, "name", "Salaries"),
    "classes.assign": Bad(
        "/classes/{class_id}", {"subject": "Music"}, "teacher_id", "must be chosen", "/classes/{class_id}/teachers"
    ),
    "classes.create": Bad("/classes/new", {"name": "basic 1", "capacity": "35"}, "name", "Basic 1"),
    "classes.update": Bad("/classes/{class_id}/edit", {"capacity": "many"}, "capacity", "capacity"),
    "desk.pay": Bad("/desk?student={asha}", {"amount": "1e9", "note": "by the aunt"}, "amount", "1,500.00"),
    "displays.create": Bad("/displays", {"name": "Staff room"}, "name", "already a display", "/displays"),
    "displays.move": Bad(
        "/displays/{display_id}", {"code": "12345"}, "code", "six digits", "/displays/{display_id}/code"
    ),
    "displays.update": Bad(
        "/displays/{display_id}", {"name": ""}, "name", "must be filled in", "/displays/{display_id}"
    ),
    "fee_structures.create": Bad(
        "/fee-structures/new",
        {"name": "Second list", "amount_{meals_id}": "10.00"},
        "classes",
        "at least one class",
        "/fee-structures/new",
    ),
    "fee_structures.update": Bad(
        "/fee-structures/{fee_structure_id}",
        {"amount_{meals_id}": "1e9"},
        "amount_{meals_id}",
        "1,500.00",
        "/fee-structures/{fee_structure_id}",
    ),
    "fees.create": Bad(
        "/fees/new?student={asha}", {"amount_due": "NaN", "description": "Trip"}, "amount_due", "1,500.00"
    ),
    "fees.delete": Bad("/fees/{paid_fee_id}/delete", {"reason": " "}, "reason", "must be filled in"),
    "fees.update": Bad("/fees/{fee_id}/edit", {"amount_due": "-5", "description": "Trip"}, "amount_due", "1,500.00"),
    "guardians.create": Bad(
        "/students/{asha}/guardians/new", {"full_name": "Yaa Mensah", "phone": "call me"}, "phone", "024 123 4567"
    ),
    "guardians.update": Bad(
        "/students/{student_id}/guardians/{guardian_id}", {"email": "nowhere"}, "email", "name@example.org"
    ),
    "payments.void": Bad("/payments/{payment_id}/void", {"reason": ""}, "reason", "reason"),
    "promotion_runs.create": Bad(
        "/promotions/run?class={class_id}", {"promoted_on": "2999-01-01"}, "promoted_on", "future", "/promotions/run"
    ),
    "promotions.create": Bad("/promotions/new?student={asha}", {"to_class_id": ""}, "to_class_id", "must be chosen"),
    "look.save": Bad("/settings", {"school_colour": "teal"}, "school_colour", "#0b5f5a", "/settings/look"),
    "settings.save": Bad(
        "/settings", {"school_name": "Hill", "session_hours": "0"}, "session_hours", "from 1 to 168", "/settings"
    ),
    "students.create": Bad(
        "/students/new",
        {"first_name": "Ama", "last_name": "", "born_on": "2019-02-03"},
        "last_name",
        "must be filled in",
    ),
    "students.update": Bad(
        "/students/{asha}/edit", {"admission_no": LONG[:32], "first_name": ""}, "first_name", "filled"
    ),
    "teachers.assign": Bad(
        "/teachers/{teacher_id}",
        {"subject": "Music"},
        "class_id",
        "must be chosen",
        "/teachers/{teacher_id}/assignments",
    ),
    "teachers.create": Bad(
        "/teachers/new", {"first_name": "Yaw", "last_name": "Osei", "email": "here"}, "email", "name@example.org"
    ),
    "teachers.update": Bad("/teachers/{teacher_id}/edit", {"phone": "none"}, "phone", "024 123 4567"),
    "transactions.create": Bad(
        "/transactions/new?type=expense",
        {"amount": "12.345", "description": "Chalk", "category_id": "{salaries_id}"},
        "amount",
        "2 decimals",
    ),
    "transactions.update": Bad(
        "/transactions/{transaction_id}/edit", {"transaction_date": "2199-01-01"}, "transaction_date", "future"
    ),
    "users.create": Bad(
        "/users/new",
        {"username": "Not A Name", "password": "a long enough one"},
        "username",
        "letters",
        secret=PASSWORDS,
    ),
    "users.password": Bad(
        "/users/{bursar_id}", {"password": "short"}, "password", "8", "/users/{bursar_id}/password", secret=PASSWORDS
    ),
    "users.update": Bad(
        "/users/{bursar_id}", {"full_name": "Efua \ue000"}, "full_name", "cannot be read", "/users/{bursar_id}"
    ),
    "years.create": Bad(
        "/settings/years/new", {"name": "Next", "starts_on": "2030-09-01", "ends_on": "2029-07-01"}, "ends_on", "after"
    ),
    "years.update": Bad("/settings/years/{year_id}", {"name": ""}, "name", "must be filled in"),
}
ELSEWHERE = {
    "auth.log_in": "test_doors.py",
    "setup.set_up": "test_first_day.py",
    "student_import.take": "below",
    "attendance.save": "test_register.py",
    "wall.code": "test_pairing.py",
    "wall.come_in": "test_pairing.py",
}
BUTTONS = {
    "account.end",
    "auth.logout",
    "backups.make",
    "billing_runs.take_back",
    "categories.switch",
    "categories.switch_fee_type",
    "dashboard.put_aside",
    "desk_undo.undo",
    "fee_structures.delete",
    "first_steps.show",
    "displays.renew",
    "displays.revoke",
    "health.audit",
    "health.rebuild",
    "health.verify",
    "notifications.read",
    "notifications.read_all",
    "guardians.put_back",
    "guardians.remove",
    "progress.stop",
    "promotion_runs.take_back",
    "promotion_runs.take_back_one",
    "receipts.print_it",
    "teachers.end",
    "transactions.delete",
    "users.activate",
    "users.deactivate",
}


def test_the_list_of_forms_is_complete(filled_school: SchoolFile) -> None:
    """A new form has to be shown something bad: name it above."""
    app: Flask = create_app(overrides(filled_school.database))
    takes_forms = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and not rule.rule.startswith("/api/")
    }
    assert takes_forms == FORMS.keys() | ELSEWHERE.keys() | BUTTONS


@pytest.fixture(scope="module")
def heard() -> Complaints:
    found = Complaints()
    found.expect("answer 422: POST")
    return found


@pytest.fixture(scope="module")
def admin(browser: Browser, serving: Server, filled_school: SchoolFile, heard: Complaints) -> Iterator[BrowserContext]:
    context = new_context(browser, serving, filled_school.made, "admin", DESKTOP)
    heard.watch(context)
    yield context
    context.close()


@pytest.mark.parametrize("name", FORMS)
def test_a_refused_form_keeps_what_was_typed_and_says_what_is_wrong(
    admin: BrowserContext, serving: Server, made_school: Made, heard: Complaints, name: str
) -> None:
    bad, ids = FORMS[name], {**made_school.ids, "bursar_id": made_school.users["bursar"]}
    before = entries(serving)
    page = admin.new_page()
    page.goto(bad.page.format(**ids))
    action = bad.action.format(**ids)
    selector = f'main form[method=post][action="{action}"]' if action else "main form[method=post]:has([data-submit])"
    form = page.locator(selector).last if action == "" else page.locator(selector).first
    for details in form.locator("xpath=ancestor-or-self::*//details").all():
        details.evaluate("element => { element.open = true; }")
    typed = {key.format(**ids): text.format(**ids) for key, text in bad.typed.items()}
    for key, text in typed.items():
        type_into(form.locator(f'[name="{key}"]').first, text)
    form.locator("[data-submit]").first.click()

    told = page.locator(f"#error-{bad.refused.format(**ids)}")
    expect(told).to_be_visible()
    expect(told).to_contain_text(bad.words)
    assert page.locator(".field-error:visible").count() == 1
    assert page.evaluate("() => document.activeElement !== document.body")
    for key, text in typed.items():
        field_now = page.locator(f'main form[method=post] [name="{key}"]:not([type=hidden])').first
        if key not in bad.secret and page.locator(f'main [name="{key}"]').count() == 1:
            expect(field_now).to_have_value(text)
    shorten(page)
    assert [problem for problem in [overflow(page), *barriers(page)] if problem] == []
    assert entries(serving) == before
    assert heard.take() == []
    page.close()


def type_into(element: object, text: str) -> None:
    kind = element.evaluate("element => element.tagName")
    if kind == "SELECT":
        element.select_option(text)
    else:
        element.fill(text)


def entries(serving: Server) -> int:
    """How much the activity log holds: whatever changes anything is in it."""
    return int(serving.raw.execute("SELECT count(*) FROM user_activity_log").fetchone()[0])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"name\nAma\n", "first_name"),
        (b"first_name,last_name\nAma,\n", "Row 2"),
        (b"\xff\xfe\x00\x01" * 40, ""),
    ],
    ids=["empty", "columns", "row", "no-text"],
)
def test_a_file_that_cannot_be_imported_changes_nothing(
    admin: BrowserContext, serving: Server, heard: Complaints, content: bytes, words: str
) -> None:
    page: Page = admin.new_page()
    page.goto("/students/import")
    before = entries(serving)
    page.locator("#field-file").set_input_files({"name": "students.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Import", exact=True).click()
    told = page.locator(".field-error:visible, #report .alert-danger, #report table").first
    expect(told).to_be_visible()
    expect(page.locator("main")).to_contain_text(words)
    assert entries(serving) == before
    assert barriers(page) == []
    assert heard.take() == []
    page.close()
