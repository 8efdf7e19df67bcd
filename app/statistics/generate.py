"""What a database dialect must be able to generate from the specification."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.statistics import sqlite


@dataclass(frozen=True)
class Derived:
    """Everything in the database that follows from the code: dropped and made again after each migration."""

    triggers: Sequence[str]
    views: Sequence[str]

    @property
    def fingerprint(self) -> str:
        """Changes whenever any generated statement does."""
        return hashlib.sha256("\n".join([*self.triggers, *self.views]).encode()).hexdigest()


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


GENERATORS: dict[str, Generator] = {"sqlite": sqlite.SqliteGenerator()}


def generator(dialect: str) -> Generator:
    """The generator of a dialect. KeyError for a database that is not supported."""
    return GENERATORS[dialect]


def derived(dialect: str, currency: str) -> Derived:
    """All triggers and views of a dialect."""
    made = generator(dialect)
    return Derived(made.triggers(currency), made.views())
