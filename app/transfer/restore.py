"""Bringing a backup back: the database becomes what it was in one transaction, and every screen begins anew."""

import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, insert, text
from sqlalchemy.exc import DBAPIError

from app.clock import now
from app.database import LOCK_TIMEOUT, backend, current_actor
from app.database.postgresql import LOCKS, WRITERS
from app.errors import Conflict, DatabaseBusy, Invalid
from app.extensions import db
from app.models import UserActivity
from app.progress import Work, long_work
from app.queries.archive import archive_folder
from app.statistics.install import drop_derived, is_current, sync_derived
from app.statistics.verify import differences
from app.transfer import postgresql, schema, sqlite
from app.transfer.backup import database_file, instance_folder, is_sqlite, save_school, told
from app.transfer.container import ARCHIVE, DATABASE, Manifest, manifest_of, unpack
from app.transfer.counting import holds_school, row_counts
from app.transfer.files import appearing, workspace
from app.words import Words, say

_NOT_DONE = Words("Nothing was restored: {reason}.")
_UNKNOWN = " Unless it broke at the very last moment, and then all was restored: look before you try again."
PATIENCE = 30.0
"""Seconds to wait for whoever is writing."""
_WAITING = (5, 6)
"""What a step of SQLite's backup says while somebody else has the lock."""


@dataclass(frozen=True)
class Restored:
    """What was brought back, and the file with what was there before."""

    manifest: Manifest
    kept: Path | None


def restore_backup(path: Path, *, replace: bool = False) -> Restored:
    """Make the database what it was when a backup was made; a database with a school in it only with `replace`.

    The program may be running: it sees the old state or the new one. Raises Invalid, Conflict, DatabaseBusy, NotDone;
    then nothing was changed.
    """
    with long_work(say("Restoring the school")), told(_NOT_DONE, at_the_end=_UNKNOWN):
        manifest = manifest_of(path)
        _check(manifest)
        db.session.remove()
        if not replace and _is_used():
            raise _used()
        with workspace(instance_folder()) as work:
            taken = unpack(path, work)
            _restore_archive(taken)
            restore = _restore_sqlite if is_sqlite() else _restore_postgresql
            return Restored(manifest, restore(taken[DATABASE], manifest, replace))


def _check(manifest: Manifest) -> None:
    here = db.engine.dialect.name
    if manifest.database != here:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise Invalid(
            f"This is the backup of a school on {names.get(manifest.database, manifest.database)}, and DATABASE_URL "
            f"names a database of {names[here]}; nothing was changed.",
            param="path",
        )
    if not schema.is_known(manifest.revision):
        raise Invalid(
            f"This backup has schema {manifest.revision}, made by a newer program than this one "
            f"({schema.newest()}); nothing was changed.",
            param="path",
        )


def _used() -> Conflict:
    return Conflict(
        "There is a school in this database already; with --replace it is kept aside in a file, and replaced.",
        code="not_empty",
    )


def _is_used() -> bool:
    if is_sqlite() and not database_file().is_file():
        return False
    with db.engine.connect() as connection:
        return holds_school(connection)


def _aside(suffix: str) -> Path:
    return instance_folder() / f"schoolpulse-before-restore-{now():%Y-%m-%d-%H%M%S}-{secrets.token_hex(2)}{suffix}"


def _restore_archive(taken: Mapping[str, Path]) -> None:
    """Archived activity is added to what is there: a file is named for its content, and one too many does no harm."""
    for name, file in taken.items():
        target = archive_folder() / name.removeprefix(ARCHIVE)
        if name != DATABASE and not target.exists():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with appearing(target) as unfinished:
                shutil.copyfile(file, unfinished)


def _renew(connection: Connection, manifest: Manifest) -> None:
    """Check what came back, bring it to this program's schema and triggers, and make every screen begin anew."""
    if dict(row_counts(connection)) != dict(manifest.rows):
        raise Invalid("The backup does not hold the rows that it lists; nothing was changed.", param="path")
    is_newest = schema.revision_of(connection) == schema.newest()
    if not is_newest or not is_current(connection):
        drop_derived(connection)
        schema.upgrade(connection)
        sync_derived(connection)
        backend().check_migrated(connection)
    elif len(differences(connection)) != manifest.wrong_figures:
        raise Invalid("The figures of the backup differ from their recount; nothing was changed.", param="path")
    connection.execute(text("UPDATE sync_clock SET epoch = :epoch"), {"epoch": secrets.token_hex(8)})
    connection.execute(
        insert(UserActivity).values(
            username=current_actor().username,
            activity_type="backup.restore",
            description=f"restored the backup of {manifest.made_at[:40]}",
            timestamp=now(),
        )
    )


