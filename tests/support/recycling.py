"""A few PostgreSQL databases for many tests, emptied in between: new ones each time would cost most of the time."""

from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy.engine import make_url

from tests.support.database import Database, migrated, raw_connection, rows, value
from tests.support.postgres import administer, named

BIG = 32 * 1024 * 1024
"""Bytes above which a used database is thrown away rather than emptied."""

_SCHEMA = """
SELECT md5(string_agg(said, '|' ORDER BY said)) FROM (
  SELECT oid || ' ' || xmin || tgenabled::text AS said FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT oid || ' ' || xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT attrelid || ' ' || attnum || attname || attnotnull::text FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid AND c.relnamespace = 'public'::regnamespace WHERE attnum > 0
  UNION ALL SELECT oid || ' ' || xmin FROM pg_constraint WHERE connamespace = 'public'::regnamespace) AS parts
"""
_STRANGERS = (
    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_SIZE = "SELECT pg_database_size(current_database())"
_TABLES = "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"


class Recycled:
    """Lends out databases, each of them migrated and as if nobody had ever used it."""

    def __init__(self, server: str, name: str, folder: Path) -> None:
        self.server = server
        self.name = name
        self._numbers = count(1)
        self._free: list[str] = []
        template = named(server, f"{name}_template")
        administer(server, f"CREATE DATABASE {name}_template")
        migrated(Database(template, folder))
        raw = raw_connection(Database(template, folder))
        self._schema = value(raw, _SCHEMA)
        self._refill = _refill(raw)
        raw.close()
        self._open: dict[str, Any] = {}

    def lend(self, folder: Path) -> Database:
        """A database, until it is given back."""
        return Database(named(self.server, self._free.pop() if self._free else self._new()), folder)

    def take_back(self, database: Database) -> None:
        """Empty it for the next one, or drop it if its schema was touched or it grew."""
        name = make_url(database.url).database or ""
        if self.emptied(database):
            self._free.append(name)
        else:
            self._drop(name)

    def emptied(self, database: Database) -> bool:
        """Leave it as if nobody had used it, still lent; False if its schema was touched or it grew."""
        raw = self._connection(database)
        raw.execute(_STRANGERS)
        if value(raw, _SIZE) >= BIG or value(raw, _SCHEMA) != self._schema:
            return False
        raw.execute(self._refill)
        return True

    def _connection(self, database: Database) -> Any:
        """The one that empties this database, kept: a new one would first read the whole catalogue."""
        kept = self._open.get(database.url)
        if kept is not None and not kept.driver.closed:
            with suppress(psycopg2.Error):
                kept.execute("SELECT 1")
                return kept
        self._open[database.url] = raw_connection(database)
        return self._open[database.url]

    def close(self) -> None:
        for name in (*self._free, f"{self.name}_template"):
            self._drop(name)

    def _new(self) -> str:
        name = f"{self.name}_{next(self._numbers)}"
        administer(self.server, f"CREATE DATABASE {name} TEMPLATE {self.name}_template STRATEGY FILE_COPY")
        return name

    def _drop(self, name: str) -> None:
        if kept := self._open.pop(named(self.server, name), None):
            kept.close()
        administer(self.server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _refill(raw: Any) -> str:
    """Statements that leave the rows and the numbering of a new database, past every trigger."""
    tables = [row["name"] for row in rows(raw, _TABLES)]
    # A look costs less than a statement that finds nothing, and most tests leave most tables as they were.
    deletes = " ".join(f"IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; END IF;" for name in tables)
    statements = ["BEGIN", "SET LOCAL session_replication_role = replica", f"DO $$ BEGIN {deletes} END $$"]
    for name in tables:
        for (row,) in raw.execute(f"SELECT row_to_json(t)::text FROM {name} AS t").fetchall():
            quoted = raw.driver.cursor().mogrify("%s", (row,)).decode()
            statements.append(f"INSERT INTO {name} SELECT * FROM json_populate_record(NULL::{name}, {quoted})")
    for row in rows(raw, "SELECT sequencename AS name, last_value AS last FROM pg_sequences"):
        used = row["last"] is not None
        statements.append(f"SELECT setval('{row['name']}', {row['last'] or 1}, {str(used).lower()})")
    return ";\n".join([*statements, "COMMIT"])
