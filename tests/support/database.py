"""Databases for tests: one migrated template, copied per test, and connections as a script would open them."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask_migrate
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from app import create_app
from app.database.postgresql import LOCKS, WRITERS
from app.database.sqlite import sqlite_driver
from app.extensions import db
from app.schema import MIGRATIONS
from tests.support.postgres_connection import PostgresConnection

SECRET_KEY = "a key that only the tests use, long enough"
BACKENDS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Database:
    """A database of a test: its address, and a folder for the files beside it."""

    url: str
    folder: Path

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def file(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.url.removeprefix("sqlite:///"))


NewDatabase = Callable[[str, Path], AbstractContextManager[Database]]
"""Makes a database of a backend with its files in a folder."""


def sqlite_file(file: Path) -> Database:
    """A database in a file."""
    return Database(f"sqlite:///{file}", file.parent)


def overrides(database: Database) -> dict[str, object]:
    """The environment of an application that runs on a database of this test and nothing else."""
    return {
        "DATABASE_URL": database.url,
        "INSTANCE_PATH": database.folder / "instance",
        "SECRET_KEY": SECRET_KEY,
        "ASYNC_MODE": "threading",
        "REDIS_URL": "",
        "HOST": "127.0.0.1",
        "PORT": 5000,
        "ALLOW_PLAIN_HTTP": False,
    }


def migrated(database: Database) -> Database:
    """Make a database with `flask db upgrade`; that of SQLite is left as one file, without a log beside it."""
    app = create_app(overrides(database))
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS))
        db.engine.dispose()
    if database.is_sqlite:
        connection = sqlite_driver().connect(database.file)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    return database


def copied(template: Database, to: Path) -> Database:
    """A copy of an SQLite database."""
    return sqlite_file(Path(shutil.copyfile(template.file, to)))


def raw_connection(database: Database, *, careful: bool = True, timeout: float = 5) -> Any:
    """A connection of somebody outside the program: a careful administrator's, or a script's with SQLite's defaults."""
    if not database.is_sqlite:
        return PostgresConnection(database.url)
    return _sqlite(database.file, careful=careful, timeout=timeout)


def in_memory(template: Database) -> Any:
    """A copy of an SQLite template that lives in memory: for thousands of statements, not for locks."""
    source, memory = raw_connection(template), _sqlite(":memory:")
    source.backup(memory)
    source.close()
    return memory


def _sqlite(file: Path | str, *, careful: bool = True, timeout: float = 5) -> Any:
    connection = sqlite_driver().connect(file, timeout=timeout, isolation_level=None, check_same_thread=False)
    for name in ("foreign_keys", "recursive_triggers"):
        connection.execute(f"PRAGMA {name} = {'ON' if careful else 'OFF'}")
    return connection


def is_sqlite(raw: Any) -> bool:
    """Whether a raw connection is one to SQLite."""
    return not isinstance(raw, PostgresConnection)


@contextmanager
def as_sqlalchemy(raw: Any) -> Iterator[Connection]:
    """The same raw connection, for functions that want SQLAlchemy's; it stays open."""
    if is_sqlite(raw):
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, module=sqlite_driver())
        with engine.connect() as connection:
            yield connection
        return
    engine = create_engine("postgresql+psycopg2://", creator=lambda: raw.driver, poolclass=StaticPool)
    with raw.together(), engine.connect() as connection:
        yield connection


def insert(raw: Any, table: str, /, **values: object) -> int:
    """Insert one row by SQL; its id, or 0 in a table without."""
    names, holes = ", ".join(values), ", ".join("?" * len(values))
    statement = f"INSERT INTO {table} ({names}) VALUES ({holes})"
    if is_sqlite(raw):
        return int(raw.execute(statement, list(values.values())).lastrowid)
    if "id" not in db.metadata.tables[table].columns:
        raw.execute(statement, list(values.values()))
        return 0
    return int(raw.execute(f"{statement} RETURNING id", list(values.values())).fetchone()[0])