def _restore_sqlite(file: Path, manifest: Manifest, replace: bool) -> Path | None:
    with closing(db.engine.raw_connection()) as live, closing(db.engine.raw_connection()) as reader:
        target: Any = live.driver_connection
        looking: Any = reader.driver_connection
        (page_size,) = target.execute("PRAGMA page_size").fetchone()
        (mode,) = target.execute("PRAGMA journal_mode").fetchone()
        with sqlite.opened(file) as connection:
            _prepare(connection, manifest, page_size)
            source: Any = connection.connection.driver_connection
            keeper = _Keeper(looking, replace)
            if mode != "wal":
                # Whoever writes without WAL keeps readers out, so that nothing could be put aside meanwhile.
                keeper.keep()
            # Page by page, so that the first step ends with the write lock taken and nothing changed.
            try:
                source.backup(target, pages=1, progress=keeper.after_step(), sleep=0.02)
            except BaseException:
                _forget(keeper.file)
                raise
    db.engine.dispose()
    return keeper.file


def _prepare(connection: Connection, manifest: Manifest, page_size: int) -> None:
    raw: Any = connection.connection.driver_connection
    if damages := sqlite.damages(connection):
        raise Invalid(f"The database in the backup is damaged: {damages[0]}; nothing was changed.", param="path")
    with backend().migrating(connection):
        raw.execute("BEGIN IMMEDIATE")
        _renew(connection, manifest)
        connection.commit()
    if raw.execute("PRAGMA page_size").fetchone() != (page_size,):
        raw.execute(f"PRAGMA page_size = {page_size}")
        raw.execute("VACUUM")


class _Keeper:
    """Puts the present database aside when nobody can change it any more and everybody still sees it."""

    def __init__(self, reader: Any, replace: bool) -> None:
        self._reader = reader
        self._replace = replace
        self._kept = False
        self.file: Path | None = None

    def keep(self) -> None:
        self._kept = True
        if not self._has_school():
            return
        if not self._replace:
            raise _used()
        self.file = _aside(".db")
        with appearing(self.file) as unfinished:
            sqlite.copy(self._reader, unfinished)

    def after_step(self) -> Callable[[int, int, int], None]:
        deadline = time.monotonic() + PATIENCE

        def look(status: int, remaining: int, pages: int) -> None:
            if status in _WAITING and time.monotonic() > deadline:
                raise DatabaseBusy()
            if status not in _WAITING and not self._kept:
                self.keep()

        return look

    def _has_school(self) -> bool:
        with sqlite.wrapped(self._reader) as connection:
            return holds_school(connection)


def _restore_postgresql(file: Path, manifest: Manifest, replace: bool) -> Path | None:
    here = backend()
    engine = create_engine(db.engine.url, **here.engine_options())
    here.listen(engine)
    kept = None
    try:
        options = here.write_options(time.monotonic() + LOCK_TIMEOUT)
        with engine.connect().execution_options(**options) as connection, connection.begin():
            connection.exec_driver_sql(
                f"SET LOCAL lock_timeout = {int(PATIENCE * 1000)}; SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCKS}, {WRITERS})")
            tables = list(row_counts(connection))
            if holds_school(connection):
                if not replace:
                    raise _used()
                # Nobody writes any more, and the dump still reads.
                connection.exec_driver_sql(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
                kept = save_school(_aside(".zip"), Work(None)).file
            if tables:
                postgresql.lock_out(connection, tables, PATIENCE)
            postgresql.clear(connection)
            postgresql.load(connection, file)
            _renew(connection, manifest)
    except BaseException as error:
        # Once the commit was sent, nobody knows what the server made of it.
        if not isinstance(error, DBAPIError) or not here.is_gone(error.orig):
            _forget(kept)
        raise
    finally:
        engine.dispose()
    return kept


def _forget(kept: Path | None) -> None:
    """Nothing was replaced: what was put aside is where it was."""
    if kept is not None:
        kept.unlink(missing_ok=True)
