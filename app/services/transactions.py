"""The cash book: rows typed by hand, and the rows that receipts make."""

from collections.abc import Sequence
from datetime import date
from typing import TypedDict, Unpack

from sqlalchemy import delete, select

from app.clock import today
from app.database import atomic, current_actor
from app.domain.dates import check_date
from app.domain.money import check_amount
from app.domain.names import clean_optional, clean_text
from app.domain.payments import check_method
from app.errors import Conflict, Invalid, Missing
from app.models import Fee, FinancialCategory, FinancialTransaction, Payment, PaymentAllocation, Student
from app.queries.cash_book import fee_income_category, reversed_ids
from app.queries.day_closes import day_is_closed
from app.services.repeats import earlier_row
from app.words import say

_KEPT_FOR_RECEIPTS = ("FEE-", "CREDIT-")


class TransactionChanges(TypedDict, total=False):
    """What may change of a row that was typed by hand; `amount` is in minor units."""

    type: str
    category_id: int
    amount: int
    transaction_date: date
    description: str
    payment_method: str
    reference: str | None


def create_financial_transaction_for_fee_payment(payment: Payment, allocations: Sequence[PaymentAllocation]) -> None:
    """Post one income row for each share of a payment: reference `FEE-{fee_id}`, the payment's date and method."""
    with atomic() as session:
        for allocation in allocations:
            fee = session.get_one(Fee, allocation.fee_id)
            session.add(_fee_row(payment, fee, allocation, payment.paid_on))
        session.flush()


def post_credit(payment: Payment, amount: int) -> None:
    """Post the part of a payment that no fee takes: income with reference `CREDIT-{payment_id}`."""
    with atomic() as session:
        session.add(_row(payment, amount, f"CREDIT-{payment.id}", fee_income_category(None), payment.paid_on, "credit"))
        session.flush()


def post_credit_use(payment: Payment, allocation: PaymentAllocation, on: date) -> None:
    """Move credit to a fee: minus on `CREDIT-`, plus on `FEE-`, both on one day; income is counted once."""
    with atomic() as session:
        fee = session.get_one(Fee, allocation.fee_id)
        session.add(
            _row(payment, -allocation.amount, f"CREDIT-{payment.id}", fee_income_category(None), on, "credit used")
        )
        session.add(_fee_row(payment, fee, allocation, on))
        session.flush()


def remove_transactions_of(payment: Payment) -> None:
    """Take a voided payment out of the books: rows of open days go, those of closed days are reversed today."""
    with atomic() as session:
        rows = session.scalars(
            select(FinancialTransaction).where(
                FinancialTransaction.payment_id == payment.id, FinancialTransaction.reverses_id.is_(None)
            )
        ).all()
        on, done = today(), reversed_ids([row.id for row in rows])
        for row in rows:
            if row.id in done:
                continue
            if day_is_closed(row.transaction_date, method=row.payment_method, cashier_id=payment.received_by):
                session.add(_reversal(row, on))
            else:
                session.execute(delete(FinancialTransaction).where(FinancialTransaction.id == row.id))
        session.flush()


def add_transaction(
    *,
    type: str,
    category_id: int,
    amount: int,
    transaction_date: date | None = None,
    description: str = "",
    payment_method: str = "cash",
    reference: str | None = None,
    request_key: str | None = None,
    request_hash: str | None = None,
) -> FinancialTransaction:
    """Add an income or expense row by hand.

    `amount` is in minor units. Repeating a `request_key` returns the first row. Raises Invalid, KeyReused.
    """
    if earlier := earlier_row(FinancialTransaction, request_key, request_hash):
        return earlier
    with atomic() as session:
        if earlier := earlier_row(FinancialTransaction, request_key, request_hash):
            return earlier
        row = FinancialTransaction(
            request_key=request_key, request_hash=request_hash, created_by=current_actor().user_id
        )
        checked = _checked(
            row,
            type=type,
            category_id=category_id,
            amount=amount,
            transaction_date=transaction_date or today(),
            description=description,
            payment_method=payment_method,
            reference=reference,
        )
        for name, value in checked.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        return row


def update_transaction(*, transaction_id: int, **changes: Unpack[TransactionChanges]) -> FinancialTransaction:
    """Change a row that was typed by hand; what is left out stays.

    Raises Missing, Invalid, and Conflict for a row that a receipt made or whose day is closed.
    """
    with atomic() as session:
        row = _by_hand(transaction_id)
        for name, value in _checked(row, **changes).items():
            setattr(row, name, value)
        session.flush()
        return row


