"""The database's one door for writing, and what every connection to it promises."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from blinker import Namespace
from flask import Flask
from sqlalchemy import Connection, Engine, event, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.errors import GUARDS, DatabaseBusy, StorageFull
from app.extensions import db
from app.models.sync import WriteContext

log = logging.getLogger(__name__)

LOCK_TIMEOUT = 5.0
"""Seconds a writer waits for the write lock before it answers that the database is busy."""

committed = Namespace().signal("committed")
"""Sent after each commit of `atomic()`; carries nothing, since what changed is read back from the database."""


@dataclass(frozen=True)
class Actor:
    """Who writes, for the activity log."""

    user_id: int | None = None
    username: str = "system"
    ip_address: str | None = None


SYSTEM = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)
# One writer at a time in this process: a thread that waited inside SQLite instead would freeze every socket.
_write_lock = threading.Lock()


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Name the writer of everything that is written inside the block."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def set_actor(actor: Actor | None) -> None:
    """Name the writer from now on, for a request whose end calls this again with None."""
    _actor.set(actor or Actor())


def current_actor() -> Actor:
    return _actor.get()


@contextmanager
def atomic(*, patience: float | None = None) -> Iterator[Session]:
    """Write in one transaction: all of it or nothing; the write lock is taken before the first read.

    A block inside a block joins the outer one: when it fails, the outer one cannot commit, even if the error is caught
    in between. No network, sleep, render or emit inside. Raises DatabaseBusy when the lock is not to be had within
    `patience` seconds (LOCK_TIMEOUT unless given), and the SchoolError of a guard that refused.
    """
    session = db.session()
    if "atomic" in session.info:
        with _joined(session):
            yield session
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside atomic()")
    # What was read before the lock may be old; the block reads it again.
    session.rollback()
    patience = LOCK_TIMEOUT if patience is None else patience
    # One deadline for both locks: a queue of writers behind another process would otherwise wait twice as long.
    deadline = time.monotonic() + patience
    if not _write_lock.acquire(timeout=patience):
        raise DatabaseBusy()
    session.info["atomic"] = "open"
    try:
        _begin_write(session, deadline)
        yield session
        if session.info["atomic"] == "failed":
            raise RuntimeError("a block inside this transaction failed and its error was caught: nothing was saved")
        session.flush()
        session.execute(_context_row().values(user_id=None, username=None, ip_address=None))
        session.commit()
    except BaseException as error:
        session.rollback()
        if isinstance(error, DATABASE_ERRORS):
            raise translated(error) from error
        raise
    finally:
        session.info.pop("atomic", None)
        _write_lock.release()
    _announce()


@contextmanager
def _joined(session: Session) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        session.info["atomic"] = "failed"
        if isinstance(error, DATABASE_ERRORS):
            raise translated(error) from error
        raise


def _announce() -> None:
    try:
        committed.send()
    except Exception:
        # What was saved stays saved: whoever saved it must not be told otherwise.
        log.exception("a listener of the commit failed")


def _begin_write(session: Session, deadline: float) -> None:
    session.connection(execution_options={"writes_until": deadline})
    actor = current_actor()
    session.execute(
        _context_row().values(user_id=actor.user_id, username=actor.username, ip_address=actor.ip_address),
        execution_options={"synchronize_session": False},
    )


def _context_row() -> Any:
    return update(WriteContext).where(WriteContext.id == 1).execution_options(synchronize_session=False)


def translated(error: BaseException) -> BaseException:
    """The SchoolError behind a database error, or the error itself when nobody expected it."""
    reason = error.orig if isinstance(error, DBAPIError) else error
    message = str(reason)
    for code, refusal in GUARDS.items():
        if code in message:
            return type(refusal)(refusal.message, param=refusal.param, code=refusal.code)
    if "is full" in message:
        return StorageFull()
    if is_busy(reason):
        return DatabaseBusy()
    return error


def is_busy(error: BaseException | None) -> bool:
    """Whether SQLite says that another connection holds the lock."""
    return error is not None and ("database is locked" in str(error) or "table is locked" in str(error))


def sqlite_driver() -> ModuleType:
    """The interpreter's own sqlite3 when its library is new enough, else the newer one that pysqlite3 carries."""
    if not has_wal_reset_bug(sqlite3.sqlite_version_info):
        return sqlite3
    try:
        import pysqlite3.dbapi2 as bundled
    except ImportError:
        return sqlite3
    return bundled if bundled.sqlite_version_info > sqlite3.sqlite_version_info else sqlite3


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Whether this SQLite can lose commits in WAL mode with two connections (fixed in 3.51.3, 3.50.7 and 3.44.6)."""
    if version >= (3, 51, 3):
        return False
    return not ((3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45))


# Beginning and committing speak to the driver directly, so its own errors arrive unwrapped.
DATABASE_ERRORS = (DBAPIError, sqlite_driver().Error)


def pragmas(version: tuple[int, ...]) -> Mapping[str, tuple[str, object]]:
    """What each connection sets, and what it must then report."""
    return {
        "journal_mode": ("DELETE", "delete") if has_wal_reset_bug(version) else ("WAL", "wal"),
        "synchronous": ("FULL", 2),
        "foreign_keys": ("ON", 1),
        "recursive_triggers": ("ON", 1),
        "busy_timeout": ("0", 0),
    }


def patiently(work: Callable[[], Any], deadline: float | None = None) -> Any:
    """Run `work` again until the lock is free, sleeping in between so that other green threads go on."""
    deadline, pause = deadline or time.monotonic() + LOCK_TIMEOUT, 0.002
    while True:
        try:
            return work()
        except Exception as error:
            if not is_busy(error):
                raise
            if time.monotonic() >= deadline:
                raise DatabaseBusy() from error
        time.sleep(pause)
        pause = min(pause * 1.5, 0.025)


def prepare_connection(connection: Any, version: tuple[int, ...]) -> None:
    """Set the pragmas of one raw SQLite connection and make sure that each took effect. Raises RuntimeError."""
    connection.isolation_level = None
    for name, (value, expected) in pragmas(version).items():
        statement = f"PRAGMA {name} = {value}"
        patiently(partial(connection.execute, statement))
        (reported,) = connection.execute(f"PRAGMA {name}").fetchone()
        if reported != expected:
            raise RuntimeError(f"SQLite did not accept {statement}: it reports {reported!r}")


def _begin(connection: Connection) -> None:
    cursor = connection.connection.cursor()
    try:
        if deadline := connection.get_execution_options().get("writes_until"):
            patiently(lambda: cursor.execute("BEGIN IMMEDIATE"), deadline)
        else:
            cursor.execute("BEGIN")
            # The first read may meet another process that is recovering the log; later ones then see one snapshot.
            patiently(lambda: cursor.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall())
    finally:
        cursor.close()


def _commit(connection: Connection) -> None:
    """Commit before SQLAlchemy does: without WAL a commit waits for the readers, and they must be let through."""
    cursor = connection.connection.cursor()
    try:
        patiently(lambda: cursor.execute("COMMIT"))
    finally:
        cursor.close()


def listen(engine: Engine) -> None:
    """Give every connection of an SQLite engine its pragmas, its explicit BEGIN and its patient COMMIT."""
    version = engine.dialect.dbapi.sqlite_version_info  # type: ignore[union-attr]
    event.listen(engine, "connect", lambda connection, record: prepare_connection(connection, version))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "commit", _commit)


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Let a migration rebuild a table without its children being deleted; to be entered before its transaction."""
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


