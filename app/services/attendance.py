"""Taking the register: one mark per student and day, corrected in place."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.clock import now, today
from app.database import atomic, current_actor
from app.domain.dates import check_date
from app.errors import Invalid, Missing, Stale
from app.models import Attendance, Student
from app.models.attendance import ATTENDANCE_STATUSES
from app.queries.attendance import register
from app.words import say

_LEFT = {
    "withdrawn": say("{student} has withdrawn and is not on the register."),
    "transferred": say("{student} has been transferred and is not on the register."),
    "graduated": say("{student} has graduated and is not on the register."),
}


@dataclass(frozen=True)
class Marked:
    """One mark, and whether it is the first of that student and day."""

    mark: Attendance
    is_new: bool


def mark_attendance(*, student_id: int, day: date, status: str) -> Marked:
    """Note one student as present, absent, late or excused on a day; a mark that is there is corrected.

    Raises Invalid for an unknown student, one who has left, and a day in the future or before 2000.
    """
    check_date(day, param="date", label="The date", latest=today())
    _check_status(status, "status")
    with atomic() as session:
        student = session.get(Student, student_id)
        if student is None:
            raise Invalid("This student does not exist.", param="student_id", code="unknown_student")
        _refuse_left(student)
        wanted = (Attendance.student_id == student_id, Attendance.date == day)
        is_new = session.scalar(select(Attendance.id).where(*wanted)) is None
        _upsert(session, day, [(student, status)])
        mark = session.scalars(select(Attendance).where(*wanted), execution_options={"populate_existing": True}).one()
        return Marked(mark, is_new)


def save_register(
    *, class_id: int, day: date, marks: Mapping[int, str], version: str | None = None
) -> Mapping[str, int]:
    """Save the register of a class: all marks or none; return how many there are of each status.

    `version` is the register's when it was shown: Stale is raised when somebody else saved since then. Raises
    Missing, and Invalid naming `status_{student_id}`, or `date` for a day in the future or before 2000.
    """
    check_date(day, param="date", label="The date", latest=today())
    for student_id, status in marks.items():
        _check_status(status, f"status_{student_id}")
    with atomic() as session:
        before = register(class_id, day)
        if before is None:
            raise Missing("This class does not exist.", param="class_id")
        if version is not None and version != before.version:
            raise Stale(
                say(
                    "{name} saved this register while you had it open. "
                    "Your marks are kept below; save again to put them in place of theirs.",
                    name=before.recorded_by or say("Somebody else"),
                ),
                details={
                    "yours": {str(key): status for key, status in marks.items()},
                    "current": {str(line.student_id): line.status for line in before.lines},
                },
            )
        students = {row.id: row for row in session.scalars(select(Student).where(Student.id.in_(marks)))}
        for student_id in marks:
            student = students.get(student_id)
            if student is None:
                raise Invalid("This student does not exist.", param=f"status_{student_id}", code="unknown_student")
            _refuse_left(student, f"status_{student_id}")
            if student.class_id != class_id:
                raise Invalid(
                    say(
                        "{student} is not in {class_name}.",
                        student=f"{student.first_name} {student.last_name}",
                        class_name=before.class_name,
                    ),
                    param=f"status_{student_id}",
                    code="other_class",
                )
        _upsert(session, day, [(students[student_id], status) for student_id, status in marks.items()])
    return Counter(marks.values())


def _upsert(session: Session, day: date, marks: list[tuple[Student, str]]) -> None:
    if not marks:
        return
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[session.get_bind().dialect.name]
    new = insert(Attendance).values(
        [
            {
                "student_id": student.id,
                "date": day,
                "status": status,
                "class_id": student.class_id,
                "recorded_by": current_actor().user_id,
                "recorded_at": now(),
            }
            for student, status in marks
        ]
    )
    # A mark that stays the same keeps who recorded it, and leaves no trace in the activity log.
    session.execute(
        new.on_conflict_do_update(
            index_elements=["student_id", "date"],
            set_={name: new.excluded[name] for name in ("status", "recorded_by", "recorded_at")},
            where=Attendance.status != new.excluded.status,
        )
    )


def _check_status(status: str, param: str) -> None:
    if status not in ATTENDANCE_STATUSES:
        raise Invalid("The status must be present, absent, late or excused.", param=param, code="status_invalid")


def _refuse_left(student: Student, param: str = "student_id") -> None:
    if student.status != "active":
        raise Invalid(
            say(_LEFT[student.status], student=f"{student.first_name} {student.last_name}"),
            param=param,
            code=f"student_{student.status}",
        )
