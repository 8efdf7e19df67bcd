"""SQLite: one writer at a time, told to every connection by pragmas, and waited for without freezing a socket."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import partial
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, Table, event, update
from sqlalchemy.orm import Session

from app.database.actor import Actor
from app.database.failing import give_up, give_up_where
from app.errors import DatabaseBusy
from app.models.sync import WriteContext

PATIENCE = 5.0
"""Seconds a connection outside `atomic()` waits for a lock."""

# One writer at a time in this process: a thread that waited inside SQLite instead would freeze every socket.
_write_lock = threading.Lock()


def is_busy(error: BaseException | None) -> bool:
    """Whether SQLite says that another connection holds the lock."""
    return error is not None and ("database is locked" in str(error) or "table is locked" in str(error))


def is_failing(error: BaseException | None) -> bool:
    """Whether SQLite says that the disk reported an error."""
    return error is not None and ("disk I/O error" in str(error) or "unable to open database file" in str(error))


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


def pragmas(version: tuple[int, ...]) -> Mapping[str, tuple[str, object]]:
    """What each connection sets, and what it must then report."""
    without_wal = has_wal_reset_bug(version)
    return {
        "journal_mode": ("DELETE", "delete") if without_wal else ("WAL", "wal"),
        # A commit without WAL is the removal of a file, which FULL leaves to the system to write down some time.
        "synchronous": ("EXTRA", 3) if without_wal else ("FULL", 2),
        "foreign_keys": ("ON", 1),
        "recursive_triggers": ("ON", 1),
        "busy_timeout": ("0", 0),
    }


def patiently(work: Callable[[], Any], deadline: float | None = None) -> Any:
    """Run `work` again until the lock is free, sleeping in between so that other green threads go on."""
    deadline, pause = deadline or time.monotonic() + PATIENCE, 0.002
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


@contextmanager
def _by_driver(connection: Connection) -> Iterator[Any]:
    """A cursor whose errors SQLAlchemy does not hear of: what the disk failed under is given up here."""
    try:
        with closing(connection.connection.cursor()) as cursor:
            yield cursor
    except Exception as error:
        if is_failing(error):
            give_up(connection, error)
        raise


def _begin(connection: Connection) -> None:
    with _by_driver(connection) as cursor:
        if deadline := connection.get_execution_options().get("writes_until"):
            patiently(lambda: cursor.execute("BEGIN IMMEDIATE"), deadline)
        else:
            cursor.execute("BEGIN")
            # The first read may meet another process that is recovering the log; later ones then see one snapshot.
            patiently(lambda: cursor.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall())


def _commit(connection: Connection) -> None:
    """Commit before SQLAlchemy does: without WAL a commit waits for the readers, and they must be let through."""
    with _by_driver(connection) as cursor:
        patiently(lambda: cursor.execute("COMMIT"))


def _listen(engine: Engine) -> None:
    """Give every connection of an SQLite engine its pragmas, its explicit BEGIN and its patient COMMIT."""
    version = engine.dialect.dbapi.sqlite_version_info  # type: ignore[union-attr]
    event.listen(engine, "connect", lambda connection, record: prepare_connection(connection, version))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "commit", _commit)
    give_up_where(engine, is_failing)


class SqliteWatcher:
    """A connection of its own that notices commits of every other connection and process, for 3 microseconds a look."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether anybody committed since the last look."""
        before, self._seen = self._seen, self._version()
        return before != self._seen

    def close(self) -> None:
        self._connection.close()

    def _version(self) -> int:
        row = self._connection.dbapi_connection.execute("PRAGMA data_version").fetchone()
        return int(row[0])


class SqliteBackend:
    """A file on this machine."""

    errors = (sqlite_driver().Error,)

    def engine_options(self) -> dict[str, Any]:
        return {"module": sqlite_driver(), "pool_size": 10, "max_overflow": 30, "pool_timeout": 10}

    def refusals(self, connection: Connection) -> Sequence[str]:
        """Each connection asserts its pragmas."""
        return ()

    def waits_outside(self) -> bool:
        return False

    def wait(self, connection: Connection, seconds: float) -> None:
        """SQLite works inside this process."""

    def listen(self, engine: Engine) -> None:
        _listen(engine)

    def write_options(self, deadline: float) -> Mapping[str, Any]:
        return {"writes_until": deadline}

    @contextmanager
    def alone(self, patience: float) -> Iterator[None]:
        if not _write_lock.acquire(timeout=patience):
            raise DatabaseBusy()
        try:
            yield
        finally:
            _write_lock.release()

    def begin_write(self, session: Session, actor: Actor, deadline: float, account: int | None) -> None:
        self.name_writer(session, actor)

    def end_write(self, session: Session) -> None:
        self.name_writer(session, None)

    def name_writer(self, session: Session, actor: Actor | None) -> None:
        values = asdict(actor) if actor else dict.fromkeys(("user_id", "username", "ip_address"))
        row = update(WriteContext).where(WriteContext.id == 1).values(**values)
        session.execute(row, execution_options={"synchronize_session": False})

    def renumber(self, session: Session, table: Table) -> None:
        """AUTOINCREMENT looks at the rows."""

    def message(self, error: BaseException) -> str:
        return str(error)

    def is_busy(self, error: BaseException | None) -> bool:
        return is_busy(error)

    def is_full(self, error: BaseException | None) -> bool:
        return "is full" in str(error)

    def is_failing(self, error: BaseException | None) -> bool:
        return is_failing(error)

    def is_gone(self, error: BaseException | None) -> bool:
        return False

    def running(self, session: Session) -> tuple[int, int] | None:
        """There is one writer at a time."""
        return None

    def watcher(self, engine: Engine) -> SqliteWatcher:
        """Takes one connection out of the pool for good."""
        connection = engine.raw_connection()
        connection.detach()
        return SqliteWatcher(connection)

    @contextmanager
    def migrating(self, connection: Connection) -> Iterator[None]:
        """Without foreign keys a rebuilt table keeps its children."""
        raw: Any = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            yield
        finally:
            raw.execute("PRAGMA foreign_keys = ON")

    def check_migrated(self, connection: Connection) -> None:
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if orphans:
            raise RuntimeError(f"the migration left rows without their parents: {orphans[:5]}")
