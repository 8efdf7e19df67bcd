"""Taking students over from a file: everything or nothing, and the same file twice adds nobody twice."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.clock import today
from app.database import atomic
from app.domain.csvfile import CsvTable, Problem, read_table
from app.domain.names import fold, search_text
from app.domain.student_rows import COLUMNS, REQUIRED, NewStudent, read_student
from app.green import run_blocking
from app.models import Enrolment, Guardian, SchoolClass, Student, StudentGuardian
from app.progress import Work, long_work
from app.queries.student_import import ImportPlan, plan_import
from app.services.activity import record_activity
from app.services.enrolments import current_year_id
from app.services.students import next_admission_numbers
from app.words import Words, say, say_many

log = logging.getLogger(__name__)
_CHUNK = 100
"""Rows of one statement: everybody else waits as long as one takes."""


@dataclass(frozen=True)
class ImportReport:
    """What a file holds and what became of it. With problems, or on a dry run, nothing was changed."""

    dry_run: bool
    encoding: str
    delimiter: str
    columns: Sequence[str]
    ignored_columns: Sequence[str]
    rows: int
    added: int
    new_classes: Sequence[str]
    new_guardians: int
    skipped: Sequence[Problem]
    problems: Sequence[Problem]

    @property
    def is_saved(self) -> bool:
        return not self.dry_run and not self.problems


def import_students(*, data: bytes, create_classes: bool = False, dry_run: bool = False) -> ImportReport:
    """Add the students of a CSV file in one transaction; those who are there already are skipped.

    With `create_classes` unknown classes are added, else they are problems. Any problem, and a `dry_run`, changes
    nothing. Raises Invalid for a file that cannot be read at all.
    """
    with long_work(say("Checking the file") if dry_run else say("Importing students")) as work:
        # Reading ten thousand rows takes a second that no socket should wait for.
        table, students, unreadable = run_blocking(_read, data, today())
        # Looked up, added, enrolled, a guardian and the link to it: the most that a row can be.
        work.expect(len(students) * (1 if dry_run else 5))
        if dry_run or unreadable:
            plan = plan_import(students, create_classes=create_classes, step=work.step)
        else:
            with atomic() as session:
                plan = plan_import(students, create_classes=create_classes, step=work.step)
                if not plan.problems:
                    work.expect(len(students) + _rows(plan))
                    _write(session, plan, work)
        report = _report(table, plan, unreadable, dry_run)
        work.result = _told(report)
        return report


def _told(report: ImportReport) -> Words:
    """What came of it, for somebody who is not shown the report any more."""
    if report.problems:
        return say_many(
            "Nothing was imported: {n} problem.",
            "Nothing was imported: {n} problems.",
            len(report.problems),
        )
    if report.dry_run:
        return say_many("{n} student would be added.", "{n} students would be added.", report.added)
    return say_many("{n} student was imported.", "{n} students were imported.", report.added)


def _read(data: bytes, day: date) -> tuple[CsvTable, list[NewStudent], list[Problem]]:
    table = read_table(data, columns=COLUMNS, required=REQUIRED)
    students: list[NewStudent] = []
    problems: list[Problem] = []
    for row in table.rows:
        student, wrong = read_student(row, today=day)
        problems += wrong
        if student is not None:
            students.append(student)
    return table, students, problems


def _report(table: CsvTable, plan: ImportPlan, unreadable: Sequence[Problem], dry_run: bool) -> ImportReport:
    problems = sorted([*unreadable, *plan.problems], key=lambda problem: problem.row)
    return ImportReport(
        dry_run=dry_run,
        encoding=table.encoding,
        delimiter=table.delimiter,
        columns=table.columns,
        ignored_columns=table.ignored_columns,
        rows=len(table.rows),
        added=0 if problems else len(plan.new),
        new_classes=[] if problems else list(plan.new_classes.values()),
        new_guardians=0 if problems else len(plan.new_guardians),
        skipped=plan.skipped,
        problems=problems,
    )


def _rows(plan: ImportPlan) -> int:
    enrolled = sum(bool(student.class_name) for student in plan.new) if current_year_id() else 0
    return len(plan.new) + enrolled + len(plan.new_guardians) + len(plan.guardian_links)


def _write(session: Session, plan: ImportPlan, work: Work) -> None:
    session.add_all(SchoolClass(name=name) for name in plan.new_classes.values())
    session.flush()
    classes = {fold(name): key for key, name in session.execute(select(SchoolClass.id, SchoolClass.name))}
    given = {student.admission_no for student in plan.new if student.admission_no}
    numbers = iter(next_admission_numbers(sum(not student.admission_no for student in plan.new), avoid=given))
    rows = [_values(student, classes, numbers) for student in plan.new]
    ids = _insert(session, Student, rows, work)
    _enrol(session, ids, rows, work)
    guardians = _insert(session, Guardian, plan.new_guardians, work)
    links = [
        {"student_id": ids[link.student], "guardian_id": link.guardian_id or guardians[link.new_guardian]}
        for link in plan.guardian_links
    ]
    _insert(session, StudentGuardian, links, work)
    work.check()
    record_activity(
        "students.import",
        f"{len(ids)} students imported",
        table_name="students",
        data={"added": len(ids), "skipped": len(plan.skipped), "classes": list(plan.new_classes.values())},
    )
    log.info("imported %d students, skipped %d", len(ids), len(plan.skipped))


def _values(student: NewStudent, classes: Mapping[str, int], numbers: Iterator[str]) -> dict[str, Any]:
    number = student.admission_no or next(numbers)
    return {
        "admission_no": number,
        "first_name": student.first_name,
        "last_name": student.last_name,
        "class_id": classes[fold(student.class_name)] if student.class_name else None,
        "gender": student.gender,
        "born_on": student.born_on,
        "search_text": search_text(student.first_name, student.last_name, number),
    }


def _enrol(session: Session, ids: Sequence[int], rows: Sequence[Mapping[str, Any]], work: Work) -> None:
    year_id = current_year_id()
    if year_id is None:
        return
    enrolled = [
        {"student_id": key, "class_id": row["class_id"], "academic_year_id": year_id}
        for key, row in zip(ids, rows, strict=True)
        if row["class_id"] is not None
    ]
    _insert(session, Enrolment, enrolled, work)


def _insert(session: Session, model: Any, rows: Sequence[Mapping[str, Any]], work: Work) -> Sequence[int]:
    """Add many rows; their ids in the same order."""
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    ids: list[int] = []
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        ids += session.scalars(statement, some)
        work.step(len(some))
    return ids
