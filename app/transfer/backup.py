"""Making a backup: one file that holds the whole school, also while everybody goes on working."""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.clock import now
from app.database import backend
from app.errors import Conflict, Invalid, SchoolError
from app.extensions import db
from app.green import run_blocking
from app.progress import Work, long_work
from app.queries.archive import Archive, archive_folder
from app.statistics.verify import differences
from app.transfer import postgresql, schema, sqlite
from app.transfer.container import ARCHIVE, DATABASE, PASSES, Manifest, pack
from app.transfer.counting import row_counts
from app.transfer.files import workspace
from app.words import Words, say

MAKING = say("Making the backup")
_REASONS: Mapping[int | None, Words] = {
    errno.ENOSPC: say("No space left on device"),
    errno.EACCES: say("Permission denied"),
}


@dataclass(frozen=True)
class Made:
    """A backup, and what is in it."""

    file: Path
    manifest: Manifest


class NotDone(SchoolError):
    """The disk, the database or one of its programs did not do its part; nothing was changed."""

    code = "not_done"
    status = 500
    kind = "unavailable"


def create_backup(path: Path) -> Made:
    """Save the whole school in a new file; in a folder, under a name made of the time.

    Reads one state and holds up nobody. Raises Cancelled, Conflict, Invalid, NotDone; then there is no file.
    """
    with long_work(MAKING) as work:
        return save_school(path, work)


def save_school(path: Path, work: Work) -> Made:
    """The same as a part of some work."""
    target = _target(path)
    with told(say("No backup was made: {reason}.")), workspace(instance_folder()) as folder:
        copy = folder / DATABASE
        save = _save_sqlite if is_sqlite() else _save_postgresql
        about = save(copy, work)
        # After the database: what it says is in the archive must be there, and the archive only grows.
        files = {f"{ARCHIVE}{file.path.name}": file.path for file in Archive(archive_folder()).files}
        return Made(target, pack(target, {DATABASE: copy, **files}, about, work))


def is_sqlite() -> bool:
    """Whether the school is on SQLite."""
    return db.engine.dialect.name == "sqlite"


def database_file() -> Path:
    """The file of a school on SQLite."""
    return Path(str(db.engine.url.database))


def instance_folder() -> Path:
    """Where the school's files are: beside an SQLite database, else the instance folder."""
    folder = database_file().parent if is_sqlite() else Path(current_app.instance_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def told(sentence: Words, *, at_the_end: str = "") -> Iterator[None]:
    """Say in a sentence with a {reason} why the machine did not do it; `at_the_end` if the connection broke and it may
    have."""

    def not_done(reason: str, more: str = "") -> NotDone:
        return NotDone(Words(sentence.text + more, {"reason": reason}))

    try:
        yield
    except SchoolError:
        raise
    except OSError as error:
        raise not_done(_REASONS.get(error.errno) or error.strerror or str(error)) from error
    except postgresql.ToolFailed as error:
        raise not_done(str(error).rstrip(".")) from error
    except Exception as error:
        reason: Any = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(reason, backend().errors):
            raise
        if backend().is_full(reason):
            raise not_done(_REASONS[errno.ENOSPC]) from error
        words = backend().message(reason).strip().splitlines() or [type(reason).__name__]
        raise not_done(words[0].rstrip("."), at_the_end if backend().is_gone(reason) else "") from error


def _target(path: Path) -> Path:
    target = _new_in(path) if path.is_dir() else path
    if not target.parent.is_dir():
        raise Invalid(say("There is no folder {folder}.", folder=target.parent), param="path")
    if target.exists():
        raise Conflict(
            say("{file} exists already; a backup never replaces another file.", file=target),
            param="path",
            code="exists",
        )
    return target


def _new_in(folder: Path) -> Path:
    name = f"schoolpulse-{now():%Y-%m-%d-%H%M%S}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(file for each in names if not (file := folder / f"{each}.zip").exists())


def _save_sqlite(copy: Path, work: Work) -> Mapping[str, Any]:
    if not database_file().is_file():
        raise Invalid(say("There is no database {file}.", file=database_file()), param="database_url")
    db.session.remove()
    source = db.engine.raw_connection()
    try:
        size = sqlite.size_of(source.driver_connection)
        work.expect(size + PASSES * (size + _size_of_archive()))
        sqlite.copy(source.driver_connection, copy, work.step_apart)
    finally:
        source.close()
    with sqlite.opened(copy) as connection:
        if damages := run_blocking(sqlite.damages, connection):
            raise Conflict(
                say("The database is damaged, no backup was made: {problems}.", problems="; ".join(damages)),
                code="damaged",
            )
        work.check()
        return run_blocking(_about, connection)


def _save_postgresql(copy: Path, work: Work) -> Mapping[str, Any]:
    db.session.remove()
    with db.engine.connect() as connection:
        # The dump takes as long as it takes, and sees what this transaction sees.
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        about = _about(connection)
        postgresql.dump(db.engine.url, snapshot, copy, work.check)
    postgresql.check_dump(copy, work.check)
    # How much a dump will be nobody knows before.
    work.expect(PASSES * (copy.stat().st_size + _size_of_archive()))
    return about


def _size_of_archive() -> int:
    return sum(file.path.stat().st_size for file in Archive(archive_folder()).files)


def _about(connection: Connection) -> Mapping[str, Any]:
    revision = schema.revision_of(connection)
    if revision is None:
        raise Invalid("There is no school in this database; no backup was made.", param="database_url")
    return {
        "database": connection.dialect.name,
        "revision": revision,
        "made_at": now().isoformat(timespec="seconds"),
        "rows": dict(row_counts(connection)),
        # Before an upgrade there may be tables that this program does not count.
        "wrong_figures": len(differences(connection)) if revision == schema.newest() else 0,
    }
