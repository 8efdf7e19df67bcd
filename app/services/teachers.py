"""Teachers, and who teaches which class from when to when."""

from datetime import date
from typing import Any, TypedDict, Unpack

from sqlalchemy import or_, select

from app.clock import today
from app.database import atomic
from app.domain.dates import EARLIEST_BIRTH, check_date
from app.domain.names import clean_email, clean_name, clean_optional, clean_phone, clean_text, fold
from app.errors import Conflict, Invalid, Missing
from app.models import Teacher, TeacherAssignment, User
from app.services.classes import known_class
from app.services.repeats import earlier_record, remember
from app.words import say

STATUSES = ("active", "left")


class TeacherDetails(TypedDict, total=False):
    """What may be known of a teacher besides the name."""

    staff_no: str | None
    phone: str | None
    email: str | None
    hired_on: date | None
    status: str
    user_id: int | None


class TeacherChanges(TeacherDetails, total=False):
    """What may change of a teacher; what is left out stays."""

    first_name: str
    last_name: str


def add_teacher(
    *,
    first_name: str,
    last_name: str,
    request_key: str | None = None,
    request_hash: str | None = None,
    **details: Unpack[TeacherDetails],
) -> Teacher:
    """Add a teacher. Repeating a `request_key` returns the first. Raises Invalid naming the field, and KeyReused."""
    if earlier := earlier_record(Teacher, request_key, request_hash):
        return earlier
    values = _checked({**details, "first_name": first_name, "last_name": last_name})
    with atomic() as session:
        if earlier := earlier_record(Teacher, request_key, request_hash):
            return earlier
        _refuse_taken(values, None)
        row = Teacher(**values)
        session.add(row)
        session.flush()
        remember(row, request_key, request_hash)
        return row


def update_teacher(*, teacher_id: int, **changes: Unpack[TeacherChanges]) -> Teacher:
    """Change a teacher; one who leaves keeps no class from today on. Raises Missing and Invalid."""
    values = _checked(changes)
    with atomic() as session:
        row = _teacher(teacher_id)
        _refuse_taken(values, teacher_id)
        leaves = row.status == "active" and values.get("status") == "left"
        for name, value in values.items():
            setattr(row, name, value)
        if leaves:
            _end_all(teacher_id)
        session.flush()
        return row


def assign_teacher(
    *, teacher_id: int, class_id: int, subject: str = "", starts_on: date | None = None, ends_on: date | None = None
) -> TeacherAssignment:
    """Let a teacher teach a class from `starts_on` (today unless given) until the day before `ends_on`.

    Raises Missing, Invalid, and Conflict when the same lesson overlaps one that is there.
    """
    subject = clean_text(subject, param="subject", most=64)
    with atomic() as session:
        starts_on = check_date(starts_on or today(), param="starts_on", label="The first day")
        if ends_on is not None and ends_on <= starts_on:
            raise Invalid("The assignment must end after it starts.", param="ends_on", code="range_invalid")
        teacher, school_class = _teacher(teacher_id), known_class(class_id)
        if teacher.status != "active":
            raise Invalid(
                say("{teacher} has left and takes no class.", teacher=f"{teacher.first_name} {teacher.last_name}"),
                param="teacher_id",
                code="teacher_left",
            )
        for other in session.scalars(_overlapping(teacher_id, class_id, starts_on, ends_on)):
            if fold(other.subject) == fold(subject):
                raise Conflict(
                    say(
                        "{teacher} already teaches {subject} in this time.",
                        teacher=f"{teacher.first_name} {teacher.last_name}",
                        subject=subject or school_class.name,
                    ),
                    param="class_id",
                    code="assignment_exists",
                )
        row = TeacherAssignment(
            teacher_id=teacher_id, class_id=class_id, subject=subject, starts_on=starts_on, ends_on=ends_on
        )
        session.add(row)
        session.flush()
        return row


def end_assignment(*, assignment_id: int, ends_on: date | None = None) -> TeacherAssignment | None:
    """Let an assignment end before `ends_on` (today unless given); one that had not begun by then is removed.

    Returns None for one that is removed. Raises Missing.
    """
    with atomic() as session:
        row = session.get(TeacherAssignment, assignment_id)
        if row is None:
            raise Missing("This assignment does not exist.", param="assignment_id")
        last = check_date(ends_on or today(), param="ends_on", label="The last day")
        if row.starts_on >= last:
            session.delete(row)
            session.flush()
            return None
        if row.ends_on is None or row.ends_on > last:
            row.ends_on = last
        session.flush()
        return row


def _teacher(teacher_id: int) -> Teacher:
    with atomic() as session:
        row = session.get(Teacher, teacher_id)
        if row is None:
            raise Missing("This teacher does not exist.", param="teacher_id")
        return row


def _overlapping(teacher_id: int, class_id: int, starts_on: date, ends_on: date | None) -> Any:
    there = TeacherAssignment
    query = select(there).where(there.teacher_id == teacher_id, there.class_id == class_id)
    query = query.where(or_(there.ends_on.is_(None), there.ends_on > starts_on))
    return query if ends_on is None else query.where(there.starts_on < ends_on)


def _end_all(teacher_id: int) -> None:
    with atomic() as session:
        there, day = TeacherAssignment, today()
        running = or_(there.ends_on.is_(None), there.ends_on > day)
        for row in session.scalars(select(there).where(there.teacher_id == teacher_id, running)):
            end_assignment(assignment_id=row.id, ends_on=day)


def _checked(values: TeacherChanges) -> TeacherChanges:
    if "first_name" in values:
        values["first_name"] = clean_name(values["first_name"], param="first_name", label="The first name")
    if "last_name" in values:
        values["last_name"] = clean_name(values["last_name"], param="last_name", label="The last name")
    if "staff_no" in values:
        values["staff_no"] = clean_optional(values["staff_no"], param="staff_no", most=32, label="The staff number")
    if "phone" in values:
        values["phone"] = clean_phone(values["phone"])
    if "email" in values:
        values["email"] = clean_email(values["email"])
    if (hired_on := values.get("hired_on")) is not None:
        check_date(hired_on, param="hired_on", earliest=EARLIEST_BIRTH)
    if values.get("status", "active") not in STATUSES:
        raise Invalid("The status must be active or left.", param="status", code="status_invalid")
    return values


def _refuse_taken(values: TeacherChanges, own_id: int | None) -> None:
    with atomic() as session:
        if staff_no := values.get("staff_no"):
            other = session.scalar(select(Teacher).where(Teacher.staff_no == staff_no, Teacher.id != (own_id or 0)))
            if other is not None:
                raise Invalid(
                    say(
                        "The staff number {staff_no} belongs to {other}.",
                        staff_no=staff_no,
                        other=f"{other.first_name} {other.last_name}",
                    ),
                    param="staff_no",
                    code="staff_no_taken",
                )
        if user_id := values.get("user_id"):
            if session.get(User, user_id) is None:
                raise Invalid("This user does not exist.", param="user_id", code="unknown_user")
            other = session.scalar(select(Teacher).where(Teacher.user_id == user_id, Teacher.id != (own_id or 0)))
            if other is not None:
                raise Invalid(
                    say("This user is already {other}.", other=f"{other.first_name} {other.last_name}"),
                    param="user_id",
                    code="user_taken",
                )
