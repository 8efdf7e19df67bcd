"""Adding and changing students."""

from collections.abc import Container
from datetime import date
from typing import TypedDict, Unpack

from sqlalchemy import select

from app.clock import today
from app.database import atomic
from app.domain.dates import EARLIEST_BIRTH, check_date
from app.domain.names import clean_name, clean_optional, search_text
from app.errors import Invalid, Missing
from app.models import Student
from app.models.students import STUDENT_STATUSES
from app.queries.settings import setting
from app.services.classes import known_class
from app.services.counters import next_number
from app.services.enrolments import enrol
from app.services.repeats import earlier_record, remember
from app.words import say

GENDERS = ("F", "M")


class StudentDetails(TypedDict, total=False):
    """What may be known of a student besides the name."""

    admission_no: str | None
    class_id: int | None
    status: str
    gender: str | None
    born_on: date | None
    admitted_on: date | None


class StudentChanges(StudentDetails, total=False):
    """What may change of a student; what is left out stays."""

    first_name: str
    last_name: str


def add_student(
    *,
    first_name: str,
    last_name: str,
    request_key: str | None = None,
    request_hash: str | None = None,
    **details: Unpack[StudentDetails],
) -> Student:
    """Add a student and enrol them for the current year.

    Without an admission number the next free one is given. Repeating a `request_key` returns the first student. Raises
    Invalid naming the field, and KeyReused.
    """
    if earlier := earlier_record(Student, request_key, request_hash):
        return earlier
    values = check_student({**details, "first_name": first_name, "last_name": last_name})
    with atomic() as session:
        if earlier := earlier_record(Student, request_key, request_hash):
            return earlier
        number = values.get("admission_no")
        if number is None:
            values["admission_no"] = next_admission_no()
        else:
            _refuse_taken(number, None)
        _check_class(values.get("class_id"), None)
        values.setdefault("admitted_on", today())
        row = Student(**values)
        row.search_text = search_text(row.first_name, row.last_name, row.admission_no)
        session.add(row)
        session.flush()
        if row.class_id is not None and row.status == "active":
            enrol(student_id=row.id, class_id=row.class_id)
        remember(row, request_key, request_hash)
        return row


def update_student(*, student_id: int, **changes: Unpack[StudentChanges]) -> Student:
    """Change a student. One who leaves keeps fees, payments and credit. Raises Missing and Invalid."""
    values = check_student(changes)
    with atomic() as session:
        row = session.get(Student, student_id)
        if row is None:
            raise Missing("This student does not exist.", param="student_id")
        if "admission_no" in values:
            number = values["admission_no"]
            if number is None:
                raise Invalid("The admission number must be filled in.", param="admission_no", code="required")
            _refuse_taken(number, student_id)
        if "class_id" in values:
            _check_class(values["class_id"], row.class_id)
        before = (row.class_id, row.status)
        for name, value in values.items():
            setattr(row, name, value)
        row.search_text = search_text(row.first_name, row.last_name, row.admission_no)
        session.flush()
        if (row.class_id, row.status) != before and (row.class_id is not None or before[0] is not None):
            enrol(student_id=row.id, class_id=row.class_id, outcome=None if row.status == "active" else row.status)
        return row


def check_student(values: StudentChanges) -> StudentChanges:
    """The values of a student as they are kept. Raises Invalid for what needs no other row to be refused."""
    if "first_name" in values:
        values["first_name"] = clean_name(values["first_name"], param="first_name", label="The first name")
    if "last_name" in values:
        values["last_name"] = clean_name(values["last_name"], param="last_name", label="The last name")
    if "admission_no" in values:
        values["admission_no"] = clean_optional(
            values["admission_no"], param="admission_no", most=32, label="The admission number"
        )
    if values.get("status", "active") not in STUDENT_STATUSES:
        raise Invalid(
            "The status must be active, graduated, transferred or withdrawn.", param="status", code="status_invalid"
        )
    if "gender" in values:
        values["gender"] = values["gender"] or None
        if values["gender"] not in (None, *GENDERS):
            raise Invalid("The gender must be F or M.", param="gender", code="gender_invalid")
    if (born_on := values.get("born_on")) is not None:
        check_date(born_on, param="born_on", label="The date of birth", latest=today(), earliest=EARLIEST_BIRTH)
    if (admitted_on := values.get("admitted_on")) is not None:
        check_date(admitted_on, param="admitted_on", label="The day of admission", latest=today())
    return values


def next_admission_no() -> str:
    """The next free admission number: the school's prefix and a counted number."""
    return next_admission_numbers(1)[0]


def next_admission_numbers(count: int, *, avoid: Container[str] = ()) -> list[str]:
    """As many free admission numbers, none of them in `avoid`."""
    free: list[str] = []
    with atomic() as session:
        prefix = setting("admission_prefix")
        while missing := count - len(free):
            block = min(missing, 500)
            first = next_number("admission", block=block)
            numbers = [f"{prefix}-{number:05d}" for number in range(first, first + block)]
            taken = set(session.scalars(select(Student.admission_no).where(Student.admission_no.in_(numbers))))
            free += [number for number in numbers if number not in taken and number not in avoid]
    return free


def _refuse_taken(admission_no: str, own_id: int | None) -> None:
    with atomic() as session:
        other = session.scalar(select(Student).where(Student.admission_no == admission_no, Student.id != (own_id or 0)))
        if other is not None:
            raise Invalid(
                say(
                    "The admission number {admission_no} belongs to {other}.",
                    admission_no=admission_no,
                    other=f"{other.first_name} {other.last_name}",
                ),
                param="admission_no",
                code="admission_no_taken",
            )


def _check_class(class_id: int | None, before: int | None) -> None:
    if class_id is not None and class_id != before:
        chosen = known_class(class_id)
        if not chosen.is_active:
            raise Invalid(
                say("{name} is closed and takes no students.", name=chosen.name),
                param="class_id",
                code="class_closed",
            )
