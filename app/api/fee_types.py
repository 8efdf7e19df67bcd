"""`/fee-types`: kinds of fees, each with the category its income goes to."""

from flask import Blueprint, Response, url_for
from sqlalchemy import select

from app.api.core import answer, created, page, takes
from app.api.fields import Body, Id, ListArguments, Name, Shape, left_out
from app.errors import Missing
from app.extensions import db
from app.models import FeeType
from app.services.fee_types import add_fee_type, update_fee_type
from app.web.access import requires

bp = Blueprint("fee_types", __name__, url_prefix="/fee-types")


class FeeTypeShape(Shape):
    """A kind of fee; without `category_id` its income goes to School Fees."""

    id: int
    name: str
    category_id: int | None
    is_active: bool


class NewFeeType(Body):
    """A kind of fee to add."""

    name: Name
    category_id: Id | None = None


class FeeTypeChange(Body):
    """What changes; fields that are left out stay."""

    name: Name = left_out()
    category_id: Id | None = None
    is_active: bool = left_out()


class FeeTypeList(ListArguments):
    """Which kinds of fees."""

    is_active: bool | None = None


@bp.get("")
@requires("fees.view")
@takes(query=FeeTypeList, gives=FeeTypeShape, a_list=True)
def index(query: FeeTypeList) -> Response:
    """List kinds of fees."""
    found = select(FeeType)
    if query.is_active is not None:
        found = found.where(FeeType.is_active == query.is_active)
    return page(found, FeeTypeShape.of, FeeType.id, given=query)


@bp.get("/<int:fee_type_id>")
@requires("fees.view")
@takes(gives=FeeTypeShape)
def show(fee_type_id: int) -> Response:
    """One kind of fee."""
    row = db.session.get(FeeType, fee_type_id)
    if row is None:
        raise Missing("This fee type does not exist.", param="fee_type_id")
    return answer(FeeTypeShape.of(row))


@bp.post("")
@requires("fees.edit")
@takes(body=NewFeeType, gives=FeeTypeShape, status=201)
def add(body: NewFeeType) -> Response:
    """Add a kind of fee."""
    row = add_fee_type(**body.sent())
    return created(FeeTypeShape.of(row), url_for(".show", fee_type_id=row.id))


@bp.patch("/<int:fee_type_id>")
@requires("fees.edit")
@takes(body=FeeTypeChange, gives=FeeTypeShape)
def change(fee_type_id: int, body: FeeTypeChange) -> Response:
    """Rename a kind of fee, or take it out of use."""
    return answer(FeeTypeShape.of(update_fee_type(fee_type_id=fee_type_id, **body.sent())))
