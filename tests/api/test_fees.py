"""`/api/v1/fees` over HTTP, on a real database."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import rows, value
from tests.support.people import Program, program
from tests.support.school import School
from tests.support.threads import at_once

CREATED = "Payment recorded and financial transaction created"
UPDATED = "Payment and financial records updated"
DELETED = "Payment and financial records deleted"


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw)


def patch(office: Program, fee: int, version: object, **body: object) -> Any:
    headers = {} if version is None else {"If-Match": str(version)}
    return office.send("PATCH", f"/fees/{fee}", body, headers)


def error(answer: Any) -> Any:
    return answer.get_json()["error"]


def test_a_fee_with_a_first_payment(office: Program, school: School, raw: Any, check: Any) -> None:
    answer = office.post(
        "/fees",
        {"student_id": school.kofi, "amount_due": 60_000, "amount_paid": 20_000, "description": "Tuition", "year": 2026,
         "month": 1, "due_on": "2026-01-31", "method": "momo"},
    )  # fmt: skip
    assert answer.status_code == 201
    body = answer.get_json()
    assert body["message"] == CREATED
    assert set(body["fee"]) == {
        "id", "student_id", "description", "year", "month", "due_on", "amount_due", "amount_adjusted", "amount_paid",
        "arrears", "status", "version",
    }  # fmt: skip
    assert (body["fee"]["arrears"], body["fee"]["status"], body["fee"]["due_on"]) == (40_000, "partial", "2026-01-31")
    assert body["payment"]["method"] == "momo"
    assert answer.headers["Location"] == f"/api/v1/fees/{body['fee']['id']}"
    shown = office.get(f"/fees/{body['fee']['id']}")
    assert shown.get_json() == body["fee"]
    assert shown.headers["ETag"] == answer.headers["ETag"] == f'"{body["fee"]["version"]}"'
    booked = office.get(f"/transactions?reference=FEE-{body['fee']['id']}").get_json()["items"]
    assert set(booked[0]) == {
        "id", "transaction_date", "category", "type", "amount", "description", "reference", "payment_method"
    }  # fmt: skip
    assert (booked[0]["amount"], booked[0]["payment_method"]) == (20_000, "momo")
    assert "Kofi Boateng" in booked[0]["description"]
    check()


def test_a_fee_without_a_payment_says_only_what_is_true(office: Program, school: School) -> None:
    body = office.post("/fees", {"student_id": school.kofi, "amount_due": 100}).get_json()
    assert (body["message"], body["payment"], body["fee"]["status"]) == ("Fee added", None, "unpaid")


def test_a_repeated_request_charges_once(office: Program, school: School, raw: Any) -> None:
    body = {"student_id": school.kofi, "amount_due": 500, "amount_paid": 200}
    first = office.post("/fees", body, {"Idempotency-Key": "f1"})
    again = office.post("/fees", body, {"Idempotency-Key": "f1"})
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = office.post("/fees", {**body, "amount_due": 501}, {"Idempotency-Key": "f1"})
    assert (other.status_code, error(other)["code"]) == (422, "idempotency_key_reused")
    assert value(raw, "SELECT count(*) FROM fees WHERE student_id = ?", (school.kofi,)) == 1


def test_a_change_needs_the_version(office: Program, school: School) -> None:
    answer = patch(office, school.tuition, None, amount_due=70_000)
    assert (answer.status_code, error(answer)["param"]) == (428, "If-Match")
    assert patch(office, school.tuition, "latest", amount_due=70_000).status_code == 400
    assert patch(office, school.tuition, "1, 2", amount_due=70_000).status_code == 400


def test_the_version_may_be_written_in_four_ways(office: Program, school: School) -> None:
    for number, form in enumerate(("{}", '"{}"', 'W/"{}"', '"{}:gzip"')):
        version = office.get(f"/fees/{school.tuition}").get_json()["version"]
        answer = patch(office, school.tuition, form.format(version), amount_due=70_000 + number)
        assert answer.status_code == 200
        assert answer.headers["ETag"] == f'"{version + 1}"'


def test_a_lost_race_shows_both_values(office: Program, school: School, raw: Any) -> None:
    assert patch(office, school.tuition, 1, amount_due=70_000).status_code == 200
    lost = patch(office, school.tuition, 1, amount_due=80_000, description="Tuition, term 1")
    assert lost.status_code == 409
    assert error(lost)["code"] == "stale_version"
    assert error(lost)["yours"] == {"amount_due": 80_000, "description": "Tuition, term 1"}
    assert error(lost)["current"] == {"amount_due": 70_000, "description": "Tuition", "version": 2}
    assert value(raw, "SELECT amount_due FROM fees WHERE id = ?", (school.tuition,)) == 70_000


def test_two_bursars_on_one_fee(app: Flask, raw: Any, school: School, check: Any) -> None:
    first, second = program(app, raw, "bursar"), program(app, raw, "bursar")
    answers = at_once(
        [
            lambda: patch(first, school.tuition, 1, amount_paid=10_000),
            lambda: patch(second, school.tuition, 1, amount_paid=20_000),
        ]
    )
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 409)
    paid = won.get_json()["fee"]["amount_paid"]
    assert error(lost)["current"]["amount_paid"] == paid
    assert error(lost)["yours"]["amount_paid"] == 30_000 - paid
    assert value(raw, "SELECT sum(amount) FROM payments") == paid
    check()


def test_instalments_credit_and_the_way_back(office: Program, school: School, raw: Any, check: Any) -> None:
    """A worked example: 300 of 600 paid, then all of it, then corrected to 450, then nothing."""
    fee = school.tuition

    def books() -> int:
        items = office.get(f"/transactions?reference=FEE-{fee}").get_json()["items"]
        return sum(item["amount"] for item in items)

    def at(paid: int) -> Any:
        version = office.get(f"/fees/{fee}").get_json()["version"]
        body = patch(office, fee, version, amount_paid=paid).get_json()
        assert body["message"] == UPDATED
        assert body["fee"]["amount_paid"] == paid == books()
        check()
        return body

    assert at(30_000)["payment"]["amount"] == 30_000
    assert at(60_000)["fee"]["status"] == "paid"
    assert at(45_000)["payment"] is None
    kept = [row["amount"] for row in rows(raw, "SELECT amount FROM payments WHERE voided_at IS NULL ORDER BY id")]
    assert kept == [30_000, 15_000]
    assert at(0)["fee"]["status"] == "unpaid"
    version = office.get(f"/fees/{fee}").get_json()["version"]
    assert error(patch(office, fee, version, amount_paid=70_000))["code"] == "overpayment"
    over = patch(office, fee, version, amount_paid=70_000, allow_credit=True).get_json()
    assert (over["fee"]["amount_paid"], over["payment"]["credit"]) == (60_000, 10_000)
    new = office.post("/fees", {"student_id": school.asha, "amount_due": 8_000}).get_json()["fee"]
    assert (new["amount_paid"], new["status"]) == (8_000, "paid"), "a new bill takes the credit by itself"
    income = "SELECT sum(amount) FROM financial_transactions WHERE type = 'income'"
    assert value(raw, income) == 70_000, "income is counted once"
    check()


def test_deleting_says_what_it_did(office: Program, school: School, raw: Any, check: Any) -> None:
    version = office.get(f"/fees/{school.tuition}").get_json()["version"]
    patch(office, school.tuition, version, amount_paid=100)
    paid = office.send("DELETE", f"/fees/{school.tuition}").get_json()
    assert (paid["message"], paid["fee"]["status"], paid["fee"]["arrears"]) == (DELETED, "cancelled", 0)
    unpaid = office.send("DELETE", f"/fees/{school.books}").get_json()
    assert unpaid == {"fee": None, "payment": None, "message": "Fee deleted"}
    assert office.get(f"/fees/{school.books}").status_code == 404
    assert office.send("DELETE", f"/fees/{school.books}").status_code == 404
    assert office.send("DELETE", f"/fees/{school.tuition}").status_code == 409
    assert value(raw, "SELECT count(*) FROM financial_transactions") == 0
    check()


def test_deleting_from_an_old_version_is_refused(office: Program, school: School) -> None:
    patch(office, school.books, 1, amount_due=6_000)
    answer = office.send("DELETE", f"/fees/{school.books}", None, {"If-Match": '"1"'})
    assert answer.status_code == 409
    assert office.get(f"/fees/{school.books}").status_code == 200


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"amount_due": 0}, "amount_due"), ({"amount_due": "600"}, "amount_due"), ({"amount_due": 6.5}, "amount_due"),
        ({"amount_due": -1}, "amount_due"), ({"amount_paid": -1}, "amount_paid"), ({"amount_paid": 101}, "amount_paid"),
        ({"student_id": 999}, "student_id"), ({"fee_type_id": 999}, "fee_type_id"), ({"term_id": 999}, "term_id"),
        ({"year": 1999}, "year"), ({"year": 2026.0}, "year"), ({"month": 13}, "month"), ({"month": 0}, "month"),
        ({"due_on": "31/01/2026"}, "due_on"), ({"due_on": "1999-01-01"}, "due_on"),
        ({"description": "x" * 201}, "description"),
        ({"description": None}, "description"), ({"amount_due": None}, "amount_due"), ({"arrears": 0}, "arrears"),
        ({"version": 1}, "version"), ({"paid_on": "2999-01-01", "amount_paid": 1}, "paid_on"),
        ({"method": "shells", "amount_paid": 1}, "method"),
    ],
)  # fmt: skip
def test_bad_input_names_its_field_and_changes_nothing(
    office: Program, school: School, raw: Any, body: dict[str, object], param: str
) -> None:
    answer = office.post("/fees", {"student_id": school.kofi, "amount_due": 100, **body})
    assert (answer.status_code, error(answer)["param"]) == (422, param)
    assert value(raw, "SELECT count(*) FROM fees WHERE student_id = ?", (school.kofi,)) == 0


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"amount_due": None}, "amount_due"), ({"amount_due": 0}, "amount_due"), ({"description": None}, "description"),
        ({"student_id": 1}, "student_id"), ({"amount_adjusted": 5}, "amount_adjusted"), ({"year": "2026"}, "year"),
        ({"amount_paid": 60_001}, "amount_paid"),
    ],
)  # fmt: skip
def test_a_bad_change_names_its_field_and_changes_nothing(
    office: Program, school: School, body: dict[str, object], param: str
) -> None:
    before = office.get(f"/fees/{school.tuition}").get_json()
    answer = patch(office, school.tuition, 1, **body)
    assert (answer.status_code, error(answer)["param"]) == (422, param)
    assert office.get(f"/fees/{school.tuition}").get_json() == before


def test_a_due_date_can_be_taken_away(office: Program, school: School) -> None:
    fee = patch(office, school.tuition, 1, due_on=None, month=None).get_json()["fee"]
    assert (fee["due_on"], fee["month"], fee["year"]) == (None, None, 2026)


def test_a_withdrawn_student_is_not_charged(office: Program, school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.kofi,))
    answer = office.post("/fees", {"student_id": school.kofi, "amount_due": 100})
    assert (answer.status_code, error(answer)["code"]) == (422, "student_withdrawn")


def test_the_list_is_filtered(office: Program, school: School) -> None:
    def found(query: str) -> list[int]:
        return [item["id"] for item in office.get(f"/fees?{query}").get_json()["items"]]

    patch(office, school.tuition, 1, amount_paid=60_000)
    patch(office, school.books, 1, amount_paid=1)
    later = office.post("/fees", {"student_id": school.kofi, "amount_due": 5, "due_on": "2099-01-01"}).get_json()["fee"]
    assert found(f"student_id={school.asha}") == [school.books, school.tuition]
    assert found("status=paid") == [school.tuition]
    assert found("status=partial") == found("overdue=true") == [school.books]
    assert found("status=unpaid") == found(f"class_id={school.gold}") == [later["id"]]
    assert found("status=cancelled") == []
    office.send("DELETE", f"/fees/{school.tuition}")
    assert found("status=cancelled") == [school.tuition]


def test_ids_beyond_the_database_are_just_not_there(office: Program) -> None:
    assert office.get(f"/fees/{10**30}").status_code == 404
    assert office.send("DELETE", f"/fees/{10**30}").status_code == 404


@pytest.mark.parametrize("role", ["registrar", "teacher", "principal"])
def test_who_may_not_change_fees_gets_403(app: Flask, raw: Any, school: School, role: str) -> None:
    stranger = program(app, raw, role)
    assert stranger.post("/fees", {}).status_code == 403
    assert stranger.send("PATCH", f"/fees/{school.tuition}", {}).status_code == 403
    assert stranger.send("DELETE", f"/fees/{school.tuition}").status_code == 403
    assert stranger.get("/fees").status_code == (200 if role == "principal" else 403)
