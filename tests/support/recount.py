"""Every figure of the design counted again in plain Python, without the specification that the triggers come from."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.support.database import rows


@dataclass(frozen=True)
class Counted:
    """What the tables say: figures by name (zeros left out), balances by student, students above the threshold."""

    figures: dict[str, int]
    balances: dict[int, dict[str, Any]]
    above: list[int]


def counted(raw: Any) -> Counted:
    """Count everything from the base tables alone."""
    figures: Counter[str] = Counter()
    students = {row["id"]: row for row in rows(raw, "SELECT * FROM students")}
    for student in students.values():
        if student["status"] == "active":
            figures["total_enrollment"] += 1
            if student["class_id"] is not None:
                figures[f"class_{student['class_id']}_enrollment"] += 1
    figures["total_teachers"] = sum(row["status"] == "active" for row in rows(raw, "SELECT status FROM teachers"))
    for mark in rows(raw, "SELECT date, status FROM attendance"):
        figures[f"attendance_{mark['date']}{'' if mark['status'] == 'present' else '_' + mark['status']}"] += 1
    _cash_book(raw, figures)
    balances = _balances(raw, students)
    _fees(raw, figures)
    threshold = _threshold(raw)
    for balance in balances.values():
        figures["students_in_arrears"] += balance["arrears"] > 0
        figures["students_high_arrears"] += balance["arrears"] > threshold
        if balance["class_id"] is not None:
            of_class = f"class_{balance['class_id']}_fees"
            figures[f"{of_class}_billed"] += balance["billed"] - balance["adjusted"]
            figures[f"{of_class}_collected"] += balance["paid"]
            figures[f"{of_class}_outstanding"] += balance["arrears"]
    above = sorted(student for student, balance in balances.items() if balance["arrears"] > threshold)
    return Counted({name: value for name, value in figures.items() if value}, balances, above)


def _cash_book(raw: Any, figures: Counter[str]) -> None:
    for row in rows(raw, "SELECT * FROM financial_transactions"):
        day, amount = row["transaction_date"], row["amount"]
        month = day[:7]
        figures["total_income" if row["type"] == "income" else "total_expenses"] += amount
        figures[f"monthly_{'income' if row['type'] == 'income' else 'expenses'}_{month}"] += amount
        figures[f"category_{row['category_id']}_{month}"] += amount
        if row["type"] == "income" and (row["reference"] or "").startswith("FEE-"):
            figures[f"monthly_fees_{month}"] += amount
            figures[f"daily_fees_{day}"] += amount
            figures[f"daily_fees_{day}_{row['payment_method']}"] += amount


def _live_shares(raw: Any) -> list[dict[str, Any]]:
    voided = {row["id"] for row in rows(raw, "SELECT id FROM payments WHERE voided_at IS NOT NULL")}
    return [row for row in rows(raw, "SELECT * FROM payment_allocations") if row["payment_id"] not in voided]


def _owed(fee: dict[str, Any], paid: int) -> int:
    return max(0, fee["amount_due"] - fee["amount_adjusted"] - paid)


def _fees(raw: Any, figures: Counter[str]) -> None:
    paid: Counter[int] = Counter()
    for share in _live_shares(raw):
        paid[share["fee_id"]] += share["amount"]
    for fee in rows(raw, "SELECT * FROM fees WHERE cancelled_at IS NULL"):
        figures["total_fees_billed"] += fee["amount_due"] - fee["amount_adjusted"]
        figures["total_fees_collected"] += paid[fee["id"]]
        figures["total_outstanding_fees"] += _owed(fee, paid[fee["id"]])


def _balances(raw: Any, students: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    zero = {"billed": 0, "adjusted": 0, "paid": 0, "arrears": 0, "credit": 0}
    balances = {key: {"class_id": student["class_id"], **zero} for key, student in students.items()}
    paid: Counter[int] = Counter()
    for payment in rows(raw, "SELECT * FROM payments WHERE voided_at IS NULL"):
        balances[payment["student_id"]]["credit"] += payment["amount"]
    owner = {row["id"]: row["student_id"] for row in rows(raw, "SELECT id, student_id FROM payments")}
    for share in _live_shares(raw):
        paid[share["fee_id"]] += share["amount"]
        balances[owner[share["payment_id"]]]["credit"] -= share["amount"]
    for fee in rows(raw, "SELECT * FROM fees WHERE cancelled_at IS NULL"):
        balance = balances[fee["student_id"]]
        balance["billed"] += fee["amount_due"]
        balance["adjusted"] += fee["amount_adjusted"]
        balance["paid"] += paid[fee["id"]]
        balance["arrears"] += _owed(fee, paid[fee["id"]])
    return balances


def _threshold(raw: Any) -> int:
    found = raw.execute("SELECT value FROM settings WHERE key = 'arrears_alert_threshold'").fetchone()
    return int(found[0]) if found else 100_000


def kept(raw: Any) -> Counted:
    """What the triggers keep, in the same form: the cache, the balances, the alerts that stand."""
    cache = raw.execute("SELECT metric_name, metric_value FROM statistics_cache WHERE metric_value <> 0").fetchall()
    balances = {
        row.pop("student_id"): {name: value for name, value in row.items() if name != "is_high"}
        for row in rows(raw, "SELECT * FROM student_balances")
    }
    standing = rows(
        raw, "SELECT dedupe_key FROM system_notifications WHERE type = 'high_arrears' AND cleared_at IS NULL"
    )
    return Counted(dict(cache), balances, sorted(int(row["dedupe_key"].partition(":")[2]) for row in standing))
