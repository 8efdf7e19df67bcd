"""A day at the office: a bursar at work on a known date, and the books read back by SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import time_machine

from app.database import Actor, acting_as
from tests.support.database import insert, rows, value
from tests.support.laws import broken_laws


@contextmanager
def working(user_id: int, at: datetime = datetime(2026, 3, 10, 12, tzinfo=UTC)) -> Iterator[Any]:
    """A user who works at a moment; the clock can be moved."""
    with acting_as(Actor(user_id, "esi")), time_machine.travel(at, tick=True) as clock:
        yield clock


def booked(raw: Any, reference: str) -> list[tuple[str, int]]:
    """Dates and amounts of the cash-book rows with a reference, in the order they were posted."""
    found = rows(raw, "SELECT * FROM financial_transactions WHERE reference = ? ORDER BY id", (reference,))
    return [(row["transaction_date"], row["amount"]) for row in found]


def receipts(raw: Any) -> list[tuple[str, int, str, bool]]:
    """Number, amount, date and whether it stands, of every receipt."""
    found = rows(raw, "SELECT * FROM payments ORDER BY id")
    return [(row["receipt_no"], row["amount"], row["paid_on"], row["voided_at"] is None) for row in found]


def figure(raw: Any, name: str) -> int:
    """One figure of the cache; zero when there is none."""
    return int(value(raw, "SELECT coalesce(sum(metric_value), 0) FROM statistics_cache WHERE metric_name = ?", (name,)))


def credit_of(raw: Any, student_id: int) -> int:
    """The credit that the database keeps for a student."""
    return int(value(raw, "SELECT credit FROM student_balances WHERE student_id = ?", (student_id,)))


def alerts_told(raw: Any) -> list[str]:
    """What the high-arrears alerts say, cleared ones too."""
    found = rows(raw, "SELECT message FROM system_notifications WHERE type = 'high_arrears' ORDER BY id")
    return [row["message"] for row in found]


def close(raw: Any, on: str, *, method: str = "cash", cashier: int | None = None) -> None:
    """Close a day, as the cash-up will."""
    insert(raw, "day_closes", closed_on=on, method=method, cashier_id=cashier, expected=0, counted=0)


def fee_of(raw: Any, fee_id: int) -> dict[str, Any]:
    """A fee as the database has it."""
    (found,) = rows(raw, "SELECT * FROM fees WHERE id = ?", (fee_id,))
    return found


def everything(raw: Any) -> dict[str, list[dict[str, Any]]]:
    """All that a refused or failed write must leave as it was."""
    names = (
        "fees", "payments", "payment_allocations", "financial_transactions", "student_balances", "counters",
        "statistics_cache", "sync_clock", "system_notifications", "user_activity_log",
    )  # fmt: skip
    return {name: rows(raw, f"SELECT * FROM {name}") for name in names}


def assert_lawful(raw: Any) -> None:
    """All laws of the books hold."""
    assert broken_laws(raw) == []
