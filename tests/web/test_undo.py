"""A way back from what was just done: the button beside the sentence, the route it uses, what the log says of it."""

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.services.payments import record_payment
from tests.support.database import insert, rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School

JSON = {"Accept": "application/json"}


@pytest.fixture
def head(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "admin")


def undo_form(page: str) -> tuple[str, dict[str, str]] | None:
    """Where the button sends what."""
    found = re.search(r'<form method="post" action="([^"]+)" class="undo">(.*?)</form>', page, re.S)
    if not found:
        return None
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', found[2])
    return html.unescape(found[1]), {name: html.unescape(text) for name, text in fields if name != "csrf_token"}


def undo(person: Person, answer: TestResponse) -> None:
    """Press the button of the page that an act leads to."""
    assert answer.status_code == 302, answer.text
    found = undo_form(person.get(answer.location).text)
    assert found is not None, "there is no way back"
    undone = person.post(*found)
    assert undone.status_code == 302, undone.text
    person.get(undone.location)


QUIET = frozenset(
    "id guardian_id version updated_at recorded_at created_at auth_version request_key request_hash search_text "
    "created_by".split()
)
"""Columns that tell of the act, not of what there is."""


TABLES = (
    "students", "classes", "teachers", "users", "financial_categories", "fee_types", "financial_transactions", "fees",
    "attendance", "enrolments", "guardians", "student_guardians",
)  # fmt: skip


def state(raw: Any) -> dict[str, list[str]]:
    """What there is, without the traces of how it came about."""
    found = {}
    for table in TABLES:
        there = rows(raw, f"SELECT * FROM {table}")
        shown = [{name: each for name, each in row.items() if name not in QUIET} for row in there]
        found[table] = sorted(repr(sorted(row.items())) for row in shown)
    return found


Act = Callable[[Person, Any, School], Iterator[Any]]
ACTS: dict[str, Act] = {}
"""Things that can be taken back: each prepares what it needs, and then answers what it did."""


def act(do: Act) -> Act:
    ACTS[do.__name__] = do
    return do


def student_form(school: School, **changed: object) -> dict[str, object]:
    form = {"first_name": "Asha", "last_name": "Mensah", "admission_no": "S1", "class_id": school.blue}
    return {**form, "status": "active", **changed}


@act
def student_changes_class(head: Person, raw: Any, school: School) -> Iterator[Any]:
    yield
    yield head.post(f"/students/{school.asha}/edit", student_form(school, class_id=school.gold, gender="F"))


@act
def student_leaves(head: Person, raw: Any, school: School) -> Iterator[Any]:
    yield
    yield head.post(f"/students/{school.asha}/edit", student_form(school, status="withdrawn"))


@act
def student_is_moved_within_the_year(head: Person, raw: Any, school: School) -> Iterator[Any]:
    yield
    form = {"student_id": school.asha, "decision": "moved", "to_class_id": school.gold, "promoted_on": "2026-01-15"}
    yield head.post("/promotions/new", form)


@act
def student_is_promoted(head: Person, raw: Any, school: School) -> Iterator[Any]:
    old = insert(raw, "academic_years", name="2024/25", starts_on="2024-09-01", ends_on="2025-09-01")
    insert(raw, "academic_years", name="2025/26", starts_on="2025-09-01", ends_on="2999-09-01")
    insert(raw, "enrolments", student_id=school.asha, academic_year_id=old, class_id=school.blue)
    yield
    yield head.post("/promotions/new", {"student_id": school.asha, "decision": "promoted", "to_class_id": school.gold})


def aunt_of(raw: Any, *students: int) -> int:
    aunt = insert(raw, "guardians", full_name="Yaa Mensah", address="Cape Coast")
    for student in students:
        insert(
            raw, "student_guardians", student_id=student, guardian_id=aunt, relationship_name="Aunt", pays_fees=False
        )
    return aunt


@act
def guardian_is_taken_off(head: Person, raw: Any, school: School) -> Iterator[Any]:
    aunt = aunt_of(raw, school.asha)
    yield
    yield head.post(f"/students/{school.asha}/guardians/{aunt}/remove")


@act
def guardian_of_two_is_taken_off(head: Person, raw: Any, school: School) -> Iterator[Any]:
    aunt = aunt_of(raw, school.asha, school.kofi)
    yield
    yield head.post(f"/students/{school.asha}/guardians/{aunt}/remove")


@act
def class_is_closed(head: Person, raw: Any, school: School) -> Iterator[Any]:
    yield
    yield head.post(f"/classes/{school.gold}/edit", {"name": "Golden", "level": "3", "capacity": "30"})


