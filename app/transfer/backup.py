"""Making a backup: one file that holds the whole school, also while everybody goes on working."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.clock import now
from app.database import backend
from app.errors import Conflict, Invalid, SchoolError
from app.extensions import db
from app.progress import long_work
from app.queries.archive import Archive, archive_folder
from app.statistics.verify import differences
from app.transfer import postgresql, schema, sqlite
from app.transfer.container import ARCHIVE, DATABASE, Manifest, pack
from app.transfer.counting import row_counts
from app.transfer.files import workspace
from app.words import say


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

    Reads one state and holds up nobody. Raises Conflict, Invalid, NotDone; then there is no file.
    """
    target = _target(path)
    with long_work(say("Making the backup")), told("No backup was made"), workspace(instance_folder()) as work:
        copy = work / DATABASE
        save = _save_sqlite if is_sqlite() else _save_postgresql
        about = save(copy)
        # After the database: what it says is in the archive must be there, and the archive only grows.
        files = {f"{ARCHIVE}{file.path.name}": file.path for file in Archive(archive_folder()).files}
        return Made(target, pack(target, {DATABASE: copy, **files}, about))


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
def told(what: str, *, at_the_end: str = "") -> Iterator[None]:
    """Say in one sentence why the machine did not do it; `at_the_end` if the connection broke and it may have."""
    try:
        yield
    except SchoolError:
        raise
    except OSError as error:
        raise NotDone(f"{what}: {error.strerror or error}.") from error
    except postgresql.ToolFailed as error:
        raise NotDone(f"{what}: {str(error).rstrip('.')}.") from error
    except Exception as error:
        reason: Any = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(reason, backend().errors):
            raise
        words = backend().message(reason).strip().splitlines() or [type(reason).__name__]
        gone = backend().is_gone(reason)
        raise NotDone(f"{what}: {words[0].rstrip('.')}.{at_the_end if gone else ''}") from error


def _target(path: Path) -> Path:
    target = path / f"schoolpulse-{now():%Y-%m-%d-%H%M%S}.zip" if path.is_dir() else path
    if not target.parent.is_dir():
        raise Invalid(f"There is no folder {target.parent}.", param="path")
    if target.exists():
        raise Conflict(f"{target} exists already; a backup never replaces another file.", param="path", code="exists")
    return target


def _save_sqlite(copy: Path) -> Mapping[str, Any]:
    if not database_file().is_file():
        raise Invalid(f"There is no database {database_file()}.", param="database_url")
    db.session.remove()
    source = db.engine.raw_connection()
    try:
        sqlite.copy(source.driver_connection, copy)
    finally:
        source.close()
    with sqlite.opened(copy) as connection:
        if damages := sqlite.damages(connection):
            raise Conflict(f"The database is damaged, no backup was made: {'; '.join(damages)}.", code="damaged")
        return _about(connection)


def _save_postgresql(copy: Path) -> Mapping[str, Any]:
    db.session.remove()
    with db.engine.connect() as connection:
        # The dump takes as long as it takes, and sees what this transaction sees.
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        about = _about(connection)
        postgresql.dump(db.engine.url, snapshot, copy)
    postgresql.check_dump(copy)
    return about


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
