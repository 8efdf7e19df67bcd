"""PostgreSQL's own programs, pg_dump and pg_restore, and what they write."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError

from app.database import backend
from app.errors import Conflict, DatabaseBusy
from app.words import say

_SKIPPED = re.compile(rb"\\(un)?restrict |SET transaction_timeout = ")
"""Lines for psql alone, and one that servers before 17 do not know."""
_COPY = re.compile(rb"COPY .* FROM stdin;\n")
_END = b"\\.\n"
_LOOK_EVERY = 0.1
"""Seconds between two looks at a program that runs."""

_CLEAR = """
DO $$ DECLARE item record; BEGIN
  FOR item IN SELECT c.oid::regclass::text AS name,
      CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END
        AS kind
    FROM pg_class AS c
    WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT EXISTS (SELECT 1 FROM pg_depend AS d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'a', 'i'))
    ORDER BY c.relkind DESC
  LOOP EXECUTE format('DROP %s IF EXISTS %s CASCADE', item.kind, item.name); END LOOP;
  FOR item IN SELECT p.oid::regprocedure::text AS name FROM pg_proc AS p
    WHERE p.pronamespace = to_regnamespace(current_schema()) AND p.prorettype = 'trigger'::regtype
      AND NOT EXISTS (SELECT 1 FROM pg_depend AS d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', item.name); END LOOP;
END $$
"""
"""What an extension brought along stays."""


class ToolFailed(RuntimeError):
    """What one of PostgreSQL's programs said, in one line."""


def dump(url: URL, snapshot: str, file: Path, check: Callable[[], None] = lambda: None) -> None:
    """Write the whole database as a snapshot sees it, in pg_dump's custom format. Raises Conflict, ToolFailed.

    `check` is asked now and then whether to go on; what it raises ends the dump.
    """
    with _address(url, file.parent) as address:
        _run(
            check, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-password",
            f"--snapshot={snapshot}", f"--file={file}", address,
        )  # fmt: skip


def check_dump(file: Path, check: Callable[[], None] = lambda: None) -> None:
    """Read a whole dump. Raises ToolFailed when it is damaged, and what `check` raises."""
    with _statements(file) as script:
        for _ in iter(lambda: script.read(1024 * 1024), b""):
            check()


def lock_out(connection: Connection, tables: Sequence[str], patience: float) -> None:
    """Keep everybody out of some tables until the end of the transaction, readers too. Raises DatabaseBusy.

    All at once or none: who waited for one while holding another could wait forever for somebody who does the same.
    """
    deadline = time.monotonic() + patience
    statement = f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE NOWAIT"
    while True:
        attempt = connection.begin_nested()
        try:
            connection.exec_driver_sql(statement)
        except DBAPIError as error:
            attempt.rollback()
            if not backend().is_busy(error.orig):
                raise
            if time.monotonic() > deadline:
                raise DatabaseBusy() from error
        else:
            attempt.commit()
            return
        time.sleep(0.02)


def clear(connection: Connection) -> None:
    """Drop every table, view and function of the school, in the connection's transaction."""
    connection.exec_driver_sql(_CLEAR.replace("%", "%%"))


def load(connection: Connection, file: Path) -> None:
    """Do all that a dump says inside the connection's transaction. Raises ToolFailed.

    The rows are there for everybody after the commit, also for whoever began to read before it and waited for a table:
    frozen, since to such a reader the new tables would otherwise be empty.
    """
    cursor: Any = connection.connection.cursor()
    statements: list[bytes] = []
    with _statements(file) as script:
        for line in script:
            if _SKIPPED.match(line):
                continue
            statements.append(line)
            if _COPY.fullmatch(line):
                copy = statements.pop().decode().replace(" FROM stdin;", " FROM stdin WITH (FREEZE)")
                _execute(cursor, statements)
                cursor.copy_expert(copy, _Data(script))
        _execute(cursor, statements)
    cursor.close()
    # The dump says all names in full, and leaves the session without a place to look for others.
    connection.exec_driver_sql("RESET search_path")


class _Data:
    """The lines between COPY and its end, as COPY reads them."""

    def __init__(self, script: IO[bytes]) -> None:
        self._script = script
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        if self._ended:
            return b""
        line = self._script.readline()
        self._ended = line in (_END, b"")
        return b"" if self._ended else line


def _execute(cursor: Any, statements: list[bytes]) -> None:
    # Comments alone are no query.
    if any(line.strip() and not line.startswith(b"--") for line in statements):
        cursor.execute(b"".join(statements).decode())
    statements.clear()


@contextmanager
def _statements(file: Path) -> Iterator[IO[bytes]]:
    """A dump as SQL, as it comes out of pg_restore."""
    argv = [_found("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as tool:
        assert tool.stdout and tool.stderr
        try:
            yield tool.stdout
        except BaseException:
            tool.kill()
            raise
        said = tool.stderr.read()
        if tool.wait() != 0:
            raise ToolFailed(_first_line("pg_restore", said))


@contextmanager
def _address(url: URL, folder: Path) -> Iterator[str]:
    """The database's address for a program's arguments, which everybody on the machine can read: no password in it."""
    from psycopg2.extensions import make_dsn

    given = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    secret = given.pop("password", None)
    if secret is None:
        yield f"--dbname={make_dsn(**given)}"
        return
    kept = folder / "pgpass"
    kept.touch(mode=0o600)
    try:
        kept.write_text("*:*:*:*:" + re.sub(r"([\\:])", r"\\\1", str(secret)) + "\n", encoding="utf-8")
        yield f"--dbname={make_dsn(**given, passfile=str(kept))}"
    finally:
        kept.unlink()


def _run(check: Callable[[], None], program: str, *arguments: str) -> None:
    argv = [_found(program), *arguments]
    with (
        # What it says could be more than a pipe holds while nobody reads.
        tempfile.TemporaryFile() as said,
        subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=said, stdin=subprocess.DEVNULL) as tool,
    ):
        try:
            while not _has_ended(tool):
                check()
        except BaseException:
            tool.kill()
            raise
        said.seek(0)
        if tool.returncode != 0:
            raise ToolFailed(_first_line(program, said.read()))


def _has_ended(tool: "subprocess.Popen[bytes]") -> bool:
    try:
        tool.wait(_LOOK_EVERY)
    except subprocess.TimeoutExpired:
        return False
    return True


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise Conflict(
            say(
                "{program} was not found: install PostgreSQL's client programs, of the server's version or newer.",
                program=program,
            ),
            code="program_missing",
        )
    return path


def _first_line(program: str, said: bytes) -> str:
    lines: Sequence[str] = said.decode(errors="replace").strip().splitlines() or ["it failed"]
    return f"{program}: {lines[0].removeprefix(f'{program}: ').removeprefix('error: ')}"
