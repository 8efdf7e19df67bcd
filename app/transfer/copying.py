"""Copying every row of a table into PostgreSQL as it is, and reading it back to see that it arrived."""

import hashlib
from typing import Any

from sqlalchemy import Boolean, Column, Connection, DateTime, String, Table, text

from app.models.columns import UtcDateTime

BATCH = 1_000
_ESCAPES = {92: "\\\\", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}


class Differs(RuntimeError):
    """A table that arrived otherwise than it was sent."""


def copy_table(source: Connection, target: Connection, table: Table) -> int:
    """Copy all rows with their ids, and compare each value that arrived; the number of rows. Raises Differs."""
    columns = [column for column in table.columns if column.computed is None]
    (key,) = table.primary_key.columns
    order = f'"{key.name}"' + (' COLLATE "C"' if isinstance(key.type, String) else "")
    names = ", ".join(f'"{column.name}"' for column in columns)
    stored = ", ".join(_stored(column) for column in columns)
    arrived = ", ".join(_arrived(column) for column in columns)
    rows: Any = source.connection.cursor()
    rows.execute(f'SELECT {stored} FROM "{table.name}" ORDER BY "{key.name}"')  # noqa: S608
    sent, received = Rows(rows), Digest()
    cursor: Any = target.connection.cursor()
    cursor.copy_expert(f'COPY "{table.name}" ({names}) FROM STDIN', sent)
    cursor.copy_expert(f'COPY (SELECT {arrived} FROM "{table.name}" ORDER BY {order}) TO STDOUT', received)  # noqa: S608
    cursor.close()
    if sent.digest.digest() != received.digest.digest():
        raise Differs(f"the rows of {table.name} did not arrive as they were sent")
    return sent.count


class Rows:
    """The rows of a cursor as COPY reads them."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.count = 0
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        rows = self._cursor.fetchmany(BATCH)
        self.count += len(rows)
        lines = "".join("\t".join(map(_written, row)) + "\n" for row in rows).encode()
        self.digest.update(lines)
        return lines


class Digest:
    """Takes what COPY writes and keeps nothing of it."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, data: bytes | str) -> int:
        self.digest.update(data.encode() if isinstance(data, str) else data)
        return len(data)


def number_on(source: Connection, target: Connection, table: Table) -> None:
    """Give new rows ids after the highest that the source ever gave, also to a row that is gone since."""
    if table.autoincrement_column is None:
        return
    last = source.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    if last:
        target.execute(
            text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), {"name": table.name, "last": last}
        )


def _stored(column: Column[Any]) -> str:
    """A value as text that PostgreSQL would write in the same way."""
    name = f'"{column.name}"'
    if isinstance(column.type, UtcDateTime | DateTime):
        return f"replace(substr({name}, 1, 19), 'T', ' ') || '.' || substr(substr({name}, 21) || '000000', 1, 6)"
    return name


def _arrived(column: Column[Any]) -> str:
    name = f'"{column.name}"'
    if isinstance(column.type, UtcDateTime | DateTime):
        return f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    return f"{name}::int" if isinstance(column.type, Boolean) else name


def _written(value: object) -> str:
    if value is None:
        return "\\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)
