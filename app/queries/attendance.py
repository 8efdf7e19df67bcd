"""The class register: one page per class and day, and what a day, a class and a student look like in it."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, select, union

from app.extensions import db
from app.models import Attendance, SchoolClass, Student, User
from app.models.attendance import ATTENDANCE_STATUSES
from app.queries.classes import natural
from app.queries.paging import Page, fetch_page
from app.queries.period_figures import Marks as DayMarks


@dataclass(frozen=True)
class RegisterLine:
    """One student in a register; `status` is None while nothing is recorded, `can_change` is false for who left."""

    student_id: int
    first_name: str
    last_name: str
    admission_no: str
    status: str | None
    can_change: bool

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class Register:
    """One class on one day. `version` changes with every recorded mark."""

    class_id: int
    class_name: str
    day: date
    lines: Sequence[RegisterLine]
    recorded_at: datetime | None
    recorded_by: str | None

    @property
    def is_taken(self) -> bool:
        return self.recorded_at is not None

    @property
    def version(self) -> str:
        return version_of({line.student_id: line.status for line in self.lines if line.status})

    @property
    def counts(self) -> Mapping[str, int]:
        return Counter(line.status for line in self.lines if line.status)


@dataclass(frozen=True)
class RegisterSummary:
    """How far the register of one class is on one day; `missing` counts its students without any mark."""

    class_id: int
    class_name: str
    students: int
    missing: int
    present: int
    absent: int
    late: int
    excused: int
    recorded_at: datetime | None
    recorded_by: str | None

    @property
    def marked(self) -> int:
        return self.present + self.absent + self.late + self.excused

    @property
    def state(self) -> str:
        if not self.missing:
            return "taken"
        return "incomplete" if self.marked else "not_taken"


@dataclass(frozen=True)
class Marks:
    """A student's marks in a stretch of days."""

    present: int
    absent: int
    late: int
    excused: int
    last: Sequence[tuple[date, str]]

    @property
    def days(self) -> int:
        return self.present + self.absent + self.late + self.excused


@dataclass(frozen=True)
class AttendanceFilter:
    """Which marks; dates are inclusive."""

    student_id: int | None = None
    class_id: int | None = None
    status: str | None = None
    day: date | None = None
    from_date: date | None = None
    to_date: date | None = None


def version_of(marks: Mapping[int, str]) -> str:
    """A short name for exactly these marks."""
    plain = ",".join(f"{student_id}:{status}" for student_id, status in sorted(marks.items()))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def register(class_id: int, day: date) -> Register | None:
    """The register of a class: its active students, and those who were marked in it on that day."""
    school_class = db.session.get(SchoolClass, class_id)
    if school_class is None:
        return None
    mark = Attendance
    members = select(Student.id).where(Student.class_id == class_id, Student.status == "active")
    marked = select(mark.student_id).where(mark.class_id == class_id, mark.date == day)
    rows: Sequence[Any] = db.session.execute(
        select(Student, mark.status, mark.class_id, mark.recorded_at, mark.recorded_by)
        .outerjoin(mark, and_(mark.student_id == Student.id, mark.date == day))
        .where(Student.id.in_(union(members, marked)))
        .order_by(Student.last_name, Student.first_name, Student.id)
    ).all()
    lines = [
        RegisterLine(
            student_id=student.id,
            first_name=student.first_name,
            last_name=student.last_name,
            admission_no=student.admission_no,
            status=status,
            can_change=student.status == "active" and student.class_id == class_id,
        )
        for student, status, _, _, _ in rows
    ]
    # Who came from another class today may have been marked there, which does not make this register taken.
    here = [(at, by) for _, _, marked_in, at, by in rows if at is not None and marked_in == class_id]
    at, by = max(here, default=(None, None), key=lambda found: found[0])
    return Register(class_id, school_class.name, day, lines, at, _names([by]).get(by) if by else None)


