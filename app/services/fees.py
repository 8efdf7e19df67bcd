"""Charging students: adding, changing and deleting a fee, with the payments that come or go with it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from app.clock import now, today
from app.database import atomic, current_actor
from app.domain.allocation import take_newest_first
from app.domain.dates import check_date
from app.domain.money import check_amount
from app.domain.names import clean_text
from app.errors import Conflict, Invalid, Missing, SchoolError, Stale
from app.models import Fee, FeeAdjustment, FeeType, Payment, Student, Term
from app.queries.balances import shares_of_fee, was_ever_paid
from app.services.announcements import alerts_of_the_outcome, money_text
from app.services.keep import KEEP, Keep
from app.services.payments import RECORDED, apply_credit, record_payment, take_back
from app.services.repeats import earlier_row
from app.words import say

UPDATED = say("Payment and financial records updated")
DELETED = say("Payment and financial records deleted")


@dataclass(frozen=True)
class FeeResult:
    """What a write did to a fee; `fee` is None when the row is gone, `payment` None when no money moved."""

    fee: Fee | None
    payment: Payment | None
    message: str
    replayed: bool = False


def add_fee(
    *,
    student_id: int,
    amount_due: int,
    amount_paid: int = 0,
    description: str = "",
    fee_type_id: int | None = None,
    term_id: int | None = None,
    year: int | None = None,
    month: int | None = None,
    due_on: date | None = None,
    method: str = "cash",
    paid_on: date | None = None,
    request_key: str | None = None,
    request_hash: str | None = None,
    allow_credit: bool = False,
) -> FeeResult:
    """Charge a student, and record what was paid at once; what is still owed then takes the student's credit.

    Amounts are in minor units. Repeating a `request_key` returns the first fee. Raises Invalid and KeyReused.
    """
    check_amount(amount_due, param="amount_due")
    check_amount(amount_paid, param="amount_paid", allow_zero=True)
    key = {"request_key": request_key, "request_hash": request_hash}
    if earlier := earlier_row(Fee, request_key, request_hash):
        return _replayed(earlier)
    with atomic() as session:
        if earlier := earlier_row(Fee, request_key, request_hash):
            return _replayed(earlier)
        _check_student(student_id)
        details = _checked(
            description=description, fee_type_id=fee_type_id, term_id=term_id, year=year, month=month, due_on=due_on
        )
        with alerts_of_the_outcome(student_id):
            fee = Fee(
                student_id=student_id, amount_due=amount_due, created_by=current_actor().user_id, **key, **details
            )
            session.add(fee)
            session.flush()
            payment = None
            if amount_paid:
                payment = _pay(fee, amount_paid, method=method, paid_on=paid_on, allow_credit=allow_credit, **key)
            if amount_paid < amount_due:
                apply_credit(student_id=student_id, fee_id=fee.id)
        session.refresh(fee)
        return FeeResult(fee, payment, RECORDED if payment else say("Fee added"))


def update_fee(
    *,
    fee_id: int,
    version: int,
    amount_due: int | Keep = KEEP,
    amount_paid: int | Keep = KEEP,
    description: str | Keep = KEEP,
    fee_type_id: int | None | Keep = KEEP,
    term_id: int | None | Keep = KEEP,
    year: int | None | Keep = KEEP,
    month: int | None | Keep = KEEP,
    due_on: date | None | Keep = KEEP,
    method: str = "cash",
    paid_on: date | None = None,
    allow_credit: bool = False,
) -> FeeResult:
    """Change a fee that still has the given `version`; a new `amount_paid` adds a payment or takes the newest back.

    Amounts are in minor units. Raises Missing, Invalid, Conflict for a cancelled fee, and Stale with both values.
    """
    wanted = {
        "amount_due": amount_due,
        "amount_paid": amount_paid,
        "description": description,
        "fee_type_id": fee_type_id,
        "term_id": term_id,
        "year": year,
        "month": month,
        "due_on": due_on,
    }
    given: dict[str, Any] = {name: value for name, value in wanted.items() if not isinstance(value, Keep)}
    with atomic() as session:
        fee = _at_version(fee_id, version, given)
        new_paid: int = check_amount(given.pop("amount_paid", fee.amount_paid), param="amount_paid", allow_zero=True)
        new_due: int = check_amount(given.pop("amount_due", fee.amount_due), param="amount_due")
        _check_due(fee, new_due, new_paid)
        checked = _checked(**given)
        before = fee.amount_paid
        payment = None
        with alerts_of_the_outcome(fee.student_id):
            if new_paid < before:
                update_financial_transaction_for_fee_payment(fee, new_paid)
            fee.amount_due = new_due
            for name, value in checked.items():
                setattr(fee, name, value)
            if session.is_modified(fee):
                fee.version += 1
            session.flush()
            if new_paid > before:
                payment = update_financial_transaction_for_fee_payment(
                    fee, new_paid, method=method, paid_on=paid_on, allow_credit=allow_credit
                )
        session.refresh(fee)
        return FeeResult(fee, payment, UPDATED if new_paid != before else say("Fee updated"))


def delete_fee(*, fee_id: int, reason: str = "Fee deleted", version: int | None = None) -> FeeResult:
    """Remove a fee that was never paid; void the payments of one that was, and cancel it.

    One of a billing run is always cancelled: what is gone would be billed again by the next one.

    Raises Missing, Conflict for a fee cancelled before, and Stale when `version` is given and old.
    """
    with atomic() as session:
        fee = _live(fee_id)
        if version is not None and fee.version != version:
            raise _stale(fee, {})
        if fee.billing_run_id is None and not was_ever_paid(fee_id) and not _has_adjustments(fee_id):
            session.delete(fee)
            session.flush()
            return FeeResult(None, None, say("Fee deleted"))
        had_payments = fee.amount_paid > 0
        reason = (reason.strip() or "Fee deleted")[:200]
        with alerts_of_the_outcome(fee.student_id):
            _lower(fee, 0, reason)
            fee.cancelled_at = now()
            fee.cancelled_by = current_actor().user_id
            fee.cancel_reason = reason
            fee.version += 1
            session.flush()
        session.refresh(fee)
        return FeeResult(fee, None, DELETED if had_payments else say("Fee cancelled"))


def update_financial_transaction_for_fee_payment(
    fee: Fee, amount_paid: int, *, method: str = "cash", paid_on: date | None = None, allow_credit: bool = False
) -> Payment | None:
    """Bring payments and cash book to a fee's new `amount_paid`: post the difference, or take the newest receipts back.

    Returns the payment that was added, if any. At zero no row of the fee remains on an open day.
    """
    with atomic():
        if amount_paid > fee.amount_paid:
            return _pay(fee, amount_paid - fee.amount_paid, method=method, paid_on=paid_on, allow_credit=allow_credit)
        _lower(fee, amount_paid, "Amount paid of the fee corrected")
        return None


def _lower(fee: Fee, amount_paid: int, reason: str) -> None:
    with atomic() as session:
        remains = take_newest_first(shares_of_fee(fee.id), fee.amount_paid - amount_paid)
        for payment_id, kept in remains.items():
            take_back(payment_id=payment_id, fee_id=fee.id, kept=kept, reason=reason)
        session.refresh(fee)


def _pay(
    fee: Fee,
    amount: int,
    *,
    method: str,
    paid_on: date | None,
    allow_credit: bool,
    request_key: str | None = None,
    request_hash: str | None = None,
) -> Payment:
    share = min(amount, fee.arrears)
    if amount > share and not allow_credit:
        raise Invalid(
            say(
                "The amount paid is {amount} more than is owed on this fee; "
                "confirm to keep it as the student's credit.",
                amount=money_text(amount - share),
            ),
            param="amount_paid",
            code="overpayment",
            details={"credit": amount - share},
        )
    try:
        return record_payment(
            student_id=fee.student_id,
            amount=amount,
            method=method,
            paid_on=paid_on,
            allow_credit=allow_credit,
            allocations=[(fee.id, share)] if share else [],
            allow_withdrawn=True,
            request_key=request_key,
            request_hash=request_hash,
        ).payment
    except SchoolError as refusal:
        # A day that nobody typed is not the field at fault.
        if refusal.param == "paid_on" and paid_on is None:
            refusal.param = "amount_paid"
        raise


def _replayed(fee: Fee) -> FeeResult:
    payment = earlier_row(Payment, fee.request_key, fee.request_hash)
    return FeeResult(fee, payment, RECORDED if payment else say("Fee added"), replayed=True)


def _live(fee_id: int) -> Fee:
    with atomic() as session:
        fee = session.get(Fee, fee_id)
        if fee is None:
            raise Missing("This fee does not exist.", param="fee_id")
        if fee.cancelled_at is not None:
            raise Conflict("This fee was cancelled.", param="fee_id", code="cancelled_fee")
        return fee


def _check_due(fee: Fee, new_due: int, new_paid: int) -> None:
    left = new_due - fee.amount_adjusted
    if left < 0:
        raise Invalid(
            say(
                "The amount due cannot be less than the {amount} that were taken off this fee.",
                amount=money_text(fee.amount_adjusted),
            ),
            param="amount_due",
            code="due_below_adjusted",
        )
    if min(new_paid, fee.amount_paid) > left:
        raise Invalid(
            "The amount due cannot be less than what was already paid; lower the amount paid as well.",
            param="amount_due",
            code="due_below_paid",
        )


def _at_version(fee_id: int, version: int, given: dict[str, Any]) -> Fee:
    fee = _live(fee_id)
    if fee.version != version:
        raise _stale(fee, given)
    return fee


def _stale(fee: Fee, given: dict[str, Any]) -> Stale:
    names = list(given) or ["amount_due", "amount_paid"]
    return Stale(
        "Somebody else changed this fee in the meantime; compare both values and save again.",
        param="version",
        details={
            "yours": {name: _plain(given[name]) for name in given},
            "current": {**{name: _plain(getattr(fee, name)) for name in names}, "version": fee.version},
        },
    )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _has_adjustments(fee_id: int) -> bool:
    with atomic() as session:
        return session.scalar(select(FeeAdjustment.id).where(FeeAdjustment.fee_id == fee_id).limit(1)) is not None


def _check_student(student_id: int) -> None:
    with atomic() as session:
        student = session.get(Student, student_id)
        if student is None:
            raise Invalid("This student_id does not exist.", param="student_id", code="unknown_student")
        if student.status == "withdrawn":
            raise Invalid(
                say("{student} has withdrawn and is not charged.", student=f"{student.first_name} {student.last_name}"),
                param="student_id",
                code="student_withdrawn",
            )


def _checked(**given: Any) -> dict[str, Any]:
    with atomic() as session:
        if given.get("fee_type_id") is not None and session.get(FeeType, given["fee_type_id"]) is None:
            raise Invalid("This fee_type_id does not exist.", param="fee_type_id", code="unknown_fee_type")
        if given.get("term_id") is not None and session.get(Term, given["term_id"]) is None:
            raise Invalid("This term_id does not exist.", param="term_id", code="unknown_term")
        if given.get("year") is not None and not 2000 <= given["year"] <= today().year + 5:
            raise Invalid(say("The year must be between 2000 and {last}.", last=today().year + 5), param="year")
        if given.get("month") is not None and not 1 <= given["month"] <= 12:
            raise Invalid("The month must be between 1 and 12.", param="month")
        if given.get("due_on") is not None:
            check_date(given["due_on"], param="due_on")
        if "description" in given:
            given["description"] = clean_text(given["description"], param="description", most=200)
        return given
