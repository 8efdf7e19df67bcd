"""The cash book as lists show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import lazyload

from app.domain.payments import METHOD_NAMES
from app.extensions import db
from app.models import FinancialCategory, FinancialTransaction, Payment
from app.queries.paging import Page, fetch_page


@dataclass(frozen=True)
class TransactionRow:
    """One row of the cash book; `receipt_no` is set on the rows that a receipt made, and those are read-only."""

    id: int
    transaction_date: date
    category_id: int
    category: str
    type: str
    amount: int
    description: str
    reference: str | None
    payment_method: str
    receipt_no: str | None
    reverses_id: int | None

    @property
    def by_hand(self) -> bool:
        return self.receipt_no is None

    @property
    def method_name(self) -> str:
        return METHOD_NAMES[self.payment_method]


@dataclass(frozen=True)
class TransactionFilter:
    """Which rows of the cash book; dates are inclusive. `fee_income` asks for what collected fees count."""

    type: str | None = None
    category_id: int | None = None
    reference: str | None = None
    payment_method: str | None = None
    from_date: date | None = None
    to_date: date | None = None
    by_hand: bool | None = None
    fee_income: bool = False
    search: str = ""

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        for column, value in (
            (FinancialTransaction.type, self.type),
            (FinancialTransaction.category_id, self.category_id),
            (FinancialTransaction.reference, self.reference),
            (FinancialTransaction.payment_method, self.payment_method),
        ):
            if value is not None:
                found.append(column == value)
        if self.from_date is not None:
            found.append(FinancialTransaction.transaction_date >= self.from_date)
        if self.to_date is not None:
            found.append(FinancialTransaction.transaction_date <= self.to_date)
        if self.by_hand is not None:
            payment = FinancialTransaction.payment_id
            found.append(payment.is_(None) if self.by_hand else payment.is_not(None))
        if self.fee_income:
            found.append(FinancialTransaction.type == "income")
            found.append(func.substr(FinancialTransaction.reference, 1, 4) == "FEE-")
        if words := self.search.strip():
            found.append(
                or_(
                    FinancialTransaction.description.icontains(words, autoescape=True),
                    FinancialTransaction.reference == words.upper(),
                    FinancialTransaction.reference == words,
                )
            )
        return found


@dataclass(frozen=True)
class CashTotals:
    """The sums of the rows that a filter finds, in minor units."""

    count: int
    income: int
    expenses: int

    @property
    def net(self) -> int:
        return self.income - self.expenses


def transaction_page(wanted: TransactionFilter, *, cursor: str | None = None, limit: int = 50) -> Page[TransactionRow]:
    """Rows of the cash book, the latest date first."""
    query = _rows().where(*wanted.conditions())
    order = (FinancialTransaction.transaction_date, FinancialTransaction.id)
    return fetch_page(query, *order, cursor=cursor, limit=limit, newest_first=True).map(_transaction_row)


def transaction_row(transaction_id: int) -> TransactionRow | None:
    """One row of the cash book."""
    found = db.session.execute(_rows().where(FinancialTransaction.id == transaction_id)).one_or_none()
    return _transaction_row(found) if found else None


def is_key_used(request_key: str) -> bool:
    """Whether a row was already added with this key, by whomever."""
    query = select(FinancialTransaction.id).where(FinancialTransaction.request_key == request_key)
    return db.session.scalar(query) is not None


def amount_of_category(category_id: int, *, starts_on: date, ends_on: date) -> int:
    """What the rows of a category add up to in `[starts_on, ends_on)`, reversals taken off."""
    query = select(func.coalesce(func.sum(FinancialTransaction.amount), 0)).where(
        FinancialTransaction.category_id == category_id,
        FinancialTransaction.transaction_date >= starts_on,
        FinancialTransaction.transaction_date < ends_on,
    )
    return int(db.session.scalar(query) or 0)


def cash_totals(wanted: TransactionFilter) -> CashTotals:
    """What the rows of a filter add up to."""
    amount = FinancialTransaction.amount

    def of(kind: str) -> Any:
        return func.coalesce(func.sum(case((FinancialTransaction.type == kind, amount), else_=0)), 0)

    return CashTotals(
        *db.session.execute(select(func.count(), of("income"), of("expense")).where(*wanted.conditions())).one()
    )


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(FinancialTransaction, FinancialCategory.name, Payment.receipt_no)
        .options(lazyload(FinancialTransaction.category))
        # Outer, though every row has a category: what is joined so is never where a database begins to read.
        .outerjoin(FinancialCategory, FinancialCategory.id == FinancialTransaction.category_id)
        .outerjoin(Payment, Payment.id == FinancialTransaction.payment_id)
    )


def _transaction_row(row: Any) -> TransactionRow:
    found, category, receipt_no = row[:3]
    return TransactionRow(
        id=found.id,
        transaction_date=found.transaction_date,
        category_id=found.category_id,
        category=category,
        type=found.type,
        amount=found.amount,
        description=found.description,
        reference=found.reference,
        payment_method=found.payment_method,
        receipt_no=receipt_no,
        reverses_id=found.reverses_id,
    )
