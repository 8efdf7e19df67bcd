"""What the two databases do differently, behind one interface."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.orm import Session

from app.database import postgresql, sqlite
from app.database.actor import Actor
from app.extensions import db


class Watcher(Protocol):
    """Notices commits of every other connection and process, as a hint."""

    def changed(self) -> bool:
        """Whether anybody may have committed since the last look. Never waits."""
        ...

    def close(self) -> None: ...


class Backend(Protocol):
    """One kind of database."""

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """What its driver raises by itself, besides what SQLAlchemy wraps."""
        ...

    def engine_options(self) -> dict[str, Any]:
        """Options of `create_engine`."""
        ...

    def refusals(self, connection: Connection) -> Sequence[str]:
        """Why this server must not keep a school's money: one sentence each."""
        ...

    def waits_outside(self) -> bool:
        """Whether a statement waits for another process, so that the driver must let green threads run meanwhile."""
        ...

    def wait(self, connection: Connection, seconds: float) -> None:
        """A statement that does nothing but wait."""
        ...

    def listen(self, engine: Engine) -> None:
        """Make every connection of an engine keep the promises that the program builds on."""
        ...

    def write_options(self, deadline: float) -> Mapping[str, Any]:
        """Execution options of a connection that writes; the database is busy after `deadline` (monotonic)."""
        ...

    def alone(self, patience: float) -> AbstractContextManager[None]:
        """Wait for the other writers of this process. Raises DatabaseBusy after `patience` seconds."""
        ...

    def begin_write(self, session: Session, actor: Actor, deadline: float, account: int | None) -> None:
        """Take the write lock (for one account only, where that is possible) and name the writer."""
        ...

    def end_write(self, session: Session) -> None:
        """The last statement before the commit."""
        ...

    def name_writer(self, session: Session, actor: Actor | None) -> None:
        """Say for whom the rest of the transaction writes."""
        ...

    def renumber(self, session: Session, table: Table) -> None:
        """Let new rows have ids after the highest that was written by number."""
        ...

    def message(self, error: BaseException) -> str:
        """What the database said, without what surrounds it."""
        ...

    def is_busy(self, error: BaseException | None) -> bool:
        """Whether the same may succeed in a moment, and nothing was saved."""
        ...

    def is_full(self, error: BaseException | None) -> bool:
        """Whether the disk is full."""
        ...

    def is_failing(self, error: BaseException | None) -> bool:
        """Whether the disk reported an error: what was being saved may or may not have been."""
        ...

    def is_gone(self, error: BaseException | None) -> bool:
        """Whether the connection broke: what was being saved may or may not have been."""
        ...

    def running(self, session: Session) -> tuple[int, int] | None:
        """What the session's view of the database leaves out: the oldest transaction that runs, and the next to begin.

        None where transactions become visible in the order of their numbers.
        """
        ...

    def watcher(self, engine: Engine) -> Watcher:
        """A connection of its own that notices the commits of others."""
        ...

    def migrating(self, connection: Connection) -> AbstractContextManager[None]:
        """Entered before the transaction of a migration; lets it rebuild tables."""
        ...

    def check_migrated(self, connection: Connection) -> None:
        """Stop a migration, inside its transaction, that left rows without their parents. Raises RuntimeError."""
        ...


BACKENDS: Mapping[str, Backend] = {"sqlite": sqlite.SqliteBackend(), "postgresql": postgresql.PostgresqlBackend()}


def backend_of(dialect: str) -> Backend:
    """The backend of a dialect. KeyError for a database that is not supported."""
    return BACKENDS[dialect]


def backend() -> Backend:
    """The backend of this application's database."""
    return backend_of(db.engine.dialect.name)
