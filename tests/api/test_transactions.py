"""`/api/v1/transactions`, `/categories` and `/fee-types` over HTTP."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, value
from tests.support.people import Program, program
from tests.support.school import School, pay, school_fees


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw)


@pytest.fixture
def chalk(raw: Any) -> int:
    return insert(raw, "financial_categories", name="Chalk", type="expense")


def expense(chalk: int, **more: object) -> dict[str, object]:
    return {
        "type": "expense", "category_id": chalk, "amount": 1_500, "transaction_date": "2026-01-10",
        "description": "Two boxes", **more,
    }  # fmt: skip


def error(answer: Any) -> Any:
    return answer.get_json()["error"]


def test_an_expense_by_hand_is_added_changed_and_removed(office: Program, chalk: int, check: Any) -> None:
    answer = office.post("/transactions", expense(chalk))
    row = answer.get_json()
    assert answer.status_code == 201
    assert row == {
        "id": row["id"], "transaction_date": "2026-01-10", "category": "Chalk", "type": "expense", "amount": 1_500,
        "description": "Two boxes", "reference": None, "payment_method": "cash",
    }  # fmt: skip
    path = f"/transactions/{row['id']}"
    assert answer.headers["Location"] == f"/api/v1{path}"
    changed = office.send("PATCH", path, {"amount": 1_800, "reference": "INV 7"})
    assert changed.get_json() == {**row, "amount": 1_800, "reference": "INV 7"}
    check()
    assert office.send("DELETE", path).status_code == 204
    assert office.get(path).status_code == 404
    check()


def test_a_repeated_request_adds_one_row(office: Program, chalk: int, raw: Any) -> None:
    first = office.post("/transactions", expense(chalk), {"Idempotency-Key": "t"})
    again = office.post("/transactions", expense(chalk), {"Idempotency-Key": "t"})
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert office.post("/transactions", expense(chalk, amount=1), {"Idempotency-Key": "t"}).status_code == 422
    assert value(raw, "SELECT count(*) FROM financial_transactions") == 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"amount": 0}, "amount"), ({"amount": "15"}, "amount"), ({"amount": -15}, "amount"),
        ({"amount": 1e9}, "amount"),
        ({"type": "gift"}, "type"), ({"type": "income"}, "category_id"), ({"category_id": 999}, "category_id"),
        ({"transaction_date": "2999-01-01"}, "transaction_date"),
        ({"transaction_date": "1999-12-31"}, "transaction_date"),
        ({"transaction_date": "10.01.2026"}, "transaction_date"), ({"reference": "FEE-1"}, "reference"),
        ({"reference": "credit-7"}, "reference"), ({"payment_method": "shells"}, "payment_method"),
        ({"description": "x" * 201}, "description"),
        ({"payment_id": 1}, "payment_id"), ({"reverses_id": 1}, "reverses_id"),
    ],
)  # fmt: skip
def test_bad_input_names_its_field_and_changes_nothing(
    office: Program, chalk: int, raw: Any, body: dict[str, object], param: str
) -> None:
    answer = office.post("/transactions", expense(chalk, **body))
    assert (answer.status_code, error(answer)["param"]) == (422, param)
    assert value(raw, "SELECT count(*) FROM financial_transactions") == 0


def test_rows_of_receipts_are_read_only(office: Program, school: School, raw: Any) -> None:
    pay(raw, school.asha, 100, {school.tuition: 100})
    (row,) = office.get(f"/transactions?reference=FEE-{school.tuition}").get_json()["items"]
    for method, body in (("PATCH", {"amount": 1}), ("DELETE", None)):
        answer = office.send(method, f"/transactions/{row['id']}", body)
        assert (answer.status_code, error(answer)["code"]) == (409, "system_transaction")


def test_the_list_is_filtered_and_ordered_by_date(office: Program, chalk: int, school: School, raw: Any) -> None:
    pay(raw, school.asha, 100, {school.tuition: 100}, on="2026-01-15")
    for day in ("2026-01-20", "2026-01-10", "2026-01-10"):
        office.post("/transactions", expense(chalk, transaction_date=day))

    def dates(query: str) -> list[str]:
        return [item["transaction_date"][-2:] for item in office.get(f"/transactions?{query}").get_json()["items"]]

    assert dates("") == ["20", "15", "10", "10"]
    assert dates("type=expense") == dates(f"category_id={chalk}") == ["20", "10", "10"]
    assert dates("from_date=2026-01-11&to_date=2026-01-15") == ["15"]
    first = office.get("/transactions?limit=3").get_json()
    assert dates(f"limit=3&cursor={first['next']}") == ["10"]


def test_a_category_lives_and_keeps_its_type_once_used(office: Program, raw: Any) -> None:
    made = office.post("/categories", {"name": "Farm", "type": "income"})
    assert made.status_code == 201
    path = f"/categories/{made.get_json()['id']}"
    assert office.send("PATCH", path, {"type": "expense", "name": "Garden"}).get_json()["type"] == "expense"
    office.post("/transactions", expense(made.get_json()["id"]))
    fixed = office.send("PATCH", path, {"type": "income"})
    assert (fixed.status_code, error(fixed)["param"]) == (409, "type")
    assert office.send("PATCH", path, {"is_active": False}).get_json()["is_active"] is False
    refused = office.post("/transactions", expense(made.get_json()["id"]))
    assert error(refused)["param"] == "category_id"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"name": " ", "type": "income"}, "name"), ({"name": "school fees", "type": "income"}, "name"),
        ({"name": "x" * 65, "type": "income"}, "name"), ({"name": "A", "type": "gift"}, "type"),
        ({"name": "A"}, "type"),
    ],
)  # fmt: skip
def test_a_bad_category_names_its_field(office: Program, body: dict[str, object], param: str) -> None:
    answer = office.post("/categories", body)
    assert (answer.status_code, error(answer)["param"]) == (422, param)


def test_school_fees_stays_as_it_is(office: Program, raw: Any) -> None:
    path = f"/categories/{school_fees(raw)}"
    for change in ({"name": "Dues"}, {"type": "expense"}, {"is_active": False}):
        assert office.send("PATCH", path, change).status_code == 409


def test_income_of_a_fee_type_goes_to_its_category(office: Program, school: School, raw: Any) -> None:
    bus = office.post("/categories", {"name": "Bus", "type": "income"}).get_json()
    made = office.post("/fee-types", {"name": "Transport", "category_id": bus["id"]})
    assert made.status_code == 201
    fee = {"student_id": school.kofi, "amount_due": 100, "amount_paid": 100, "fee_type_id": made.get_json()["id"]}
    office.post("/fees", fee)
    (row,) = office.get(f"/transactions?category_id={bus['id']}").get_json()["items"]
    assert row["category"] == "Bus"
    assert error(office.post("/fee-types", {"name": "transport"}))["param"] == "name"
    assert error(office.post("/fee-types", {"name": "X", "category_id": 999}))["param"] == "category_id"
    path = f"/fee-types/{made.get_json()['id']}"
    assert office.send("PATCH", path, {"category_id": None, "is_active": False}).get_json() == {
        **made.get_json(), "category_id": None, "is_active": False
    }  # fmt: skip


def test_a_budget_knows_what_was_spent(office: Program, chalk: int, raw: Any) -> None:
    plan = {"category_id": chalk, "starts_on": "2026-01-01", "ends_on": "2026-02-01", "amount": 5_000}
    for day in ("2026-01-01", "2026-01-31", "2026-02-01"):
        office.post("/transactions", expense(chalk, transaction_date=day))
    made = office.post("/budgets", plan)
    assert made.status_code == 201
    budget = made.get_json()
    assert (budget["amount"], budget["actual"]) == (5_000, 3_000), "the last day does not belong to it"
    path = f"/budgets/{budget['id']}"
    assert office.get(f"/budgets?category_id={chalk}").get_json()["items"] == [budget] == [office.get(path).get_json()]
    assert office.send("PATCH", path, {"amount": 6_000}).get_json()["amount"] == 6_000
    assert error(office.post("/budgets", plan))["code"] == "budget_twice"
    assert error(office.post("/budgets", {**plan, "ends_on": "2026-01-01"}))["param"] == "ends_on"
    assert error(office.post("/budgets", {**plan, "category_id": 999}))["param"] == "category_id"
    assert error(office.post("/budgets", {**plan, "amount": -1}))["param"] == "amount"
    assert office.send("DELETE", path).status_code == 204
    assert office.get(path).status_code == 404


@pytest.mark.parametrize("role", ["registrar", "teacher"])
def test_who_may_not_see_the_books_gets_403(app: Flask, raw: Any, school: School, role: str) -> None:
    stranger = program(app, raw, role)
    for path in ("/transactions", "/categories", "/fee-types", "/transactions/1", "/categories/1"):
        assert stranger.get(path).status_code == 403
    for path in ("/transactions", "/categories", "/fee-types"):
        assert stranger.post(path, {}).status_code == 403
