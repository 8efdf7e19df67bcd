"""Who moved from which class to which."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from app.extensions import db
from app.models import AcademicYear, Promotion, SchoolClass, Student, User
from app.queries.paging import Page, count_of, fetch_page

_BEFORE_NEXT_YEAR = timedelta(days=90)


@dataclass(frozen=True)
class PromotionRow:
    """One move of one student."""

    id: int
    student_id: int
    student_name: str
    admission_no: str
    from_class_id: int | None
    from_class: str | None
    to_class_id: int | None
    to_class: str | None
    academic_year_id: int | None
    academic_year: str
    promoted_on: date
    decision: str
    promoted_by: str | None


@dataclass(frozen=True)
class PromotionFilter:
    """Which moves; `class_id` is the class that they left or came to."""

    student_id: int | None = None
    class_id: int | None = None
    decision: str | None = None

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.student_id is not None:
            found.append(Promotion.student_id == self.student_id)
        if self.class_id is not None:
            found.append((Promotion.from_class_id == self.class_id) | (Promotion.to_class_id == self.class_id))
        if self.decision is not None:
            found.append(Promotion.decision == self.decision)
        return found


def promotion_count(wanted: PromotionFilter) -> int:
    """How many moves a filter finds."""
    return count_of(Promotion, *wanted.conditions())


def promotion_page(wanted: PromotionFilter, *, cursor: str | None = None, limit: int = 50) -> Page[PromotionRow]:
    """Moves, the newest first."""
    query = _rows().where(*wanted.conditions())
    return fetch_page(query, Promotion.id, cursor=cursor, limit=limit, newest_first=True).map(_row)


def promotion_row(promotion_id: int) -> PromotionRow | None:
    """One move."""
    found = db.session.execute(_rows().where(Promotion.id == promotion_id)).one_or_none()
    return _row(found) if found else None


def year_choices() -> Sequence[tuple[int, str]]:
    """Id and name of the academic years, the newest first."""
    rows = db.session.execute(select(AcademicYear.id, AcademicYear.name).order_by(AcademicYear.starts_on.desc()))
    return list(rows.all())


def likely_year(day: date) -> int | None:
    """The year that a move on this day is probably for: the next one when it begins soon, else the running one."""
    query = select(AcademicYear.id).where(AcademicYear.ends_on > day).order_by(AcademicYear.starts_on.desc()).limit(1)
    soon = query.where(AcademicYear.starts_on <= day + _BEFORE_NEXT_YEAR)
    return db.session.scalar(soon)


def _rows() -> Select[*tuple[Any, ...]]:
    left, reached = aliased(SchoolClass), aliased(SchoolClass)
    return (
        select(
            Promotion, Student, left.name, reached.name, func.coalesce(func.nullif(User.full_name, ""), User.username)
        )
        .join(Student, Student.id == Promotion.student_id)
        .outerjoin(left, left.id == Promotion.from_class_id)
        .outerjoin(reached, reached.id == Promotion.to_class_id)
        .outerjoin(User, User.id == Promotion.promoted_by)
        .where(Promotion.undone_at.is_(None))
    )


def _row(found: Any) -> PromotionRow:
    row, student, from_class, to_class, promoted_by = found[:5]
    return PromotionRow(
        id=row.id,
        student_id=student.id,
        student_name=f"{student.first_name} {student.last_name}",
        admission_no=student.admission_no,
        from_class_id=row.from_class_id,
        from_class=from_class,
        to_class_id=row.to_class_id,
        to_class=to_class,
        academic_year_id=row.academic_year_id,
        academic_year=row.academic_year,
        promoted_on=row.promoted_on,
        decision=row.decision,
        promoted_by=promoted_by,
    )
