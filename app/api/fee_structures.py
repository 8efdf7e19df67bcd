"""`/fee-structures`: price lists, what each student of a class is charged in a term."""

from typing import Annotated

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.api.core import answer, created, hash_of, idempotency_key, listed, no_content, takes
from app.api.fields import Amount, Body, Day, Id, IsoDay, ListArguments, Minor, Name, Shape, left_out
from app.errors import Missing
from app.models import FeeStructure
from app.queries.fee_structures import PriceList, price_list, price_list_page
from app.services.fee_structures import Priced, add_fee_structure, delete_fee_structure, update_fee_structure
from app.services.repeats import earlier_record
from app.web.access import requires

bp = Blueprint("fee_structures", __name__, url_prefix="/fee-structures")


class PriceShape(Shape):
    """One fee of a price list."""

    fee_type_id: int
    fee_type: str
    amount: Minor
    due_on: IsoDay | None


class OpenShape(Shape):
    """What a price list has not charged yet: students, their fees, and the sum."""

    students: int
    fees: int
    total: Minor


class FeeStructureShape(Shape):
    """A price list; `students` counts the active ones of the class. An optional one is for students who are chosen."""

    id: int
    name: str
    class_id: int
    class_name: str
    term_id: int
    term: str
    is_optional: bool
    items: list[PriceShape]
    total: Minor
    students: int
    open: OpenShape


class NewPrice(Body):
    """One fee of a price list."""

    fee_type_id: Id
    amount: Amount
    due_on: Day | None = None

    def priced(self) -> Priced:
        return Priced(self.fee_type_id, self.amount, self.due_on)


Prices = Annotated[list[NewPrice], Field(min_length=1, max_length=100)]


class NewFeeStructure(Body):
    """A price list to add; without `name` it is called after its class and term, an optional one after its fees."""

    class_id: Id
    term_id: Id
    name: Name = ""
    is_optional: bool = False
    items: Prices


class FeeStructureChange(Body):
    """What changes; fields that are left out stay. Who is charged already stays charged as before."""

    name: Name = left_out()
    is_optional: bool = left_out()
    items: Prices = left_out()


class FeeStructureList(ListArguments):
    """Which price lists."""

    class_id: Id | None = None
    term_id: Id | None = None


@bp.get("")
@requires("fees.view")
@takes(query=FeeStructureList, gives=FeeStructureShape, a_list=True)
def index(query: FeeStructureList) -> Response:
    """List price lists, the newest first."""
    found = price_list_page(class_id=query.class_id, term_id=query.term_id, cursor=query.cursor, limit=query.limit)
    return listed(found.map(FeeStructureShape.of))


@bp.get("/<int:fee_structure_id>")
@requires("fees.view")
@takes(gives=FeeStructureShape)
def show(fee_structure_id: int) -> Response:
    """One price list."""
    return answer(FeeStructureShape.of(_list(fee_structure_id)))


@bp.post("")
@requires("fees.edit")
@takes(body=NewFeeStructure, gives=FeeStructureShape, status=201, key="optional")
def add(body: NewFeeStructure) -> Response:
    """Add a price list."""
    key, hashed = idempotency_key(required=False), hash_of(body)
    replayed = earlier_record(FeeStructure, key, hashed) is not None
    given = {**body.sent(), "items": [item.priced() for item in body.items]}
    row = add_fee_structure(**given, request_key=key, request_hash=hashed)
    where = url_for(".show", fee_structure_id=row.id)
    return created(FeeStructureShape.of(_list(row.id)), where, replayed=replayed)


@bp.patch("/<int:fee_structure_id>")
@requires("fees.edit")
@takes(body=FeeStructureChange, gives=FeeStructureShape)
def change(fee_structure_id: int, body: FeeStructureChange) -> Response:
    """Rename a price list or change its fees."""
    given = body.sent()
    if "items" in given:
        given["items"] = [item.priced() for item in body.items]
    update_fee_structure(fee_structure_id=fee_structure_id, **given)
    return answer(FeeStructureShape.of(_list(fee_structure_id)))


@bp.delete("/<int:fee_structure_id>")
@requires("fees.edit")
@takes(status=204, refuses=(409,))
def remove(fee_structure_id: int) -> ResponseReturnValue:
    """Remove a price list that nobody was billed by."""
    delete_fee_structure(fee_structure_id=fee_structure_id)
    return no_content()


def _list(fee_structure_id: int) -> PriceList:
    found = price_list(fee_structure_id)
    if found is None:
        raise Missing("This price list does not exist.", param="fee_structure_id")
    return found
