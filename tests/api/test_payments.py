"""`/api/v1/payments` over HTTP, on a real database."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from flask import Flask

from tests.support.database import value
from tests.support.people import Program, program, sign_in
from tests.support.school import School
from tests.support.threads import at_once


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw)


def pay(office: Program, key: str = "k1", **body: object) -> Any:
    return office.post("/payments", body, {"Idempotency-Key": key})


def error(answer: Any) -> Mapping[str, Any]:
    return answer.get_json()["error"]


def test_a_payment_settles_the_oldest_fee_first(office: Program, school: School, raw: Any, check: Any) -> None:
    answer = pay(office, student_id=school.asha, amount=62_000)
    assert answer.status_code == 201
    body = answer.get_json()
    assert body["message"] == "Payment recorded and financial transaction created"
    payment = body["payment"]
    assert set(payment) == {
        "id", "receipt_no", "student_id", "amount", "method", "paid_on", "voided_at", "allocations", "credit"
    }  # fmt: skip
    assert payment["allocations"] == [
        {"fee_id": school.tuition, "amount": 60_000},
        {"fee_id": school.books, "amount": 2_000},
    ]
    assert (payment["receipt_no"], payment["credit"], payment["voided_at"]) == ("R-000001", 0, None)
    assert answer.headers["Location"] == f"/api/v1/payments/{payment['id']}"
    assert office.get(f"/payments/{payment['id']}").get_json() == payment
    rows = office.get(f"/transactions?reference=FEE-{school.tuition}").get_json()["items"]
    assert [(row["amount"], row["category"], row["type"]) for row in rows] == [(60_000, "School Fees", "income")]
    check()


def test_the_key_is_required(office: Program, school: School) -> None:
    answer = office.post("/payments", {"student_id": school.asha, "amount": 100})
    assert answer.status_code == 400
    assert error(answer)["param"] == "Idempotency-Key"


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256])
def test_a_key_is_visible_ascii(office: Program, school: School, key: str) -> None:
    assert pay(office, key, student_id=school.asha, amount=100).status_code == 400


def test_the_same_request_gives_the_first_answer(office: Program, school: School, raw: Any) -> None:
    first = pay(office, student_id=school.asha, amount=100)
    again = pay(office, student_id=school.asha, amount=100)
    assert again.status_code == 201
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert value(raw, "SELECT count(*) FROM payments") == 1


def test_the_same_key_with_another_body_is_refused(office: Program, school: School, raw: Any) -> None:
    pay(office, student_id=school.asha, amount=100)
    answer = pay(office, student_id=school.asha, amount=200)
    assert (answer.status_code, error(answer)["code"]) == (422, "idempotency_key_reused")
    assert value(raw, "SELECT sum(amount) FROM payments") == 100


def test_a_key_of_somebody_else_tells_nothing(app: Flask, office: Program, school: School, raw: Any) -> None:
    pay(office, student_id=school.asha, amount=100)
    for stranger in (program(app, raw), sign_in(app, raw)):
        path = "/payments" if isinstance(stranger, Program) else "/api/v1/payments"
        answer = stranger.send("POST", path, {"student_id": school.asha, "amount": 100}, {"Idempotency-Key": "k1"})
        assert answer.status_code == 422
        assert error(answer)["code"] == "idempotency_key_reused"
        assert "R-0" not in answer.text
        assert str(school.asha) not in error(answer)["message"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"amount": 1.5}, "amount"),
        ({"amount": 100.0}, "amount"),
        ({"amount": "100"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": 10**12 + 1}, "amount"),
        ({"amount": 10**30}, "amount"),
        ({"student_id": 999_999}, "student_id"),
        ({"student_id": 10**30}, "student_id"),
        ({"student_id": "1"}, "student_id"),
        ({"method": "gold"}, "method"),
        ({"paid_on": "2999-01-01"}, "paid_on"),
        ({"paid_on": "1999-12-31"}, "paid_on"),
        ({"paid_on": "2026-1-5"}, "paid_on"),
        ({"paid_on": "2026-02-30"}, "paid_on"),
        ({"paid_on": 20260105}, "paid_on"),
        ({"paid_on": "2026-01-05T00:00:00"}, "paid_on"),
        ({"external_reference": "x" * 65}, "external_reference"),
        ({"note": "a\x00b"}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"note": ["a"]}, "note"),
        ({"allocations": [{"fee_id": 1}]}, "allocations.0.amount"),
        ({"allocations": [{"fee_id": 999_999, "amount": 10}]}, "allocations"),
        ({"allocations": {"fee_id": 1}}, "allocations"),
        ({"allow_credit": "yes"}, "allow_credit"),
        ({"allow_used_reference": 1}, "allow_used_reference"),
        ({"receipt_no": "R-1"}, "receipt_no"),
        ({"amount": 65_001}, "amount"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(
    office: Program, school: School, raw: Any, body: dict[str, object], param: str
) -> None:
    answer = pay(office, **{"student_id": school.asha, "amount": 100, **body})
    assert answer.status_code == 422
    told = error(answer)
    assert told["param"] == param
    assert told["message"].endswith(".")
    assert told["request_id"]
    assert told["type"] == "invalid_request"
    assert value(raw, "SELECT count(*) FROM payments") == 0


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b'"x"', b"nul", b'{"amount": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000, b"\xff"]
)
def test_a_body_that_is_no_object_is_refused(office: Program, content: bytes) -> None:
    answer = office.client.post(
        "/api/v1/payments", data=content, content_type="application/json",
        headers={"Authorization": f"Bearer {office.token}", "Idempotency-Key": "k"},
    )  # fmt: skip
    assert (answer.status_code, error(answer)["code"]) == (400, "bad_json")


def test_a_body_of_another_kind_is_refused(office: Program) -> None:
    answer = office.client.post(
        "/api/v1/payments", data={"amount": "1"}, headers={"Authorization": f"Bearer {office.token}"}
    )
    assert answer.status_code == 415


def test_overpaying_needs_a_yes_and_becomes_credit(office: Program, school: School, raw: Any, check: Any) -> None:
    refused = pay(office, student_id=school.asha, amount=65_500)
    assert (error(refused)["code"], error(refused)["credit"]) == ("overpayment", 500)
    body = pay(office, student_id=school.asha, amount=65_500, allow_credit=True).get_json()
    assert body["payment"]["credit"] == 500
    assert value(raw, "SELECT sum(amount) FROM financial_transactions") == 65_500
    check()


def test_a_withdrawn_student_pays_only_when_confirmed(office: Program, school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.asha,))
    refused = pay(office, student_id=school.asha, amount=100)
    assert (refused.status_code, error(refused)["code"]) == (422, "student_withdrawn")
    assert pay(office, student_id=school.asha, amount=100, allow_withdrawn=True).status_code == 201


def test_a_reference_is_taken_twice_only_when_confirmed(office: Program, school: School, raw: Any) -> None:
    momo = {"student_id": school.asha, "amount": 100, "method": "momo", "external_reference": "MM-1"}
    assert pay(office, **momo).status_code == 201
    assert pay(office, **momo).headers["Idempotent-Replayed"] == "true", "the same request is not a second payment"
    refused = pay(office, "k2", **momo)
    assert (refused.status_code, error(refused)["code"]) == (422, "reference_used")
    assert (error(refused)["param"], error(refused)["receipt_no"]) == ("external_reference", "R-000001")
    assert pay(office, "k3", **momo, allow_used_reference=True).status_code == 201
    assert value(raw, "SELECT count(*) FROM payments") == 2


def test_a_void_needs_a_reason_and_happens_once(office: Program, school: School, raw: Any, check: Any) -> None:
    payment = pay(office, student_id=school.asha, amount=100).get_json()["payment"]
    path = f"/payments/{payment['id']}/void"
    assert error(office.post(path, {"reason": " "}))["param"] == "reason"
    assert error(office.post(path, {}))["param"] == "reason"
    voided = office.post(path, {"reason": "typed twice"})
    assert voided.status_code == 200
    assert voided.get_json()["payment"]["voided_at"].endswith("Z")
    assert voided.get_json()["payment"]["credit"] == 0
    assert office.post(path, {"reason": "again"}).status_code == 409
    assert office.post("/payments/999/void", {"reason": "x"}).status_code == 404
    assert value(raw, "SELECT count(*) FROM financial_transactions") == 0
    check()


def test_the_list_is_paged_by_cursor(office: Program, school: School) -> None:
    for number in range(5):
        pay(office, f"k{number}", student_id=school.asha, amount=100 + number)
    first = office.get("/payments?limit=2").get_json()
    assert [item["amount"] for item in first["items"]] == [104, 103]
    second = office.get(f"/payments?limit=2&cursor={first['next']}").get_json()
    third = office.get(f"/payments?limit=2&cursor={second['next']}").get_json()
    assert [item["amount"] for item in second["items"] + third["items"]] == [102, 101, 100]
    assert third["next"] is None


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor"),
        ("cursor=WyI-IiwxXQ%3D%3D%3D", "cursor"), ("cursor=WyI-IiwiYSJd", "cursor"), ("paid_on=yesterday", "paid_on"),
        ("student_id=abc", "student_id"), ("studnt_id=1", "studnt_id"), ("voided=perhaps", "voided"),
    ],
)  # fmt: skip
def test_a_bad_argument_is_named(office: Program, query: str, param: str) -> None:
    answer = office.get(f"/payments?{query}")
    if query.startswith("cursor=WyI-IiwxX"):
        assert answer.status_code in (200, 422)
        return
    assert (answer.status_code, error(answer)["param"]) == (422, param)


def test_the_list_is_filtered(office: Program, school: School) -> None:
    pay(office, "a", student_id=school.asha, amount=100, paid_on="2026-01-05", method="momo")
    pay(office, "b", student_id=school.asha, amount=200, paid_on="2026-02-05")
    found = office.get(f"/payments?student_id={school.asha}&paid_on=2026-01-05").get_json()["items"]
    assert [item["amount"] for item in found] == [100]
    assert office.get("/payments?method=momo").get_json()["items"] == found
    assert office.get(f"/payments?student_id={school.kofi}").get_json() == {"items": [], "next": None}


@pytest.mark.parametrize("role", ["registrar", "teacher"])
def test_who_may_not_see_money_gets_403(app: Flask, raw: Any, school: School, role: str) -> None:
    stranger = program(app, raw, role)
    for method, path in (
        ("GET", "/payments"),
        ("GET", "/payments/1"),
        ("POST", "/payments"),
        ("POST", "/payments/1/void"),
    ):
        assert stranger.send(method, path, {} if method == "POST" else None).status_code == 403


def test_the_principal_sees_and_voids_but_does_not_take(app: Flask, raw: Any, school: School) -> None:
    principal = program(app, raw, "principal")
    assert principal.get("/payments").status_code == 200
    assert pay(principal, student_id=school.asha, amount=1).status_code == 403
    assert principal.post("/payments/1/void", {"reason": "x"}).status_code == 404


def test_a_hundred_equal_requests_at_once_take_the_money_once(
    app: Flask, raw: Any, office: Program, school: School, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A slow machine may need longer for a hundred than one office would wait.
    monkeypatch.setattr("app.database.transaction.LOCK_TIMEOUT", 60)
    answers = at_once([lambda: pay(Program(app, office.token), student_id=school.asha, amount=30_000)] * 100)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert value(raw, "SELECT count(*) FROM payments") == 1
    assert value(raw, "SELECT amount_paid FROM fees WHERE id = ?", (school.tuition,)) == 30_000
    check()


def test_fifty_payments_at_once_never_overpay(
    app: Flask, raw: Any, office: Program, school: School, check: Any
) -> None:
    def send(number: int) -> int:
        mine = Program(app, office.token)
        return int(pay(mine, f"n{number}", student_id=school.asha, amount=6_500).status_code)

    statuses = at_once([partial(send, number) for number in range(50)])
    assert sorted(statuses) == [201] * 10 + [422] * 40
    assert value(raw, "SELECT sum(arrears) FROM fees") == 0
    check()
