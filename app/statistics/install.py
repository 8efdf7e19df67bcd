"""Putting the generated triggers and views into a database, and the few rows that everything else needs."""

import secrets

from sqlalchemy import Connection, text

from app.domain.settings import DEFAULTS
from app.statistics import overdue
from app.statistics.generate import generator

_CACHE_FROM_RECOUNT = """
INSERT INTO statistics_cache (metric_name, metric_value, unit, category, version, calculated_at)
SELECT n.metric_name, n.metric_value, n.unit, n.category, (SELECT version + 1 FROM sync_clock), {now}
FROM ({recount}) AS n LEFT JOIN statistics_cache AS c ON c.metric_name = n.metric_name
WHERE (c.metric_value, c.unit, c.category) IS DISTINCT FROM (n.metric_value, n.unit, n.category)
ON CONFLICT (metric_name) DO UPDATE SET metric_value = excluded.metric_value, unit = excluded.unit,
  category = excluded.category, version = excluded.version, calculated_at = excluded.calculated_at
"""
_ZERO_WITHOUT_RECOUNT = """
UPDATE statistics_cache SET metric_value = 0, version = (SELECT version + 1 FROM sync_clock), calculated_at = {now}
WHERE metric_value <> 0 AND metric_name NOT IN (SELECT metric_name FROM ({recount}) AS n)
"""
_BALANCES_FROM_RECOUNT = """
INSERT INTO student_balances (student_id, class_id, billed, adjusted, paid, arrears, credit, is_high)
SELECT n.student_id, n.class_id, n.billed, n.adjusted, n.paid, n.arrears, n.credit, n.is_high
FROM ({recount}) AS n LEFT JOIN student_balances AS b ON b.student_id = n.student_id
WHERE (b.class_id, b.billed, b.adjusted, b.paid, b.arrears, b.credit, b.is_high)
  IS DISTINCT FROM (n.class_id, n.billed, n.adjusted, n.paid, n.arrears, n.credit, n.is_high)
ON CONFLICT (student_id) DO UPDATE SET class_id = excluded.class_id, billed = excluded.billed,
  adjusted = excluded.adjusted, paid = excluded.paid, arrears = excluded.arrears, credit = excluded.credit,
  is_high = excluded.is_high
"""
_FEES_FROM_SHARES = """
UPDATE fees SET amount_paid = shares.paid
FROM (SELECT f.id, coalesce(sum(a.amount), 0) AS paid FROM fees AS f
  LEFT JOIN (payment_allocations AS a JOIN payments AS p ON p.id = a.payment_id AND p.voided_at IS NULL)
    ON a.fee_id = f.id GROUP BY f.id) AS shares
WHERE shares.id = fees.id AND shares.paid <> fees.amount_paid
  AND shares.paid <= fees.amount_due - fees.amount_adjusted
"""
_BALANCES_OF_NOBODY = "DELETE FROM student_balances WHERE student_id NOT IN (SELECT id FROM students)"


def drop_derived(connection: Connection) -> None:
    """Drop every trigger and view, as each migration must before it touches a table."""
    generator(connection.dialect.name).drop(connection)


def sync_derived(connection: Connection) -> None:
    """Make all triggers and views again, and bring cache and balances to what the tables hold."""
    drop_derived(connection)
    seed(connection)
    made = generator(connection.dialect.name)
    for statement in (*made.triggers(currency(connection)), *made.views()):
        _run(connection, statement)
    rebuild(connection)


def seed(connection: Connection) -> None:
    """The rows that must exist: the clock, the writer's row, the category of fee income."""
    connection.execute(
        text("INSERT INTO sync_clock (id, epoch, version) VALUES (1, :epoch, 0) ON CONFLICT DO NOTHING"),
        {"epoch": secrets.token_hex(8)},
    )
    connection.execute(text("INSERT INTO write_context (id) VALUES (1) ON CONFLICT DO NOTHING"))
    connection.execute(
        text(
            "INSERT INTO financial_categories (name, type, description, is_active) "
            "VALUES ('School Fees', 'income', 'Fees that students pay', true) ON CONFLICT DO NOTHING"
        )
    )


def rebuild(connection: Connection) -> None:
    """Set the amount paid of fees, every balance and every figure to its recount; what was right keeps its version."""
    made = generator(connection.dialect.name)
    made.lock(connection)
    _run(connection, _FEES_FROM_SHARES)
    _run(connection, _BALANCES_OF_NOBODY)
    _run(connection, _BALANCES_FROM_RECOUNT.format(recount=made.recount_balances()))
    made.settle(connection)
    unit = currency(connection)
    recount = f"{made.recount(unit)} UNION ALL {overdue.to_rebuild(connection, unit)}"
    for statement in (_ZERO_WITHOUT_RECOUNT, _CACHE_FROM_RECOUNT):
        _run(connection, statement.format(recount=recount, now=made.now()))
    _run(
        connection,
        "UPDATE sync_clock SET version = version + 1 "
        "WHERE EXISTS (SELECT 1 FROM statistics_cache WHERE version > sync_clock.version)",
    )
    overdue.note_rebuilt(connection)


def is_current(connection: Connection) -> bool:
    """Whether the database carries exactly the triggers and views that this program generates."""
    return generator(connection.dialect.name).is_current(connection, currency(connection))


def currency(connection: Connection) -> str:
    """The currency code that the figures are written with."""
    value = connection.scalar(text("SELECT value FROM settings WHERE key = 'currency'"))
    return value or DEFAULTS["currency"]


def _run(connection: Connection, statement: str) -> None:
    """A statement as it stands: a colon or a percent sign in it is no parameter."""
    connection.exec_driver_sql(statement if connection.dialect.paramstyle == "qmark" else statement.replace("%", "%%"))
