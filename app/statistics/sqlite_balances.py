"""SQLite: what follows from fees and payments - a fee's amount paid, a student's balance, the alert."""

from collections.abc import Mapping, Sequence

from app.statistics.balances import CURRENCY, amount_in_figures, payment_of, recount

THRESHOLD = "coalesce((SELECT CAST(value AS INTEGER) FROM settings WHERE key = 'arrears_alert_threshold'), 100000)"
_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"

RECOUNT = recount(THRESHOLD)

_OF_ONE_STUDENT = f"""INSERT INTO student_balances
      (student_id, class_id, billed, adjusted, paid, arrears, credit, is_high)
    SELECT NEW.id, NEW.class_id, f.billed, f.adjusted, f.paid, f.arrears, p.credit, f.arrears > {THRESHOLD}
    FROM (SELECT coalesce(sum(amount_due), 0) AS billed, coalesce(sum(amount_adjusted), 0) AS adjusted,
        coalesce(sum(amount_paid), 0) AS paid, coalesce(sum(arrears), 0) AS arrears
        FROM fees WHERE student_id = NEW.id AND cancelled_at IS NULL) AS f,
      (SELECT coalesce(sum(amount - coalesce((SELECT sum(a.amount) FROM payment_allocations AS a
        WHERE a.payment_id = payments.id), 0)), 0) AS credit
        FROM payments WHERE student_id = NEW.id AND voided_at IS NULL) AS p"""


def _fee_step(*rows: tuple[str, str]) -> str:
    """Move the balance of the students of the given rows (`NEW`, `+` or `OLD`, `-`) in one UPDATE a student.

    One statement, so that a change of one fee never passes through a moment at which the alert would clear and rise.
    """

    def moved(column: str) -> str:
        return "".join(
            f" {sign} iif(student_id = {row}.student_id AND {row}.cancelled_at IS NULL, {row}.{column}, 0)"
            for row, sign in rows
        )

    students = ", ".join(f"{row}.student_id" for row, _ in rows)
    return (
        f"UPDATE student_balances SET billed = billed{moved('amount_due')},\n"
        f"      adjusted = adjusted{moved('amount_adjusted')},\n"
        f"      paid = paid{moved('amount_paid')},\n"
        f"      arrears = arrears{moved('arrears')},\n"
        f"      is_high = (arrears{moved('arrears')}) > {THRESHOLD}\n"
        f"    WHERE student_id IN ({students})"
    )


STEPS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "students": {
        "INSERT": (_OF_ONE_STUDENT,),
        "UPDATE": (
            "UPDATE student_balances SET class_id = NEW.class_id\n"
            "    WHERE student_id = NEW.id AND class_id IS NOT NEW.class_id",
        ),
        "DELETE": ("DELETE FROM student_balances WHERE student_id = OLD.id",),
    },
    "fees": {
        "INSERT": (_fee_step(("NEW", "+")),),
        "UPDATE": (_fee_step(("NEW", "+"), ("OLD", "-")),),
        "DELETE": (_fee_step(("OLD", "-")),),
    },
    "payments": {
        "INSERT": ("UPDATE student_balances SET credit = credit + NEW.amount WHERE student_id = NEW.student_id",),
        "UPDATE": (
            "UPDATE fees SET version = version + 1, amount_paid = amount_paid - (SELECT sum(a.amount) "
            "FROM payment_allocations AS a\n"
            "      WHERE a.payment_id = NEW.id AND a.fee_id = fees.id)\n"
            "    WHERE OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL\n"
            "      AND id IN (SELECT fee_id FROM payment_allocations WHERE payment_id = NEW.id)",
            "UPDATE student_balances SET credit = credit - NEW.amount + coalesce((SELECT sum(a.amount) "
            "FROM payment_allocations AS a\n"
            "      WHERE a.payment_id = NEW.id), 0)\n"
            "    WHERE OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL AND student_id = NEW.student_id",
        ),
    },
    "payment_allocations": {
        "INSERT": (
            "SELECT RAISE(ABORT, 'fee_over_settled') FROM fees\n"
            "    WHERE id = NEW.fee_id AND amount_paid + NEW.amount > amount_due - amount_adjusted",
            "UPDATE fees SET amount_paid = amount_paid + NEW.amount, version = version + 1 WHERE id = NEW.fee_id",
            "UPDATE student_balances SET credit = credit - NEW.amount\n"
            "    WHERE student_id = (SELECT student_id FROM payments WHERE id = NEW.payment_id)",
        ),
    },
    "financial_transactions": {
        "INSERT": (
            f"UPDATE financial_transactions SET payment_id = {payment_of('NEW')}\n"
            "    WHERE id = NEW.id AND NEW.payment_id IS NULL\n"
            "      AND coalesce(NEW.allocation_id, NEW.reverses_id) IS NOT NULL",
        ),
    },
    "settings": {
        "INSERT": (
            f"UPDATE student_balances SET is_high = arrears > {THRESHOLD} WHERE NEW.key = 'arrears_alert_threshold'\n"
            f"      AND is_high <> (arrears > {THRESHOLD})",
        ),
        "UPDATE": (
            f"UPDATE student_balances SET is_high = arrears > {THRESHOLD}\n"
            "    WHERE 'arrears_alert_threshold' IN (NEW.key, OLD.key)\n"
            f"      AND is_high <> (arrears > {THRESHOLD})",
        ),
        "DELETE": (
            f"UPDATE student_balances SET is_high = arrears > {THRESHOLD} WHERE OLD.key = 'arrears_alert_threshold'\n"
            f"      AND is_high <> (arrears > {THRESHOLD})",
        ),
    },
}
"""Per table and verb, the statements that keep what is derived from it; they run before its statistics."""


def _owed(places: int) -> str:
    if not places:
        return "printf('%,d', NEW.arrears)"
    return f"printf('%,d.%0{places}d', NEW.arrears / {10**places}, NEW.arrears % {10**places})"


_RAISE_ALERT = f"""INSERT INTO system_notifications
    (type, title, message, priority, target_roles, action_url, dedupe_key, created_at)
  SELECT 'high_arrears', 'High arrears', s.first_name || ' ' || s.last_name || ' owes '
      || {CURRENCY} || ' ' || {amount_in_figures(_owed)} || ', more than the alert threshold.',
    'high', ',admin,principal,bursar,', '/students/' || s.id, 'high_arrears:' || s.id, {_NOW}
  FROM students AS s WHERE s.id = NEW.student_id"""


def _clear_alert(row: str) -> str:
    return (
        f"UPDATE system_notifications SET cleared_at = {_NOW}\n"
        f"  WHERE dedupe_key = 'high_arrears:' || {row}.student_id AND cleared_at IS NULL"
    )


def alert_triggers() -> Sequence[str]:
    """The high-arrears alert: one notification when a student crosses the threshold, cleared on the way back."""
    triggers = (
        ("", "INSERT", "NEW.is_high", _RAISE_ALERT),
        ("_update", "UPDATE OF is_high", "NEW.is_high AND NOT OLD.is_high", _RAISE_ALERT),
        ("_clear", "UPDATE OF is_high", "OLD.is_high AND NOT NEW.is_high", _clear_alert("NEW")),
        ("_delete", "DELETE", "OLD.is_high", _clear_alert("OLD")),
    )
    return [
        f"CREATE TRIGGER high_fee_arrears_notification{suffix} AFTER {event} ON student_balances\n"
        f"WHEN {when} BEGIN\n  {step};\nEND"
        for suffix, event, when, step in triggers
    ]
