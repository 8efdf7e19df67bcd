"""What a student owes, and what waits as credit; all amounts in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.domain.allocation import OpenFee, PostedShare, oldest_first
from app.extensions import db
from app.models import Fee, FinancialTransaction, Payment, PaymentAllocation, StudentBalance


@dataclass(frozen=True)
class Balance:
    """A student's account in five figures."""

    billed: int = 0
    adjusted: int = 0
    paid: int = 0
    arrears: int = 0
    credit: int = 0


@dataclass(frozen=True)
class PaymentCredit:
    """The part of one payment that no fee has used yet."""

    payment_id: int
    amount: int
    method: str


def balance_of(student_id: int) -> Balance:
    """The balance of a student; zeros for one who does not exist."""
    row = db.session.execute(
        select(
            StudentBalance.billed,
            StudentBalance.adjusted,
            StudentBalance.paid,
            StudentBalance.arrears,
            StudentBalance.credit,
        ).where(StudentBalance.student_id == student_id)
    ).one_or_none()
    return Balance(*row) if row else Balance()


def open_fees(student_id: int) -> Sequence[OpenFee]:
    """The fees of a student that still owe something, oldest first."""
    rows = db.session.execute(
        select(Fee.id, Fee.arrears, Fee.due_on).where(Fee.student_id == student_id, Fee.arrears > 0)
    )
    return oldest_first([OpenFee(*row) for row in rows])


def credits_of(student_id: int) -> Sequence[PaymentCredit]:
    """Payments of a student with credit left, oldest first."""
    used = (
        select(func.coalesce(func.sum(PaymentAllocation.amount), 0))
        .where(PaymentAllocation.payment_id == Payment.id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Payment.id, Payment.amount - used, Payment.method)
        .where(Payment.student_id == student_id, Payment.voided_at.is_(None), Payment.amount > used)
        .order_by(Payment.paid_on, Payment.id)
    )
    return [PaymentCredit(*row) for row in rows]


def shares_of_fee(fee_id: int) -> dict[int, int]:
    """What each live payment gave to a fee: payment id -> amount, oldest day first, then oldest receipt."""
    rows = db.session.execute(
        select(Payment.id, func.sum(PaymentAllocation.amount))
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .where(PaymentAllocation.fee_id == fee_id, Payment.voided_at.is_(None))
        .group_by(Payment.id)
        # A receipt that replaces an old one has a high number, and is still the older money.
        .order_by(Payment.paid_on, Payment.id)
    )
    return dict(rows.all())


def posted_shares(payment_id: int) -> Sequence[PostedShare]:
    """What a live payment gave to fees, in the order it did: first what it was received for, then its credit."""
    rows = db.session.execute(
        select(PaymentAllocation.fee_id, PaymentAllocation.amount, FinancialTransaction.transaction_date)
        .join(FinancialTransaction, FinancialTransaction.allocation_id == PaymentAllocation.id)
        .where(PaymentAllocation.payment_id == payment_id)
        .order_by(PaymentAllocation.id)
    )
    direct = _not_credit(payment_id)
    shares = []
    for fee_id, amount, on in rows:
        shares.append(PostedShare(fee_id, amount, on=on, from_credit=direct <= 0))
        direct -= amount
    return shares


def credit_in_fee(fee_id: int) -> int:
    """The part of a fee's payments that came from the student's credit, and is credit again once the fee is gone."""
    return sum(
        share.amount
        for payment_id in shares_of_fee(fee_id)
        for share in posted_shares(payment_id)
        if share.fee_id == fee_id and share.from_credit
    )


def _not_credit(payment_id: int) -> int:
    credit = (
        select(func.coalesce(func.sum(FinancialTransaction.amount), 0))
        .where(
            FinancialTransaction.payment_id == payment_id,
            FinancialTransaction.reference == f"CREDIT-{payment_id}",
            FinancialTransaction.amount > 0,
        )
        .scalar_subquery()
    )
    return db.session.execute(select(Payment.amount - credit).where(Payment.id == payment_id)).scalar_one()


def was_ever_paid(fee_id: int) -> bool:
    """Whether any payment, also a voided one, has a share in a fee."""
    return (
        db.session.scalar(select(PaymentAllocation.id).where(PaymentAllocation.fee_id == fee_id).limit(1)) is not None
    )
