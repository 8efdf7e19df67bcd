"""Receiving money and undoing a receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import joinedload

from app.clock import now, today
from app.database import atomic, current_actor
from app.domain.allocation import OpenFee, Share, allocate_oldest_first, take_share_back
from app.domain.dates import check_date
from app.domain.money import check_amount
from app.domain.names import clean_optional, clean_text
from app.domain.payments import METHOD_NAMES, check_method
from app.errors import Conflict, Invalid, Missing
from app.models import Fee, Payment, PaymentAllocation, Student
from app.queries.balances import credits_of, open_fees, posted_shares
from app.queries.day_closes import day_is_closed
from app.queries.payments import receipt_with_reference
from app.queries.settings import setting
from app.services.announcements import alerts_of_the_outcome, announce_payment, announce_void, money_text
from app.services.counters import next_number
from app.services.repeats import earlier_row
from app.services.transactions import (
    create_financial_transaction_for_fee_payment,
    post_credit,
    post_credit_use,
    remove_transactions_of,
)
from app.words import say

RECORDED = say("Payment recorded and financial transaction created")


@dataclass(frozen=True)
class Recorded:
    """A payment, and whether an earlier request with the same key had made it."""

    payment: Payment
    replayed: bool = False


def record_payment(
    *,
    student_id: int,
    amount: int,
    method: str = "cash",
    paid_on: date | None = None,
    allocations: Sequence[tuple[int, int]] | None = None,
    external_reference: str | None = None,
    note: str | None = None,
    request_key: str | None = None,
    request_hash: str | None = None,
    allow_credit: bool = False,
    allow_withdrawn: bool = False,
    allow_used_reference: bool = False,
) -> Recorded:
    """Record one payment: its receipt, its shares, its cash-book rows and its announcement.

    `amount` and the `(fee_id, amount)` pairs of `allocations` are in minor units; without pairs the oldest fees are
    settled first. What no fee takes becomes the student's credit, if `allow_credit`. A withdrawn student's arrears are
    taken if `allow_withdrawn`, and a reference that a standing receipt of the same method carries, if
    `allow_used_reference`. Repeating a `request_key` returns the first payment, so a double click takes the money once.
    Raises Invalid, KeyReused, and Conflict when the day of `paid_on` is closed for the one who receives it.
    """
    check_amount(amount)
    check_method(method)
    external_reference = clean_optional(external_reference, param="external_reference", most=64)
    note = clean_optional(note, param="note", most=200)
    if earlier := earlier_row(Payment, request_key, request_hash):
        return Recorded(earlier, replayed=True)
    # A reference is looked for among everybody's receipts.
    with atomic(account=None if external_reference else student_id):
        if earlier := earlier_row(Payment, request_key, request_hash):
            return Recorded(earlier, replayed=True)
        on = today()
        paid_on = check_date(paid_on or on, param="paid_on", latest=on)
        _refuse_closed_day(paid_on, method)
        student = _payer(student_id, allow_withdrawn)
        if not allow_used_reference:
            _refuse_used_reference(external_reference, method)
        owed = open_fees(student_id)
        shares, credit = _shares(student_id, amount, owed, allocations)
        if credit and not allow_credit:
            raise _overpaid(credit, all_settled=sum(share.amount for share in shares) == sum(fee.owed for fee in owed))
        payment = _receive(
            Payment(
                student_id=student_id,
                amount=amount,
                method=method,
                external_reference=external_reference,
                note=note,
                paid_on=paid_on,
                received_by=current_actor().user_id,
                request_key=request_key,
                request_hash=request_hash,
            ),
            shares,
        )
        announce_payment(payment, student)
        return Recorded(payment)


def void_payment(*, payment_id: int, reason: str) -> Payment:
    """Undo a receipt: its fees owe again, its cash-book rows go (or are reversed once the day is closed).

    Raises Missing, Invalid without a reason, and Conflict when it was voided before.
    """
    reason = clean_text(reason, param="reason", most=200)
    if not reason:
        raise Invalid("A receipt is voided with a reason.", param="reason")
    with atomic() as session:
        payment = session.get(Payment, payment_id)
        if payment is None:
            raise Missing("This receipt does not exist.", param="payment_id")
        if payment.voided_at is not None:
            raise Conflict("This receipt was voided before.", code="already_voided")
        with alerts_of_the_outcome(payment.student_id):
            payment.voided_at = now()
            payment.voided_by = current_actor().user_id
            payment.void_reason = reason
            session.flush()
        remove_transactions_of(payment)
        announce_void(payment)
        session.expire_all()
        return session.get_one(Payment, payment_id)


def take_back(*, payment_id: int, fee_id: int, kept: int, reason: str) -> Payment | None:
    """Void a receipt and post what remains of it: one fee's share becomes `kept`, other shares and credit stay.

    What the fee had from the receipt's credit was received and is credit again. Everything keeps its day, unless that
    is closed. Returns the receipt that replaces the voided one, or None when nothing remains.
    """
    with atomic() as session:
        left, taken = take_share_back(posted_shares(payment_id), fee_id, kept)
        void_payment(payment_id=payment_id, reason=reason)
        before = session.get_one(Payment, payment_id)
        if before.amount == taken:
            return None
        payment = _receive(
            Payment(
                student_id=before.student_id,
                amount=before.amount - taken,
                method=before.method,
                external_reference=before.external_reference,
                note=before.note,
                paid_on=_open_day(before, before.paid_on),
                received_by=before.received_by,
                replaces_id=before.id,
            ),
            [Share(share.fee_id, share.amount) for share in left if not share.from_credit],
        )
        for share in left:
            if share.from_credit:
                _use_credit(payment, share.fee_id, share.amount, max(payment.paid_on, _open_day(before, share.on)))
        return payment


def apply_credit(*, student_id: int, fee_id: int) -> int:
    """Let a fee use the student's credit, oldest payment first; return what it took, in minor units."""
    with atomic() as session:
        taken = 0
        owed = session.get_one(Fee, fee_id).arrears
        for credit in credits_of(student_id):
            part = min(credit.amount, owed - taken)
            if part <= 0:
                break
            _use_credit(session.get_one(Payment, credit.payment_id), fee_id, part, today())
            taken += part
        return taken