def rows(raw: Any, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
    """All rows of a query, by column name."""
    cursor = raw.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def value(raw: Any, sql: str, parameters: Sequence[object] = ()) -> Any:
    """The one value of a query."""
    ((found,),) = raw.execute(sql, parameters).fetchall()
    return found


def figures(raw: Any) -> Mapping[str, int]:
    """Every figure of the cache that is not zero."""
    return dict(
        raw.execute("SELECT metric_name, metric_value FROM statistics_cache WHERE metric_value <> 0").fetchall()
    )


def set_setting(raw: Any, key: str, to: str) -> None:
    """Give a setting a value, whether it had one or not."""
    raw.execute(
        "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, to),
    )


def hold_the_write_lock(raw: Any) -> None:
    """Begin a transaction that keeps every writer of the program waiting until its ROLLBACK."""
    if is_sqlite(raw):
        raw.execute("BEGIN IMMEDIATE")
        return
    raw.execute("BEGIN")
    raw.execute("SELECT pg_advisory_xact_lock(?, ?)", (LOCKS, WRITERS))


def names_of(raw: Any, kind: str) -> set[str]:
    """The names of all tables, triggers or views."""
    if is_sqlite(raw):
        found = rows(raw, "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite%'", (kind,))
    else:
        found = rows(raw, _NAMES[kind])
    return {row["name"] for row in found}


_NAMES = {
    "table": "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
    "view": "SELECT viewname AS name FROM pg_views WHERE schemaname = current_schema()",
    "trigger": "SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal",
}


def refuse_rows(raw: Any, table: str, when: str, saying: str) -> None:
    """Let the database refuse new rows of a table, as a guard of somebody else's would."""
    event = f"CREATE TRIGGER refuse BEFORE INSERT ON {table}"
    if is_sqlite(raw):
        raw.execute(f"{event} WHEN {when} BEGIN SELECT RAISE(ABORT, '{saying}'); END")
        return
    body = f"BEGIN IF {when} THEN RAISE EXCEPTION '{saying}'; END IF; RETURN NEW; END"
    raw.execute(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $body$ {body} $body$")
    raw.execute(f"{event} FOR EACH ROW EXECUTE FUNCTION refuse()")


@contextmanager
def slow_rows(raw: Any, table: str, seconds: float) -> Iterator[None]:
    """Let each new row of a table take its time, roughly, as on a machine with less to spare."""
    event = f"CREATE TRIGGER slow AFTER INSERT ON {table}"
    if is_sqlite(raw):
        count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT max(i) FROM n"
        raw.execute(f"{event} BEGIN {count.format(int(seconds * 4_000_000))}; END")
    else:
        body = f"BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END"
        raw.execute(f"CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $body$ {body} $body$")
        raw.execute(f"{event} FOR EACH ROW EXECUTE FUNCTION slow()")
    try:
        yield
    finally:
        drop_trigger(raw, "slow")
        if not is_sqlite(raw):
            raw.execute("DROP FUNCTION slow()")


def triggers_of(raw: Any) -> list[str]:
    """Every trigger's definition, with the body of what it calls."""
    if is_sqlite(raw):
        return [row["sql"] for row in rows(raw, "SELECT sql FROM sqlite_schema WHERE type = 'trigger'")]
    definition = "replace(pg_get_triggerdef(t.oid), 'public.', '') || ' ' || p.prosrc AS sql"
    found = rows(
        raw, f"SELECT {definition} FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid WHERE NOT tgisinternal"
    )
    return [row["sql"] for row in found]


def drop_trigger(raw: Any, name: str) -> None:
    """Take one trigger away, on whatever table it is."""
    if is_sqlite(raw):
        raw.execute(f"DROP TRIGGER {name}")
        return
    table = value(raw, "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = ?", (name,))
    raw.execute(f"DROP TRIGGER {name} ON {table}")
