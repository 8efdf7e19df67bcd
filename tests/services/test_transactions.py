"""Rows of the cash book that are typed by hand."""

from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.database import Actor, acting_as
from app.errors import Conflict, Invalid, KeyReused, Missing
from app.models import FinancialTransaction
from app.services.payments import record_payment
from app.services.transactions import add_transaction, delete_transaction, update_transaction
from tests.support.database import insert, rows, value
from tests.support.office import close, everything, figure
from tests.support.school import School
from tests.support.threads import at_once

TODAY = "2026-03-10"
pytestmark = pytest.mark.usefixtures("office")


@pytest.fixture
def chalk(raw: Any) -> int:
    return insert(raw, "financial_categories", name="Chalk", type="expense")


@pytest.fixture
def ama(raw: Any) -> Actor:
    """Another bursar."""
    return Actor(insert(raw, "users", username="ama", role="bursar"), "ama")


def spend(chalk: int, amount: int = 1_500, **more: Any) -> FinancialTransaction:
    return add_transaction(**{"type": "expense", "category_id": chalk, "amount": amount, **more})


def test_a_row_counts_at_once_and_its_change_too(chalk: int, raw: Any) -> None:
    row = spend(chalk, transaction_date=date(2026, 2, 27), description=" Two boxes ")
    assert (row.description, row.payment_method) == ("Two boxes", "cash")
    assert figure(raw, "monthly_expenses_2026-02") == 1_500
    update_transaction(transaction_id=row.id, amount=1_700, transaction_date=date(2026, 3, 1))
    assert (figure(raw, "monthly_expenses_2026-02"), figure(raw, "monthly_expenses_2026-03")) == (0, 1_700)
    delete_transaction(transaction_id=row.id)
    assert figure(raw, "total_expenses") == 0


def test_what_is_left_out_of_a_change_stays(chalk: int, raw: Any) -> None:
    row = spend(chalk, description="Chalk", reference="C-1", payment_method="momo")
    before = rows(raw, "SELECT * FROM financial_transactions")[0]
    update_transaction(transaction_id=row.id, amount=9)
    assert rows(raw, "SELECT * FROM financial_transactions") == [{**before, "amount": 9}]
    update_transaction(transaction_id=row.id, reference=None)
    assert rows(raw, "SELECT * FROM financial_transactions") == [{**before, "amount": 9, "reference": None}]


def test_changes_of_different_fields_at_once_are_both_kept(app: Flask, chalk: int, raw: Any) -> None:
    row_id = spend(chalk).id

    def change(**fields: Any) -> None:
        with app.app_context():
            update_transaction(transaction_id=row_id, **fields)

    at_once([lambda: change(amount=7), lambda: change(description="White chalk")])
    (row,) = rows(raw, "SELECT amount, description FROM financial_transactions")
    assert row == {"amount": 7, "description": "White chalk"}


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 10**12 + 1}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"type": "loan"}, "type"),
        ({"type": "income"}, "category_id"),
        ({"category_id": 999}, "category_id"),
        ({"transaction_date": date(2026, 3, 11)}, "transaction_date"),
        ({"transaction_date": date(1999, 12, 31)}, "transaction_date"),
        ({"payment_method": "shells"}, "payment_method"),
        ({"reference": "FEE-1"}, "reference"),
        ({"reference": " credit-7"}, "reference"),
        ({"reference": "x" * 65}, "reference"),
        ({"description": "x" * 201}, "description"),
    ],
)
def test_a_refusal_names_the_field_and_changes_nothing(chalk: int, raw: Any, given: dict[str, Any], param: str) -> None:
    row = spend(chalk).id
    before = everything(raw)
    with pytest.raises(Invalid) as refused:
        spend(chalk, **given)
    assert refused.value.param == param
    with pytest.raises(Invalid) as refused:
        update_transaction(transaction_id=row, **given)
    assert refused.value.param == param
    assert everything(raw) == before


def test_a_row_of_a_category_that_is_no_longer_used_can_still_be_corrected(chalk: int, raw: Any) -> None:
    row = spend(chalk).id
    raw.execute("UPDATE financial_categories SET is_active = false WHERE id = ?", (chalk,))
    update_transaction(transaction_id=row, amount=1_600)
    assert figure(raw, "total_expenses") == 1_600
    with pytest.raises(Invalid, match="Chalk is no longer in use") as refused:
        spend(chalk)
    assert refused.value.param == "category_id"


def test_rows_of_receipts_are_not_for_hands(school: School, chalk: int, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=500)
    (row,) = rows(raw, "SELECT * FROM financial_transactions")
    for change in (
        lambda: update_transaction(transaction_id=row["id"], amount=400),
        lambda: delete_transaction(transaction_id=row["id"]),
    ):
        with pytest.raises(Conflict) as refused:
            change()
        assert refused.value.code == "system_transaction"
    with pytest.raises(Missing):
        delete_transaction(transaction_id=999)


def test_a_repeated_request_adds_one_row(chalk: int, raw: Any, ama: Actor) -> None:
    first, again = (spend(chalk, request_key="k", request_hash="h") for _ in range(2))
    assert first.id == again.id
    with pytest.raises(KeyReused):
        spend(chalk, request_key="k", request_hash="other")
    with acting_as(ama), pytest.raises(KeyReused):
        spend(chalk, request_key="k", request_hash="h")
    assert value(raw, "SELECT count(*) FROM financial_transactions") == 1


# Closed days


def test_a_closed_day_takes_and_gives_no_row(school: School, chalk: int, raw: Any) -> None:
    row = spend(chalk, transaction_date=date(2026, 3, 4)).id
    other = spend(chalk, transaction_date=date(2026, 3, 5)).id
    close(raw, "2026-03-04", cashier=school.bursar)
    before = everything(raw)
    for attempt in (
        lambda: spend(chalk, transaction_date=date(2026, 3, 4)),
        lambda: update_transaction(transaction_id=row, amount=1),
        lambda: update_transaction(transaction_id=row, transaction_date=date(2026, 3, 5)),
        lambda: update_transaction(transaction_id=other, transaction_date=date(2026, 3, 4)),
        lambda: delete_transaction(transaction_id=row),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert (refused.value.code, refused.value.param) == ("day_closed", "transaction_date")
    assert everything(raw) == before


def test_the_day_of_whoever_typed_the_row_counts(school: School, chalk: int, raw: Any, ama: Actor) -> None:
    """Another bursar cannot take a row out of a cash-up that is not hers, nor put one into it."""
    row = spend(chalk, transaction_date=date(2026, 3, 4)).id
    other = spend(chalk, transaction_date=date(2026, 3, 5)).id
    close(raw, "2026-03-04", cashier=school.bursar)
    with acting_as(ama):
        before = everything(raw)
        for attempt in (
            lambda: update_transaction(transaction_id=row, amount=1),
            lambda: update_transaction(transaction_id=other, transaction_date=date(2026, 3, 4)),
            lambda: delete_transaction(transaction_id=row),
        ):
            with pytest.raises(Conflict):
                attempt()
        assert everything(raw) == before
        own = spend(chalk, transaction_date=date(2026, 3, 4)).id
        update_transaction(transaction_id=own, amount=2)
        close(raw, "2026-03-05", cashier=ama.user_id)
        update_transaction(transaction_id=other, amount=3)