def _use_credit(payment: Payment, fee_id: int, amount: int, on: date) -> None:
    with atomic() as session:
        allocation = PaymentAllocation(payment_id=payment.id, fee_id=fee_id, amount=amount)
        session.add(allocation)
        session.flush()
        post_credit_use(payment, allocation, on)
        _reread_fees()


def _receive(payment: Payment, shares: Sequence[Share]) -> Payment:
    with atomic() as session:
        payment.receipt_no = f"{setting('receipt_prefix')}-{next_number('receipt'):06d}"
        session.add(payment)
        session.flush()
        rows = [PaymentAllocation(payment_id=payment.id, fee_id=share.fee_id, amount=share.amount) for share in shares]
        session.add_all(rows)
        session.flush()
        create_financial_transaction_for_fee_payment(payment, rows)
        if credit := payment.amount - sum(share.amount for share in shares):
            post_credit(payment, credit)
        _reread_fees()
        return payment


def _reread_fees() -> None:
    """Triggers have changed fees behind the session's back."""
    with atomic() as session:
        for row in session:
            if isinstance(row, Fee):
                session.expire(row)


def _payer(student_id: int, allow_withdrawn: bool) -> Student:
    with atomic() as session:
        student = session.get(Student, student_id, options=[joinedload(Student.school_class)])
        if student is None:
            raise Invalid("This student_id does not exist.", param="student_id", code="unknown_student")
        if student.status == "withdrawn" and not allow_withdrawn:
            raise Invalid(
                say(
                    "{student} has withdrawn; confirm to take the payment all the same.",
                    student=f"{student.first_name} {student.last_name}",
                ),
                param="student_id",
                code="student_withdrawn",
            )
        return student


def _refuse_used_reference(reference: str | None, method: str) -> None:
    if reference and (receipt_no := receipt_with_reference(reference, method=method)):
        raise Invalid(
            say(
                "{method} {reference} is already on receipt {receipt_no}; confirm to take the payment all the same.",
                method=METHOD_NAMES[method],
                reference=reference,
                receipt_no=receipt_no,
            ),
            param="external_reference",
            code="reference_used",
            details={"receipt_no": receipt_no},
        )


def _refuse_closed_day(on: date, method: str) -> None:
    if day_is_closed(on, method=method, cashier_id=current_actor().user_id):
        raise Conflict(
            say(
                "The day {day} is closed for {method}; it takes no more receipts.",
                day=on.isoformat(),
                method=METHOD_NAMES[method],
            ),
            param="paid_on",
            code="day_closed",
        )


def _open_day(payment: Payment, on: date) -> date:
    closed = day_is_closed(on, method=payment.method, cashier_id=payment.received_by)
    return today() if closed else on


def _overpaid(credit: int, *, all_settled: bool) -> Invalid:
    text = money_text(credit)
    if all_settled:
        words = say(
            "The amount is {amount} more than is owed; confirm to keep it as the student's credit.", amount=text
        )
    else:
        words = say(
            "The shares leave {amount} of the amount over; confirm to keep it as the student's credit.", amount=text
        )
    return Invalid(
        words,
        param="amount",
        code="overpayment",
        details={"credit": credit},
    )


def _shares(
    student_id: int, amount: int, open_now: Sequence[OpenFee], allocations: Sequence[tuple[int, int]] | None
) -> tuple[list[Share], int]:
    if allocations is None:
        return allocate_oldest_first(amount, open_now)
    owed = {fee.id: fee for fee in open_now}
    shares: list[Share] = []
    for fee_id, part in allocations:
        check_amount(part, param="allocations")
        if fee_id in {share.fee_id for share in shares}:
            raise Invalid("The allocations name a fee twice.", param="allocations", code="fee_twice")
        if fee_id not in owed:
            _refuse_fee(student_id, fee_id)
        if part > owed[fee_id].owed:
            raise Invalid(
                say(
                    "The allocations give fee {number} {amount} more than it owes.",
                    number=fee_id,
                    amount=money_text(part - owed[fee_id].owed),
                ),
                param="allocations",
                code="fee_over_settled",
            )
        shares.append(Share(fee_id, part))
    rest = amount - sum(share.amount for share in shares)
    if rest < 0:
        raise Invalid(
            "The allocations add up to more than the amount.", param="allocations", code="payment_over_allocated"
        )
    return shares, rest


def _refuse_fee(student_id: int, fee_id: int) -> None:
    with atomic() as session:
        fee = session.get(Fee, fee_id)
        if fee is None or fee.student_id != student_id:
            raise Invalid(
                say("Fee {number} is not a fee of this student.", number=fee_id),
                param="allocations",
                code="unknown_fee",
            )
        raise Invalid(say("Fee {number} owes nothing.", number=fee_id), param="allocations", code="fee_over_settled")
