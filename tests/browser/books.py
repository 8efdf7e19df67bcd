"""What the database holds, asked for by a connection of the test's own, and changes made from outside the program."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.money import format_amount
from tests.browser.made import application
from tests.support.database import Database, raw_connection


def today() -> date:
    """The school's day."""
    return datetime.now(ZoneInfo("Africa/Accra")).date()


@contextmanager
def outside(database: Database) -> Iterator[Any]:
    """Another program's connection to the file that the server serves."""
    raw = raw_connection(database)
    yield raw
    raw.close()


def value(database: Database, sql: str, *parameters: object) -> Any:
    with outside(database) as raw:
        return raw.execute(sql, parameters).fetchone()[0]


def figure(database: Database, name: str) -> int:
    """One figure as the database has it."""
    return int(
        value(database, "SELECT coalesce(sum(metric_value), 0) FROM statistics_cache WHERE metric_name = ?", name)
    )


def figures(database: Database) -> dict[str, int]:
    """All figures as the database has them."""
    with outside(database) as raw:
        found = raw.execute("SELECT metric_name, sum(metric_value) FROM statistics_cache GROUP BY metric_name")
        return {name: int(amount) for name, amount in found.fetchall()}


def collected_today(database: Database) -> int:
    return figure(database, f"daily_fees_{today()}")


def payments(database: Database) -> int:
    return int(value(database, "SELECT count(*) FROM payments"))


def money(minor: int) -> str:
    """As the dashboard shows it."""
    return format_amount(minor, currency="GHS", locale="en_GH")


def whole(minor: int) -> str:
    """As the wall shows it: whole units, the currency in front."""
    return format_amount((minor + 50) // 100 * 100, currency="GHS", locale="en_GH").removesuffix(".00")


def pay(database: Database, student_id: int, amount: int) -> str:
    """A payment taken by another process of the program; its receipt number."""
    from app.services.payments import record_payment

    with application(database):
        return str(record_payment(student_id=student_id, amount=amount).payment.receipt_no)
