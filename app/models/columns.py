"""Column types and checks that several tables share."""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Dialect, TypeDecorator, func
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import mapped_column
from sqlalchemy.schema import SchemaItem

LARGEST_AMOUNT = 10**12
"""The most one amount may be, in minor units; sums of ten million such rows still fit a 64-bit integer."""


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC moment: aware in Python, stored without a zone on SQLite."""

    impl = DateTime().with_variant(TIMESTAMP(timezone=True), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def _utc_now() -> datetime:
    return datetime.now(UTC)


Key = Annotated[int, mapped_column(primary_key=True)]
Money = Annotated[int, mapped_column(BigInteger)]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
CreatedAt = Annotated[datetime, mapped_column(UtcDateTime, default=_utc_now, server_default=func.current_timestamp())]


def money_checks(column: str, *, least: int = 0) -> tuple[CheckConstraint, CheckConstraint]:
    """An amount is a whole number of minor units between `least` and LARGEST_AMOUNT.

    SQLite would store 'abc' or 1.5 in an integer column; the first check refuses them there.
    """
    whole = CheckConstraint(f"typeof({column}) = 'integer'", name=f"{column}_whole").ddl_if(dialect="sqlite")
    bounds = CheckConstraint(f"{column} BETWEEN {least} AND {LARGEST_AMOUNT}", name=f"{column}_bounds")
    return whole, bounds


def one_of(column: str, *values: str) -> CheckConstraint:
    """A text column that takes one of a few words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def table(*items: SchemaItem) -> tuple[Any, ...]:
    """`__table_args__` of a table whose ids are never used twice, also on SQLite."""
    return (*items, {"sqlite_autoincrement": True})
