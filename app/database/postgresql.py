"""PostgreSQL: reads see one moment, writers queue at an advisory lock, and commits are told by NOTIFY as a hint."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from sqlalchemy import Connection, Engine, Table, event, func, select, text
from sqlalchemy.orm import Session

from app.database.actor import Actor
from app.database.failing import give_up_where

LOCKS = 0x5C00
"""The first number of our advisory locks."""
WRITERS, STATISTICS, WORKER = 1, 2, 3
"""The second: who writes (whoever touches one account only shares it), the statistics (always the last), the worker."""

CHANNEL = "schoolpulse"
POOL = 8
"""Connections a process holds; measured, more writers only make each other wait."""

_CONNECT = {
    "timezone": "UTC",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "5min",
}
_UNSAFE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""Settings with which a power cut takes acknowledged payments away."""
OLDEST = 140000
_NUMERIC = 1700
_RUNNING = text(
    "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() AS s"
)
_BUSY = {"55P03", "40P01", "40001", "53300", "57014"}
_GONE = {"57P01", "57P02", "57P03", "25P03"}


def _whole(value: str | None, cursor: object) -> Any:
    """Sums of whole numbers arrive as `numeric`; the program counts in integers."""
    if value is None:
        return None
    return int(value) if "." not in value else float(value)


def _readable(value: str) -> Any:
    """A text cannot hold the character zero here: what was typed with one is found nowhere, and breaks nothing."""
    from psycopg2.extensions import QuotedString

    return QuotedString(value.replace("\0", "\ufffd"))


def _prepare(connection: Any, record: object) -> None:
    from psycopg2.extensions import new_type, register_type

    register_type(new_type((_NUMERIC,), "WHOLE", _whole), connection)


class PostgresqlWatcher:
    """A connection that listens; looking is one read of its socket that never waits."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        raw = connection.dbapi_connection
        raw.set_session(isolation_level="READ COMMITTED", readonly=True, autocommit=True)
        with raw.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")

    def changed(self) -> bool:
        """Whether anybody committed since the last look."""
        raw = self._connection.dbapi_connection
        raw.poll()
        heard = bool(raw.notifies)
        raw.notifies.clear()
        return heard

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()


class PostgresqlBackend:
    """A server, on this machine or another."""

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        from psycopg2 import Error

        return (Error,)

    def engine_options(self) -> dict[str, Any]:
        options = " ".join(f"-c {name}={value}" for name, value in _CONNECT.items())
        return {
            # Pages add up several queries: like on SQLite, all of them see the same moment, and none of them writes.
            "isolation_level": "REPEATABLE READ",
            "execution_options": {"postgresql_readonly": True},
            "connect_args": {"options": options, "application_name": "schoolpulse", "connect_timeout": 10},
            "pool_pre_ping": True,
            "pool_size": POOL,
            "max_overflow": 2,
            "pool_timeout": 10,
        }

    def refusals(self, connection: Connection) -> Sequence[str]:
        def shown(name: str) -> str:
            return str(connection.exec_driver_sql(f"SHOW {name}").scalar_one())

        wrong = [f"the server runs with {name} = {shown(name)}" for name, bad in _UNSAFE.items() if shown(name) == bad]
        if int(shown("server_version_num")) < OLDEST:
            wrong.append(f"PostgreSQL {shown('server_version')} is too old: {OLDEST // 10000} is needed")
        if shown("server_encoding") != "UTF8":
            wrong.append(f"the database is encoded in {shown('server_encoding')}, not in UTF8")
        return wrong

    def waits_outside(self) -> bool:
        return True

    def wait(self, connection: Connection, seconds: float) -> None:
        connection.exec_driver_sql("SELECT pg_sleep(%s)", (seconds,))

    def listen(self, engine: Engine) -> None:
        from psycopg2.extensions import register_adapter

        register_adapter(str, _readable)
        event.listen(engine, "connect", _prepare)
        give_up_where(engine, self.is_failing)

    def write_options(self, deadline: float) -> Mapping[str, Any]:
        return {"isolation_level": "READ COMMITTED", "postgresql_readonly": False}

    def alone(self, patience: float) -> nullcontext[None]:
        return nullcontext()

    def begin_write(self, session: Session, actor: Actor, deadline: float, account: int | None) -> None:
        left = max(1, int((deadline - time.monotonic()) * 1000))
        shared = "" if account is None else "_shared"
        self.name_writer(session, actor)
        session.connection().exec_driver_sql(
            f"SET LOCAL lock_timeout = {left}; SELECT pg_advisory_xact_lock{shared}({LOCKS}, {WRITERS})"
        )
        if account is not None:
            session.connection().exec_driver_sql(
                "SELECT 1 FROM student_balances WHERE student_id = %s FOR UPDATE", (account,)
            )

    def end_write(self, session: Session) -> None:
        """The writer's name ends with its transaction."""

    def name_writer(self, session: Session, actor: Actor | None) -> None:
        actor = actor or Actor(username="")
        session.connection().exec_driver_sql(
            "SELECT set_config('schoolpulse.user_id', %s, true), set_config('schoolpulse.username', %s, true), "
            "set_config('schoolpulse.ip_address', %s, true)",
            (str(actor.user_id or ""), actor.username, actor.ip_address or ""),
        )

    def renumber(self, session: Session, table: Table) -> None:
        if table.autoincrement_column is not None:
            sequence = func.pg_get_serial_sequence(table.name, "id")
            session.execute(select(func.setval(sequence, func.max(table.c.id))))

    def message(self, error: BaseException) -> str:
        diagnosis = getattr(error, "diag", None)
        return (diagnosis and diagnosis.message_primary) or str(error)

    def is_busy(self, error: BaseException | None) -> bool:
        return getattr(error, "pgcode", None) in _BUSY

    def is_full(self, error: BaseException | None) -> bool:
        return getattr(error, "pgcode", None) == "53100"

    def is_failing(self, error: BaseException | None) -> bool:
        return getattr(error, "pgcode", None) == "58030"

    def is_gone(self, error: BaseException | None) -> bool:
        from psycopg2 import InterfaceError, OperationalError

        code = getattr(error, "pgcode", None)
        return code in _GONE or (code is None and isinstance(error, (OperationalError, InterfaceError)))

    def running(self, session: Session) -> tuple[int, int] | None:
        oldest, coming = session.execute(_RUNNING).one()
        return int(oldest), int(coming)

    def watcher(self, engine: Engine) -> PostgresqlWatcher:
        """Takes one connection out of the pool for good."""
        connection = engine.raw_connection()
        connection.detach()
        return PostgresqlWatcher(connection)

    @contextmanager
    def migrating(self, connection: Connection) -> Iterator[None]:
        """Two processes that start together migrate one after the other."""
        yield

    def check_migrated(self, connection: Connection) -> None:
        """Foreign keys are always on here."""
