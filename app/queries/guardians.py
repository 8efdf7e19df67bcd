"""Guardians and their students."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from app.domain.names import fold, phone_digits
from app.extensions import db
from app.models import Guardian, Student, StudentGuardian
from app.queries.paging import Page, fetch_page


@dataclass(frozen=True)
class GuardianOfStudent:
    """One guardian as a student's page shows them."""

    id: int
    full_name: str
    phone: str | None
    email: str | None
    address: str | None
    relationship: str
    pays_fees: bool


@dataclass(frozen=True)
class GuardianRow:
    """One guardian with the ids of the students they answer for."""

    id: int
    full_name: str
    phone: str | None
    email: str | None
    address: str | None
    student_ids: Sequence[int]


def guardians_of(student_id: int) -> Sequence[GuardianOfStudent]:
    """The guardians of a student, who pays first."""
    link = StudentGuardian
    rows = db.session.execute(
        select(Guardian, link.relationship_name, link.pays_fees)
        .join(link, link.guardian_id == Guardian.id)
        .where(link.student_id == student_id)
        .order_by(link.pays_fees.desc(), link.id)
    )
    return [
        GuardianOfStudent(row.id, row.full_name, row.phone, row.email, row.address, relationship, pays_fees)
        for row, relationship, pays_fees in rows
    ]


def guardian_page(*, student_id: int | None = None, cursor: str | None = None, limit: int = 50) -> Page[GuardianRow]:
    """Guardians in the order in which they were added."""
    query = select(Guardian)
    if student_id is not None:
        mine = select(StudentGuardian.guardian_id).where(StudentGuardian.student_id == student_id)
        query = query.where(Guardian.id.in_(mine))
    page = fetch_page(query, Guardian.id, cursor=cursor, limit=limit, scalars=True)
    students = _students([row.id for row in page.items])
    return page.map(lambda row: _row(row, students))


def guardian_row(guardian_id: int) -> GuardianRow | None:
    """One guardian."""
    found = db.session.get(Guardian, guardian_id)
    return _row(found, _students([guardian_id])) if found else None


def guardian_with_phone(full_name: str, phone: str) -> int | None:
    """The id of a guardian of this name and telephone number, however both are written."""
    bare: ColumnElement[str] = func.coalesce(Guardian.phone, "")
    for mark in " -()./":
        bare = func.replace(bare, mark, "")
    rows = db.session.execute(
        select(Guardian.id, Guardian.full_name).where(bare.endswith(phone_digits(phone), autoescape=True))
    )
    return next((key for key, name in rows if fold(name) == fold(full_name)), None)


def students_of_guardian(guardian_id: int) -> Sequence[tuple[int, str]]:
    """Id and name of the students that a guardian answers for."""
    rows = db.session.execute(
        select(Student.id, Student.first_name, Student.last_name)
        .join(StudentGuardian, StudentGuardian.student_id == Student.id)
        .where(StudentGuardian.guardian_id == guardian_id)
        .order_by(Student.last_name, Student.first_name)
    )
    return [(key, f"{first_name} {last_name}") for key, first_name, last_name in rows]


def _students(ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    link = StudentGuardian
    for guardian_id, student_id in db.session.execute(
        select(link.guardian_id, link.student_id).where(link.guardian_id.in_(ids)).order_by(link.student_id)
    ):
        found.setdefault(guardian_id, []).append(student_id)
    return found


def _row(row: Guardian, students: dict[int, list[int]]) -> GuardianRow:
    return GuardianRow(row.id, row.full_name, row.phone, row.email, row.address, students.get(row.id, []))
