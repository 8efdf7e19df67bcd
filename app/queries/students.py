"""Students as lists, pages and the type-ahead show them; all amounts in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union_all

from app.domain.names import search_words
from app.extensions import db
from app.models import AcademicYear, Enrolment, SchoolClass, Student, StudentBalance, UserActivity
from app.queries.paging import Page, added_since, fetch_page
from app.words import say


@dataclass(frozen=True)
class StudentRow:
    """One student with class and balance."""

    id: int
    admission_no: str
    first_name: str
    last_name: str
    class_id: int | None
    class_name: str | None
    status: str
    gender: str | None
    born_on: date | None
    admitted_on: date | None
    billed: int
    adjusted: int
    paid: int
    arrears: int
    credit: int

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class StudentFilter:
    """Which students; `class_id` 0 asks for those without a class, dates are inclusive."""

    search: str = ""
    class_id: int | None = None
    status: str | None = None
    in_arrears: bool = False
    admission_no: str | None = None
    admitted_from: date | None = None
    admitted_to: date | None = None
    added_since: datetime | None = None

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.search.strip():
            found.append(Student.id.in_(students_found(self.search)))
        if self.class_id is not None:
            found.append(Student.class_id == self.class_id if self.class_id else Student.class_id.is_(None))
        if self.status is not None:
            found.append(Student.status == self.status)
        if self.in_arrears:
            found.append(StudentBalance.arrears > 0)
        if self.admission_no is not None:
            found.append(Student.admission_no == self.admission_no)
        if self.admitted_from is not None:
            found.append(Student.admitted_on >= self.admitted_from)
        if self.admitted_to is not None:
            found.append(Student.admitted_on <= self.admitted_to)
        if self.added_since is not None:
            found.append(added_since(Student, self.added_since))
        return found


@dataclass(frozen=True)
class EnrolmentRow:
    """The class of a student in one year, and how the year ended."""

    year: str
    class_name: str | None
    outcome: str | None


@dataclass(frozen=True)
class StudentChange:
    """Somebody changed the student."""

    description: str
    username: str
    timestamp: datetime


def student_page(wanted: StudentFilter, *, cursor: str | None = None, limit: int = 50) -> Page[StudentRow]:
    """Students by last name."""
    query = _rows().where(*wanted.conditions())
    order = (Student.last_name, Student.first_name, Student.id)
    return fetch_page(query, *order, cursor=cursor, limit=limit).map(_row)


def students_by_id(wanted: StudentFilter, *, cursor: str | None = None, limit: int = 50) -> Page[StudentRow]:
    """Students in the order in which they were added."""
    return fetch_page(_rows().where(*wanted.conditions()), Student.id, cursor=cursor, limit=limit).map(_row)


def student_count(wanted: StudentFilter) -> int:
    """How many students a filter finds."""
    query = select(func.count()).select_from(Student)
    if wanted.in_arrears:
        query = query.join(StudentBalance, StudentBalance.student_id == Student.id)
    return db.session.scalar(query.where(*wanted.conditions())) or 0


def owed_by(wanted: StudentFilter) -> int:
    """What the students that a filter finds owe together, in minor units."""
    query = select(func.coalesce(func.sum(StudentBalance.arrears), 0)).join(
        Student, Student.id == StudentBalance.student_id
    )
    return int(db.session.scalar(query.where(*wanted.conditions())) or 0)


def has_students() -> bool:
    """Whether the school has anybody at all."""
    return db.session.scalar(select(Student.id).limit(1)) is not None


def student_row(student_id: int) -> StudentRow | None:
    """One student."""
    found = db.session.execute(_rows().where(Student.id == student_id)).one_or_none()
    return _row(found) if found else None


def search_students(query: str, *, limit: int = 10) -> Sequence[StudentRow]:
    """Students whose name or admission number has all words of `query`, the likeliest first.

    Accents, case and word order do not count. Likelier is who is still at the school and whose first name, then any
    name, begins with what was typed.
    """
    words = search_words(query)
    if not words:
        return []
    wide = limit * 5
    # Both read nothing but the index of search texts, in its order, and stop when they have enough.
    first = Student.search_text.between(words[0], words[0] + "\U0010ffff")
    found = list(db.session.execute(_candidates(_matching(words)).where(first).limit(wide)))
    if len(found) < wide:
        found += db.session.execute(_candidates(_matching(words)).limit(wide))
        found += db.session.execute(_candidates(_unindexed(words)).limit(limit))
    texts = {student_id: f" {text}" for student_id, text in found}
    place = {student_id: number for number, student_id in enumerate(texts)}
    rows = map(_row, db.session.execute(_rows().where(Student.id.in_(place))))

    def likeliness(row: StudentRow) -> tuple[bool, bool, int]:
        begins = all(f" {word}" in texts[row.id] for word in words)
        return row.status != "active", not begins, place[row.id]

    return sorted(rows, key=likeliness)[:limit]


def students_found(search: str) -> Select[int]:
    """Ids of the students whose name or admission number has all words of `search`."""
    words = search_words(search)
    both = union_all(_matching(words), _unindexed(words)).subquery()
    return select(both.c.id)


def enrolments_of(student_id: int) -> Sequence[EnrolmentRow]:
    """The classes of a student year by year, the newest first."""
    rows = db.session.execute(
        select(AcademicYear.name, SchoolClass.name, Enrolment.outcome)
        .join(AcademicYear, AcademicYear.id == Enrolment.academic_year_id)
        .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(Enrolment.student_id == student_id)
        .order_by(AcademicYear.starts_on.desc())
    )
    return [EnrolmentRow(*row) for row in rows]


def changes_of(student_id: int, *, limit: int = 10) -> Sequence[StudentChange]:
    """The last changes of a student's own row, the newest first."""
    rows = db.session.execute(
        select(UserActivity.activity_type, UserActivity.username, UserActivity.timestamp)
        .where(UserActivity.table_name == "students", UserActivity.record_id == student_id)
        .order_by(UserActivity.id.desc())
        .limit(limit)
    )
    words = {"students.insert": say("Added"), "students.update": say("Changed")}
    return [StudentChange(words.get(kind, kind), username, at) for kind, username, at in rows]


def _matching(words: Sequence[str]) -> Select[int]:
    return select(Student.id).where(*[Student.search_text.contains(word, autoescape=True) for word in words])


def _unindexed(words: Sequence[str]) -> Select[int]:
    """Rows that SQL from elsewhere added without their search text."""
    plain = func.lower(Student.first_name + " " + Student.last_name + " " + Student.admission_no)
    return select(Student.id).where(
        Student.search_text.is_(None), *[plain.contains(word, autoescape=True) for word in words]
    )


def _candidates(query: Select[int]) -> Select[*tuple[Any, ...]]:
    return query.add_columns(Student.search_text).order_by(Student.search_text)


def _rows() -> Select[*tuple[Any, ...]]:
    balance = [
        func.coalesce(column, 0)
        for column in (
            StudentBalance.billed,
            StudentBalance.adjusted,
            StudentBalance.paid,
            StudentBalance.arrears,
            StudentBalance.credit,
        )
    ]
    return (
        select(
            Student.id,
            Student.admission_no,
            Student.first_name,
            Student.last_name,
            Student.class_id,
            SchoolClass.name,
            Student.status,
            Student.gender,
            Student.born_on,
            Student.admitted_on,
            *balance,
        )
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .outerjoin(StudentBalance, StudentBalance.student_id == Student.id)
    )


def _row(found: Any) -> StudentRow:
    # A list adds its cursor behind the columns.
    return StudentRow(*tuple(found)[:15])
