"""A small school, typed in by SQL: what the database promises must hold without any service."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.support.database import insert, rows, value

_numbers = count(1)


@dataclass(frozen=True)
class School:
    """Ids of a few rows: two classes, Asha (owes two fees) and Kofi (owes nothing), a bursar."""

    blue: int
    gold: int
    asha: int
    kofi: int
    bursar: int
    tuition: int
    books: int

    TUITION = 60_000
    BOOKS = 5_000


def found(raw: Any) -> School:
    """Type the small school into an empty database."""
    blue, gold = insert(raw, "classes", name="Blue"), insert(raw, "classes", name="Gold")
    asha = insert(raw, "students", admission_no="S1", first_name="Asha", last_name="Mensah", class_id=blue)
    kofi = insert(raw, "students", admission_no="S2", first_name="Kofi", last_name="Boateng", class_id=gold)
    bursar = insert(raw, "users", username="esi", role="bursar")
    tuition = insert(
        raw,
        "fees",
        student_id=asha,
        description="Tuition",
        amount_due=School.TUITION,
        due_on="2026-01-31",
        year=2026,
        month=1,
    )
    books = insert(
        raw,
        "fees",
        student_id=asha,
        description="Books",
        amount_due=School.BOOKS,
        due_on="2026-02-28",
        year=2026,
        month=2,
    )
    return School(blue, gold, asha, kofi, bursar, tuition, books)


def pay(
    raw: Any,
    student_id: int,
    amount: int,
    shares: dict[int, int] | None = None,
    *,
    on: str = "2026-01-15",
    method: str = "cash",
) -> int:
    """A receipt with its shares and cash-book rows, all or nothing, as the service posts them; the payment's id."""
    raw.execute("SAVEPOINT pay")
    try:
        payment = insert(
            raw,
            "payments",
            receipt_no=f"T-{next(_numbers)}",
            student_id=student_id,
            amount=amount,
            method=method,
            paid_on=on,
        )
        book = {"transaction_date": on, "category_id": school_fees(raw), "type": "income", "payment_method": method}
        for fee, part in (shares or {}).items():
            allocation = insert(raw, "payment_allocations", payment_id=payment, fee_id=fee, amount=part)
            insert(
                raw,
                "financial_transactions",
                **book,
                amount=part,
                reference=f"FEE-{fee}",
                payment_id=payment,
                allocation_id=allocation,
            )
        credit = amount - sum((shares or {}).values())
        if credit:
            insert(
                raw, "financial_transactions", **book, amount=credit, reference=f"CREDIT-{payment}", payment_id=payment
            )
    except BaseException:
        raw.execute("ROLLBACK TO pay")
        raise
    finally:
        raw.execute("RELEASE pay")
    return payment


def void(raw: Any, payment: int, reason: str = "typed twice") -> None:
    """Void a receipt of an open day: the receipt stays, its cash-book rows go."""
    raw.execute("SAVEPOINT void")
    try:
        raw.execute(
            "UPDATE payments SET voided_at = '2026-01-16 08:00:00.000000', void_reason = ? WHERE id = ?",
            (reason, payment),
        )
        raw.execute("DELETE FROM financial_transactions WHERE payment_id = ?", (payment,))
    except BaseException:
        raw.execute("ROLLBACK TO void")
        raise
    finally:
        raw.execute("RELEASE void")


def school_fees(raw: Any) -> int:
    """The category of fee income."""
    return int(value(raw, "SELECT id FROM financial_categories WHERE name = 'School Fees'"))


def alerts(raw: Any, student_id: int) -> list[bool]:
    """The student's high-arrears alerts, oldest first: whether each still stands."""
    found_rows = rows(
        raw,
        "SELECT cleared_at FROM system_notifications WHERE dedupe_key = ? ORDER BY id",
        (f"high_arrears:{student_id}",),
    )
    return [row["cleared_at"] is None for row in found_rows]
