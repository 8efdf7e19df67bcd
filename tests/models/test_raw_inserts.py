"""Other programs write by SQL and name only the contract's columns; the program must read what they wrote."""

import pytest
from sqlalchemy import select

from app import models
from app.extensions import db
from tests.support.database import is_sqlite, names_of, value
from tests.support.samples import MADE_BY_OTHERS, SAMPLES, one_of_each


def test_every_table_has_a_sample(raw):
    stage = set() if is_sqlite(raw) else {"statistics_stage", "statistics_pending"}
    assert names_of(raw, "table") == set(SAMPLES) | MADE_BY_OTHERS | stage


def test_the_contracts_columns_are_enough_and_the_program_reads_the_rows(in_app, raw):
    ids = one_of_each(raw)
    for table in SAMPLES:
        assert value(raw, f"SELECT count(*) FROM {table}") >= 1
    check_models = [mapper.class_ for mapper in db.Model.registry.mappers]
    assert models.Payment in check_models
    for model in check_models:
        for row in db.session.scalars(select(model)):
            assert all(hasattr(row, column.key) for column in model.__mapper__.column_attrs)
    fee = db.session.get_one(models.Fee, ids["fees"])
    assert (fee.amount_paid, fee.arrears, fee.version) == (200, 58_800, 2)
    assert fee.created_at.tzinfo is not None


def test_a_share_of_a_receipt_is_posted_with_the_contracts_columns_only(raw, check):
    ids = one_of_each(raw)
    allocation = ids["payment_allocations"]
    columns = "transaction_date, category_id, type, amount, description, reference, payment_method"
    book = "'2026-01-15', (SELECT id FROM financial_categories WHERE name = 'School Fees'), 'income'"
    raw.execute(
        f"INSERT INTO financial_transactions ({columns}, allocation_id) VALUES ({book}, 200, '', ?, 'momo', ?)",
        (f"FEE-{ids['fees']}", allocation),
    )
    raw.execute(
        f"INSERT INTO financial_transactions ({columns}, payment_id) VALUES ({book}, 300, '', ?, 'momo', ?)",
        (f"CREDIT-{ids['payments']}", ids["payments"]),
    )
    assert (
        value(raw, "SELECT payment_id FROM financial_transactions WHERE allocation_id IS NOT NULL") == ids["payments"]
    )
    assert (
        value(raw, "SELECT metric_value FROM statistics_cache WHERE metric_name = 'daily_fees_2026-01-15_momo'") == 200
    )
    check()


def test_a_row_typed_by_hand_is_reversed_with_the_contracts_columns_only(raw):
    ids = one_of_each(raw)
    raw.execute(
        "INSERT INTO financial_transactions (transaction_date, category_id, type, amount, reference, payment_method, "
        "reverses_id) SELECT '2026-02-01', category_id, type, -amount, reference, payment_method, id "
        "FROM financial_transactions WHERE id = ?",
        (ids["financial_transactions"],),
    )
    assert value(raw, "SELECT metric_value FROM statistics_cache WHERE metric_name = 'total_income'") == 0


PAYMENT = (
    "INSERT INTO payments (receipt_no, student_id, amount, method, paid_on) VALUES ('A', 1, {}, 'cash', '2026-01-15')"
)


ANY_TYPE = [pytest.param(amount, marks=pytest.mark.sqlite) for amount in ("1.5", "'x'")]
"""A column of PostgreSQL keeps no such thing."""


@pytest.mark.parametrize("amount", [*ANY_TYPE, "0", "-1", "1000000000001", "NULL"])
def test_money_is_a_whole_positive_number_in_the_database_too(raw, school, amount):
    with pytest.raises(raw.IntegrityError):
        raw.execute(PAYMENT.format(amount))


@pytest.mark.sqlite
def test_a_whole_number_written_as_a_real_is_stored_as_an_integer(raw, school):
    raw.execute(PAYMENT.format("1e3"))
    assert value(raw, "SELECT typeof(amount) FROM payments") == "integer"
