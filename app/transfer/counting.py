"""What both ends of a transfer are compared by: rows, and the sums of every amount."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, func, inspect, select

from app.extensions import db

HOUSEKEEPING = frozenset(
    {"counters", "financial_categories", "settings", "setup_links", "statistics_cache", "sync_clock", "sync_status"}
    | {"user_activity_log", "activity_seals", "write_context"}
)
"""Tables that a database has rows in before anybody has used it."""


@dataclass(frozen=True)
class Contents:
    """One table: how many rows, and the sum of each column of large numbers."""

    rows: int
    sums: Mapping[str, int]


def contents(connection: Connection) -> Mapping[str, Contents]:
    """Every table of the school, from one consistent read."""
    found = {}
    for table in db.metadata.sorted_tables:
        amounts = [column for column in table.columns if isinstance(column.type, BigInteger)]
        query = select(func.count(), *(func.coalesce(func.sum(column), 0) for column in amounts)).select_from(table)
        rows, *sums = connection.execute(query).one()
        names = (column.name for column in amounts)
        found[table.name] = Contents(rows, {name: int(total) for name, total in zip(names, sums, strict=True)})
    return found


def row_counts(connection: Connection) -> Mapping[str, int]:
    """The rows of every table that is there, whatever its schema's revision."""
    there = set(inspect(connection).get_table_names())
    tables = (table for table in db.metadata.sorted_tables if table.name in there)
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


def holds_school(connection: Connection) -> bool:
    """Whether anybody has put anything into this database."""
    return any(rows for name, rows in row_counts(connection).items() if name not in HOUSEKEEPING)
