"""Does every figure equal its recount? Differences by name, from one consistent read."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from app.statistics.generate import generator
from app.statistics.install import currency


@dataclass(frozen=True)
class Difference:
    """A figure that is not what the tables say; amounts in minor units."""

    name: str
    kept: int
    counted: int


_CACHE = """
SELECT coalesce(n.metric_name, c.metric_name), coalesce(c.metric_value, 0), coalesce(n.metric_value, 0)
FROM ({recount}) AS n FULL JOIN statistics_cache AS c ON c.metric_name = n.metric_name
WHERE coalesce(c.metric_value, 0) <> coalesce(n.metric_value, 0) ORDER BY 1
"""
_BALANCES = """
SELECT 'student_balances/' || coalesce(n.student_id, b.student_id),
  coalesce(b.arrears - b.credit, 0), coalesce(n.arrears - n.credit, 0)
FROM ({recount}) AS n FULL JOIN student_balances AS b ON b.student_id = n.student_id
WHERE (b.student_id, b.class_id, b.billed, b.adjusted, b.paid, b.arrears, b.credit, b.is_high)
  IS NOT (n.student_id, n.class_id, n.billed, n.adjusted, n.paid, n.arrears, n.credit, n.is_high) ORDER BY 1
"""
_FEES_PAID = """
SELECT 'fees/' || f.id || '/amount_paid', f.amount_paid, coalesce(a.paid, 0)
FROM fees AS f LEFT JOIN (SELECT a.fee_id, sum(a.amount) AS paid FROM payment_allocations AS a
  JOIN payments AS p ON p.id = a.payment_id WHERE p.voided_at IS NULL GROUP BY a.fee_id) AS a ON a.fee_id = f.id
WHERE f.amount_paid <> coalesce(a.paid, 0) ORDER BY f.id
"""
_CASH_BOOK = """
SELECT 'cash_book/' || coalesce(e.reference, b.reference), coalesce(b.amount, 0), coalesce(e.amount, 0)
FROM (SELECT 'FEE-' || id AS reference, amount_paid AS amount FROM fees WHERE amount_paid <> 0
  UNION ALL
  SELECT 'CREDIT-' || p.id, p.amount - coalesce((SELECT sum(a.amount) FROM payment_allocations AS a
    WHERE a.payment_id = p.id), 0) FROM payments AS p WHERE p.voided_at IS NULL) AS e
FULL JOIN (SELECT reference, sum(amount) AS amount FROM financial_transactions WHERE payment_id IS NOT NULL
  GROUP BY reference) AS b ON b.reference = e.reference
WHERE coalesce(b.amount, 0) <> coalesce(e.amount, 0) ORDER BY 1
"""


def differences(connection: Connection) -> Sequence[Difference]:
    """Every figure, balance, fee and cash-book reference that differs from its recount; empty when all is well."""
    made = generator(connection.dialect.name)
    queries = (
        _CACHE.format(recount=made.recount(currency(connection))),
        _BALANCES.format(recount=made.recount_balances()),
        _FEES_PAID,
        _CASH_BOOK,
    )
    return [Difference(*row) for query in queries for row in connection.execute(text(query.replace(":", "\\:"))).all()]
