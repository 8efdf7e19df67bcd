"""Databases of a given size for the measurements: made set-based, then given their triggers and figures."""

import tempfile
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.extensions import db
from app.statistics.install import drop_derived, sync_derived

_ROWS = """
INSERT INTO classes (id, name, level) WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 12)
  SELECT i, 'Class ' || i, i FROM g;
INSERT INTO students (id, admission_no, first_name, last_name, class_id)
  WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {students})
  SELECT i, 'S' || i, 'First' || i, 'Last' || i, 1 + i % 12 FROM g;
INSERT INTO payments (id, receipt_no, student_id, amount, method, paid_on)
  WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {fees})
  SELECT i, 'B-' || i, 1 + i % {students}, 1000, 'cash', date('2025-01-01', '+' || (i % 300) || ' days') FROM g;
INSERT INTO fees (id, student_id, year, month, amount_due, amount_paid, due_on)
  SELECT id, student_id, 2025, 1 + id % 12, 90000, 1000, '2025-01-31' FROM payments;
INSERT INTO payment_allocations (id, payment_id, fee_id, amount) SELECT id, id, id, 1000 FROM payments;
INSERT INTO financial_transactions (transaction_date, category_id, type, amount, reference, payment_id, allocation_id)
  SELECT paid_on, 1, 'income', 1000, 'FEE-' || id, id, id FROM payments;
"""


def school(fees: int, students: int | None = None) -> Flask:
    """An application on a new database that holds so many fees, each with one payment; ten fees a student."""
    folder = Path(tempfile.mkdtemp(prefix="schoolpulse-bench-"))
    app = create_app({"INSTANCE_PATH": str(folder)})
    with app.app_context():
        upgrade()
        engine = db.engine.execution_options(writes=True)
        with engine.begin() as connection:
            drop_derived(connection)
            for statement in _ROWS.format(fees=fees, students=students or max(1, fees // 10)).split(";"):
                if statement.strip():
                    connection.exec_driver_sql(statement)
            sync_derived(connection)
        # A connection that has changed the schema compiles every statement anew; the program never writes on one.
        db.engine.dispose()
    return app
