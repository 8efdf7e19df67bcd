"""PostgreSQL: what follows from fees and payments - a fee's amount paid, a student's balance, the alert.

The same rules as in `sqlite_balances`, for all rows of a statement at once.
"""

from collections.abc import Mapping, Sequence

from app.statistics.balances import ALERT_KEY, CURRENCY, amount_in_figures, payment_of

THRESHOLD = (
    "coalesce((SELECT CASE WHEN value ~ '^-?[0-9]{1,15}$' THEN value::bigint END FROM settings "
    f"WHERE key = '{ALERT_KEY}'), 100000)"
)
_NOW = "clock_timestamp()"
_KEPT = ("billed", "adjusted", "paid", "arrears")
_OF_FEES = {"billed": "amount_due", "adjusted": "amount_adjusted", "paid": "amount_paid", "arrears": "arrears"}


def function(name: str, body: str) -> str:
    """A trigger function."""
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$\n{body.strip()}\n$body$"


def _fee_step(*rows: tuple[str, str]) -> str:
    """Move the balances of the students of the given rows (`new_rows`, `+` or `old_rows`, `-`) in one UPDATE."""
    moved = " UNION ALL ".join(
        "SELECT student_id, " + ", ".join(f"{sign}{_OF_FEES[name]} AS {name}" for name in _KEPT) + f" FROM {table} "
        "WHERE cancelled_at IS NULL"
        for table, sign in rows
    )
    sums = ", ".join(f"sum({name}) AS {name}" for name in _KEPT)
    assigned = ", ".join(f"{name} = b.{name} + d.{name}" for name in _KEPT)
    return (
        f"UPDATE student_balances AS b SET {assigned},\n"
        f"      is_high = b.arrears + d.arrears > {THRESHOLD}\n"
        f"    FROM (SELECT student_id, {sums} FROM ({moved}) AS moved GROUP BY student_id ORDER BY student_id) AS d\n"
        "    WHERE b.student_id = d.student_id"
    )


_LIVE_VOIDED = "new_rows AS n JOIN old_rows AS o ON o.id = n.id AND o.voided_at IS NULL AND n.voided_at IS NOT NULL"
_JUDGE_ALL = (
    # Whoever is in the middle of moving a balance judged it by the threshold before.
    f"IF EXISTS (SELECT 1 FROM {{rows}} WHERE key = '{ALERT_KEY}') THEN\n"
    "    LOCK TABLE student_balances IN SHARE ROW EXCLUSIVE MODE;\n"
    f"    UPDATE student_balances SET is_high = arrears > {THRESHOLD} WHERE is_high <> (arrears > {THRESHOLD});\n"
    "  END IF"
)

STEPS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "students": {
        "INSERT": (
            f"INSERT INTO student_balances (student_id, class_id, is_high) SELECT id, class_id, 0 > {THRESHOLD} "
            "FROM new_rows",
        ),
        "UPDATE": (
            "UPDATE student_balances AS b SET class_id = n.class_id FROM new_rows AS n\n"
            "    WHERE b.student_id = n.id AND b.class_id IS DISTINCT FROM n.class_id",
        ),
    },
    "fees": {
        "INSERT": (_fee_step(("new_rows", "+")),),
        "UPDATE": (_fee_step(("new_rows", "+"), ("old_rows", "-")),),
        "DELETE": (_fee_step(("old_rows", "-")),),
    },
    "payments": {
        "INSERT": (
            "UPDATE student_balances AS b SET credit = b.credit + d.amount\n"
            "    FROM (SELECT student_id, sum(amount) AS amount FROM new_rows GROUP BY student_id) AS d\n"
            "    WHERE b.student_id = d.student_id",
        ),
        "UPDATE": (
            "UPDATE fees AS f SET version = f.version + 1, amount_paid = f.amount_paid - d.amount\n"
            "    FROM (SELECT a.fee_id, sum(a.amount) AS amount\n"
            f"      FROM {_LIVE_VOIDED} JOIN payment_allocations AS a ON a.payment_id = n.id\n"
            "      GROUP BY a.fee_id ORDER BY a.fee_id) AS d\n"
            "    WHERE f.id = d.fee_id",
            "UPDATE student_balances AS b SET credit = b.credit - d.credit\n"
            "    FROM (SELECT n.student_id, sum(n.amount - coalesce((SELECT sum(a.amount)\n"
            "          FROM payment_allocations AS a WHERE a.payment_id = n.id), 0)) AS credit\n"
            f"      FROM {_LIVE_VOIDED} GROUP BY n.student_id) AS d\n"
            "    WHERE b.student_id = d.student_id",
        ),
    },
    "payment_allocations": {
        "INSERT": (
            "IF EXISTS (SELECT 1 FROM fees AS f JOIN (SELECT fee_id, sum(amount) AS amount FROM new_rows "
            "GROUP BY fee_id) AS d\n"
            "      ON d.fee_id = f.id WHERE f.amount_paid + d.amount > f.amount_due - f.amount_adjusted) THEN\n"
            "    RAISE EXCEPTION 'fee_over_settled' USING ERRCODE = 'integrity_constraint_violation';\n"
            "  END IF",
            "UPDATE fees AS f SET amount_paid = f.amount_paid + d.amount, version = f.version + d.shares\n"
            "    FROM (SELECT fee_id, sum(amount) AS amount, count(*) AS shares FROM new_rows\n"
            "      GROUP BY fee_id ORDER BY fee_id) AS d\n"
            "    WHERE f.id = d.fee_id",
            "UPDATE student_balances AS b SET credit = b.credit - d.amount\n"
            "    FROM (SELECT p.student_id, sum(n.amount) AS amount FROM new_rows AS n\n"
            "      JOIN payments AS p ON p.id = n.payment_id GROUP BY p.student_id) AS d\n"
            "    WHERE b.student_id = d.student_id",
        ),
    },
    "settings": {
        "INSERT": (_JUDGE_ALL.replace("{rows}", "new_rows"),),
        "UPDATE": (_JUDGE_ALL.replace("{rows}", "(SELECT key FROM new_rows UNION ALL SELECT key FROM old_rows) AS r"),),
        "DELETE": (_JUDGE_ALL.replace("{rows}", "old_rows"),),
    },
}
"""Per table and verb, the statements that keep what is derived from it; they run before its statistics."""