@act
def teacher_leaves(head: Person, raw: Any, school: School) -> Iterator[Any]:
    teacher = insert(raw, "teachers", first_name="Abena", last_name="Sarpong", phone="024 123 4567")
    yield
    form = {"first_name": "Abena", "last_name": "Sarpong", "status": "left", "phone": "024 123 4567"}
    yield head.post(f"/teachers/{teacher}/edit", form)


@act
def user_is_deactivated(head: Person, raw: Any, school: School) -> Iterator[Any]:
    yield
    yield head.post(f"/users/{school.bursar}/deactivate")


@act
def category_goes_out_of_use(head: Person, raw: Any, school: School) -> Iterator[Any]:
    category = insert(raw, "financial_categories", name="Sweets", type="expense")
    yield
    yield head.post(f"/categories/{category}/deactivate")


@act
def fee_type_goes_out_of_use(head: Person, raw: Any, school: School) -> Iterator[Any]:
    kind = insert(raw, "fee_types", name="Bus")
    yield
    yield head.post(f"/fee-types/{kind}/deactivate")


def cash_row(raw: Any) -> int:
    category = insert(raw, "financial_categories", name="Chalk", type="expense")
    return insert(
        raw, "financial_transactions", transaction_date="2026-01-15", type="expense", amount=700, description="Chalk",
        category_id=category, payment_method="cash", reference="INV-4",
    )  # fmt: skip


@act
def row_of_the_cash_book_is_removed(head: Person, raw: Any, school: School) -> Iterator[Any]:
    row = cash_row(raw)
    yield
    yield head.post(f"/transactions/{row}/delete")


@act
def row_of_the_cash_book_is_changed(head: Person, raw: Any, school: School) -> Iterator[Any]:
    row = cash_row(raw)
    yield
    category = value(raw, "SELECT category_id FROM financial_transactions WHERE id = ?", (row,))
    form = {"type": "expense", "amount": "9.50", "category_id": category, "transaction_date": "2026-01-16"}
    yield head.post(f"/transactions/{row}/edit", {**form, "description": "Paper", "payment_method": "bank"})


@act
def fee_that_nobody_paid_is_deleted(head: Person, raw: Any, school: School) -> Iterator[Any]:
    yield
    yield head.post(f"/fees/{school.books}/delete", {"version": "1"})


@act
def marks_are_corrected(head: Person, raw: Any, school: School) -> Iterator[Any]:
    insert(raw, "attendance", student_id=school.asha, date="2026-01-15", status="present", class_id=school.blue)
    raw.execute("UPDATE attendance SET recorded_by = ?", (head.user_id,))
    yield
    yield head.post("/attendance", {"class_id": school.blue, "date": "2026-01-15", f"status_{school.asha}": "absent"})


@pytest.mark.parametrize("name", ACTS)
def test_the_button_puts_everything_back_and_the_log_holds_both(
    name: str, head: Person, raw: Any, school: School, check: Any
) -> None:
    steps = ACTS[name](head, raw, school)
    next(steps)
    before, entries = state(raw), value(raw, "SELECT count(*) FROM user_activity_log")
    answer = next(steps)
    done = value(raw, "SELECT count(*) FROM user_activity_log")
    assert done > entries
    assert state(raw) != before
    undo(head, answer)
    assert value(raw, "SELECT count(*) FROM user_activity_log") > done
    assert state(raw) == before
    check()


def test_nothing_is_offered_where_nothing_changed_or_nothing_can_be_undone(
    app: Flask, head: Person, raw: Any, school: School
) -> None:
    form = {"first_name": "Asha", "last_name": "Mensah", "admission_no": "S1", "class_id": school.blue}
    same = head.post(f"/students/{school.asha}/edit", {**form, "status": "active"})
    assert undo_form(head.get(same.location).text) is None
    first = head.post(
        "/attendance", {"class_id": school.blue, "date": "2026-01-15", f"status_{school.asha}": "present"}
    )
    assert undo_form(head.get(first.location).text) is None, "a register that was not taken has no marks to go back to"
    with app.app_context():
        payment = record_payment(student_id=school.asha, amount=500).payment.id
    void = head.post(f"/payments/{payment}/void", {"reason": "typed twice"})
    assert undo_form(head.get(void.location).text) is None


