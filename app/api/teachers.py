"""`/teachers`: who teaches, and `/teachers/{id}/assignments`: which class from when to when."""

from typing import Annotated, Any, Literal

from flask import Blueprint, Response, jsonify, url_for
from pydantic import Field

from app.api.core import answer, created, listed, takes
from app.api.fields import Body, Day, Id, IsoDay, ListArguments, Name, Readable, Shape, left_out
from app.clock import today
from app.errors import Missing
from app.queries.teachers import TeacherFilter, TeacherRow, assignments, teacher_row, teachers_by_id
from app.services.teachers import add_teacher, assign_teacher, end_assignment, update_teacher
from app.web.access import requires

bp = Blueprint("teachers", __name__, url_prefix="/teachers")
Status = Literal["active", "left"]
Short = Annotated[str, Field(max_length=32), Readable]
Email = Annotated[str, Field(max_length=120), Readable]


class TeacherShape(Shape):
    """A teacher; `classes` are the names of those taught today."""

    id: int
    first_name: str
    last_name: str
    staff_no: str | None
    phone: str | None
    email: str | None
    hired_on: IsoDay | None
    status: Status
    user_id: int | None
    classes: list[str]


class AssignmentShape(Shape):
    """Who teaches which class what; `last_on` is the last day, null while there is none."""

    id: int
    teacher_id: int
    class_id: int
    subject: str
    starts_on: IsoDay
    last_on: IsoDay | None


class NewTeacher(Body):
    """A teacher to add."""

    first_name: Name
    last_name: Name
    staff_no: Short | None = None
    phone: Short | None = None
    email: Email | None = None
    hired_on: Day | None = None
    status: Status = "active"
    user_id: Id | None = None


class TeacherChange(Body):
    """What changes; fields that are left out stay."""

    first_name: Name = left_out()
    last_name: Name = left_out()
    staff_no: Short | None = None
    phone: Short | None = None
    email: Email | None = None
    hired_on: Day | None = None
    status: Status = left_out()
    user_id: Id | None = None


class NewAssignment(Body):
    """A class for the teacher, until the day before `ends_on`."""

    class_id: Id
    subject: Name = ""
    starts_on: Day | None = None
    ends_on: Day | None = None


class AssignmentEnd(Body):
    """The first day on which the teacher no longer teaches the class; today unless given."""

    ends_on: Day | None = None


class TeacherList(ListArguments):
    """Which teachers; `q` finds words of the name."""

    q: Annotated[str, Field(max_length=100)] = ""
    status: Status | None = None


@bp.get("")
@requires("teachers.view")
@takes(query=TeacherList, gives=TeacherShape, a_list=True)
def index(query: TeacherList) -> Response:
    """List teachers."""
    wanted = TeacherFilter(query.q, query.status)
    return listed(teachers_by_id(wanted, on=today(), cursor=query.cursor, limit=query.limit).map(TeacherShape.of))


@bp.get("/<int:teacher_id>")
@requires("teachers.view")
@takes(gives=TeacherShape)
def show(teacher_id: int) -> Response:
    """One teacher."""
    return answer(TeacherShape.of(_teacher(teacher_id)))


@bp.post("")
@requires("teachers.edit")
@takes(body=NewTeacher, gives=TeacherShape, status=201)
def add(body: NewTeacher) -> Response:
    """Add a teacher."""
    row = add_teacher(**body.sent())
    return created(TeacherShape.of(_teacher(row.id)), url_for(".show", teacher_id=row.id))


@bp.patch("/<int:teacher_id>")
@requires("teachers.edit")
@takes(body=TeacherChange, gives=TeacherShape)
def change(teacher_id: int, body: TeacherChange) -> Response:
    """Change a teacher; one who leaves teaches no class from today on."""
    update_teacher(teacher_id=teacher_id, **body.sent())
    return answer(TeacherShape.of(_teacher(teacher_id)))


@bp.get("/<int:teacher_id>/assignments")
@requires("teachers.view")
@takes(gives=AssignmentShape, a_list=True)
def list_assignments(teacher_id: int) -> Response:
    """The classes of a teacher, past ones too."""
    rows = assignments(teacher_id=_teacher(teacher_id).id)
    return jsonify({"items": [AssignmentShape.of(row) for row in rows], "next": None})


@bp.post("/<int:teacher_id>/assignments")
@requires("teachers.edit")
@takes(body=NewAssignment, gives=AssignmentShape, status=201, refuses=(409,))
def assign(teacher_id: int, body: NewAssignment) -> Response:
    """Let a teacher teach a class."""
    row = assign_teacher(teacher_id=teacher_id, **body.sent())
    return created(_assignment(row.id), url_for(".list_assignments", teacher_id=teacher_id))


@bp.post("/<int:teacher_id>/assignments/<int:assignment_id>/end")
@requires("teachers.edit")
@takes(body=AssignmentEnd, gives=AssignmentShape)
def end(teacher_id: int, assignment_id: int, body: AssignmentEnd) -> Response:
    """Let an assignment end; one that has not begun by then is removed, and shown as it was."""
    before = _assignment(assignment_id, teacher_id)
    row = end_assignment(assignment_id=assignment_id, **body.sent())
    return answer(_assignment(row.id) if row is not None else before)


def _teacher(teacher_id: int) -> TeacherRow:
    row = teacher_row(teacher_id, on=today())
    if row is None:
        raise Missing("This teacher does not exist.", param="teacher_id")
    return row


def _assignment(assignment_id: int, teacher_id: int | None = None) -> dict[str, Any]:
    rows = assignments(assignment_id=assignment_id, teacher_id=teacher_id)
    if not rows:
        raise Missing("This assignment does not exist.", param="assignment_id")
    return AssignmentShape.of(rows[0])
