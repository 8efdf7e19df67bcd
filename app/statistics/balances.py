"""What a student owes, counted from the tables alone, and the two views: the same SQL for both databases."""

from collections.abc import Callable, Sequence

from app.domain.money import DECIMALS

ALERT_KEY = "arrears_alert_threshold"
COLUMNS = ("class_id", "billed", "adjusted", "paid", "arrears", "credit", "is_high")
"""What is kept of each student besides its id."""

CURRENCY = "coalesce((SELECT value FROM settings WHERE key = 'currency'), 'GHS')"
_CASH_BOOK = "SELECT coalesce(sum(amount), 0) FROM financial_transactions WHERE type"
_FEES = "FROM fees WHERE cancelled_at IS NULL"


def amount_in_figures(written: Callable[[int], str]) -> str:
    """SQL of an amount with the decimals of the school's currency; `written` is the SQL for a number of them."""
    cases = []
    for places in sorted(set(DECIMALS.values())):
        codes = ", ".join(f"'{code}'" for code, known in sorted(DECIMALS.items()) if known == places)
        cases.append(f"WHEN {CURRENCY} IN ({codes}) THEN {written(places)}")
    return f"CASE {' '.join(cases)} ELSE {written(2)} END"


def recount(threshold: str) -> str:
    """A query of all columns of student_balances; `threshold` is the SQL of the alert threshold."""
    return f"""
SELECT s.id AS student_id, s.class_id AS class_id,
  coalesce(f.billed, 0) AS billed, coalesce(f.adjusted, 0) AS adjusted, coalesce(f.paid, 0) AS paid,
  coalesce(f.arrears, 0) AS arrears, coalesce(p.credit, 0) AS credit,
  coalesce(f.arrears, 0) > {threshold} AS is_high
FROM students AS s
LEFT JOIN (SELECT student_id, sum(amount_due) AS billed, sum(amount_adjusted) AS adjusted, sum(amount_paid) AS paid,
    sum(arrears) AS arrears FROM fees WHERE cancelled_at IS NULL GROUP BY student_id) AS f ON f.student_id = s.id
LEFT JOIN (SELECT student_id, sum(amount - coalesce((SELECT sum(a.amount) FROM payment_allocations AS a
      WHERE a.payment_id = payments.id), 0)) AS credit
    FROM payments WHERE voided_at IS NULL GROUP BY student_id) AS p ON p.student_id = s.id
""".strip()


def payment_of(row: str) -> str:
    """The payment behind a row of the cash book: that of its share, or that of the row it reverses."""
    return (
        f"coalesce((SELECT payment_id FROM payment_allocations WHERE id = {row}.allocation_id), "
        f"(SELECT payment_id FROM financial_transactions WHERE id = {row}.reverses_id))"
    )


def views(now: str, a_week_ago: str) -> Sequence[str]:
    """The contract's two views; the arguments are SQL for two moments."""

    def figure(metric: str, select: str, unit: str) -> str:
        return f"SELECT '{metric}' AS metric, ({select}) AS value, {unit} AS unit, {now} AS last_updated"

    figures = (
        figure("total_students", "SELECT count(*) FROM students WHERE status = 'active'", "'students'"),
        figure("total_teachers", "SELECT count(*) FROM teachers WHERE status = 'active'", "'teachers'"),
        figure("total_fees_collected", f"SELECT coalesce(sum(amount_paid), 0) {_FEES}", CURRENCY),
        figure("total_outstanding_fees", f"SELECT coalesce(sum(arrears), 0) {_FEES}", CURRENCY),
        figure("total_income", f"{_CASH_BOOK} = 'income'", CURRENCY),
        figure("total_expenses", f"{_CASH_BOOK} = 'expense'", CURRENCY),
    )
    return (
        "CREATE VIEW real_time_dashboard_stats AS\n" + "\nUNION ALL ".join(figures),
        "CREATE VIEW recent_activities AS\n"
        "SELECT id, user_id, username, activity_type, description, activity_data, table_name, record_id, timestamp\n"
        f"FROM user_activity_log WHERE timestamp >= {a_week_ago}\n"
        "ORDER BY id DESC LIMIT 50",
    )
