"""`/students`: who is taught here. Balances are shown to those who may see fees."""

from typing import Annotated, Any, Literal

from flask import Blueprint, Response, url_for
from pydantic import Field

from app.api.core import answer, created, listed, takes
from app.api.fields import Body, Day, Id, IsoDay, ListArguments, Minor, Name, Readable, Shape, left_out
from app.errors import Missing
from app.queries.students import StudentFilter, StudentRow, student_row, students_by_id
from app.services.students import add_student, update_student
from app.web.access import can, requires

bp = Blueprint("students", __name__, url_prefix="/students")
Status = Literal["active", "graduated", "transferred", "withdrawn"]
Gender = Literal["F", "M"]
AdmissionNo = Annotated[str, Field(max_length=32), Readable]


class BalanceShape(Shape):
    """What the student was billed and paid; `arrears` is what is still owed."""

    billed: Minor
    adjusted: Minor
    paid: Minor
    arrears: Minor
    credit: Minor


class StudentShape(Shape):
    """A student; `balance` is null for those who may not see fees."""

    id: int
    admission_no: str
    first_name: str
    last_name: str
    class_id: int | None
    class_name: str | None
    status: Status
    gender: Gender | None
    born_on: IsoDay | None
    admitted_on: IsoDay | None
    balance: BalanceShape | None = None


class NewStudent(Body):
    """A student to add; without an admission number the next free one is given."""

    first_name: Name
    last_name: Name
    admission_no: AdmissionNo | None = None
    class_id: Id | None = None
    status: Status = "active"
    gender: Gender | None = None
    born_on: Day | None = None
    admitted_on: Day | None = None


class StudentChange(Body):
    """What changes; fields that are left out stay."""

    first_name: Name = left_out()
    last_name: Name = left_out()
    admission_no: AdmissionNo = left_out()
    class_id: Id | None = None
    status: Status = left_out()
    gender: Gender | None = None
    born_on: Day | None = None
    admitted_on: Day | None = None


class StudentList(ListArguments):
    """Which students; `q` finds words of the name and the admission number."""

    q: Annotated[str, Field(max_length=100)] = ""
    class_id: Id | None = None
    status: Status | None = None
    admission_no: AdmissionNo | None = None


def student_shape(row: StudentRow) -> dict[str, Any]:
    """A student as JSON values."""
    shape = StudentShape.of(row)
    if can("fees.view"):
        shape["balance"] = BalanceShape.of(row)
    return shape


@bp.get("")
@requires("students.view")
@takes(query=StudentList, gives=StudentShape, a_list=True)
def index(query: StudentList) -> Response:
    """List students."""
    wanted = StudentFilter(query.q, query.class_id, query.status, admission_no=query.admission_no)
    return listed(students_by_id(wanted, cursor=query.cursor, limit=query.limit).map(student_shape))


@bp.get("/<int:student_id>")
@requires("students.view")
@takes(gives=StudentShape)
def show(student_id: int) -> Response:
    """One student."""
    return answer(student_shape(_student(student_id)))


@bp.post("")
@requires("students.edit")
@takes(body=NewStudent, gives=StudentShape, status=201)
def add(body: NewStudent) -> Response:
    """Add a student and enrol them for the current academic year."""
    row = add_student(**body.sent())
    return created(student_shape(_student(row.id)), url_for(".show", student_id=row.id))


@bp.patch("/<int:student_id>")
@requires("students.edit")
@takes(body=StudentChange, gives=StudentShape)
def change(student_id: int, body: StudentChange) -> Response:
    """Change a student. One who leaves keeps fees, payments and credit."""
    update_student(student_id=student_id, **body.sent())
    return answer(student_shape(_student(student_id)))


def _student(student_id: int) -> StudentRow:
    row = student_row(student_id)
    if row is None:
        raise Missing("This student does not exist.", param="student_id")
    return row
