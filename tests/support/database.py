"""Databases for tests: one migrated template, copied per test, and connections as a script would open them."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from app import create_app
from app.database.sqlite import sqlite_driver
from app.extensions import db
from app.schema import MIGRATIONS

SECRET_KEY = "a key that only the tests use, long enough"


def overrides(database: Path) -> dict[str, object]:
    """The environment of an application that runs on a file of this test and nothing else."""
    return {
        "DATABASE_URL": f"sqlite:///{database}",
        "INSTANCE_PATH": database.parent / "instance",
        "SECRET_KEY": SECRET_KEY,
        "ASYNC_MODE": "threading",
        "REDIS_URL": "",
        "HOST": "127.0.0.1",
        "PORT": 5000,
        "ALLOW_PLAIN_HTTP": False,
    }


def migrated(database: Path) -> Path:
    """Make a database with `flask db upgrade` and leave it as one file, without a log beside it."""
    app = create_app(overrides(database))
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS))
        db.engine.dispose()
    connection = sqlite_driver().connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return database


def copied(template: Path, to: Path) -> Path:
    """A test's own database."""
    return Path(shutil.copyfile(template, to))


def raw_connection(database: Path | str, *, careful: bool = True, timeout: float = 5) -> Any:
    """A connection of somebody outside the program: a careful administrator's, or a script's with SQLite's defaults."""
    connection = sqlite_driver().connect(database, timeout=timeout, isolation_level=None, check_same_thread=False)
    for name in ("foreign_keys", "recursive_triggers"):
        connection.execute(f"PRAGMA {name} = {'ON' if careful else 'OFF'}")
    return connection


def in_memory(template: Path) -> Any:
    """A copy of the template that lives in memory: for thousands of statements, not for locks."""
    source, memory = raw_connection(template), raw_connection(":memory:")
    source.backup(memory)
    source.close()
    return memory


@contextmanager
def as_sqlalchemy(raw: Any) -> Iterator[Connection]:
    """The same raw connection, for functions that want SQLAlchemy's; it stays open."""
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, module=sqlite_driver())
    with engine.connect() as connection:
        yield connection


def insert(raw: Any, table: str, /, **values: object) -> int:
    """Insert one row by SQL; its id."""
    names, holes = ", ".join(values), ", ".join("?" * len(values))
    return int(raw.execute(f"INSERT INTO {table} ({names}) VALUES ({holes})", list(values.values())).lastrowid)


def rows(raw: Any, sql: str, parameters: tuple[object, ...] = ()) -> list[dict[str, Any]]:
    """All rows of a query, by column name."""
    cursor = raw.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def value(raw: Any, sql: str, parameters: tuple[object, ...] = ()) -> Any:
    """The one value of a query."""
    ((found,),) = raw.execute(sql, parameters).fetchall()
    return found


def figures(raw: Any) -> Mapping[str, int]:
    """Every figure of the cache that is not zero."""
    return dict(
        raw.execute("SELECT metric_name, metric_value FROM statistics_cache WHERE metric_value <> 0").fetchall()
    )
