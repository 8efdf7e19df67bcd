"""`/api/v1/fee-structures` and `/api/v1/billing-runs` over HTTP, on a real database."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, rows, value
from tests.support.people import Program, program
from tests.support.school import School, pay

pytestmark = pytest.mark.usefixtures("same_day")


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw, "bursar")


@pytest.fixture
def term(raw: Any, school: School) -> int:
    year = insert(raw, "academic_years", name="2026/27", starts_on="2026-09-01", ends_on="2027-08-01")
    return insert(raw, "terms", academic_year_id=year, name="Term 1", starts_on="2026-09-01", ends_on="2027-01-01")


@pytest.fixture
def kinds(raw: Any, school: School) -> list[int]:
    return [insert(raw, "fee_types", name=name) for name in ("Exam", "Feeding")]


@pytest.fixture
def prices(office: Program, school: School, term: int, kinds: list[int]) -> int:
    """Exam 20.00 and feeding 150.00 for Blue."""
    items = [
        {"fee_type_id": kinds[0], "amount": 2_000, "due_on": "2026-10-01"},
        {"fee_type_id": kinds[1], "amount": 15_000},
    ]
    answer = office.post("/fee-structures", {"class_id": school.blue, "term_id": term, "items": items})
    assert answer.status_code == 201, answer.get_json()
    return int(answer.get_json()["id"])


def problem(answer: Any) -> tuple[int, str | None, str]:
    error = answer.get_json()["error"]
    return answer.status_code, error["param"], error["message"]


def test_a_price_list_is_added_shown_changed_and_removed(
    office: Program, school: School, term: int, kinds: list[int], prices: int, raw: Any
) -> None:
    body = office.get(f"/fee-structures/{prices}").get_json()
    assert body == {
        "id": prices, "name": "Blue, Term 1 2026/27", "class_id": school.blue, "class_name": "Blue", "term_id": term,
        "term": "Term 1 2026/27", "is_optional": False, "total": 17_000, "students": 1,
        "open": {"students": 1, "fees": 2, "total": 17_000},
        "items": [
            {"fee_type_id": kinds[0], "fee_type": "Exam", "amount": 2_000, "due_on": "2026-10-01"},
            {"fee_type_id": kinds[1], "fee_type": "Feeding", "amount": 15_000, "due_on": None},
        ],
    }  # fmt: skip
    change = {"name": "Lunch", "items": [{"fee_type_id": kinds[1], "amount": 900}]}
    changed = office.send("PATCH", f"/fee-structures/{prices}", change).get_json()
    assert (changed["name"], changed["total"], len(changed["items"])) == ("Lunch", 900, 1)
    assert office.send("PATCH", f"/fee-structures/{prices}", {"is_optional": True}).get_json() == {
        **changed,
        "is_optional": True,
    }
    assert office.send("DELETE", f"/fee-structures/{prices}").status_code == 204
    assert value(raw, "SELECT count(*) FROM fee_structure_items") == 0
    for method in ("GET", "PATCH", "DELETE"):
        assert office.send(method, f"/fee-structures/{prices}", {} if method == "PATCH" else None).status_code == 404


def test_price_lists_are_listed_by_page_and_filter(
    office: Program, school: School, term: int, kinds: list[int], prices: int
) -> None:
    items = [{"fee_type_id": kinds[0], "amount": 100}]
    for name in ("A", "B"):
        office.post("/fee-structures", {"class_id": school.gold, "term_id": term, "name": name, "items": items})
    first = office.get("/fee-structures?limit=2").get_json()
    rest = office.get(f"/fee-structures?limit=2&cursor={first['next']}").get_json()
    assert [each["name"] for each in first["items"] + rest["items"]] == ["B", "A", "Blue, Term 1 2026/27"]
    assert rest["next"] is None
    assert len(office.get(f"/fee-structures?class_id={school.gold}").get_json()["items"]) == 2
    assert office.get("/fee-structures?term_id=999").get_json()["items"] == []


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"class_id": 999}, "class_id"),
        ({"term_id": 999}, "term_id"),
        ({"items": []}, "items"),
        ({"items": [{"fee_type_id": 999, "amount": 5}]}, "items"),
        ({"items": [{"fee_type_id": 1, "amount": 0}]}, "items.0.amount"),
        ({"items": [{"fee_type_id": 1, "amount": 1.5}]}, "items.0.amount"),
        ({"items": [{"fee_type_id": 1, "amount": 5}, {"fee_type_id": 1, "amount": 6}]}, "items"),
        ({"name": "x" * 65}, "name"),
        ({"name": "Blue, Term 1 2026/27"}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_price_list_is_refused_at_its_field(
    office: Program, school: School, term: int, prices: int, raw: Any, wrong: dict[str, Any], param: str
) -> None:
    given = {"class_id": school.blue, "term_id": term, "items": [{"fee_type_id": 1, "amount": 5}], **wrong}
    status, named, message = problem(office.post("/fee-structures", given))
    assert (status, named) == (422, param)
    assert message.endswith(".")
    assert value(raw, "SELECT count(*) FROM fee_structures") == 1


def test_a_class_is_billed_once_and_taken_back(
    office: Program, school: School, prices: int, term: int, raw: Any, check: Any
) -> None:
    answer = office.post("/billing-runs", {"fee_structure_id": prices})
    body = answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/billing-runs/{body['id']}")
    assert body == {
        "id": body["id"], "fee_structure_id": prices, "class_id": school.blue, "class_name": "Blue", "term_id": term,
        "term": "Term 1 2026/27", "fee_count": 2, "total": 17_000, "students": 1, "paid": 0,
        "created_at": body["created_at"], "undone_at": None,
    }  # fmt: skip
    fees = office.get(f"/fees?student_id={school.asha}").get_json()["items"]
    assert {(fee["description"], fee["amount_due"]) for fee in fees} >= {
        ("Exam, Term 1", 2_000),
        ("Feeding, Term 1", 15_000),
    }
    assert office.get(f"/fee-structures/{prices}").get_json()["open"] == {"students": 0, "fees": 0, "total": 0}
    again = problem(office.post("/billing-runs", {"fee_structure_id": prices}))
    assert again == (422, "fee_structure_id", "Nobody in Blue is left to be billed by this price list.")
    assert office.send("DELETE", f"/fee-structures/{prices}").status_code == 409
    check()
    back = office.post(f"/billing-runs/{body['id']}/take-back")
    assert back.status_code == 200
    assert back.get_json()["undone_at"] is not None
    assert office.post(f"/billing-runs/{body['id']}/take-back").status_code == 409
    assert office.post("/billing-runs/999/take-back").status_code == 404
    assert value(raw, "SELECT count(*) FROM fees WHERE billing_run_id IS NOT NULL") == 0
    check()


def test_a_key_bills_once(office: Program, prices: int, raw: Any) -> None:
    body, headers = {"fee_structure_id": prices}, {"Idempotency-Key": "run-1"}
    first, second = (office.post("/billing-runs", body, headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.get_json() == first.get_json()
    assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
    assert office.post("/billing-runs", {**body, "student_ids": [1]}, headers).status_code == 422
    office.post(f"/billing-runs/{first.get_json()['id']}/take-back")
    assert office.post("/billing-runs", body, headers).status_code == 409
    assert value(raw, "SELECT count(*) FROM billing_runs") == 1


def test_chosen_students_only(office: Program, school: School, prices: int, raw: Any) -> None:
    other = insert(raw, "students", admission_no="P1", first_name="Ama", last_name="Owusu", class_id=school.blue)
    office.send("PATCH", f"/fee-structures/{prices}", {"is_optional": True})
    everybody = problem(office.post("/billing-runs", {"fee_structure_id": prices}))
    assert everybody[:2] == (422, "student_ids")
    elsewhere = office.post("/billing-runs", {"fee_structure_id": prices, "student_ids": [school.kofi]})
    assert elsewhere.status_code == 422
    run = office.post("/billing-runs", {"fee_structure_id": prices, "student_ids": [other]}).get_json()
    assert (run["students"], run["fee_count"]) == (1, 2)
    assert {row["student_id"] for row in rows(raw, "SELECT student_id FROM fees WHERE billing_run_id > 0")} == {other}


def test_credit_settles_what_is_billed_and_a_payment_keeps_it(
    office: Program, school: School, prices: int, raw: Any
) -> None:
    pay(raw, school.asha, 70_000, {school.tuition: 60_000, school.books: 5_000})
    run = office.post("/billing-runs", {"fee_structure_id": prices}).get_json()
    assert (run["total"], run["paid"]) == (17_000, 5_000)
    assert office.get(f"/billing-runs?class_id={school.blue}").get_json()["items"] == [run]
    paid = {"student_id": school.asha, "amount": 12_000, "method": "cash"}
    assert office.post("/payments", paid, {"Idempotency-Key": "pay-1"}).status_code == 201
    status, _, message = problem(office.post(f"/billing-runs/{run['id']}/take-back"))
    assert (status, message) == (409, "Asha Mensah has paid since: correct each fee alone.")
    assert office.get(f"/billing-runs/{run['id']}").get_json()["undone_at"] is None


def test_only_who_may_edit_fees_bills(app: Flask, raw: Any, office: Program, school: School, prices: int) -> None:
    principal = program(app, raw, "principal")
    assert principal.get("/fee-structures").status_code == 200
    assert principal.get("/billing-runs").status_code == 200
    assert principal.post("/billing-runs", {"fee_structure_id": prices}).status_code == 403
    assert principal.send("DELETE", f"/fee-structures/{prices}").status_code == 403
    teacher = program(app, raw, "teacher")
    for path in ("/fee-structures", f"/fee-structures/{prices}", "/billing-runs"):
        assert teacher.get(path).status_code == 403
    assert value(raw, "SELECT count(*) FROM billing_runs") == 0