def test_the_way_back_asks_for_the_same_permission(app: Flask, head: Person, raw: Any, school: School) -> None:
    answer = head.post(f"/users/{school.bursar}/deactivate")
    found = undo_form(head.get(answer.location).text)
    assert found is not None
    assert sign_in(app, raw, "registrar").post(*found).status_code == 403


def test_a_very_long_form_is_saved_without_a_way_back(head: Person, raw: Any, school: School) -> None:
    marks = {}
    for number in range(120):
        student = insert(
            raw, "students", first_name="Kofi", last_name=f"N{number}", admission_no=f"N{number}", class_id=school.blue
        )
        insert(raw, "attendance", student_id=student, date="2026-01-15", status="present", class_id=school.blue)
        marks[f"status_{student}"] = "absent"
    answer = head.post("/attendance", {"class_id": school.blue, "date": "2026-01-15", **marks})
    page = head.get(answer.location).text
    assert "is saved: 120 absent" in page
    assert undo_form(page) is None


# ---- at the fee desk


@pytest.fixture
def bursar(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "bursar")


def pay(person: Person, school: School, amount: str = "100") -> dict[str, Any]:
    form = {"student_id": school.asha, "amount": amount, "method": "cash", "request_key": f"a key of {amount} cedis"}
    saved: dict[str, Any] = person.post("/desk", form, headers=JSON).get_json()
    return saved


def test_a_payment_just_taken_is_undone_by_a_void(bursar: Person, school: School, raw: Any, check: Any) -> None:
    owed = value(raw, "SELECT arrears FROM student_balances WHERE student_id = ?", (school.asha,))
    saved = pay(bursar, school)
    assert saved["undo_seconds"] == 10
    answer = bursar.send("POST", saved["undo_url"], {}, JSON)
    assert (answer.status_code, answer.get_json()["receipt_no"]) == (200, "R-000001")
    void = rows(raw, "SELECT void_reason, voided_by FROM payments")
    assert [tuple(row.values()) for row in void] == [("undone at the desk", bursar.user_id)]
    assert value(raw, "SELECT arrears FROM student_balances WHERE student_id = ?", (school.asha,)) == owed
    again = bursar.send("POST", saved["undo_url"], {}, JSON)
    assert again.status_code == 409
    assert again.get_json()["error"]["message"] == "Receipt R-000001 was voided before."
    assert "undo_url" not in bursar.get("/desk/status?key=a key of 100 cedis").get_json()["saved"]
    check()


def test_later_elsewhere_or_on_a_closed_day_the_receipt_is_voided_on_its_own_page(
    app: Flask, bursar: Person, school: School, raw: Any
) -> None:
    saved = pay(bursar, school)
    other = sign_in(app, raw, "bursar").send("POST", saved["undo_url"], {}, JSON)
    assert other.status_code == 409
    assert "Somebody else took this payment" in other.get_json()["error"]["message"]
    assert other.get_json()["error"]["void_url"] == saved["void_url"]

    on = value(raw, "SELECT paid_on FROM payments")
    close = insert(raw, "day_closes", closed_on=str(on), method="cash", expected=0, counted=0)
    closed = bursar.send("POST", saved["undo_url"], {}, JSON)
    assert "The day of this payment is closed" in closed.get_json()["error"]["message"]
    raw.execute("DELETE FROM day_closes WHERE id = ?", (close,))

    number = insert(
        raw, "payments", receipt_no="OLD-1", student_id=school.asha, amount=100, method="cash", paid_on="2026-01-01",
        received_by=bursar.user_id, created_at="2026-01-01 00:00:00.000000",
    )  # fmt: skip
    answer = bursar.send("POST", "/desk/undo/OLD-1", {}, JSON)
    assert "It is too late" in answer.get_json()["error"]["message"]
    assert answer.get_json()["error"]["void_url"] == f"/payments/{number}/void"
    assert bursar.send("POST", "/desk/undo/R-999999", {}, JSON).status_code == 404
    assert value(raw, "SELECT count(*) FROM payments WHERE voided_at IS NOT NULL") == 0


def test_who_may_not_void_is_offered_nothing(app: Flask, raw: Any, school: School, monkeypatch: Any) -> None:
    from app.domain import permissions

    some = {**permissions.PERMISSIONS, "bursar": permissions.PERMISSIONS["bursar"] - {"payments.void"}}
    monkeypatch.setattr(permissions, "PERMISSIONS", some)
    person = sign_in(app, raw, "bursar")
    saved = pay(person, school)
    assert not {"undo_url", "void_url"} & saved.keys()
    assert person.send("POST", f"/desk/undo/{saved['receipt_no']}", {}, JSON).status_code == 403
