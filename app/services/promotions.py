"""Moving one student to another class, and what that says about the year that ends."""

import json
from datetime import date

from sqlalchemy import select

from app.clock import today
from app.database import atomic, current_actor
from app.domain.dates import check_date
from app.errors import Invalid
from app.models import AcademicYear, Enrolment, Promotion, Student
from app.models.promotions import DECISIONS
from app.queries.calendar import year_of
from app.services.classes import known_class
from app.services.enrolments import enrol, enrolment_of
from app.words import say

_LEFT = {
    "withdrawn": say("{name} is withdrawn and cannot change class."),
    "transferred": say("{name} is transferred and cannot change class."),
    "graduated": say("{name} is graduated and cannot change class."),
}


def promote_student(
    *,
    student_id: int,
    to_class_id: int | None = None,
    decision: str = "promoted",
    academic_year_id: int | None = None,
    promoted_on: date | None = None,
    run_id: str | None = None,
) -> Promotion:
    """Move a student, and note the move and the enrolment of the year (the one of that day unless given).

    `run_id` is that of the run it belongs to. `repeated` stays in the class, `graduated` leaves the school. Raises
    Invalid for the same class, a class or student that does not exist, a student who has left, and a day in the future.
    """
    if decision not in DECISIONS:
        raise Invalid(
            "The decision must be promoted, repeated, graduated or moved.", param="decision", code="decision_invalid"
        )
    with atomic() as session:
        promoted_on = check_date(promoted_on or today(), param="promoted_on", label="The date", latest=today())
        student = session.get(Student, student_id)
        if student is None:
            raise Invalid("This student does not exist.", param="student_id", code="unknown_student")
        name = f"{student.first_name} {student.last_name}"
        if student.status != "active":
            raise Invalid(
                say(_LEFT[student.status], name=name),
                param="student_id",
                code=f"student_{student.status}",
            )
        year = _year(academic_year_id, promoted_on)
        target = _target(student, to_class_id, decision)
        ends = _open_enrolment_before(student_id, year) if year is not None and decision != "moved" else None
        row = Promotion(
            student_id=student_id,
            from_class_id=student.class_id,
            to_class_id=target,
            academic_year_id=year.id if year else None,
            academic_year=year.name if year else "",
            promoted_on=promoted_on,
            decision=decision,
            run_id=run_id,
            before=_as_it_was(student_id, year, ends),
            promoted_by=current_actor().user_id,
        )
        session.add(row)
        last_class_id = target or student.class_id
        if decision == "graduated":
            student.status = "graduated"
        # Who has left the school is in no class, or the figures of the last class would grow every year.
        student.class_id = target
        session.flush()
        if year is not None:
            if ends is not None:
                ends.outcome = decision
            outcome = "graduated" if decision == "graduated" else None
            enrol(student_id=student_id, class_id=last_class_id, year_id=year.id, outcome=outcome)
        return row


def _target(student: Student, to_class_id: int | None, decision: str) -> int | None:
    name = f"{student.first_name} {student.last_name}"
    if decision == "graduated":
        if to_class_id is not None:
            raise Invalid("Who graduates goes to no class.", param="to_class_id", code="class_not_wanted")
        return None
    if decision == "repeated":
        if to_class_id not in (None, student.class_id):
            raise Invalid(
                say("{name} repeats, and so stays in the same class.", name=name),
                param="to_class_id",
                code="class_not_wanted",
            )
        return student.class_id
    if to_class_id is None:
        raise Invalid("Choose the class to go to.", param="to_class_id", code="required")
    target = known_class(to_class_id, param="to_class_id")
    if to_class_id == student.class_id:
        raise Invalid(
            say("{name} is already in {other}.", name=name, other=target.name), param="to_class_id", code="same_class"
        )
    if not target.is_active:
        raise Invalid(
            say("{name} is closed and takes no students.", name=target.name),
            param="to_class_id",
            code="class_closed",
        )
    return to_class_id


def _year(year_id: int | None, day: date) -> AcademicYear | None:
    if year_id is None:
        return year_of(day)
    with atomic() as session:
        year = session.get(AcademicYear, year_id)
        if year is None:
            raise Invalid("This academic year does not exist.", param="academic_year_id", code="unknown_year")
        return year


def _open_enrolment_before(student_id: int, year: AcademicYear) -> Enrolment | None:
    """The last year before this one, if nothing is said yet of how it ended."""
    with atomic() as session:
        return session.scalar(
            select(Enrolment)
            .join(AcademicYear, AcademicYear.id == Enrolment.academic_year_id)
            .where(
                Enrolment.student_id == student_id,
                Enrolment.outcome.is_(None),
                AcademicYear.starts_on < year.starts_on,
            )
            .order_by(AcademicYear.starts_on.desc())
            .limit(1)
        )


def _as_it_was(student_id: int, year: AcademicYear | None, ends: Enrolment | None) -> str:
    """What `take_back` needs: the enrolment of the year before the move, and the one that the move ends."""
    kept = enrolment_of(student_id, year.id) if year else None
    return json.dumps(
        {
            "enrolment": {"class_id": kept.class_id, "outcome": kept.outcome} if kept else None,
            "ended": ends.id if ends else None,
        }
    )