def delete_transaction(*, transaction_id: int) -> None:
    """Remove a row that was typed by hand; the activity log keeps it. Raises Missing and Conflict."""
    with atomic() as session:
        session.delete(_by_hand(transaction_id))


def _by_hand(transaction_id: int) -> FinancialTransaction:
    with atomic() as session:
        row = session.get(FinancialTransaction, transaction_id)
        if row is None:
            raise Missing("This row of the cash book does not exist.", param="transaction_id")
        if row.payment_id is not None:
            raise Conflict(
                "This row of the cash book was made by a receipt and cannot be changed by hand.",
                code="system_transaction",
            )
        _refuse_closed_day(row, row.transaction_date, row.payment_method)
        return row


def _refuse_closed_day(row: FinancialTransaction, on: date, method: str) -> None:
    # The row is in the cash-up of whoever typed it, whoever changes it now.
    if day_is_closed(on, method=method, cashier_id=row.created_by):
        raise Conflict(
            "The day of transaction_date is closed; its rows stay.", param="transaction_date", code="day_closed"
        )


def _checked(row: FinancialTransaction, **changes: Unpack[TransactionChanges]) -> TransactionChanges:
    """What a row becomes; only what changes is looked at again, together with what depends on it."""
    with atomic():
        if "amount" in changes:
            check_amount(changes["amount"])
        if "type" in changes or "category_id" in changes:
            _check_category(row, changes.get("type", row.type), changes.get("category_id", row.category_id))
        on = changes.get("transaction_date", row.transaction_date)
        method = check_method(changes.get("payment_method", row.payment_method), param="payment_method")
        check_date(on, param="transaction_date", latest=today())
        _refuse_closed_day(row, on, method)
        if "description" in changes:
            changes["description"] = clean_text(changes["description"], param="description", most=200)
        if "reference" in changes:
            changes["reference"] = _reference(changes["reference"])
        return changes


def _check_category(row: FinancialTransaction, type: str, category_id: int) -> None:
    if type not in ("income", "expense"):
        raise Invalid("The type must be income or expense.", param="type")
    with atomic() as session:
        category = session.get(FinancialCategory, category_id)
    if category is None:
        raise Invalid("This category_id does not exist.", param="category_id", code="unknown_category")
    if not category.is_active and category_id != row.category_id:
        raise Invalid(
            say("{name} is no longer in use.", name=category.name),
            param="category_id",
            code="category_inactive",
        )
    if category.type != type:
        raise Invalid(
            say("{name} is a category for income.", name=category.name)
            if category.type == "income"
            else say("{name} is a category for expenses.", name=category.name),
            param="category_id",
            code="wrong_category",
        )


def _reference(typed: str | None) -> str | None:
    reference = clean_optional(typed, param="reference", most=64)
    if reference and reference.upper().startswith(_KEPT_FOR_RECEIPTS):
        raise Invalid(
            "A reference that begins with FEE- or CREDIT- is kept for receipts.",
            param="reference",
            code="reference_kept",
        )
    return reference


def _fee_row(payment: Payment, fee: Fee, allocation: PaymentAllocation, on: date) -> FinancialTransaction:
    what = fee.description or (fee.fee_type.name if fee.fee_type else "fee")
    row = _row(payment, allocation.amount, f"FEE-{fee.id}", fee_income_category(fee.fee_type), on, what)
    row.allocation_id = allocation.id
    return row


def _row(payment: Payment, amount: int, reference: str, category_id: int, on: date, what: str) -> FinancialTransaction:
    student: Student = payment.student
    return FinancialTransaction(
        type="income",
        category_id=category_id,
        amount=amount,
        transaction_date=on,
        description=f"{student.first_name} {student.last_name}: {what} ({payment.receipt_no})"[:200],
        reference=reference,
        payment_method=payment.method,
        payment_id=payment.id,
        created_by=current_actor().user_id,
    )


def _reversal(row: FinancialTransaction, on: date) -> FinancialTransaction:
    return FinancialTransaction(
        type=row.type,
        category_id=row.category_id,
        amount=-row.amount,
        transaction_date=on,
        description=f"Reversal: {row.description}"[:200],
        reference=row.reference,
        payment_method=row.payment_method,
        payment_id=row.payment_id,
        reverses_id=row.id,
        created_by=current_actor().user_id,
    )
