"""Values that SQLite keeps and PostgreSQL would refuse: SQLite looks neither at types nor at lengths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import JSON, BigInteger, Boolean, Column, Connection, Date, DateTime, Integer, String, Table
from sqlalchemy.types import TypeEngine

from app.extensions import db
from app.models.columns import UtcDateTime

MOST_A_TABLE = 200
SEALED_MOMENTS = {
    ("user_activity_log", "timestamp"),
    ("activity_seals", "sealed_at"),
    ("activity_seals", "archived_at"),
}
"""Moments whose very text is part of a seal's hash."""

_DAY = "typeof({c}) = 'text' AND length({c}) = 10 AND {c} >= '0001-01-01' AND date({c}) IS {c}"
_SECONDS = "replace(substr({c}, 1, 19), 'T', ' ')"
_MOMENT = (
    f"typeof({{c}}) = 'text' AND {{c}} >= '0001-01-01' AND datetime({_SECONDS}) IS {_SECONDS} "
    "AND substr({c}, 12, 2) < '24' AND (length({c}) = 19 OR (length({c}) BETWEEN 21 AND 26 "
    "AND substr({c}, 20, 1) = '.' AND substr({c}, 21) NOT GLOB '*[^0-9]*'))"
)
_WHOLE = "typeof({c}) = 'integer'"
_TEXT = "typeof({c}) = 'text'"


@dataclass(frozen=True)
class Misfit:
    """One value, by its table, the key of its row and its column."""

    table: str
    row: object
    column: str
    why: str

    @property
    def words(self) -> str:
        return f"{self.table} {self.row}, {self.column}: {self.why}"


def misfits(connection: Connection) -> Sequence[Misfit]:
    """Every value of an SQLite database that PostgreSQL would not take, at most 200 a table."""
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.create_function("unreadable", 1, _unreadable, deterministic=True)
    # A key itself may be unreadable.
    raw.text_factory = lambda data: data.decode(errors="replace")
    try:
        return [misfit for table in db.metadata.sorted_tables for misfit in _of_table(connection, table)]
    finally:
        raw.text_factory = str


def _of_table(connection: Connection, table: Table) -> Iterator[Misfit]:
    checks = [
        (column.name, why, sql.format(c=f'"{column.name}"'))
        for column in table.columns
        for why, sql in _checks(table, column)
    ]
    (key,) = table.primary_key.columns
    bad = [f'("{name}" IS NOT NULL AND NOT ({sql}))' for name, _, sql in checks]
    query = f'SELECT "{key.name}", {", ".join(bad)} FROM "{table.name}" WHERE {" OR ".join(bad)}'  # noqa: S608
    rows = connection.exec_driver_sql(f"{query} LIMIT {MOST_A_TABLE}").all()
    for row, *found in rows:
        yield from (
            Misfit(table.name, row, name, why) for (name, why, _), is_bad in zip(checks, found, strict=True) if is_bad
        )


def _checks(table: Table, column: Column[object]) -> Iterator[tuple[str, str]]:
    """What a column's values must be, each with what is said of those that are not."""
    kind: TypeEngine[object] = column.type.impl_instance if isinstance(column.type, UtcDateTime) else column.type
    if isinstance(kind, Boolean):
        yield "is neither true nor false", "{c} IN (0, 1)"
    elif isinstance(kind, Integer):
        if isinstance(kind, BigInteger):
            yield "is not a whole number", _WHOLE
        else:
            yield "is not a whole number below 2147483648", f"{_WHOLE} AND {{c}} BETWEEN -2147483648 AND 2147483647"
    elif isinstance(kind, DateTime):
        if (table.name, column.name) in SEALED_MOMENTS:
            yield (
                "is not a moment in the form that seals are made of",
                f"{_MOMENT} AND {{c}} LIKE '__________ %.______'",
            )
        else:
            yield "is not a date with a time", _MOMENT
    elif isinstance(kind, Date):
        yield "is not a date of the calendar", _DAY
    elif isinstance(kind, JSON):
        yield "is not JSON", f"{_TEXT} AND json_valid({{c}})"
        yield _STRANGE
    elif isinstance(kind, String):
        yield "is not a text", _TEXT
        if kind.length:
            yield f"is longer than {kind.length} characters", f"length(CAST({{c}} AS text)) <= {kind.length}"
        yield _STRANGE
    else:
        raise TypeError(f"nobody said what {table.name}.{column.name} must be")


_STRANGE = (
    "has characters that PostgreSQL cannot keep",
    "instr(CAST({c} AS blob), x'00') = 0 AND NOT ({c} GLOB '*[^ -~]*' AND unreadable(CAST({c} AS blob)))",
)


def _unreadable(data: bytes | None) -> bool:
    try:
        (data or b"").decode()
    except UnicodeDecodeError:
        return True
    return False
