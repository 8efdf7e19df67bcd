"""The laws of the books, counted in plain Python from the rows alone."""

from collections import Counter
from typing import Any

from tests.support.database import rows


def broken_laws(raw: Any) -> list[str]:
    """Every law of fees, receipts and cash book that does not hold now, in words; empty when all do."""
    payments = {row["id"]: row for row in rows(raw, "SELECT * FROM payments ORDER BY id")}
    live = {key for key, row in payments.items() if row["voided_at"] is None}
    given: Counter[int] = Counter()
    used: Counter[int] = Counter()
    for share in rows(raw, "SELECT * FROM payment_allocations"):
        if share["payment_id"] in live:
            given[share["fee_id"]] += share["amount"]
            used[share["payment_id"]] += share["amount"]
    book: Counter[str] = Counter()
    made = rows(raw, "SELECT * FROM financial_transactions WHERE payment_id IS NOT NULL")
    for row in made:
        book[row["reference"]] += row["amount"]
    return [
        *_fees(raw, given, book),
        *_payments(payments, live, used, book),
        *_rows(made, live, payments),
        *_balances(raw, payments, live, used),
    ]


def _fees(raw: Any, given: Counter[int], book: Counter[str]) -> list[str]:
    broken = []
    for fee in rows(raw, "SELECT * FROM fees"):
        paid, booked = fee["amount_paid"], book[f"FEE-{fee['id']}"]
        if not paid == given[fee["id"]] == booked:
            broken.append(f"fee {fee['id']}: paid {paid}, shares {given[fee['id']]}, cash book {booked}")
        owed = fee["amount_due"] - fee["amount_adjusted"]
        if not 0 <= paid <= owed:
            broken.append(f"fee {fee['id']}: paid {paid} of {owed}")
        if fee["cancelled_at"] is not None and (paid or fee["arrears"]):
            broken.append(f"fee {fee['id']} is cancelled and has money")
    return broken


def _payments(payments: dict[int, Any], live: set[int], used: Counter[int], book: Counter[str]) -> list[str]:
    broken = []
    for key, payment in payments.items():
        unspent = payment["amount"] - used[key] if key in live else 0
        if unspent < 0 or book[f"CREDIT-{key}"] != unspent:
            broken.append(f"payment {key}: credit {unspent}, cash book {book[f'CREDIT-{key}']}")
    numbers = [payment["receipt_no"] for payment in payments.values()]
    if [int(number.rpartition("-")[2]) for number in numbers] != list(range(1, len(numbers) + 1)):
        broken.append(f"receipt numbers have a gap: {numbers}")
    return broken


def _rows(made: list[dict[str, Any]], live: set[int], payments: dict[int, Any]) -> list[str]:
    income, received = sum(row["amount"] for row in made), sum(payments[key]["amount"] for key in live)
    broken = [] if income == received else [f"income of receipts is {income}, receipts say {received}"]
    reversed_ids = {row["reverses_id"] for row in made}
    for row in made:
        undone = row["reverses_id"] is not None or row["id"] in reversed_ids
        if (row["payment_id"] in live) is undone:
            broken.append(f"cash-book row {row['id']} of payment {row['payment_id']} stands, or was undone, by mistake")
    return broken


def _balances(raw: Any, payments: dict[int, Any], live: set[int], used: Counter[int]) -> list[str]:
    expected: dict[int, Counter[str]] = {row["id"]: Counter() for row in rows(raw, "SELECT id FROM students")}
    for fee in rows(raw, "SELECT * FROM fees WHERE cancelled_at IS NULL"):
        balance = expected[fee["student_id"]]
        balance["billed"] += fee["amount_due"]
        balance["adjusted"] += fee["amount_adjusted"]
        balance["paid"] += fee["amount_paid"]
        balance["arrears"] += fee["amount_due"] - fee["amount_adjusted"] - fee["amount_paid"]
    for key in live:
        expected[payments[key]["student_id"]]["credit"] += payments[key]["amount"] - used[key]
    broken = []
    for row in rows(raw, "SELECT * FROM student_balances"):
        kept = {name: row[name] for name in ("billed", "adjusted", "paid", "arrears", "credit")}
        if kept != {name: expected[row["student_id"]][name] for name in kept}:
            broken.append(f"student {row['student_id']}: {kept}, counted {dict(expected[row['student_id']])}")
    return broken


class Witness:
    """Remembers receipts and the rows of closed days, and tells when one of them disappears or changes."""

    _VOIDING = ("voided_at", "voided_by", "void_reason")

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.receipts: dict[int, dict[str, Any]] = {}
        self.shares: dict[int, dict[str, Any]] = {}
        self.closed: dict[int, dict[str, Any]] = {}

    def look(self) -> list[str]:
        """What changed that must never change, since the last look."""
        receipts = _by_id(self.raw, "SELECT * FROM payments")
        shares = _by_id(self.raw, "SELECT * FROM payment_allocations")
        book = _by_id(self.raw, "SELECT * FROM financial_transactions")
        broken = [f"receipt {key} changed" for key, row in self.receipts.items() if not self._same(row, receipts, key)]
        broken += [f"share {key} changed" for key, row in self.shares.items() if shares.get(key) != row]
        broken += [f"row {key} of a closed day changed" for key, row in self.closed.items() if book.get(key) != row]
        self.receipts, self.shares = receipts, shares
        self.closed = _by_id(
            self.raw,
            "SELECT t.* FROM financial_transactions AS t LEFT JOIN payments AS p ON p.id = t.payment_id "
            "JOIN day_closes AS d ON d.closed_on = t.transaction_date AND d.method = t.payment_method "
            "AND (d.cashier_id IS NULL "
            "OR d.cashier_id = CASE WHEN p.id IS NULL THEN t.created_by ELSE p.received_by END)",
        )
        return broken

    def _same(self, row: dict[str, Any], receipts: dict[int, dict[str, Any]], key: int) -> bool:
        now = receipts.get(key)
        if now is None or (row["voided_at"] is not None and now != row):
            return False
        return all(now[name] == value for name, value in row.items() if name not in self._VOIDING)


def _by_id(raw: Any, sql: str) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in rows(raw, sql)}
