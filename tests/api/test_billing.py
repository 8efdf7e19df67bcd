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


def test_a_change_leaves_what_is_not_named(office: Program, prices: int, kinds: list[int]) -> None:
    before = office.get(f"/fee-structures/{prices}").get_json()
    assert office.send("PATCH", f"/fee-structures/{prices}", {}).get_json() == before
    renamed = office.send("PATCH", f"/fee-structures/{prices}", {"name": "Day pupils"}).get_json()
    assert renamed == {**before, "name": "Day pupils"}
    priced = office.send("PATCH", f"/fee-structures/{prices}", {"items": [{"fee_type_id": kinds[0], "amount": 7}]})
    assert priced.get_json() == {
        **renamed,
        "items": [{"fee_type_id": kinds[0], "fee_type": "Exam", "amount": 7, "due_on": None}],
        "total": 7,
        "open": {"students": 1, "fees": 1, "total": 7},
    }


def test_a_key_adds_one_price_list(
    app: Flask, office: Program, school: School, term: int, kinds: list[int], raw: Any
) -> None:
    body = {"class_id": school.gold, "term_id": term, "items": [{"fee_type_id": kinds[0], "amount": 100}]}
    headers = {"Idempotency-Key": "list-1"}
    first, second = (office.post("/fee-structures", body, headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.get_json() == first.get_json()
    assert second.headers["Location"] == first.headers["Location"] == f"/api/v1/fee-structures/{first.json['id']}"
    assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
    reused = (422, "Idempotency-Key", "This Idempotency-Key was used for another request.")
    assert problem(office.post("/fee-structures", {**body, "name": "Two"}, headers)) == reused
    assert problem(office.post("/billing-runs", {"fee_structure_id": first.json["id"]}, headers)) == reused
    assert problem(program(app, raw, "bursar").post("/fee-structures", body, headers)) == reused
    office.send("DELETE", f"/fee-structures/{first.json['id']}")
    assert problem(office.post("/fee-structures", body, headers)) == reused, "what was removed does not come back"
    assert value(raw, "SELECT count(*) FROM fee_structures") == 0


@pytest.mark.parametrize(
    ("wrong", "param", "sentence"),
    [
        ({"class_id": 999}, "class_id", "This class does not exist."),
        ({"class_id": None}, "class_id", "class_id must be a whole number."),
        ({"term_id": 999}, "term_id", "This term_id does not exist."),
        ({"term_id": "1"}, "term_id", "term_id must be a whole number."),
        ({"items": []}, "items", "items must have at least 1 items."),
        ({"items": None}, "items", "items must be a list."),
        ({"items": [{"fee_type_id": 1, "amount": 5}] * 101}, "items", "items can have at most 100 items."),
        ({"items": [5]}, "items.0", "items.0 must be an object."),
        ({"items": [{"fee_type_id": 1}]}, "items.0.amount", "items.0.amount is required."),
        ({"items": [{"fee_type_id": 999, "amount": 5}]}, "items", "This fee_type_id does not exist."),
        ({"items": [{"fee_type_id": 1, "amount": 0}]}, "items.0.amount", "items.0.amount must be more than zero."),
        (
            {"items": [{"fee_type_id": 1, "amount": 1.5}]},
            "items.0.amount",
            "items.0.amount must be a whole number of minor units, such as 150000.",
        ),
        (
            {"items": [{"fee_type_id": 1, "amount": 5}, {"fee_type_id": 1, "amount": 6}]},
            "items",
            "Exam is on the list twice.",
        ),
        (
            {"items": [{"fee_type_id": 1, "amount": 5, "due_on": "31/01/2027"}]},
            "items.0.due_on",
            "items.0.due_on must be a date such as 2026-11-22.",
        ),
        (
            {"items": [{"fee_type_id": 1, "amount": 5, "due_on": "1999-01-01"}]},
            "items",
            "Due on cannot be before 2000-01-01.",
        ),
        ({"name": None}, "name", "name must be text."),
        ({"name": "x" * 65}, "name", "name can have at most 64 characters."),
        (
            {"name": "Blue, Term 1 2026/27"},
            "name",
            "There is already a price list Blue, Term 1 2026/27 for this class and term.",
        ),
        ({"is_optional": 1}, "is_optional", "is_optional must be true or false."),
        ({"colour": "red"}, "colour", "colour is not known here."),
    ],
)
def test_a_wrong_price_list_is_refused_at_its_field(
    office: Program, school: School, term: int, prices: int, raw: Any, wrong: dict[str, Any], param: str, sentence: str
) -> None:
    given = {"class_id": school.blue, "term_id": term, "items": [{"fee_type_id": 1, "amount": 5}], **wrong}
    assert problem(office.post("/fee-structures", given)) == (422, param, sentence)
    assert value(raw, "SELECT count(*) FROM fee_structures") == 1


@pytest.mark.parametrize(
    ("wrong", "param", "sentence"),
    [
        ({"name": None}, "name", "name must be text."),
        ({"name": "x" * 65}, "name", "name can have at most 64 characters."),
        ({"name": "Bus"}, "name", "There is already a price list Bus for this class and term."),
        ({"items": None}, "items", "items must be a list."),
        ({"items": []}, "items", "items must have at least 1 items."),
        ({"items": [{"fee_type_id": 999, "amount": 5}]}, "items", "This fee_type_id does not exist."),
        ({"is_optional": None}, "is_optional", "is_optional must be true or false."),
        ({"class_id": 1}, "class_id", "class_id is not known here."),
        ({"term_id": 1}, "term_id", "term_id is not known here."),
    ],
)
def test_a_wrong_change_is_refused_at_its_field_and_changes_nothing(
    office: Program, school: School, term: int, kinds: list[int], prices: int, wrong: dict[str, Any], param: str,
    sentence: str,
) -> None:  # fmt: skip
    bus = {"class_id": school.blue, "term_id": term, "name": "Bus", "items": [{"fee_type_id": kinds[0], "amount": 5}]}
    assert office.post("/fee-structures", bus).status_code == 201
    before = office.get(f"/fee-structures/{prices}").get_json()
    assert problem(office.send("PATCH", f"/fee-structures/{prices}", wrong)) == (422, param, sentence)
    assert office.get(f"/fee-structures/{prices}").get_json() == before


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
    assert problem(office.send("DELETE", f"/fee-structures/{prices}")) == (
        409,
        None,
        "Blue, Term 1 2026/27 was billed and stays; its fees can still change.",
    )
    check()
    back = office.post(f"/billing-runs/{body['id']}/take-back")
    assert back.status_code == 200
    assert back.get_json()["undone_at"] is not None
    assert back.get_json() == {**body, "students": 0, "undone_at": back.get_json()["undone_at"]}
    assert office.get(f"/billing-runs/{body['id']}").get_json() == back.get_json()
    twice = problem(office.post(f"/billing-runs/{body['id']}/take-back"))
    assert twice == (409, None, "This billing was taken back already.")
    missing = (404, "billing_run_id", "This billing run does not exist.")
    assert problem(office.post("/billing-runs/999/take-back")) == missing
    assert problem(office.get("/billing-runs/999")) == missing
    assert value(raw, "SELECT count(*) FROM fees WHERE billing_run_id IS NOT NULL") == 0
    assert len(office.get(f"/fees?student_id={school.asha}").get_json()["items"]) == len(fees) - 2
    check()
    anew = office.post("/billing-runs", {"fee_structure_id": prices})
    assert (anew.status_code, anew.get_json()["fee_count"]) == (201, 2)
    check()


def test_runs_are_listed_by_page_and_filter(
    office: Program, school: School, term: int, kinds: list[int], prices: int, raw: Any
) -> None:
    year = value(raw, "SELECT academic_year_id FROM terms WHERE id = ?", (term,))
    next_term = insert(raw, "terms", academic_year_id=year, name="Term 2", starts_on="2027-01-01", ends_on="2027-04-01")
    runs = [office.post("/billing-runs", {"fee_structure_id": prices}).get_json()]
    for class_id, term_id in ((school.gold, term), (school.gold, next_term)):
        given = {"class_id": class_id, "term_id": term_id, "items": [{"fee_type_id": kinds[0], "amount": 100}]}
        made = office.post("/fee-structures", given).get_json()["id"]
        runs.append(office.post("/billing-runs", {"fee_structure_id": made}).get_json())
    of_blue, of_gold, of_gold_later = runs

    def found(query: str) -> Any:
        return office.get(f"/billing-runs?{query}").get_json()["items"]

    first = office.get("/billing-runs?limit=2").get_json()
    assert first["items"] == [of_gold_later, of_gold]
    assert office.get(f"/billing-runs?limit=2&cursor={first['next']}").get_json() == {"items": [of_blue], "next": None}
    assert found(f"class_id={school.gold}") == [of_gold_later, of_gold]
    assert found(f"term_id={term}") == [of_gold, of_blue]
    assert found(f"class_id={school.gold}&term_id={term}") == [of_gold]
    assert found(f"fee_structure_id={prices}") == [of_blue]
    assert found("class_id=999") == found("term_id=999") == found("fee_structure_id=999") == []
    for query, param in (("limit=201", "limit"), ("cursor=x", "cursor"), ("term_id=x", "term_id"), ("q=x", "q")):
        for noun in ("fee-structures", "billing-runs"):
            assert problem(office.get(f"/{noun}?{query}"))[:2] == (422, param)


@pytest.mark.parametrize(
    ("wrong", "param", "sentence"),
    [
        ({"fee_structure_id": 999}, "fee_structure_id", "This price list does not exist."),
        ({"fee_structure_id": None}, "fee_structure_id", "fee_structure_id must be a whole number."),
        ({"student_ids": []}, "student_ids", "student_ids must have at least 1 items."),
        ({"student_ids": 1}, "student_ids", "student_ids must be a list."),
        ({"student_ids": ["1"]}, "student_ids.0", "student_ids.0 must be a whole number."),
        ({"student_ids": [1, 0]}, "student_ids.1", "student_ids.1 must be at least 1."),
        ({"student_ids": [*range(1, 5_002)]}, "student_ids", "student_ids can have at most 5000 items."),
        ({"student_ids": [999]}, "student_ids", "999 is not in Blue any more."),
        ({"class_id": 1}, "class_id", "class_id is not known here."),
    ],
)
def test_a_wrong_billing_is_refused_at_its_field_and_charges_nobody(
    office: Program, prices: int, raw: Any, wrong: dict[str, Any], param: str, sentence: str
) -> None:
    assert problem(office.post("/billing-runs", {"fee_structure_id": prices, **wrong})) == (422, param, sentence)
    assert problem(office.post("/billing-runs", {}))[:2] == (422, "fee_structure_id")
    assert value(raw, "SELECT count(*) FROM billing_runs") == 0
    assert value(raw, "SELECT count(*) FROM fees WHERE billing_run_id IS NOT NULL") == 0


def test_a_key_bills_once(office: Program, prices: int, raw: Any) -> None:
    body, headers = {"fee_structure_id": prices}, {"Idempotency-Key": "run-1"}
    first, second = (office.post("/billing-runs", body, headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.get_json() == first.get_json()
    assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
    other = problem(office.post("/billing-runs", {**body, "student_ids": [1]}, headers))
    assert other == (422, "Idempotency-Key", "This Idempotency-Key was used for another request.")
    bad = problem(office.post("/billing-runs", body, {"Idempotency-Key": "two words"}))
    assert bad == (400, "Idempotency-Key", "The Idempotency-Key must be 1 to 255 visible ASCII characters.")
    assert value(raw, "SELECT count(*) FROM fees WHERE billing_run_id IS NOT NULL") == first.get_json()["fee_count"]
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
    run = office.post("/billing-runs", {"fee_structure_id": prices, "student_ids": [other, other]}).get_json()
    assert (run["students"], run["fee_count"]) == (1, 2)
    assert {row["student_id"] for row in rows(raw, "SELECT student_id FROM fees WHERE billing_run_id > 0")} == {other}


def test_credit_settles_what_is_billed_and_a_payment_keeps_it(
    office: Program, school: School, prices: int, raw: Any, check: Any
) -> None:
    pay(raw, school.asha, 70_000, {school.tuition: 60_000, school.books: 5_000})
    run = office.post("/billing-runs", {"fee_structure_id": prices}).get_json()
    assert (run["total"], run["paid"]) == (17_000, 5_000)
    fees = office.get(f"/fees?student_id={school.asha}&limit=2").get_json()["items"]
    assert {fee["description"]: (fee["amount_paid"], fee["status"]) for fee in fees} == {
        "Exam, Term 1": (2_000, "paid"),
        "Feeding, Term 1": (3_000, "partial"),
    }
    assert office.get(f"/billing-runs?class_id={school.blue}").get_json()["items"] == [run]
    check()
    paid = {"student_id": school.asha, "amount": 12_000, "method": "cash"}
    assert office.post("/payments", paid, {"Idempotency-Key": "pay-1"}).status_code == 201
    status, _, message = problem(office.post(f"/billing-runs/{run['id']}/take-back"))
    assert (status, message) == (409, "Asha Mensah has paid since: correct each fee alone.")
    assert office.get(f"/billing-runs/{run['id']}").get_json() == {**run, "paid": 17_000}
    check()


def test_credit_is_credit_again_when_a_run_is_taken_back(
    office: Program, school: School, prices: int, raw: Any, check: Any
) -> None:
    def credit() -> int:
        return int(value(raw, "SELECT credit FROM student_balances WHERE student_id = ?", (school.asha,)))

    pay(raw, school.asha, 70_000, {school.tuition: 60_000, school.books: 5_000})
    run = office.post("/billing-runs", {"fee_structure_id": prices}).get_json()
    assert credit() == 0
    back = office.post(f"/billing-runs/{run['id']}/take-back")
    assert (back.status_code, back.get_json()["students"], back.get_json()["paid"]) == (200, 0, 0)
    assert credit() == 5_000
    check()


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("admin", True, True),
        ("bursar", True, True),
        ("principal", True, False),
        ("registrar", False, False),
        ("teacher", False, False),
    ],
)
def test_who_sees_fees_reads_and_who_edits_fees_writes(
    app: Flask, raw: Any, office: Program, school: School, term: int, kinds: list[int], prices: int, role: str,
    reads: bool, writes: bool,
) -> None:  # fmt: skip
    run = office.post("/billing-runs", {"fee_structure_id": prices}).get_json()["id"]
    somebody = program(app, raw, role)
    for path in ("/fee-structures", f"/fee-structures/{prices}", "/billing-runs", f"/billing-runs/{run}"):
        assert somebody.get(path).status_code == (200 if reads else 403), path
    given = {"class_id": school.gold, "term_id": term, "items": [{"fee_type_id": kinds[0], "amount": 100}]}
    added = somebody.post("/fee-structures", given)
    made = added.get_json()["id"] if writes else prices
    answers = [
        added,
        somebody.send("PATCH", f"/fee-structures/{made}", {"name": "Renamed"}),
        somebody.post("/billing-runs", {"fee_structure_id": made}),
        somebody.post(f"/billing-runs/{run}/take-back"),
        somebody.send("DELETE", f"/fee-structures/{made}"),
    ]
    assert [answer.status_code for answer in answers] == ([201, 200, 201, 200, 409] if writes else [403] * 5)
    if not writes:
        assert office.get(f"/fee-structures/{prices}").get_json()["name"] == "Blue, Term 1 2026/27"
        assert office.get(f"/billing-runs/{run}").get_json()["undone_at"] is None
        assert value(raw, "SELECT count(*) FROM billing_runs") == 1
