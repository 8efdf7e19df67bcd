"""Every metric, declared once: the triggers, the recount and the documentation are generated from this page.

A metric is the sum of `value` over the rows of `table` for which `where` holds; its name may depend on the row
(`{class_id}`, or `{transaction_date:%Y-%m}` for the month of a date). Column names stand bare in `value` and `where`.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One figure, or a family of figures whose name carries a column of the row."""

    name: str
    table: str
    unit: str
    category: str
    meaning: str
    value: str = "1"
    where: str = "1 = 1"


MONEY = "money"
"""Unit of amounts in minor units; written to the cache as the school's currency code."""

_FEE_INCOME = "type = 'income' AND substr(reference, 1, 4) = 'FEE-'"
_OF_A_CLASS = "class_id IS NOT NULL"

METRICS: Sequence[Metric] = (
    Metric(
        "total_enrollment", "students", "students", "people", "Students with status active.", where="status = 'active'"
    ),
    Metric(
        "class_{class_id}_enrollment",
        "students",
        "students",
        "people",
        "Active students of a class.",
        where="status = 'active' AND class_id IS NOT NULL",
    ),
    Metric(
        "total_teachers", "teachers", "teachers", "people", "Teachers with status active.", where="status = 'active'"
    ),
    Metric(
        "attendance_{date}",
        "attendance",
        "students",
        "people",
        "Students present on a day.",
        where="status = 'present'",
    ),
    Metric(
        "attendance_{date}_{status}",
        "attendance",
        "students",
        "people",
        "Students absent, late or excused on a day.",
        where="status <> 'present'",
    ),
    Metric(
        "total_income",
        "financial_transactions",
        MONEY,
        "finance",
        "All income; reversals count negative.",
        value="amount",
        where="type = 'income'",
    ),
    Metric(
        "total_expenses",
        "financial_transactions",
        MONEY,
        "finance",
        "All expenses; reversals count negative.",
        value="amount",
        where="type = 'expense'",
    ),
    Metric(
        "monthly_income_{transaction_date:%Y-%m}",
        "financial_transactions",
        MONEY,
        "finance",
        "Income of a month.",
        value="amount",
        where="type = 'income'",
    ),
    Metric(
        "monthly_expenses_{transaction_date:%Y-%m}",
        "financial_transactions",
        MONEY,
        "finance",
        "Expenses of a month.",
        value="amount",
        where="type = 'expense'",
    ),
    Metric(
        "category_{category_id}_{transaction_date:%Y-%m}",
        "financial_transactions",
        MONEY,
        "finance_detail",
        "Amount of a category in a month.",
        value="amount",
    ),
    Metric(
        "monthly_fees_{transaction_date:%Y-%m}",
        "financial_transactions",
        MONEY,
        "finance",
        "Fee income of a month: cash-book rows with reference FEE-; all months add up to total_fees_collected.",
        value="amount",
        where=_FEE_INCOME,
    ),
    Metric(
        "daily_fees_{transaction_date}",
        "financial_transactions",
        MONEY,
        "finance",
        "Fee income of a day.",
        value="amount",
        where=_FEE_INCOME,
    ),
    Metric(
        "daily_fees_{transaction_date}_{payment_method}",
        "financial_transactions",
        MONEY,
        "finance_detail",
        "Fee income of a day by method.",
        value="amount",
        where=_FEE_INCOME,
    ),
    Metric(
        "total_fees_billed",
        "fees",
        MONEY,
        "finance",
        "Due less adjusted, of fees not cancelled.",
        value="amount_due - amount_adjusted",
        where="cancelled_at IS NULL",
    ),
    Metric(
        "total_fees_collected",
        "fees",
        MONEY,
        "finance",
        "Paid, of fees not cancelled.",
        value="amount_paid",
        where="cancelled_at IS NULL",
    ),
    Metric(
        "total_outstanding_fees",
        "fees",
        MONEY,
        "finance",
        "Arrears, of fees not cancelled.",
        value="arrears",
        where="cancelled_at IS NULL",
    ),
    Metric(
        "class_{class_id}_fees_billed",
        "student_balances",
        MONEY,
        "finance",
        "Billed to the students now in a class.",
        value="billed - adjusted",
        where=_OF_A_CLASS,
    ),
    Metric(
        "class_{class_id}_fees_collected",
        "student_balances",
        MONEY,
        "finance",
        "Paid by the students now in a class.",
        value="paid",
        where=_OF_A_CLASS,
    ),
    Metric(
        "class_{class_id}_fees_outstanding",
        "student_balances",
        MONEY,
        "finance",
        "Arrears of the students now in a class.",
        value="arrears",
        where=_OF_A_CLASS,
    ),
    Metric(
        "students_in_arrears",
        "student_balances",
        "students",
        "finance",
        "Students who owe something.",
        where="arrears > 0",
    ),
    Metric(
        "students_high_arrears",
        "student_balances",
        "students",
        "finance",
        "Students whose arrears are above the alert threshold.",
        where="is_high",
    ),
)

TRIGGER_NAMES = {
    "students": "student_enrollment_sync",
    "teachers": "teacher_count_sync",
    "teacher_assignments": "teacher_assignment_sync",
    "attendance": "attendance_sync",
    "promotions": "promotion_sync",
    "financial_transactions": "financial_transaction_stats_sync",
    "fees": "fee_payment_stats_sync",
    "student_balances": "student_balance_stats_sync",
}
"""The contract's names; `_update` and `_delete` are appended per verb. Other audited tables: `{table}_sync`."""

SECRET_COLUMNS = frozenset(
    {"password_hash", "token_hash", "pairing_hash", "request_key", "request_hash", "search_text"}
)
QUIET_COLUMNS = frozenset({"last_login_at", "last_used_at", "last_seen_at", "dashboard_seen_at", "away_since"})
"""Columns that the activity log leaves out: secrets, and what changes without anybody changing anything."""

AUDITED_TABLES = (
    "settings",
    "users",
    "api_tokens",
    "wall_displays",
    "academic_years",
    "terms",
    "classes",
    "teachers",
    "teacher_assignments",
    "students",
    "guardians",
    "student_guardians",
    "enrolments",
    "attendance",
    "promotions",
    "fee_types",
    "fee_structures",
    "fee_structure_items",
    "billing_runs",
    "fees",
    "fee_adjustments",
    "payments",
    "financial_categories",
    "financial_transactions",
    "budget_plans",
    "day_closes",
)
"""Tables whose every change is a row of the activity log, with the values before and after."""

LABELS = {
    "payments": "receipt_no",
    "students": "first_name || ' ' || last_name",
    "teachers": "first_name || ' ' || last_name",
    "guardians": "full_name",
    "users": "username",
    "settings": "key",
    "fees": "description",
    "financial_transactions": "description",
    "attendance": "date || ' ' || status",
}
"""What names a row in the activity log, where it is not its column `name` or its id."""


def metrics_of(table: str) -> list[Metric]:
    """The metrics that a table feeds."""
    return [metric for metric in METRICS if metric.table == table]
