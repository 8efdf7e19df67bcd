"""How SQLite reads long lists: in the order of an index, not all rows and then sorted."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.clock import today
from app.domain.periods import Days
from app.extensions import db
from app.queries.attendance import marks_of_day
from app.queries.calendar import SchoolTerm
from app.queries.fees import FeeFilter, fee_page, fee_totals
from app.queries.payments import PaymentFilter, payment_page, receipt_totals
from app.queries.period_figures import marks_of, money_of
from app.queries.students import StudentFilter, student_page
from app.queries.terms import terms_so_far
from app.queries.transactions import TransactionFilter, cash_totals, transaction_page

LISTS: dict[str, Callable[[], object]] = {
    "cash book": lambda: transaction_page(TransactionFilter()),
    "cash book of a category": lambda: transaction_page(TransactionFilter(category_id=1, from_date=today())),
    "cash book of a method": lambda: transaction_page(TransactionFilter(payment_method="momo", from_date=today())),
    "fees": lambda: fee_page(FeeFilter()),
    "paid fees": lambda: fee_page(FeeFilter(status="paid")),
    "payments": lambda: payment_page(PaymentFilter()),
    "payments of a method": lambda: payment_page(PaymentFilter(method="momo")),
    "students": lambda: student_page(StudentFilter()),
}


WEEK = Days(date(2026, 3, 2), date(2026, 3, 9))
MOMENT = datetime(2026, 3, 2, tzinfo=UTC)
TERM = SchoolTerm(WEEK.starts_on, WEEK.ends_on, 1, "Term 1 2026", 1, "Term 1", 0)
FIGURES: dict[str, Callable[[], object]] = {
    "money of some days": lambda: money_of([WEEK]),
    "money of a month": lambda: money_of([Days(date(2026, 3, 1), date(2026, 4, 1))]),
    "registers of some days": lambda: marks_of([WEEK]),
    "registers of a day": lambda: marks_of_day(WEEK.starts_on),
    "a term beside others": lambda: terms_so_far([TERM], number=3, today=today()),
    "fees of a term": lambda: fee_totals(FeeFilter(status="standing", term_id=1)),
    "fee income of some days": lambda: cash_totals(
        TransactionFilter(fee_income=True, from_date=WEEK.starts_on, to_date=WEEK.last_day)
    ),
    "receipts voided since": lambda: receipt_totals(PaymentFilter(voided_since=MOMENT)),
}
"""What the dashboard adds up; it must not read a table from end to end for it."""


@pytest.fixture
def asked(in_app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """Every statement with its values."""
    found: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        found.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.sqlite
@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_in_its_order(name: str, asked: list[tuple[str, Any]], raw: Any) -> None:
    LISTS[name]()
    statement, values = max(asked, key=lambda found: len(found[0]))
    plan = [row[-1] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert not [step for step in plan if "TEMP B-TREE" in step], plan


@pytest.mark.sqlite
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_reads_what_it_adds_up_and_no_more(name: str, asked: list[tuple[str, Any]], raw: Any) -> None:
    FIGURES[name]()
    plans = [[row[-1] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", values)] for sql, values in asked]
    assert plans
    assert not [step for plan in plans for step in plan if step.startswith("SCAN") and "INDEX" not in step], plans


@pytest.mark.sqlite
def test_days_are_added_up_without_looking_at_a_row(asked: list[tuple[str, Any]], raw: Any) -> None:
    money_of([WEEK])
    plan = [row[-1] for sql, values in asked for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any("COVERING INDEX ix_financial_transactions_date_type" in step for step in plan), plan
