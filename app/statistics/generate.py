"""What a database dialect must be able to generate from the specification."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from app.statistics import postgresql, sqlite


class Generator(Protocol):
    """One database dialect."""

    def triggers(self, currency: str) -> Sequence[str]:
        """Statements that create all triggers, for a school that counts in `currency`."""
        ...

    def views(self) -> Sequence[str]:
        """Statements that create all views."""
        ...

    def recount(self, currency: str) -> str:
        """A query of (metric_name, metric_value, unit, category) from the base tables alone, without zeros."""
        ...

    def now(self) -> str:
        """The moment, as the triggers write it."""
        ...

    def recount_balances(self) -> str:
        """A query of all columns of student_balances from the base tables alone."""
        ...

    def lock(self, connection: Connection) -> None:
        """Keep every other writer away until the end of the transaction."""
        ...

    def settle(self, connection: Connection) -> None:
        """Let the statistics of this transaction be what its rows say, now."""
        ...

    def drop(self, connection: Connection) -> None:
        """Drop every trigger and view, and what belongs to them."""
        ...

    def is_current(self, connection: Connection, currency: str) -> bool:
        """Whether the database carries exactly what this generates."""
        ...


GENERATORS: dict[str, Generator] = {
    "sqlite": sqlite.SqliteGenerator(),
    "postgresql": postgresql.PostgresqlGenerator(),
}


def generator(dialect: str) -> Generator:
    """The generator of a dialect. KeyError for a database that is not supported."""
    return GENERATORS[dialect]
