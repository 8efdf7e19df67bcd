"""Pages of a list while rows come and go."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.errors import Invalid
from app.extensions import db
from app.models import FinancialTransaction
from app.queries.paging import Page, fetch_page
from tests.support.database import insert
from tests.support.school import School, school_fees

ORDER = (FinancialTransaction.transaction_date, FinancialTransaction.id)


def page(cursor: str | None = None, limit: int = 3, newest_first: bool = True) -> Page[Any]:
    db.session.rollback()  # another connection has written
    query = select(FinancialTransaction)
    return fetch_page(query, *ORDER, cursor=cursor, limit=limit, newest_first=newest_first, scalars=True)


def ids(found: Page[Any]) -> list[int]:
    return [row.id for row in found.items]


def book(raw: Any, on: str) -> int:
    return insert(
        raw, "financial_transactions", transaction_date=on, category_id=school_fees(raw), type="income", amount=100
    )


@given(days=st.lists(st.integers(1, 5), max_size=12), limit=st.integers(1, 5), newest_first=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_pages_together_are_the_list_and_every_page_leads_back(
    in_app: Flask, raw: Any, days: list[int], limit: int, newest_first: bool
) -> None:
    raw.execute("DELETE FROM financial_transactions")
    rows = sorted((f"2026-01-{day:02}", book(raw, f"2026-01-{day:02}")) for day in days)
    expected = [row_id for _, row_id in (reversed(rows) if newest_first else rows)]
    pages, cursor = [], None
    while True:
        found = page(cursor, limit, newest_first)
        pages.append(ids(found))
        if pages[1:]:
            assert found.previous is not None
            assert ids(page(found.previous, limit, newest_first)) == pages[-2]
        if found.next is None:
            break
        cursor = found.next
    assert [row_id for own in pages for row_id in own] == expected


def test_a_new_row_shifts_no_later_page(in_app: Flask, raw: Any, school: School) -> None:
    old = [book(raw, "2026-01-01") for _ in range(6)]
    first = page()
    book(raw, "2026-02-01")
    assert ids(first) == old[:2:-1]
    assert ids(page(first.next)) == old[2::-1]


@pytest.mark.parametrize(
    "cursor", ["x", "", "e30", "WyI-Il0", "WyI-IiwiYSIsMV0", "WyI_IiwiMjAyNi0wMS0wMSIsMV0", "é", "A" * 300]
)
def test_a_foreign_cursor_is_refused(in_app: Flask, cursor: str) -> None:
    if not cursor:
        assert page(cursor).items == []
        return
    with pytest.raises(Invalid) as refused:
        page(cursor)
    assert refused.value.param == "cursor"


def test_a_cursor_beyond_all_rows_is_an_empty_page(in_app: Flask, raw: Any) -> None:
    book(raw, "2026-01-01")
    book(raw, "2026-01-02")
    first = page(limit=1)
    raw.execute("DELETE FROM financial_transactions")
    assert page(first.next).items == []
