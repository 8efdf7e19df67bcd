"""Guardians: who pays for a student and is told."""

from typing import TypedDict, Unpack

from sqlalchemy import Select, delete, select

from app.database import atomic
from app.domain.names import clean_email, clean_name, clean_optional, clean_phone, clean_text
from app.errors import Invalid, Missing
from app.models import Guardian, Student, StudentGuardian
from app.queries.guardians import guardian_with_phone
from app.services.repeats import earlier_record, remember


class GuardianDetails(TypedDict, total=False):
    """What may be known of a guardian besides the name."""

    phone: str | None
    email: str | None
    address: str | None


class GuardianChanges(GuardianDetails, total=False):
    """What may change of a guardian; what is left out stays."""

    full_name: str


def add_guardian(*, full_name: str, **details: Unpack[GuardianDetails]) -> Guardian:
    """Add a guardian. Raises Invalid naming the field."""
    with atomic() as session:
        row = Guardian(**check_guardian({**details, "full_name": full_name}))
        session.add(row)
        session.flush()
        return row


def add_guardian_of(
    *,
    student_id: int,
    full_name: str,
    relationship: str = "",
    pays_fees: bool = True,
    request_key: str | None = None,
    request_hash: str | None = None,
    **details: Unpack[GuardianDetails],
) -> Guardian:
    """Give a student a guardian; one of the same name and telephone number that is there already is taken.

    So brothers and sisters share theirs. Repeating a `request_key` returns the first. Raises Invalid naming the field,
    and KeyReused.
    """
    if earlier := earlier_record(Guardian, request_key, request_hash):
        return earlier
    values = check_guardian({**details, "full_name": full_name})
    with atomic() as session:
        if earlier := earlier_record(Guardian, request_key, request_hash):
            return earlier
        known = guardian_with_phone(values["full_name"], phone) if (phone := values.get("phone")) else None
        row = session.get_one(Guardian, known) if known else add_guardian(**values)
        link_guardian(guardian_id=row.id, student_id=student_id, relationship=relationship, pays_fees=pays_fees)
        remember(row, request_key, request_hash)
        return row


def update_guardian(*, guardian_id: int, **changes: Unpack[GuardianChanges]) -> Guardian:
    """Change a guardian, for all their students. Raises Missing and Invalid."""
    values = check_guardian(changes)
    with atomic() as session:
        row = _guardian(guardian_id)
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
        return row


def update_guardian_of(
    *, student_id: int, guardian_id: int, relationship: str, pays_fees: bool, **changes: Unpack[GuardianChanges]
) -> Guardian:
    """Change a guardian, and what they are to one of their students. Raises Missing and Invalid."""
    with atomic():
        row = update_guardian(guardian_id=guardian_id, **changes)
        link_guardian(guardian_id=guardian_id, student_id=student_id, relationship=relationship, pays_fees=pays_fees)
        return row


def link_guardian(
    *, guardian_id: int, student_id: int, relationship: str = "", pays_fees: bool = True
) -> StudentGuardian:
    """Make a guardian one of a student's; a link that is there takes the new words. Raises Invalid."""
    relationship = clean_text(relationship, param="relationship", most=32)
    with atomic() as session:
        if session.get(Student, student_id) is None:
            raise Invalid("This student does not exist.", param="student_id", code="unknown_student")
        if session.get(Guardian, guardian_id) is None:
            raise Invalid("This guardian does not exist.", param="guardian_id", code="unknown_guardian")
        row = session.scalar(_link(guardian_id, student_id))
        if row is None:
            row = StudentGuardian(student_id=student_id, guardian_id=guardian_id)
            session.add(row)
        row.relationship_name, row.pays_fees = relationship, pays_fees
        session.flush()
        return row


def unlink_guardian(*, guardian_id: int, student_id: int) -> None:
    """A guardian is no longer one of this student's; one who has no student left is removed. Raises Missing."""
    with atomic() as session:
        row = session.scalar(_link(guardian_id, student_id))
        if row is None:
            raise Missing("This guardian is not one of this student's.", param="guardian_id")
        session.delete(row)
        session.flush()
        if session.scalar(select(StudentGuardian.id).where(StudentGuardian.guardian_id == guardian_id)) is None:
            session.execute(delete(Guardian).where(Guardian.id == guardian_id))


def check_guardian(values: GuardianChanges) -> GuardianChanges:
    """The values of a guardian as they are kept. Raises Invalid."""
    if "full_name" in values:
        values["full_name"] = clean_name(values["full_name"], param="full_name", most=120, label="The guardian's name")
    if "phone" in values:
        values["phone"] = clean_phone(values["phone"])
    if "email" in values:
        values["email"] = clean_email(values["email"])
    if "address" in values:
        values["address"] = clean_optional(values["address"], param="address", most=200)
    return values


def _guardian(guardian_id: int) -> Guardian:
    with atomic() as session:
        row = session.get(Guardian, guardian_id)
        if row is None:
            raise Missing("This guardian does not exist.", param="guardian_id")
        return row


def _link(guardian_id: int, student_id: int) -> Select[StudentGuardian]:
    return select(StudentGuardian).where(
        StudentGuardian.guardian_id == guardian_id, StudentGuardian.student_id == student_id
    )
