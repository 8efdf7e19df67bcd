"""Billing runs as their list shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from app.extensions import db
from app.models import (
    AcademicYear,
    BillingRun,
    Fee,
    FeeStructure,
    Payment,
    PaymentAllocation,
    SchoolClass,
    Term,
    User,
)
from app.queries.paging import Page, count_of, fetch_page


@dataclass(frozen=True)
class BillingRunRow:
    """One run: the price list, the fees that it made, and what of them stands; amounts in minor units.

    `received` is the part of `paid` that came in after the run; the rest was credit.
    """

    id: int
    fee_structure_id: int | None
    name: str
    class_id: int | None
    class_name: str | None
    term_id: int | None
    term: str | None
    students: int
    fee_count: int
    total: int
    paid: int
    received: int
    created_at: datetime
    created_by: str | None
    undone_at: datetime | None

    @property
    def is_standing(self) -> bool:
        return self.undone_at is None

    @property
    def can_be_taken_back(self) -> bool:
        return self.is_standing and not self.received

    @property
    def label(self) -> str:
        """The class, and the name of the price list where that says something else."""
        plain = not self.class_name or self.name.startswith(f"{self.class_name}, ")
        return (self.class_name or self.name) if plain else f"{self.class_name}: {self.name}"


@dataclass(frozen=True)
class BillingRunFilter:
    """Which runs."""

    term_id: int | None = None
    class_id: int | None = None
    fee_structure_id: int | None = None

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.term_id is not None:
            found.append(BillingRun.term_id == self.term_id)
        if self.fee_structure_id is not None:
            found.append(BillingRun.fee_structure_id == self.fee_structure_id)
        if self.class_id is not None:
            of_class = select(FeeStructure.id).where(FeeStructure.class_id == self.class_id)
            found.append(BillingRun.fee_structure_id.in_(of_class))
        return found


def billing_run_page(wanted: BillingRunFilter, *, cursor: str | None = None, limit: int = 50) -> Page[BillingRunRow]:
    """Runs, the newest first."""
    query = _rows().where(*wanted.conditions())
    page = fetch_page(query, BillingRun.id, cursor=cursor, limit=limit, newest_first=True)
    return Page(_filled(page.items), page.next, page.previous)


def billing_run_count(wanted: BillingRunFilter) -> int:
    """How many runs a filter finds."""
    return count_of(BillingRun, *wanted.conditions())


def billing_run_row(billing_run_id: int) -> BillingRunRow | None:
    """One run."""
    found = _filled(db.session.execute(_rows().where(BillingRun.id == billing_run_id)).all())
    return found[0] if found else None


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            BillingRun,
            FeeStructure,
            SchoolClass.name,
            Term.name,
            AcademicYear.name,
            func.coalesce(func.nullif(User.full_name, ""), User.username),
        )
        .outerjoin(FeeStructure, FeeStructure.id == BillingRun.fee_structure_id)
        .outerjoin(SchoolClass, SchoolClass.id == FeeStructure.class_id)
        .outerjoin(Term, Term.id == BillingRun.term_id)
        .outerjoin(AcademicYear, AcademicYear.id == Term.academic_year_id)
        .outerjoin(User, User.id == BillingRun.created_by)
    )


def _filled(rows: Sequence[Any]) -> list[BillingRunRow]:
    ids = [row[0].id for row in rows]
    made, received = _made(ids), _received(ids)
    found = []
    for run, structure, class_name, term, year, created_by, *_ in rows:
        students, paid = made.get(run.id, (0, 0))
        found.append(
            BillingRunRow(
                id=run.id,
                fee_structure_id=run.fee_structure_id,
                name=structure.name if structure else "",
                class_id=structure.class_id if structure else None,
                class_name=class_name,
                term_id=run.term_id,
                term=f"{term} {year}" if term else None,
                students=students,
                fee_count=run.fee_count,
                total=run.total,
                paid=paid,
                received=received.get(run.id, 0),
                created_at=run.created_at,
                created_by=created_by,
                undone_at=run.undone_at,
            )
        )
    return found


def _made(ids: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """Students and what was paid of each run's fees that stand."""
    rows = db.session.execute(
        select(Fee.billing_run_id, func.count(Fee.student_id.distinct()), func.sum(Fee.amount_paid))
        .where(Fee.billing_run_id.in_(ids), Fee.cancelled_at.is_(None))
        .group_by(Fee.billing_run_id)
    )
    return {run_id: (students, int(paid)) for run_id, students, paid in rows if run_id is not None}


def _received(ids: Sequence[int]) -> Mapping[int, int]:
    """What came in for each run's fees after it: a receipt from before can only have given its credit."""
    rows = db.session.execute(
        select(Fee.billing_run_id, func.sum(PaymentAllocation.amount))
        .join(BillingRun, BillingRun.id == Fee.billing_run_id)
        .join(PaymentAllocation, PaymentAllocation.fee_id == Fee.id)
        .join(Payment, Payment.id == PaymentAllocation.payment_id)
        .where(Fee.billing_run_id.in_(ids), Payment.voided_at.is_(None), Payment.created_at >= BillingRun.created_at)
        .group_by(Fee.billing_run_id)
    )
    return {run_id: int(amount) for run_id, amount in rows if run_id is not None}