def row_triggers() -> Sequence[str]:
    """What must happen before a row is written."""
    return (
        # Two shares of one payment, or a share and a void, or a share and a fee that moves: one waits for the other.
        function(
            "payment_allocation_waits",
            "BEGIN\n"
            "  PERFORM 1 FROM payments WHERE id = NEW.payment_id FOR NO KEY UPDATE;\n"
            "  PERFORM 1 FROM fees WHERE id = NEW.fee_id FOR NO KEY UPDATE;\n"
            "  RETURN NEW;\nEND",
        ),
        "CREATE TRIGGER payment_allocation_waits BEFORE INSERT ON payment_allocations\n"
        "FOR EACH ROW EXECUTE FUNCTION payment_allocation_waits()",
        function(
            "financial_transaction_payment",
            "BEGIN\n"
            "  IF NEW.payment_id IS NULL AND coalesce(NEW.allocation_id, NEW.reverses_id) IS NOT NULL THEN\n"
            f"    NEW.payment_id := {payment_of('NEW')};\n"
            "  END IF;\n"
            "  RETURN NEW;\nEND",
        ),
        "CREATE TRIGGER financial_transaction_payment BEFORE INSERT ON financial_transactions\n"
        "FOR EACH ROW EXECUTE FUNCTION financial_transaction_payment()",
    )


def _owed(places: int) -> str:
    whole = f"to_char(b.arrears / {10**places}, 'FM999,999,999,999,990')"
    return whole if not places else f"{whole} || '.' || lpad((b.arrears % {10**places})::text, {places}, '0')"


_RAISE_ALERT = f"""INSERT INTO system_notifications
    (type, title, message, priority, target_roles, action_url, dedupe_key, created_at)
  SELECT 'high_arrears', 'High arrears', s.first_name || ' ' || s.last_name || ' owes '
      || {CURRENCY} || ' ' || {amount_in_figures(_owed)} || ', more than the alert threshold.',
    'high', ',admin,principal,bursar,', '/students/' || s.id, 'high_arrears:' || s.id, {_NOW}
  FROM {{source}} JOIN students AS s ON s.id = b.student_id WHERE {{when}}"""

_CLEAR_ALERT = f"""UPDATE system_notifications AS a SET cleared_at = {_NOW}
  FROM {{source}} WHERE {{when}} AND a.dedupe_key = 'high_arrears:' || b.student_id AND a.cleared_at IS NULL"""

_BOTH = "new_rows AS b JOIN old_rows AS o ON o.student_id = b.student_id"


def alert_triggers() -> Sequence[str]:
    """The high-arrears alert: one notification when a student crosses the threshold, cleared on the way back."""
    made: list[str] = []
    for suffix, event, tables, step in (
        ("", "INSERT", "NEW TABLE AS new_rows", _RAISE_ALERT.format(source="new_rows AS b", when="b.is_high")),
        (
            "_update",
            "UPDATE",
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            _RAISE_ALERT.format(source=_BOTH, when="b.is_high AND NOT o.is_high"),
        ),
        (
            "_clear",
            "UPDATE",
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            _CLEAR_ALERT.format(source=_BOTH, when="o.is_high AND NOT b.is_high"),
        ),
        ("_delete", "DELETE", "OLD TABLE AS old_rows", _CLEAR_ALERT.format(source="old_rows AS b", when="b.is_high")),
    ):
        name = f"high_fee_arrears_notification{suffix}"
        made += (
            function(name, f"BEGIN\n  {step};\n  RETURN NULL;\nEND"),
            f"CREATE TRIGGER {name} AFTER {event} ON student_balances REFERENCING {tables}\n"
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        )
    return made
