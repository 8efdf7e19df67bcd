"""Promoting a whole class at the end of a year: all of it, or nothing."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from app.database import atomic, current_actor
from app.errors import Conflict, Invalid
from app.models import Promotion, Student
from app.progress import long_work
from app.services.activity import record_activity
from app.services.classes import known_class
from app.services.promotions import promote_student
from app.words import say, say_many

DECISIONS = ("promoted", "repeated", "graduated")


class RunRefused(Invalid):
    """Some students cannot be promoted as asked; nobody was. `problems` says for each why, by student."""

    code = "run_refused"

    def __init__(self, problems: Mapping[int, str]) -> None:
        super().__init__("Nobody was promoted: look at the students who are marked.")
        self.problems = problems


def promote_class(
    *,
    class_id: int,
    decisions: Mapping[int, str],
    to_class_id: int | None = None,
    academic_year_id: int | None = None,
    promoted_on: date | None = None,
    run_id: str,
) -> int:
    """Move the students of a class, each as decided (`{student_id: decision}`); how many moved.

    `to_class_id` is where those go who are promoted. Repeating a `run_id` moves nobody again. Raises Invalid for the
    class, the year or the day, and RunRefused for single students, such as one who left the class meanwhile.
    """
    if not decisions:
        raise Invalid("Choose what becomes of at least one student.", param="students", code="required")
    with long_work(say("Promoting a class")) as work, atomic() as session:
        if done := _moves_of(run_id):
            return done
        source = known_class(class_id, param="class_id")
        work.expect(len(decisions))
        problems: dict[int, str] = {}
        for student_id, decision in work.over(decisions.items()):
            student = session.get(Student, student_id)
            if student is None or student.class_id != class_id:
                name = f"{student.first_name} {student.last_name}" if student else str(student_id)
                problems[student_id] = say("{name} is not in {other} any more.", name=name, other=source.name)
                continue
            try:
                promote_student(
                    student_id=student_id,
                    to_class_id=to_class_id if decision == "promoted" else None,
                    decision=decision,
                    academic_year_id=academic_year_id,
                    promoted_on=promoted_on,
                    run_id=run_id,
                )
            except Invalid as refusal:
                if refusal.param != "student_id":
                    raise
                problems[student_id] = refusal.message
        if problems:
            raise RunRefused(problems)
        work.check()
        record_activity(
            "class.promoted",
            f"class promoted: {source.name}",
            table_name="promotions",
            data={"run": run_id, "class": source.name, "students": len(decisions)},
        )
        work.result = say_many("{n} student has moved.", "{n} students have moved.", len(decisions))
        return len(decisions)


def _moves_of(run_id: str) -> int:
    """How many students this user's run has moved already. Raises Conflict when it was taken back since."""
    with atomic() as session:
        rows = session.execute(
            select(Promotion.undone_at).where(
                Promotion.run_id == run_id, Promotion.promoted_by == current_actor().user_id
            )
        ).all()
        if any(undone_at is not None for (undone_at,) in rows):
            raise Conflict("This run was taken back already: open the form anew.", code="taken_back")
        return len(rows)