def refuse_orphans(connection: Connection) -> None:
    """Stop a migration, inside its transaction, that left rows without their parents. Raises RuntimeError."""
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        raise RuntimeError(f"the migration left rows without their parents: {orphans[:5]}")


def engine_options() -> dict[str, Any]:
    return {"module": sqlite_driver(), "pool_size": 10, "max_overflow": 30, "pool_timeout": 10}


def init_app(app: Flask) -> None:
    """Bind the database and prepare its engine."""
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", engine_options())
    db.init_app(app)
    with app.app_context():
        listen(db.engine)


class Watcher:
    """A connection of its own that notices commits of every other connection and process, for 3 microseconds a look."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen = self._version()

    @classmethod
    def open(cls) -> "Watcher":
        """Take one connection out of the pool for good."""
        connection = db.engine.raw_connection()
        connection.detach()
        return cls(connection)

    def changed(self) -> bool:
        """Whether anybody committed since the last look."""
        before, self._seen = self._seen, self._version()
        return before != self._seen

    def close(self) -> None:
        self._connection.close()

    def _version(self) -> int:
        row = self._connection.dbapi_connection.execute("PRAGMA data_version").fetchone()
        return int(row[0])


def ping() -> None:
    """Read one row; raises when the database does not answer."""
    db.session.execute(text("SELECT version FROM sync_clock")).one()
