"""Taking moves back: everybody is again where they were, and the moves are marked as taken back."""

import json
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import atomic
from app.domain.names import in_a_line
from app.errors import Conflict, Missing
from app.models import Enrolment, Promotion, SchoolClass, Student
from app.progress import long_work
from app.services.activity import record_activity
from app.services.enrolments import enrolment_of
from app.words import say, say_many


def take_back_promotion(promotion_id: int) -> Promotion:
    """Take one move back. Raises Missing, and Conflict when the student has changed since."""
    with atomic() as session:
        row = session.get(Promotion, promotion_id)
        if row is None or row.undone_at is not None:
            raise Missing("This promotion does not exist.", param="promotion_id")
        _take_back(session, [row])
        return row


def take_back_run(run_id: str) -> Sequence[Promotion]:
    """Take all moves of a run back, or none. Raises Missing, and Conflict naming who has changed since."""
    with long_work(say("Taking a promotion back")) as work, atomic() as session:
        rows = session.scalars(
            select(Promotion).where(Promotion.run_id == run_id, Promotion.undone_at.is_(None)).order_by(Promotion.id)
        ).all()
        if not rows:
            raise Missing("This promotion does not exist.", param="run_id")
        work.expect(len(rows))
        _take_back(session, list(work.over(rows)))
        work.check()
        source = session.get(SchoolClass, rows[0].from_class_id)
        name = source.name if source else ""
        record_activity(
            "class.taken_back",
            f"class taken back: {name}",
            table_name="promotions",
            data={"run": run_id, "class": name, "students": len(rows)},
        )
        work.result = say_many("{n} student is back.", "{n} students are back.", len(rows))
        return rows


def _take_back(session: Session, rows: Sequence[Promotion]) -> None:
    students = {row.id: session.get_one(Student, row.student_id) for row in rows}
    if changed := [students[row.id] for row in rows if not _is_the_last_word(session, row, students[row.id])]:
        raise _refusal(changed)
    for row in rows:
        student = students[row.id]
        student.class_id, student.status = row.from_class_id, "active"
        _restore_enrolments(session, row)
        row.undone_at = now()
    session.flush()


def _is_the_last_word(session: Session, row: Promotion, student: Student) -> bool:
    """Whether nothing happened to the student since, and it is known how things were."""
    status = "graduated" if row.decision == "graduated" else "active"
    if row.before is None or (student.class_id, student.status) != (row.to_class_id, status):
        return False
    if row.academic_year_id is not None:
        enrolment = enrolment_of(row.student_id, row.academic_year_id)
        left = row.to_class_id or row.from_class_id
        outcome = "graduated" if row.decision == "graduated" else None
        if enrolment is None or (enrolment.class_id, enrolment.outcome) != (left, outcome):
            return False
    later = select(Promotion.id).where(
        Promotion.student_id == row.student_id, Promotion.id > row.id, Promotion.undone_at.is_(None)
    )
    return session.scalar(later.limit(1)) is None


def _restore_enrolments(session: Session, row: Promotion) -> None:
    before = json.loads(row.before or "{}")
    enrolment = enrolment_of(row.student_id, row.academic_year_id) if row.academic_year_id else None
    if enrolment is not None:
        if before["enrolment"] is None:
            session.delete(enrolment)
        else:
            enrolment.class_id, enrolment.outcome = before["enrolment"]["class_id"], before["enrolment"]["outcome"]
    if before["ended"] is not None and (ended := session.get(Enrolment, before["ended"])) is not None:
        ended.outcome = None


def _refusal(students: Sequence[Student]) -> Conflict:
    names, more = in_a_line([f"{student.first_name} {student.last_name}" for student in students])
    if more:
        return Conflict(
            say("{names} and {n} more have changed since: correct each student alone.", names=names, n=more),
            code="changed_since",
        )
    return Conflict(
        say_many(
            "{names} has changed since: correct this student alone.",
            "{names} have changed since: correct each student alone.",
            len(students),
            names=names,
        ),
        code="changed_since",
    )
