"""Classes with who is in them and who teaches them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select

from app.extensions import db
from app.models import SchoolClass, Student, StudentBalance, Teacher, TeacherAssignment


@dataclass(frozen=True)
class ClassRow:
    """One class; `students` counts the active ones, `arrears` is in minor units."""

    id: int
    name: str
    level: int
    capacity: int | None
    is_active: bool
    students: int
    girls: int
    boys: int
    teachers: Sequence[str]
    arrears: int

    @property
    def is_over_capacity(self) -> bool:
        return self.capacity is not None and self.students > self.capacity


def class_rows(*, on: date, include_closed: bool = False) -> Sequence[ClassRow]:
    """All classes by level and name, with the teachers who teach them on a day."""
    query = select(SchoolClass)
    if not include_closed:
        query = query.where(SchoolClass.is_active)
    return _rows(db.session.scalars(query).all(), on)


def class_row(class_id: int, *, on: date) -> ClassRow | None:
    """One class."""
    found = db.session.get(SchoolClass, class_id)
    return _rows([found], on)[0] if found else None


def class_choices(*, include: int | None = None) -> Sequence[tuple[int, str]]:
    """Id and name of the classes that take students, and of the one named by `include`, by level and name."""
    wanted = or_(SchoolClass.is_active, SchoolClass.id == include) if include else SchoolClass.is_active
    rows = db.session.execute(select(SchoolClass.id, SchoolClass.name, SchoolClass.level).where(wanted)).all()
    return [(key, name) for key, name, level in sorted(rows, key=lambda row: (row[2], natural(row[1])))]


def natural(name: str) -> list[tuple[int, str]]:
    """A name as people order it: Basic 2 comes before Basic 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"([0-9]+)", name)]


def _rows(classes: Sequence[SchoolClass], on: date) -> Sequence[ClassRow]:
    ids = [row.id for row in classes]
    counts = {
        class_id: (students, girls, boys)
        for class_id, students, girls, boys in db.session.execute(
            select(
                Student.class_id,
                func.count(),
                func.count().filter(Student.gender == "F"),
                func.count().filter(Student.gender == "M"),
            )
            .where(Student.status == "active", Student.class_id.in_(ids))
            .group_by(Student.class_id)
        )
    }
    arrears = dict(
        db.session.execute(
            select(StudentBalance.class_id, func.sum(StudentBalance.arrears))
            .where(StudentBalance.class_id.in_(ids))
            .group_by(StudentBalance.class_id)
        ).all()
    )
    teachers = _teachers(ids, on)
    rows = []
    for row in classes:
        students, girls, boys = counts.get(row.id, (0, 0, 0))
        rows.append(
            ClassRow(
                id=row.id,
                name=row.name,
                level=row.level,
                capacity=row.capacity,
                is_active=row.is_active,
                students=students,
                girls=girls,
                boys=boys,
                teachers=teachers.get(row.id, []),
                arrears=arrears.get(row.id, 0),
            )
        )
    return sorted(rows, key=lambda row: (not row.is_active, row.level, natural(row.name)))


def _teachers(ids: Sequence[int], on: date) -> dict[int, list[str]]:
    there = TeacherAssignment
    rows = db.session.execute(
        select(there.class_id, Teacher.first_name, Teacher.last_name)
        .join(Teacher, Teacher.id == there.teacher_id)
        .where(there.class_id.in_(ids), there.starts_on <= on, or_(there.ends_on.is_(None), there.ends_on > on))
        .order_by(there.starts_on, there.id)
    )
    found: dict[int, list[str]] = {}
    for class_id, first_name, last_name in rows:
        names = found.setdefault(class_id, [])
        if (name := f"{first_name} {last_name}") not in names:
            names.append(name)
    return found
