"""`/guardians`: who pays for a student and is told."""

from typing import Annotated

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.api.core import answer, created, listed, no_content, takes
from app.api.fields import Body, Id, Line, ListArguments, Readable, Shape, left_out
from app.errors import Missing
from app.queries.guardians import GuardianRow, guardian_page, guardian_row
from app.services.guardians import add_guardian, add_guardian_of, link_guardian, unlink_guardian, update_guardian
from app.web.access import requires

bp = Blueprint("guardians", __name__, url_prefix="/guardians")
Text32 = Annotated[str, Field(max_length=32), Readable]
Text120 = Annotated[str, Field(max_length=120), Readable]


class GuardianShape(Shape):
    """A guardian with the students they answer for."""

    id: int
    full_name: str
    phone: str | None
    email: str | None
    address: str | None
    student_ids: list[int]


class NewGuardian(Body):
    """A guardian to add, at once for a student if one is named."""

    full_name: Text120
    phone: Text32 | None = None
    email: Text120 | None = None
    address: Line | None = None
    student_id: Id | None = None
    relationship: Text32 = ""
    pays_fees: bool = True


class GuardianChange(Body):
    """What changes; fields that are left out stay."""

    full_name: Text120 = left_out()
    phone: Text32 | None = None
    email: Text120 | None = None
    address: Line | None = None


class Link(Body):
    """A student for the guardian."""

    student_id: Id
    relationship: Text32 = ""
    pays_fees: bool = True


class GuardianList(ListArguments):
    """Which guardians."""

    student_id: Id | None = None


@bp.get("")
@requires("guardians.view")
@takes(query=GuardianList, gives=GuardianShape, a_list=True)
def index(query: GuardianList) -> Response:
    """List guardians."""
    found = guardian_page(student_id=query.student_id, cursor=query.cursor, limit=query.limit)
    return listed(found.map(GuardianShape.of))


@bp.get("/<int:guardian_id>")
@requires("guardians.view")
@takes(gives=GuardianShape)
def show(guardian_id: int) -> Response:
    """One guardian."""
    return answer(GuardianShape.of(_guardian(guardian_id)))


@bp.post("")
@requires("guardians.edit")
@takes(body=NewGuardian, gives=GuardianShape, status=201)
def add(body: NewGuardian) -> Response:
    """Add a guardian."""
    sent = body.sent()
    if body.student_id is not None:
        row = add_guardian_of(**sent)
    else:
        row = add_guardian(**{name: sent[name] for name in sent if name in GuardianChange.model_fields})
    return created(GuardianShape.of(_guardian(row.id)), url_for(".show", guardian_id=row.id))


@bp.patch("/<int:guardian_id>")
@requires("guardians.edit")
@takes(body=GuardianChange, gives=GuardianShape)
def change(guardian_id: int, body: GuardianChange) -> Response:
    """Change a guardian, for all their students."""
    update_guardian(guardian_id=guardian_id, **body.sent())
    return answer(GuardianShape.of(_guardian(guardian_id)))


@bp.post("/<int:guardian_id>/students")
@requires("guardians.edit")
@takes(body=Link, gives=GuardianShape)
def link(guardian_id: int, body: Link) -> Response:
    """Make the guardian one of a student's."""
    _guardian(guardian_id)
    link_guardian(guardian_id=guardian_id, **body.sent())
    return answer(GuardianShape.of(_guardian(guardian_id)))


@bp.delete("/<int:guardian_id>/students/<int:student_id>")
@requires("guardians.edit")
@takes(status=204)
def unlink(guardian_id: int, student_id: int) -> ResponseReturnValue:
    """The guardian is no longer one of this student's; one without students is removed."""
    unlink_guardian(guardian_id=guardian_id, student_id=student_id)
    return no_content()


def _guardian(guardian_id: int) -> GuardianRow:
    row = guardian_row(guardian_id)
    if row is None:
        raise Missing("This guardian does not exist.", param="guardian_id")
    return row
