"""`/payments`: money received, with its receipt number."""

from typing import Annotated, Any, Literal

from flask import Blueprint, Response, url_for
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.api.core import answer, created, hash_of, idempotency_key, page, takes
from app.api.fields import Amount, Body, Day, Id, IsoDay, IsoMoment, Line, ListArguments, Minor, Name, Shape
from app.errors import Missing
from app.extensions import db
from app.models import Payment
from app.queries.payments import PaymentFilter
from app.services.payments import RECORDED, record_payment, void_payment
from app.web.access import requires

bp = Blueprint("payments", __name__, url_prefix="/payments")
Method = Literal["cash", "momo", "bank", "cheque", "card"]


class AllocationShape(Shape):
    """The share of a payment that settles one fee."""

    fee_id: int
    amount: Minor


class PaymentShape(Shape):
    """A receipt. `credit` is the part that no fee has taken; zero once it is voided."""

    id: int
    receipt_no: str
    student_id: int
    amount: Minor
    method: Method
    paid_on: IsoDay
    voided_at: IsoMoment | None
    allocations: list[AllocationShape]
    credit: Minor


class PaymentWritten(Shape):
    """What a write did."""

    payment: PaymentShape
    message: str


class Share(Body):
    """The share of this payment that one fee gets."""

    fee_id: Id
    amount: Amount


class NewPayment(Body):
    """Money received from a student's family; without `allocations` the oldest fees are settled first."""

    student_id: Id
    amount: Amount
    method: Method = "cash"
    paid_on: Day | None = None
    allocations: Annotated[list[Share], Field(max_length=500)] | None = None
    external_reference: Name | None = None
    note: Line | None = None
    allow_credit: bool = False
    allow_withdrawn: bool = False
    allow_used_reference: bool = False


class Voiding(Body):
    """Why a receipt is voided."""

    reason: Line


class PaymentList(ListArguments):
    """Which receipts."""

    student_id: Id | None = None
    method: Method | None = None
    paid_on: Day | None = None
    from_date: Day | None = None
    to_date: Day | None = None
    voided: bool | None = None


def payment_shape(payment: Payment) -> dict[str, Any]:
    """A payment as JSON values; a fee that got two shares of it is listed once."""
    shares: dict[int, int] = {}
    for allocation in payment.allocations:
        shares[allocation.fee_id] = shares.get(allocation.fee_id, 0) + allocation.amount
    credit = payment.amount - sum(shares.values()) if payment.voided_at is None else 0
    return PaymentShape(
        id=payment.id,
        receipt_no=payment.receipt_no,
        student_id=payment.student_id,
        amount=payment.amount,
        method=payment.method,  # type: ignore[arg-type]
        paid_on=payment.paid_on,
        voided_at=payment.voided_at,
        allocations=[AllocationShape(fee_id=fee_id, amount=amount) for fee_id, amount in shares.items()],
        credit=credit,
    ).model_dump(mode="json")


@bp.get("")
@requires("payments.view")
@takes(query=PaymentList, gives=PaymentShape, a_list=True)
def index(query: PaymentList) -> Response:
    """List receipts, the newest first."""
    wanted = PaymentFilter(**query.model_dump(exclude={"cursor", "limit"}))
    found = select(Payment).options(selectinload(Payment.allocations)).where(*wanted.conditions())
    return page(found, payment_shape, Payment.id, given=query, newest_first=True)


@bp.get("/<int:payment_id>")
@requires("payments.view")
@takes(gives=PaymentShape)
def show(payment_id: int) -> Response:
    """One receipt."""
    payment = db.session.get(Payment, payment_id)
    if payment is None:
        raise Missing("This payment does not exist.", param="payment_id")
    return answer(payment_shape(payment))


@bp.post("")
@requires("payments.create")
@takes(body=NewPayment, gives=PaymentWritten, status=201, key="required", refuses=(409,))
def add(body: NewPayment) -> Response:
    """Record a payment. The same Idempotency-Key with the same body gives the first answer again."""
    key = idempotency_key(required=True)
    values = body.sent()
    if body.allocations is not None:
        values["allocations"] = [(share.fee_id, share.amount) for share in body.allocations]
    recorded = record_payment(**values, request_key=key, request_hash=hash_of(body))
    where = url_for(".show", payment_id=recorded.payment.id)
    content = {"payment": payment_shape(recorded.payment), "message": RECORDED}
    return created(content, where, replayed=recorded.replayed)


@bp.post("/<int:payment_id>/void")
@requires("payments.void")
@takes(body=Voiding, gives=PaymentWritten, refuses=(409,))
def void(payment_id: int, body: Voiding) -> Response:
    """Void a receipt: its fees owe again, its cash-book rows go or are reversed."""
    payment = void_payment(payment_id=payment_id, reason=body.reason)
    return answer({"payment": payment_shape(payment), "message": "Receipt voided"})
