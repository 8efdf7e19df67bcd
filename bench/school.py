"""Databases of a given size for the measurements: made set-based, then given their triggers and figures."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine

from app import create_app
from app.extensions import db
from app.statistics.install import drop_derived, sync_derived
from tests.support.postgres import administer, named, serving_postgres

DATABASES = ("sqlite", "postgresql")
_ROWS = """
INSERT INTO classes (id, name, level) WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 12)
  SELECT i, 'Class ' || i, i FROM g;
INSERT INTO students (id, admission_no, first_name, last_name, class_id)
  WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {students})
  SELECT i, 'S' || i, 'First' || i, 'Last' || i, 1 + i % 12 FROM g;
INSERT INTO payments (id, receipt_no, student_id, amount, method, paid_on)
  WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {fees})
  SELECT i, 'B-' || i, 1 + i % {students}, 1000, 'cash', {day} FROM g;
INSERT INTO fees (id, student_id, year, month, amount_due, amount_paid, due_on)
  SELECT id, student_id, 2025, 1 + id % 12, 90000, 1000, '2025-01-31' FROM payments;
INSERT INTO payment_allocations (id, payment_id, fee_id, amount) SELECT id, id, id, 1000 FROM payments;
INSERT INTO financial_transactions (transaction_date, category_id, type, amount, reference, payment_id, allocation_id)
  SELECT paid_on, 1, 'income', 1000, 'FEE-' || id, id, id FROM payments;
"""
_DAY = {
    "sqlite": "date('2025-01-01', '+' || (i % 300) || ' days')",
    "postgresql": "DATE '2025-01-01' + (i % 300)",
}
_NUMBERED = ("classes", "students", "payments", "fees", "payment_allocations")


@contextmanager
def server(database: str) -> Iterator[str]:
    """What `school` needs to know of a database: the address of a server of its own, nothing for SQLite."""
    if database == "sqlite":
        yield ""
        return
    with serving_postgres() as url:
        yield url


def school(fees: int, students: int | None = None, on: str = "") -> Flask:
    """An application on a new database that holds so many fees, each with one payment; ten fees a student.

    `on` is the address of a PostgreSQL server that may make the database; without it, it is an SQLite file.
    """
    folder = Path(tempfile.mkdtemp(prefix="schoolpulse-bench-"))
    options = {"INSTANCE_PATH": str(folder)}
    if on:
        name = folder.name.replace("-", "_").lower()
        administer(on, f'CREATE DATABASE "{name}"')
        options["DATABASE_URL"] = named(on, name)
    app = create_app(options)
    with app.app_context():
        upgrade()
        engine = create_engine(options["DATABASE_URL"]) if on else db.engine.execution_options(writes=True)
        with engine.begin() as connection:
            drop_derived(connection)
            day = _DAY[connection.dialect.name]
            for statement in _ROWS.format(fees=fees, students=students or max(1, fees // 10), day=day).split(";"):
                if statement.strip():
                    connection.exec_driver_sql(statement.replace("%", "%%") if on else statement)
            for table in _NUMBERED if on else ():
                sequence = f"pg_get_serial_sequence('{table}', 'id')"
                connection.exec_driver_sql(f"SELECT setval({sequence}, max(id)) FROM {table}")
            sync_derived(connection)
        # A connection that has changed the schema compiles every statement anew; the program never writes on one.
        engine.dispose()
        if on:
            administer(options["DATABASE_URL"], "VACUUM ANALYZE")
    return app
