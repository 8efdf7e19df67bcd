"""Fees as lists and pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from app.domain.fees import STATUS_NAMES, fee_status, period_name
from app.extensions import db
from app.models import Fee, FeeType, Payment, PaymentAllocation, SchoolClass, Student, Term
from app.queries.paging import Page, fetch_page
from app.queries.students import students_found


@dataclass(frozen=True)
class FeeRow:
    """One fee with its student; amounts in minor units."""

    id: int
    student_id: int
    student_name: str
    admission_no: str
    class_name: str | None
    what: str
    fee_type: str | None
    term: str | None
    period: str
    due_on: date | None
    amount_due: int
    amount_adjusted: int
    amount_paid: int
    arrears: int
    version: int
    status: str
    cancelled_at: datetime | None
    cancel_reason: str | None

    def is_overdue(self, on: date) -> bool:
        return self.arrears > 0 and self.due_on is not None and self.due_on < on

    @property
    def when(self) -> str:
        """What the fee is for in time: its term, or its month or year."""
        return self.term or self.period

    @property
    def status_name(self) -> str:
        return STATUS_NAMES[self.status]


@dataclass(frozen=True)
class FeeFilter:
    """Which fees; `overdue_on` asks for those unpaid after their due date, `class_id` 0 for students without a class.

    A status may also be `open` (something is owed) or `standing` (not cancelled).
    """

    student_id: int | None = None
    status: str | None = None
    class_id: int | None = None
    term_id: int | None = None
    overdue_on: date | None = None
    billing_run_id: int | None = None
    search: str = ""

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.student_id is not None:
            found.append(Fee.student_id == self.student_id)
        if self.status is not None:
            found += _of_status(self.status)
        if self.class_id is not None:
            of_class = Student.class_id == self.class_id if self.class_id else Student.class_id.is_(None)
            found.append(Fee.student_id.in_(select(Student.id).where(of_class)))
        if self.term_id is not None:
            found.append(Fee.term_id == self.term_id)
        if self.overdue_on is not None:
            found += [Fee.arrears > 0, Fee.due_on < self.overdue_on]
        if self.billing_run_id is not None:
            found.append(Fee.billing_run_id == self.billing_run_id)
        if self.search.strip():
            found.append(Fee.student_id.in_(students_found(self.search)))
        return found


@dataclass(frozen=True)
class FeeTotals:
    """The fees of a filter, cancelled ones counted apart; amounts in minor units."""

    count: int
    cancelled: int
    billed: int
    paid: int
    owed: int


@dataclass(frozen=True)
class FeeShare:
    """What one payment gave to a fee."""

    receipt_no: str
    payment_id: int
    paid_on: date
    method: str
    amount: int
    voided_at: datetime | None


def fee_page(wanted: FeeFilter, *, cursor: str | None = None, limit: int = 50) -> Page[FeeRow]:
    """Fees with their students, the newest first."""
    query = _rows().where(*wanted.conditions())
    return fetch_page(query, Fee.id, cursor=cursor, limit=limit, newest_first=True).map(_fee_row)


def fee_totals(wanted: FeeFilter) -> FeeTotals:
    """How many fees a filter finds, and what those of them that are not cancelled add up to."""
    stands = Fee.cancelled_at.is_(None)

    def of(amount: Any) -> Any:
        return func.coalesce(func.sum(case((stands, amount), else_=0)), 0)

    query = select(
        func.count(),
        func.coalesce(func.sum(case((stands, 0), else_=1)), 0),
        of(Fee.amount_due - Fee.amount_adjusted),
        of(Fee.amount_paid),
        of(Fee.arrears),
    )
    return FeeTotals(*map(int, db.session.execute(query.where(*wanted.conditions())).one()))


def fee_row(fee_id: int) -> FeeRow | None:
    """One fee with its student."""
    found = db.session.execute(_rows().where(Fee.id == fee_id)).one_or_none()
    return _fee_row(found) if found else None


def open_fee_rows(student_id: int) -> Sequence[FeeRow]:
    """The fees of a student that still owe something, oldest first."""
    query = _rows().where(Fee.student_id == student_id, Fee.arrears > 0)
    found = [_fee_row(row) for row in db.session.execute(query).all()]
    return sorted(found, key=lambda fee: (fee.due_on is None, fee.due_on or date.max, fee.id))


def shares_in_fee(fee_id: int) -> Sequence[FeeShare]:
    """Every payment that has a share in a fee, voided ones too, the newest first."""
    rows = db.session.execute(
        select(
            Payment.receipt_no, Payment.id, Payment.paid_on, Payment.method, PaymentAllocation.amount, Payment.voided_at
        )
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .where(PaymentAllocation.fee_id == fee_id)
        .order_by(Payment.id.desc(), PaymentAllocation.id.desc())
    )
    return [FeeShare(*row) for row in rows]


def fee_types(*, active_only: bool = True) -> Sequence[FeeType]:
    """Kinds of fees by name."""
    query = select(FeeType).order_by(FeeType.name)
    return db.session.scalars(query.where(FeeType.is_active) if active_only else query).all()


def _of_status(status: str) -> Sequence[ColumnElement[bool]]:
    if status == "cancelled":
        return [Fee.cancelled_at.is_not(None)]
    if status == "open":
        return [Fee.arrears > 0]
    live = Fee.cancelled_at.is_(None)
    if status == "standing":
        return [live]
    if status == "paid":
        return [live, Fee.arrears == 0]
    return [Fee.arrears > 0, Fee.amount_paid == 0 if status == "unpaid" else Fee.amount_paid > 0]


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(Fee, Student, SchoolClass.name, FeeType.name, Term.name)
        .join(Student, Student.id == Fee.student_id)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .outerjoin(FeeType, FeeType.id == Fee.fee_type_id)
        .outerjoin(Term, Term.id == Fee.term_id)
    )


def _fee_row(row: Any) -> FeeRow:
    fee, student, class_name, fee_type, term = row[:5]
    period = period_name(fee.year, fee.month)
    return FeeRow(
        id=fee.id,
        student_id=student.id,
        student_name=f"{student.first_name} {student.last_name}",
        admission_no=student.admission_no,
        class_name=class_name,
        what=fee.description or fee_type or period or "Fee",
        fee_type=fee_type,
        term=term,
        period=period,
        due_on=fee.due_on,
        amount_due=fee.amount_due,
        amount_adjusted=fee.amount_adjusted,
        amount_paid=fee.amount_paid,
        arrears=fee.arrears,
        version=fee.version,
        status=fee_status(arrears=fee.arrears, amount_paid=fee.amount_paid, cancelled=fee.cancelled_at is not None),
        cancelled_at=fee.cancelled_at,
        cancel_reason=fee.cancel_reason,
    )
