"""`/fees`: amounts charged to students."""

from typing import Annotated, Any, Literal

from flask import Blueprint, Response, request, url_for
from pydantic import Field
from sqlalchemy import select

from app.api.core import answer, created, hash_of, idempotency_key, if_match, page, takes
from app.api.fields import (
    Amount,
    AmountOrZero,
    Arguments,
    Body,
    Day,
    Id,
    IsoDay,
    Line,
    ListArguments,
    Minor,
    Shape,
    left_out,
)
from app.api.payments import Method, PaymentShape, payment_shape
from app.clock import today
from app.domain.fees import fee_status
from app.errors import Missing
from app.extensions import db
from app.models import Fee
from app.queries.fees import FeeFilter
from app.services.fees import FeeResult, add_fee, delete_fee, update_fee
from app.web.access import requires

bp = Blueprint("fees", __name__, url_prefix="/fees")
Status = Literal["unpaid", "partial", "paid", "cancelled"]
Year = Annotated[int, Field(ge=2000, le=2100)]
Month = Annotated[int, Field(ge=1, le=12)]


class FeeShape(Shape):
    """A fee. arrears = what is still unpaid; a cancelled fee owes nothing."""

    id: int
    student_id: int
    description: str
    year: int | None
    month: int | None
    due_on: IsoDay | None
    amount_due: Minor
    amount_adjusted: Minor
    amount_paid: Minor
    arrears: Minor
    status: Status
    version: int


class FeeWritten(Shape):
    """What a write did: the fee (null when it is gone), the payment that came with it, and a sentence."""

    fee: FeeShape | None
    payment: PaymentShape | None
    message: str


class NewFee(Body):
    """A fee to charge; `amount_paid` is what was paid at once."""

    student_id: Id
    amount_due: Amount
    amount_paid: AmountOrZero = 0
    description: Line = ""
    fee_type_id: Id | None = None
    term_id: Id | None = None
    year: Year | None = None
    month: Month | None = None
    due_on: Day | None = None
    method: Method = "cash"
    paid_on: Day | None = None
    allow_credit: bool = False


class FeeChange(Body):
    """What changes; fields that are left out stay. A new `amount_paid` posts a payment or takes the newest back."""

    amount_due: Amount = left_out()
    amount_paid: AmountOrZero = left_out()
    description: Line = left_out()
    fee_type_id: Id | None = None
    term_id: Id | None = None
    year: Year | None = None
    month: Month | None = None
    due_on: Day | None = None
    method: Method = "cash"
    paid_on: Day | None = None
    allow_credit: bool = False


class FeeList(ListArguments):
    """Which fees; `overdue` asks for those unpaid after their due date."""

    student_id: Id | None = None
    status: Status | None = None
    class_id: Id | None = None
    term_id: Id | None = None
    overdue: bool = False


class Deletion(Arguments):
    """Why a fee is deleted; kept with it when it had payments."""

    reason: Line = "Fee deleted"


def fee_shape(fee: Fee) -> dict[str, Any]:
    """A fee as JSON values."""
    status = fee_status(arrears=fee.arrears, amount_paid=fee.amount_paid, cancelled=fee.cancelled_at is not None)
    columns = {name: getattr(fee, name) for name in FeeShape.model_fields if name != "status"}
    return FeeShape(**columns, status=status).model_dump(mode="json")  # type: ignore[arg-type]


def _written(result: FeeResult) -> dict[str, Any]:
    return {
        "fee": fee_shape(result.fee) if result.fee is not None else None,
        "payment": payment_shape(result.payment) if result.payment is not None else None,
        "message": result.message,
    }


@bp.get("")
@requires("fees.view")
@takes(query=FeeList, gives=FeeShape, a_list=True)
def index(query: FeeList) -> Response:
    """List fees, the newest first."""
    wanted = FeeFilter(
        student_id=query.student_id,
        status=query.status,
        class_id=query.class_id,
        term_id=query.term_id,
        overdue_on=today() if query.overdue else None,
    )
    return page(select(Fee).where(*wanted.conditions()), fee_shape, Fee.id, given=query, newest_first=True)


@bp.get("/<int:fee_id>")
@requires("fees.view")
@takes(gives=FeeShape)
def show(fee_id: int) -> Response:
    """One fee; its ETag is the version that a change must name."""
    fee = db.session.get(Fee, fee_id)
    if fee is None:
        raise Missing("This fee does not exist.", param="fee_id")
    return answer(fee_shape(fee), version=fee.version)


@bp.post("")
@requires("fees.edit")
@takes(body=NewFee, gives=FeeWritten, status=201, key="optional", refuses=(409,))
def add(body: NewFee) -> Response:
    """Charge a fee to a student, and record what was paid at once."""
    key = idempotency_key(required=False)
    result = add_fee(**body.sent(), request_key=key, request_hash=hash_of(body) if key else None)
    assert result.fee is not None
    where = url_for(".show", fee_id=result.fee.id)
    return created(_written(result), where, version=result.fee.version, replayed=result.replayed)


@bp.patch("/<int:fee_id>")
@requires("fees.edit")
@takes(body=FeeChange, gives=FeeWritten, version=True, refuses=(409,))
def change(fee_id: int, body: FeeChange) -> Response:
    """Change a fee that still has the version of If-Match; 409 with both values when somebody else was first."""
    result = update_fee(fee_id=fee_id, version=if_match(), **body.sent())
    return answer(_written(result), version=result.fee.version if result.fee else None)


@bp.delete("/<int:fee_id>")
@requires("fees.delete")
@takes(query=Deletion, gives=FeeWritten, refuses=(409,))
def remove(fee_id: int, query: Deletion) -> Response:
    """Remove a fee that was never paid; void the payments of one that was, and cancel it. If-Match is optional."""
    version = if_match() if "If-Match" in request.headers else None
    result = delete_fee(fee_id=fee_id, reason=query.reason, version=version)
    return answer(_written(result), version=result.fee.version if result.fee else None)
