"""Price lists, and whom of their classes they have not charged yet."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.extensions import db
from app.models import (
    AcademicYear,
    BillingRun,
    Fee,
    FeeStructure,
    FeeStructureItem,
    FeeType,
    SchoolClass,
    Student,
    Term,
)
from app.queries.classes import natural
from app.queries.paging import Page, fetch_page


@dataclass(frozen=True)
class Price:
    """One fee of a price list; `amount` in minor units."""

    fee_type_id: int
    fee_type: str
    amount: int
    due_on: date | None


@dataclass(frozen=True)
class Open:
    """What a price list has not charged yet: fees, their students, and the sum in minor units."""

    students: int = 0
    fees: int = 0
    total: int = 0


@dataclass(frozen=True)
class PriceList:
    """What a class is charged in a term; `students` counts the active ones of the class.

    An optional one is for students who are chosen one by one.
    """

    id: int
    name: str
    is_optional: bool
    class_id: int
    class_name: str
    term_id: int
    term: str
    students: int
    items: Sequence[Price]
    open: Open

    @property
    def total(self) -> int:
        return sum(item.amount for item in self.items)

    @property
    def own_name(self) -> str:
        """The name, where it says something else than class and term."""
        return "" if self.name == f"{self.class_name}, {self.term}" else self.name

    @property
    def label(self) -> str:
        """Class and term, and the name where it says something else."""
        plain = f"{self.class_name}, {self.term}"
        return f"{plain}: {self.own_name}" if self.own_name else plain


@dataclass(frozen=True)
class Charged:
    """A student whom a price list would charge: how many fees, and what they add up to in minor units."""

    id: int
    name: str
    admission_no: str
    fees: int
    total: int


def price_lists(term_id: int) -> Sequence[PriceList]:
    """The price lists of a term by class."""
    rows = _filled(db.session.execute(_rows().where(FeeStructure.term_id == term_id)).all())
    levels = dict(db.session.execute(select(SchoolClass.id, SchoolClass.level)).all())
    return sorted(rows, key=lambda row: (levels[row.class_id], natural(row.class_name), natural(row.name)))


def price_list(fee_structure_id: int) -> PriceList | None:
    """One price list of a class and a term."""
    found = _filled(db.session.execute(_rows().where(FeeStructure.id == fee_structure_id)).all())
    return found[0] if found else None


def price_list_page(
    *, class_id: int | None = None, term_id: int | None = None, cursor: str | None = None, limit: int = 50
) -> Page[PriceList]:
    """Price lists, the newest first."""
    query = _rows()
    if class_id is not None:
        query = query.where(FeeStructure.class_id == class_id)
    if term_id is not None:
        query = query.where(FeeStructure.term_id == term_id)
    page = fetch_page(query, FeeStructure.id, cursor=cursor, limit=limit, newest_first=True)
    return Page(_filled(page.items), page.next, page.previous)


def charged_students(fee_structure_id: int, *, among: Collection[int] | None = None) -> Sequence[Charged]:
    """The active students of the class whom a price list has not charged yet, or not with all its fees, by name."""
    query = (
        select(
            Student.id,
            Student.last_name,
            Student.first_name,
            Student.admission_no,
            func.count(),
            func.sum(FeeStructureItem.amount),
        )
        .select_from(FeeStructure)
        .join(FeeStructureItem, FeeStructureItem.fee_structure_id == FeeStructure.id)
        .join(Student, Student.class_id == FeeStructure.class_id)
        .where(FeeStructure.id == fee_structure_id, *not_charged())
        .group_by(Student.id, Student.last_name, Student.first_name, Student.admission_no)
        .order_by(Student.last_name, Student.first_name, Student.id)
    )
    rows = db.session.execute(query).all()
    return [
        Charged(key, f"{last_name}, {first_name}", admission_no, fees, int(total))
        for key, last_name, first_name, admission_no, fees, total in rows
        if among is None or key in among
    ]


def not_charged() -> Sequence[ColumnElement[bool]]:
    """Of rows of FeeStructure, FeeStructureItem and Student: an active student without that fee in that term.

    A fee that somebody charged by hand counts while it stands. One of a run counts also when it was cancelled for a
    student alone, until the run is taken back.
    """
    by_hand = and_(Fee.billing_run_id.is_(None), Fee.cancelled_at.is_(None))
    by_run = and_(Fee.billing_run_id.is_not(None), BillingRun.undone_at.is_(None))
    earlier = (
        select(Fee.id)
        .outerjoin(BillingRun, BillingRun.id == Fee.billing_run_id)
        .where(
            Fee.student_id == Student.id,
            Fee.fee_type_id == FeeStructureItem.fee_type_id,
            Fee.term_id == FeeStructure.term_id,
            or_(by_hand, by_run),
        )
    )
    return (Student.status == "active", ~earlier.exists())


def was_billed(fee_structure_id: int) -> bool:
    """Whether any billing run, also one that was taken back, was made from a price list."""
    found = select(BillingRun.id).where(BillingRun.fee_structure_id == fee_structure_id).limit(1)
    return db.session.scalar(found) is not None


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(FeeStructure, SchoolClass.name, Term.name, AcademicYear.name)
        .join(SchoolClass, SchoolClass.id == FeeStructure.class_id)
        .join(Term, Term.id == FeeStructure.term_id)
        .join(AcademicYear, AcademicYear.id == Term.academic_year_id)
    )


def _filled(rows: Sequence[Any]) -> list[PriceList]:
    structures = [row[0] for row in rows]
    ids = [structure.id for structure in structures]
    items, still_open = _items(ids), _open(ids)
    students = _students({structure.class_id for structure in structures})
    return [
        PriceList(
            id=structure.id,
            name=structure.name,
            is_optional=structure.is_optional,
            class_id=structure.class_id,
            class_name=class_name,
            term_id=structure.term_id,
            term=f"{term} {year}",
            students=students.get(structure.class_id, 0),
            items=items.get(structure.id, ()),
            open=still_open.get(structure.id, Open()),
        )
        for structure, class_name, term, year, *_ in rows
    ]


def _items(ids: Sequence[int]) -> Mapping[int, Sequence[Price]]:
    rows = db.session.execute(
        select(
            FeeStructureItem.fee_structure_id,
            FeeStructureItem.fee_type_id,
            FeeType.name,
            FeeStructureItem.amount,
            FeeStructureItem.due_on,
        )
        .join(FeeType, FeeType.id == FeeStructureItem.fee_type_id)
        .where(FeeStructureItem.fee_structure_id.in_(ids))
        .order_by(FeeType.name)
    )
    found: dict[int, list[Price]] = {}
    for key, fee_type_id, fee_type, amount, due_on in rows:
        found.setdefault(key, []).append(Price(fee_type_id, fee_type, amount, due_on))
    return found


def _open(ids: Sequence[int]) -> Mapping[int, Open]:
    rows = db.session.execute(
        select(
            FeeStructure.id,
            func.count(Student.id.distinct()),
            func.count(),
            func.sum(FeeStructureItem.amount),
        )
        .join(FeeStructureItem, FeeStructureItem.fee_structure_id == FeeStructure.id)
        .join(Student, Student.class_id == FeeStructure.class_id)
        .where(FeeStructure.id.in_(ids), *not_charged())
        .group_by(FeeStructure.id)
    )
    return {key: Open(students, fees, int(total)) for key, students, fees, total in rows}


def _students(class_ids: Collection[int]) -> Mapping[int, int]:
    rows = db.session.execute(
        select(Student.class_id, func.count())
        .where(Student.status == "active", Student.class_id.in_(class_ids))
        .group_by(Student.class_id)
    )
    return {class_id: students for class_id, students in rows if class_id is not None}
