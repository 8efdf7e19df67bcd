"""A row per student and year: which class the student was in, and how the year ended."""

from datetime import date

from sqlalchemy import select

from app.clock import today
from app.database import atomic
from app.models import Enrolment
from app.queries.calendar import year_of


def enrol(
    *, student_id: int, class_id: int | None, year_id: int | None = None, outcome: str | None = None
) -> Enrolment | None:
    """Note the class of a student for a year, the current one unless given; None while the school has no such year."""
    with atomic() as session:
        year_id = year_id or current_year_id()
        if year_id is None:
            return None
        row = enrolment_of(student_id, year_id)
        if row is None:
            row = Enrolment(student_id=student_id, academic_year_id=year_id)
            session.add(row)
        row.class_id, row.outcome = class_id, outcome
        session.flush()
        return row


def enrolment_of(student_id: int, year_id: int) -> Enrolment | None:
    """What is noted of a student for a year."""
    with atomic() as session:
        return session.scalar(
            select(Enrolment).where(Enrolment.student_id == student_id, Enrolment.academic_year_id == year_id)
        )


def current_year_id(day: date | None = None) -> int | None:
    """The academic year of a day, today unless given."""
    year = year_of(day or today())
    return year.id if year else None
