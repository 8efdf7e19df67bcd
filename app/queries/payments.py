"""Receipts as lists show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from app.domain.payments import METHOD_NAMES
from app.extensions import db
from app.models import Payment, SchoolClass, Student, User
from app.queries.paging import Page, added_since, fetch_page
from app.queries.students import students_found


@dataclass(frozen=True)
class PaymentRow:
    """One receipt with its student and cashier; `amount` in minor units."""

    id: int
    receipt_no: str
    student_id: int
    student_name: str
    admission_no: str
    class_name: str | None
    amount: int
    method: str
    external_reference: str | None
    note: str | None
    paid_on: date
    created_at: datetime
    cashier: str
    voided_at: datetime | None
    void_reason: str | None

    @property
    def method_name(self) -> str:
        return METHOD_NAMES[self.method]


@dataclass(frozen=True)
class PaymentFilter:
    """Which receipts; dates are inclusive. `since` asks for those written since a moment, whatever their date."""

    student_id: int | None = None
    method: str | None = None
    paid_on: date | None = None
    from_date: date | None = None
    to_date: date | None = None
    voided: bool | None = None
    received_by: int | None = None
    since: datetime | None = None
    voided_since: datetime | None = None
    search: str = ""

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        for column, value in (
            (Payment.student_id, self.student_id),
            (Payment.method, self.method),
            (Payment.paid_on, self.paid_on),
            (Payment.received_by, self.received_by),
        ):
            if value is not None:
                found.append(column == value)
        if self.from_date is not None:
            found.append(Payment.paid_on >= self.from_date)
        if self.to_date is not None:
            found.append(Payment.paid_on <= self.to_date)
        if self.voided is not None:
            found.append(Payment.voided_at.is_not(None) if self.voided else Payment.voided_at.is_(None))
        if self.since is not None:
            found.append(added_since(Payment, self.since))
        if self.voided_since is not None:
            found.append(Payment.voided_at >= self.voided_since)
        if words := self.search.strip():
            found.append(
                or_(
                    Payment.receipt_no == words.upper(),
                    Payment.external_reference == words,
                    Payment.student_id.in_(students_found(words)),
                )
            )
        return found


@dataclass(frozen=True)
class ReceiptTotals:
    """The receipts of a filter: `amount` is the sum of those that stand, `voided_amount` of the others."""

    count: int
    amount: int
    voided: int
    voided_amount: int


@dataclass(frozen=True)
class Takings:
    """What one cashier took on one day."""

    receipts: Sequence[PaymentRow]
    count: int
    total: int


def payment_page(wanted: PaymentFilter, *, cursor: str | None = None, limit: int = 50) -> Page[PaymentRow]:
    """Receipts, the newest first."""
    query = _rows().where(*wanted.conditions())
    return fetch_page(query, Payment.id, cursor=cursor, limit=limit, newest_first=True).map(_payment_row)


def receipt_totals(wanted: PaymentFilter) -> ReceiptTotals:
    """How many receipts a filter finds, and what they add up to."""
    stands = Payment.voided_at.is_(None)
    query = select(
        func.count(),
        func.coalesce(func.sum(case((stands, Payment.amount), else_=0)), 0),
        func.coalesce(func.sum(case((stands, 0), else_=1)), 0),
        func.coalesce(func.sum(case((stands, 0), else_=Payment.amount)), 0),
    )
    return ReceiptTotals(*map(int, db.session.execute(query.where(*wanted.conditions())).one()))


def payment_row(payment_id: int) -> PaymentRow | None:
    """One receipt."""
    found = db.session.execute(_rows().where(Payment.id == payment_id)).one_or_none()
    return _payment_row(found) if found else None


def takings(*, user_id: int | None, since: datetime, until: datetime, shown: int = 12) -> Takings:
    """The receipts that a cashier wrote between two moments: the newest ones, and the sum of all that stand."""
    # Ids rise with time: the last one before the day is found from the end, however long the table is.
    before = db.session.scalar(
        select(Payment.id).where(Payment.created_at < since).order_by(Payment.id.desc()).limit(1)
    )
    mine = (Payment.received_by == user_id, Payment.id > (before or 0), Payment.created_at < until)
    count, total = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount), 0)).where(*mine, Payment.voided_at.is_(None))
    ).one()
    newest = db.session.execute(_rows().where(*mine).order_by(Payment.id.desc()).limit(shown)).all()
    return Takings([_payment_row(row) for row in newest], count, total)


def payment_of_key(request_key: str, *, user_id: int | None) -> Payment | None:
    """The payment that this user made with a form's key, if it was saved."""
    return db.session.scalar(select(Payment).where(Payment.request_key == request_key, Payment.received_by == user_id))


def receipt_with_reference(reference: str, *, method: str) -> str | None:
    """The number of a standing receipt that already carries this reference of a mobile payment, transfer or cheque."""
    return receipts_with_references([reference]).get((method, reference))


def receipts_with_references(references: Sequence[str]) -> Mapping[tuple[str, str | None], str]:
    """The number of the first standing receipt that carries each of these references, by method and reference."""
    standing = (
        select(Payment.method, Payment.external_reference, Payment.receipt_no)
        .where(Payment.external_reference.in_(references), Payment.voided_at.is_(None))
        .order_by(Payment.id.desc())
    )
    return {(method, reference): receipt_no for method, reference, receipt_no in db.session.execute(standing)}


def cashiers() -> Sequence[tuple[int, str]]:
    """Everybody who ever received money: id and name."""
    return [
        (user_id, full_name or username)
        for user_id, full_name, username in db.session.execute(
            select(User.id, User.full_name, User.username)
            .where(User.role.in_(("admin", "bursar")))
            .order_by(User.username)
        )
    ]


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(Payment, Student, SchoolClass.name, User.full_name, User.username)
        .join(Student, Student.id == Payment.student_id)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .outerjoin(User, User.id == Payment.received_by)
    )


def _payment_row(row: Any) -> PaymentRow:
    payment, student, class_name, full_name, username = row[:5]
    return PaymentRow(
        id=payment.id,
        receipt_no=payment.receipt_no,
        student_id=student.id,
        student_name=f"{student.first_name} {student.last_name}",
        admission_no=student.admission_no,
        class_name=class_name,
        amount=payment.amount,
        method=payment.method,
        external_reference=payment.external_reference,
        note=payment.note,
        paid_on=payment.paid_on,
        created_at=payment.created_at,
        cashier=full_name or username or "System",
        voided_at=payment.voided_at,
        void_reason=payment.void_reason,
    )
