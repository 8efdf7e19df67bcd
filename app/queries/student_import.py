"""What a file of students would change: who is new, who is there already, what cannot be."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from app.domain.csvfile import Problem
from app.domain.names import fold, phone_digits
from app.domain.student_rows import NewStudent
from app.extensions import db
from app.models import Enrolment, Guardian, SchoolClass, Student
from app.words import say

_Person = tuple[date | None, set[str], int | None]
"""Date of birth, folded names of the classes, and the row of the file (None for one of the database)."""


@dataclass(frozen=True)
class GuardianLink:
    """A student of the plan, by place, with a guardian: one that exists, or one of `ImportPlan.new_guardians`."""

    student: int
    guardian_id: int | None = None
    new_guardian: int = -1


@dataclass
class ImportPlan:
    """What an import would do; nothing of it is done while there are problems."""

    new: list[NewStudent] = field(default_factory=list)
    new_classes: dict[str, str] = field(default_factory=dict)
    new_guardians: list[Mapping[str, str | None]] = field(default_factory=list)
    guardian_links: list[GuardianLink] = field(default_factory=list)
    skipped: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def plan_import(
    students: Sequence[NewStudent], *, create_classes: bool, step: Callable[[], None] = lambda: None
) -> ImportPlan:
    """Compare the students of a file with those of the database and with each other; calls `step` for each of them."""
    plan = ImportPlan()
    classes = {
        fold(name): is_open for name, is_open in db.session.execute(select(SchoolClass.name, SchoolClass.is_active))
    }
    known = _Known(students)
    for student in students:
        step()
        if verdict := known.verdict(student):
            is_problem, message = verdict
            column = "admission_no" if student.admission_no else "last_name"
            (plan.problems if is_problem else plan.skipped).append(Problem(student.row, column, message))
            continue
        name = fold(student.class_name)
        if name and name not in classes and create_classes:
            plan.new_classes.setdefault(name, student.class_name)
        elif name and name not in classes:
            plan.problems.append(
                Problem(student.row, "class", say("There is no class named {name}.", name=student.class_name))
            )
        elif name and not classes[name]:
            message = say("{name} is closed and takes no students.", name=student.class_name)
            plan.problems.append(Problem(student.row, "class", message))
        plan.new.append(student)
    _plan_guardians(plan)
    return plan


class _Known:
    """The students of the database and of the rows so far, by number and by who they are."""

    def __init__(self, students: Sequence[NewStudent]) -> None:
        self.by_number: dict[str, tuple[str, int | None]] = {}
        self.people: dict[str, list[_Person]] = {}
        numbers = [student.admission_no for student in students if student.admission_no]
        for some in _chunks(numbers, 500):
            rows = db.session.execute(
                select(Student.admission_no, Student.first_name, Student.last_name).where(
                    Student.admission_no.in_(some)
                )
            )
            self.by_number |= {number: (f"{first} {last}", None) for number, first, last in rows}
        if len(numbers) < len(students):
            self._read_people()

    def verdict(self, student: NewStudent) -> tuple[bool, str] | None:
        """Whether a row is a problem (True) or a repetition (False), and the sentence; None for somebody new."""
        if number := student.admission_no:
            if number not in self.by_number:
                self.by_number[number] = (student.name, student.row)
                return None
            name, row = self.by_number[number]
            if fold(name) != fold(student.name):
                if row:
                    return True, say(
                        "The admission number {number} belongs to {name} in row {row}.",
                        number=number,
                        name=name,
                        row=row,
                    )
                return True, say("The admission number {number} belongs to {name}.", number=number, name=name)
            return False, _already_there(f"{student.name} ({number})", row)
        same_name = self.people.setdefault(fold(student.name), [])
        for born_on, been_in, row in same_name:
            both_born = born_on is not None and student.born_on is not None
            if born_on == student.born_on if both_born else fold(student.class_name) in been_in:
                return False, _already_there(student.name, row)
        same_name.append((student.born_on, {fold(student.class_name)}, student.row))
        return None

    def _read_people(self) -> None:
        names = {key: fold(name) for key, name in db.session.execute(select(SchoolClass.id, SchoolClass.name))}
        been: dict[int, set[str]] = {}
        for student_id, class_id in db.session.execute(select(Enrolment.student_id, Enrolment.class_id)):
            been.setdefault(student_id, set()).add(names.get(class_id or 0, ""))
        rows = db.session.execute(
            select(Student.id, Student.first_name, Student.last_name, Student.born_on, Student.class_id)
        )
        for student_id, first, last, born_on, class_id in rows:
            been_in = {names.get(class_id or 0, ""), *been.get(student_id, ())}
            self.people.setdefault(fold(f"{first} {last}"), []).append((born_on, been_in, None))


def _plan_guardians(plan: ImportPlan) -> None:
    if not any(student.guardian_name for student in plan.new):
        return
    rows = db.session.execute(
        select(Guardian.id, Guardian.full_name, Guardian.phone).where(Guardian.phone.is_not(None))
    )
    known = {(fold(name), phone_digits(phone)): key for key, name, phone in rows}
    planned: dict[tuple[str, str], int] = {}
    for place, student in enumerate(plan.new):
        if not student.guardian_name:
            continue
        # Without a telephone number nobody can say whether two guardians of one name are one.
        who = (fold(student.guardian_name), phone_digits(student.guardian_phone))
        if who[1] and who in known:
            plan.guardian_links.append(GuardianLink(place, guardian_id=known[who]))
            continue
        if not who[1] or who not in planned:
            planned[who] = len(plan.new_guardians)
            plan.new_guardians.append({"full_name": student.guardian_name, "phone": student.guardian_phone})
        plan.guardian_links.append(GuardianLink(place, new_guardian=planned[who]))


def _already_there(name: str, row: int | None) -> str:
    if row:
        return say("{name} is already there in row {row}.", name=name, row=row)
    return say("{name} is already there.", name=name)


def _chunks(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
