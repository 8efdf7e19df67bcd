"""How SQLite reads long lists: in the order of an index, not all rows and then sorted."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.clock import today
from app.extensions import db
from app.queries.fees import FeeFilter, fee_page
from app.queries.payments import PaymentFilter, payment_page
from app.queries.students import StudentFilter, student_page
from app.queries.transactions import TransactionFilter, transaction_page

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
