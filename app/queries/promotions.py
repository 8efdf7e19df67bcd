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
    run_id: str | None


@dataclass(frozen=True)
class PromotionFilter:
    """Which moves; `class_id` is the class that they left or came to."""

    student_id: int | None = None
    class_id: int | None = None
    decision: str | None = None
    run_id: str | None = None

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.student_id is not None:
            found.append(Promotion.student_id == self.student_id)
        if self.class_id is not None:
            found.append((Promotion.from_class_id == self.class_id) | (Promotion.to_class_id == self.class_id))
        if self.decision is not None:
            found.append(Promotion.decision == self.decision)
        if self.run_id is not None:
            found.append(Promotion.run_id == self.run_id)
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


@dataclass(frozen=True)
class Pupil:
    """A student who can be promoted."""

    id: int
    name: str
    admission_no: str


def pupils_of(class_id: int) -> Sequence[Pupil]:
    """The active students of a class by name."""
    rows = db.session.scalars(
        select(Student)
        .where(Student.class_id == class_id, Student.status == "active")
        .order_by(Student.last_name, Student.first_name, Student.id)
    )
    return [Pupil(row.id, f"{row.last_name}, {row.first_name}", row.admission_no) for row in rows]


@dataclass(frozen=True)
class Step:
    """What probably becomes of a class at the end of the year."""

    to_class_id: int | None
    graduates: bool


def likely_step(class_id: int) -> Step:
    """To the class of the next level, of the same stream if there are several; from the highest one out of school."""
    rows = db.session.scalars(select(SchoolClass).where(SchoolClass.is_active | (SchoolClass.id == class_id))).all()
    own = next(row for row in rows if row.id == class_id)
    above = sorted({row.level for row in rows if row.level > own.level})
    if not above:
        return Step(None, graduates=any(row.level < own.level for row in rows))
    following = [row for row in rows if row.level == above[0]]
    same_stream = [row for row in following if _stream(row.name) == _stream(own.name)]
    likely = same_stream or following
    return Step(likely[0].id if len(likely) == 1 else None, graduates=False)


def _stream(name: str) -> list[str]:
    return [word for word in name.casefold().split() if not word.isdecimal()]


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
        run_id=row.run_id,
    )
