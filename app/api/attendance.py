"""`/attendance`: the daily register, one mark per student and day."""

from typing import Any, Literal

from flask import Blueprint, Response, url_for

from app.api.core import answer, created, listed, takes
from app.api.fields import Body, Day, Id, IsoDay, IsoMoment, ListArguments, Shape
from app.errors import Missing
from app.extensions import db
from app.models import Attendance
from app.queries.attendance import AttendanceFilter, attendance_page
from app.services.attendance import mark_attendance
from app.web.access import requires

bp = Blueprint("attendance", __name__, url_prefix="/attendance")
Status = Literal["present", "absent", "late", "excused"]


class MarkShape(Shape):
    """One student on one day; `class_id` is the class of that day, `recorded_by` the user (null for a program)."""

    id: int
    student_id: int
    date: IsoDay
    status: Status
    class_id: int | None
    recorded_by: int | None
    recorded_at: IsoMoment


class NewMark(Body):
    """A mark; a second one of the same student and day corrects the first."""

    student_id: Id
    date: Day
    status: Status


class MarkList(ListArguments):
    """Which marks; `from_date` and `to_date` are inclusive."""

    student_id: Id | None = None
    class_id: Id | None = None
    status: Status | None = None
    date: Day | None = None
    from_date: Day | None = None
    to_date: Day | None = None


@bp.get("")
@requires("attendance.view")
@takes(query=MarkList, gives=MarkShape, a_list=True)
def index(query: MarkList) -> Response:
    """List marks, the newest first."""
    wanted = AttendanceFilter(
        student_id=query.student_id,
        class_id=query.class_id,
        status=query.status,
        day=query.date,
        from_date=query.from_date,
        to_date=query.to_date,
    )
    return listed(attendance_page(wanted, cursor=query.cursor, limit=query.limit).map(MarkShape.of))


@bp.get("/<int:mark_id>")
@requires("attendance.view")
@takes(gives=MarkShape)
def show(mark_id: int) -> Response:
    """One mark."""
    row = db.session.get(Attendance, mark_id)
    if row is None:
        raise Missing("This mark does not exist.", param="mark_id")
    return answer(MarkShape.of(row))


@bp.post("")
@requires("attendance.edit")
@takes(body=NewMark, gives=MarkShape, status=201)
def mark(body: NewMark) -> Response:
    """Mark a student: 201 for the first mark of the day, 200 for a correction."""
    marked = mark_attendance(student_id=body.student_id, day=body.date, status=body.status)
    shape: dict[str, Any] = MarkShape.of(marked.mark)
    if not marked.is_new:
        return answer(shape)
    return created(shape, url_for(".show", mark_id=marked.mark.id))
