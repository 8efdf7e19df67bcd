"""SQLite files besides the one that the program runs on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from app.database.sqlite import is_busy, patiently, sqlite_driver
from app.errors import Conflict, Invalid
from app.green import run_blocking

MOST_PROBLEMS = 20
_PAGES = 256
"""Pages of one step of a copy."""


@contextmanager
def opened(file: Path) -> Iterator[Connection]:
    """A file that nobody else has; transactions begin with an explicit BEGIN."""
    with closing(_connect(file)) as raw, wrapped(raw) as connection:
        yield connection


@contextmanager
def alone_with(file: Path) -> Iterator[Connection]:
    """A file that is read while nobody else has it open, from one state. Raises Conflict, Invalid."""
    if not file.is_file():
        raise Invalid(f"There is no database {file}.", param="database_url")
    try:
        with closing(_connect(file)) as raw, wrapped(raw) as connection:
            raw.execute("PRAGMA locking_mode = EXCLUSIVE")
            raw.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            finally:
                if raw.in_transaction:
                    raw.execute("ROLLBACK")
    except sqlite_driver().Error as error:
        if is_busy(error):
            raise Conflict(
                f"Somebody has {file.name} open: stop the program and its worker, then try again.",
                code="database_in_use",
            ) from error
        raise Invalid(f"{file.name} cannot be read: {error}.", param="database_url") from error


def damages(connection: Connection) -> Sequence[str]:
    """What SQLite finds wrong with a file: a damaged page, a broken rule, a row without its parent."""
    found = connection.exec_driver_sql(f"PRAGMA integrity_check({MOST_PROBLEMS})").scalars().all()
    problems = [line for line in found if line != "ok"]
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").all()[:MOST_PROBLEMS]:
        problems.append(f"row {row} of {table} belongs to a row of {parent} that does not exist")
    return problems


def size_of(source: Any) -> int:
    """The bytes of a database, through a raw connection."""
    ((pages,), (page,)) = (source.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    return int(pages * page)


def copy(source: Any, file: Path, step: Callable[[int], object] = lambda size: None) -> None:
    """Copy a whole database through a raw connection, also while others write it; one file, without a log beside it.

    `step` is told of each piece that is copied, in bytes, from another thread; what it raises ends the copy.
    """
    # One state from the first page to the last: without it a step would begin anew whenever somebody commits.
    source.execute("BEGIN")
    try:
        patiently(lambda: source.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall())
        run_blocking(_copy, source, file, step)
    finally:
        source.execute("ROLLBACK")


def _copy(source: Any, file: Path, step: Callable[[int], object]) -> None:
    (page,) = source.execute("PRAGMA page_size").fetchone()
    copied = 0

    def look(status: int, remaining: int, pages: int) -> None:
        nonlocal copied
        before, copied = copied, pages - remaining
        step((copied - before) * page)

    with closing(sqlite_driver().connect(str(file), isolation_level=None)) as target:
        source.backup(target, pages=_PAGES, progress=look)
        target.execute("PRAGMA journal_mode = DELETE")


def _connect(file: Path) -> Any:
    # By one thread after the other: what takes long is done beside the green ones.
    raw = sqlite_driver().connect(
        f"{file.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=0, check_same_thread=False
    )
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA recursive_triggers = ON")
    return raw


@contextmanager
def wrapped(raw: Any) -> Iterator[Connection]:
    """A raw connection as SQLAlchemy's; it stays open."""
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, module=sqlite_driver())
    with engine.connect() as connection:
        yield connection
