"""Teachers and their assignments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.domain.names import fold
from app.extensions import db
from app.models import SchoolClass, Teacher, TeacherAssignment, User
from app.queries.paging import Page, fetch_page


@dataclass(frozen=True)
class TeacherRow:
    """One teacher, with the classes taught on the day that was asked for."""

    id: int
    first_name: str
    last_name: str
    staff_no: str | None
    phone: str | None
    email: str | None
    hired_on: date | None
    status: str
    user_id: int | None
    username: str | None
    classes: Sequence[str]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class AssignmentRow:
    """Who teaches which class what; `last_on` is the last day, None while there is none."""

    id: int
    teacher_id: int
    teacher_name: str
    class_id: int
    class_name: str
    subject: str
    starts_on: date
    last_on: date | None

    def runs_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.last_on is None or day <= self.last_on)


@dataclass(frozen=True)
class TeacherFilter:
    """Which teachers."""

    search: str = ""
    status: str | None = None

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.status is not None:
            found.append(Teacher.status == self.status)
        if self.search.strip():
            found.append(Teacher.id.in_(_found(self.search)))
        return found


def teacher_page(wanted: TeacherFilter, *, on: date, cursor: str | None = None, limit: int = 50) -> Page[TeacherRow]:
    """Teachers by last name, with the classes they teach on a day."""
    order = (Teacher.last_name, Teacher.first_name, Teacher.id)
    return _with_classes(fetch_page(_rows().where(*wanted.conditions()), *order, cursor=cursor, limit=limit), on)


def teachers_by_id(wanted: TeacherFilter, *, on: date, cursor: str | None = None, limit: int = 50) -> Page[TeacherRow]:
    """Teachers in the order in which they were added."""
    return _with_classes(fetch_page(_rows().where(*wanted.conditions()), Teacher.id, cursor=cursor, limit=limit), on)


def teacher_count(wanted: TeacherFilter) -> int:
    """How many teachers a filter finds."""
    return db.session.scalar(select(func.count()).select_from(Teacher).where(*wanted.conditions())) or 0


def teacher_row(teacher_id: int, *, on: date) -> TeacherRow | None:
    """One teacher."""
    found = db.session.execute(_rows().where(Teacher.id == teacher_id)).one_or_none()
    return _with_classes(Page([found]), on).items[0] if found else None


def teacher_choices() -> Sequence[tuple[int, str]]:
    """Id and name of the active teachers, by name."""
    rows = db.session.execute(
        select(Teacher.id, Teacher.first_name, Teacher.last_name)
        .where(Teacher.status == "active")
        .order_by(Teacher.last_name, Teacher.first_name)
    )
    return [(key, f"{first_name} {last_name}") for key, first_name, last_name in rows]


def user_choices(*, include: int | None = None) -> Sequence[tuple[int, str]]:
    """Id and name of the users who could be a teacher: those with that role who are none yet."""
    taken = select(Teacher.user_id).where(Teacher.user_id.is_not(None))
    free = and_(User.role == "teacher", User.is_active, User.id.not_in(taken))
    rows = db.session.execute(
        select(User.id, User.full_name, User.username)
        .where(or_(free, User.id == include) if include else free)
        .order_by(User.username)
    )
    return [(key, f"{full_name} ({username})" if full_name else username) for key, full_name, username in rows]


def assignments(
    *, teacher_id: int | None = None, class_id: int | None = None, assignment_id: int | None = None
) -> Sequence[AssignmentRow]:
    """Assignments of a teacher or of a class: those without an end first, then the newest."""
    there = TeacherAssignment
    query = (
        select(there, Teacher.first_name, Teacher.last_name, SchoolClass.name)
        .join(Teacher, Teacher.id == there.teacher_id)
        .join(SchoolClass, SchoolClass.id == there.class_id)
        .order_by(there.ends_on.is_not(None), there.ends_on.desc(), there.starts_on.desc(), there.id)
    )
    for column, value in (
        (there.teacher_id, teacher_id),
        (there.class_id, class_id),
        (there.id, assignment_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return [
        AssignmentRow(
            id=row.id,
            teacher_id=row.teacher_id,
            teacher_name=f"{first_name} {last_name}",
            class_id=row.class_id,
            class_name=class_name,
            subject=row.subject,
            starts_on=row.starts_on,
            last_on=row.ends_on - timedelta(days=1) if row.ends_on else None,
        )
        for row, first_name, last_name, class_name in db.session.execute(query)
    ]


def classes_of_user(user_id: int, *, on: date) -> set[int]:
    """Ids of the classes that the teacher behind a user teaches on a day."""
    there = TeacherAssignment
    return set(
        db.session.scalars(
            select(there.class_id)
            .join(Teacher, Teacher.id == there.teacher_id)
            .where(
                Teacher.user_id == user_id,
                there.starts_on <= on,
                or_(there.ends_on.is_(None), there.ends_on > on),
            )
        )
    )


def _found(search: str) -> Sequence[int]:
    words = fold(search).split()
    rows = db.session.execute(
        select(Teacher.id, Teacher.first_name, Teacher.last_name, Teacher.staff_no, Teacher.phone)
    )
    return [key for key, *texts in rows if all(word in fold(" ".join(filter(None, texts))) for word in words)]


def _rows() -> Select[*tuple[Any, ...]]:
    return select(Teacher, User.username).outerjoin(User, User.id == Teacher.user_id)


def _with_classes(page: Page[Any], on: date) -> Page[TeacherRow]:
    ids = [found[0].id for found in page.items]
    there = TeacherAssignment
    taught: dict[int, list[str]] = {}
    for teacher_id, name in db.session.execute(
        select(there.teacher_id, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == there.class_id)
        .where(there.teacher_id.in_(ids), there.starts_on <= on, or_(there.ends_on.is_(None), there.ends_on > on))
        .order_by(SchoolClass.level, SchoolClass.name)
    ):
        names = taught.setdefault(teacher_id, [])
        if name not in names:
            names.append(name)
    return page.map(lambda found: _row(found, taught))


def _row(found: Any, taught: dict[int, list[str]]) -> TeacherRow:
    teacher, username = found[:2]
    return TeacherRow(
        id=teacher.id,
        first_name=teacher.first_name,
        last_name=teacher.last_name,
        staff_no=teacher.staff_no,
        phone=teacher.phone,
        email=teacher.email,
        hired_on=teacher.hired_on,
        status=teacher.status,
        user_id=teacher.user_id,
        username=username,
        classes=taught.get(teacher.id, []),
    )
