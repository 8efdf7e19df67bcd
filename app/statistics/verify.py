"""Does every figure equal its recount? Differences by name, from one consistent read."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from app.statistics import overdue
from app.statistics.generate import generator
from app.statistics.install import currency


@dataclass(frozen=True)
class Difference:
    """A figure that is not what the tables say; amounts in minor units."""

    name: str
    kept: int
    counted: int


# Both sides are laid under each other and grouped: a FULL JOIN of two subqueries compares each row with each.
_CACHE = """
SELECT name, sum(kept), sum(counted)
FROM (SELECT metric_name AS name, metric_value AS kept, 0 AS counted FROM statistics_cache
  UNION ALL SELECT metric_name, 0, metric_value FROM ({recount}) AS n) AS sides
GROUP BY name HAVING sum(kept) <> sum(counted) ORDER BY name
"""
_BALANCES = """
SELECT 'student_balances/' || n.student_id, coalesce(b.arrears - b.credit, 0), n.arrears - n.credit
FROM ({recount}) AS n LEFT JOIN student_balances AS b ON b.student_id = n.student_id
WHERE (b.student_id, b.class_id, b.billed, b.adjusted, b.paid, b.arrears, b.credit, b.is_high)
  IS DISTINCT FROM (n.student_id, n.class_id, n.billed, n.adjusted, n.paid, n.arrears, n.credit, n.is_high)
UNION ALL
SELECT 'student_balances/' || b.student_id, b.arrears - b.credit, 0 FROM student_balances AS b
WHERE b.student_id NOT IN (SELECT id FROM students) ORDER BY 1
"""
_FEES_PAID = """
SELECT 'fees/' || fee_id || '/amount_paid', sum(kept), sum(counted)
FROM (SELECT id AS fee_id, amount_paid AS kept, 0 AS counted FROM fees
  UNION ALL SELECT a.fee_id, 0, a.amount FROM payment_allocations AS a
    JOIN payments AS p ON p.id = a.payment_id WHERE p.voided_at IS NULL) AS sides
GROUP BY fee_id HAVING sum(kept) <> sum(counted) ORDER BY fee_id
"""
_CASH_BOOK = """
SELECT 'cash_book/' || reference, sum(kept), sum(counted)
FROM (SELECT reference, amount AS kept, 0 AS counted FROM financial_transactions WHERE payment_id IS NOT NULL
  UNION ALL SELECT 'FEE-' || id, 0, amount_paid FROM fees
  UNION ALL SELECT 'CREDIT-' || id, 0, amount FROM payments WHERE voided_at IS NULL
  UNION ALL SELECT 'CREDIT-' || a.payment_id, 0, -a.amount FROM payment_allocations AS a
    JOIN payments AS p ON p.id = a.payment_id WHERE p.voided_at IS NULL) AS sides
GROUP BY reference HAVING sum(kept) <> sum(counted) ORDER BY reference
"""


def differences(connection: Connection) -> Sequence[Difference]:
    """Every figure, balance, fee and cash-book reference that differs from its recount; empty when all is well."""
    made, unit = generator(connection.dialect.name), currency(connection)
    queries = (
        _CACHE.format(recount=f"{made.recount(unit)} UNION ALL {overdue.to_compare(connection, unit)}"),
        _BALANCES.format(recount=made.recount_balances()),
        _FEES_PAID,
        _CASH_BOOK,
    )
    rows = (row for query in queries for row in connection.execute(text(query.replace(":", "\\:"))).all())
    return [Difference(name, int(kept), int(counted)) for name, kept, counted in rows]