def registers_of_day(day: date) -> Sequence[RegisterSummary]:
    """Every class that has students, with how far its register is on a day."""
    mark = Attendance
    sizes = dict(
        db.session.execute(
            select(Student.class_id, func.count())
            .where(Student.status == "active", Student.class_id.is_not(None))
            .group_by(Student.class_id)
        ).all()
    )
    marked_now = dict(
        db.session.execute(
            select(Student.class_id, func.count())
            .join(mark, mark.student_id == Student.id)
            .where(mark.date == day, Student.status == "active")
            .group_by(Student.class_id)
        ).all()
    )
    counts: dict[int, Counter[str]] = {}
    latest: dict[int, tuple[datetime, int | None]] = {}
    for class_id, status, number, at, by in db.session.execute(
        select(mark.class_id, mark.status, func.count(), func.max(mark.recorded_at), mark.recorded_by)
        .where(mark.date == day, mark.class_id.is_not(None))
        .group_by(mark.class_id, mark.status, mark.recorded_by)
    ):
        if class_id is None:
            continue
        counts.setdefault(class_id, Counter())[status] += number
        if class_id not in latest or latest[class_id][0] < at:
            latest[class_id] = (at, by)
    names = _names([by for _, by in latest.values()])
    rows = db.session.execute(
        select(SchoolClass.id, SchoolClass.name, SchoolClass.level).where(SchoolClass.id.in_({*sizes, *counts}))
    )
    return [
        RegisterSummary(
            class_id=key,
            class_name=name,
            students=sizes.get(key, 0),
            missing=sizes.get(key, 0) - marked_now.get(key, 0),
            **{status: counts.get(key, Counter())[status] for status in ("present", "absent", "late", "excused")},
            recorded_at=latest[key][0] if key in latest else None,
            recorded_by=names.get(latest[key][1] or 0) if key in latest else None,
        )
        for key, name, level in sorted(rows, key=lambda row: (row[2], natural(row[1])))
    ]


def marks_of_day(day: date) -> DayMarks:
    """All marks of a day, those of no class too, counted from the registers themselves."""
    rows = db.session.execute(
        select(Attendance.status, func.count()).where(Attendance.date == day).group_by(Attendance.status)
    )
    counts = Counter(dict(rows.all()))
    return DayMarks(**{status: counts[status] for status in ATTENDANCE_STATUSES}, days=1 if counts else 0)


def marks_of_student(student_id: int, *, since: date, shown: int = 20) -> Marks:
    """A student's marks since a day: how many of each, and the last ones, oldest first."""
    rows = db.session.execute(
        select(Attendance.date, Attendance.status)
        .where(Attendance.student_id == student_id, Attendance.date >= since)
        .order_by(Attendance.date.desc())
    ).all()
    counts = Counter(status for _, status in rows)
    return Marks(counts["present"], counts["absent"], counts["late"], counts["excused"], list(reversed(rows[:shown])))


def attendance_page(wanted: AttendanceFilter, *, cursor: str | None = None, limit: int = 50) -> Page[Attendance]:
    """Marks, the newest first."""
    query = select(Attendance)
    for column, value in (
        (Attendance.student_id, wanted.student_id),
        (Attendance.class_id, wanted.class_id),
        (Attendance.status, wanted.status),
        (Attendance.date, wanted.day),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.from_date is not None:
        query = query.where(Attendance.date >= wanted.from_date)
    if wanted.to_date is not None:
        query = query.where(Attendance.date <= wanted.to_date)
    return fetch_page(query, Attendance.id, cursor=cursor, limit=limit, newest_first=True, scalars=True)


def _names(ids: Sequence[int | None]) -> dict[int, str]:
    wanted = {key for key in ids if key}
    rows: Any = db.session.execute(select(User.id, User.full_name, User.username).where(User.id.in_(wanted)))
    return {key: full_name or username for key, full_name, username in rows}
