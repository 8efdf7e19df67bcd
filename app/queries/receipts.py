"""A receipt as it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.domain.fees import period_name
from app.extensions import db
from app.models import Fee, FeeType, Payment, PaymentAllocation, User, UserActivity
from app.queries.balances import Balance, balance_of
from app.queries.payments import PaymentRow, payment_row

PRINTED = "receipt.printed"


@dataclass(frozen=True)
class ReceiptLine:
    """What a receipt settles; `amount` in minor units."""

    fee_id: int
    what: str
    amount: int


@dataclass(frozen=True)
class Receipt:
    """A receipt with its lines; `credit` is the part that no fee has taken, `balance` is today's."""

    payment: PaymentRow
    lines: Sequence[ReceiptLine]
    credit: int
    balance: Balance
    replaces: str | None
    replaced_by: str | None
    voided_by: str | None
    was_printed: bool


def receipt_numbered(receipt_no: str) -> Receipt | None:
    """The receipt with this number."""
    payment_id = db.session.scalar(select(Payment.id).where(Payment.receipt_no == receipt_no))
    payment = payment_row(payment_id) if payment_id is not None else None
    if payment is None:
        return None
    lines = _lines(payment.id)
    other = Payment.__table__.alias()
    replaces = db.session.scalar(
        select(other.c.receipt_no).where(
            other.c.id == select(Payment.replaces_id).where(Payment.id == payment.id).scalar_subquery()
        )
    )
    return Receipt(
        payment=payment,
        lines=lines,
        credit=payment.amount - sum(line.amount for line in lines),
        balance=balance_of(payment.student_id),
        replaces=replaces,
        replaced_by=_replaced_by(payment.id) if payment.voided_at else None,
        voided_by=_voided_by(payment.id),
        was_printed=_was_printed(payment.id),
    )


def _lines(payment_id: int) -> Sequence[ReceiptLine]:
    rows = db.session.execute(
        select(Fee.id, Fee.description, FeeType.name, Fee.year, Fee.month, func.sum(PaymentAllocation.amount))
        .join(Fee, Fee.id == PaymentAllocation.fee_id)
        .outerjoin(FeeType, FeeType.id == Fee.fee_type_id)
        .where(PaymentAllocation.payment_id == payment_id)
        .group_by(Fee.id, Fee.description, FeeType.name, Fee.year, Fee.month)
        .order_by(func.min(PaymentAllocation.id))
    )
    return [
        ReceiptLine(fee_id, description or fee_type or period_name(year, month) or "Fee", amount)
        for fee_id, description, fee_type, year, month, amount in rows
    ]


def _replaced_by(payment_id: int) -> str | None:
    return db.session.scalar(select(Payment.receipt_no).where(Payment.replaces_id == payment_id).limit(1))


def _voided_by(payment_id: int) -> str | None:
    found = db.session.scalar(select(User).join(Payment, Payment.voided_by == User.id).where(Payment.id == payment_id))
    return (found.full_name or found.username) if found else None


def _was_printed(payment_id: int) -> bool:
    return (
        db.session.scalar(
            select(UserActivity.id)
            .where(
                UserActivity.table_name == "payments",
                UserActivity.record_id == payment_id,
                UserActivity.activity_type == PRINTED,
            )
            .limit(1)
        )
        is not None
    )
