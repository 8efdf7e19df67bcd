"""Moving up: all of an SQLite school into an empty PostgreSQL database, in one transaction, or nothing of it."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, insert, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from app.clock import now
from app.database import current_actor
from app.database.backend import backend_of
from app.database.postgresql import LOCKS, WRITERS
from app.errors import Conflict, Invalid, SchoolError
from app.extensions import db
from app.models import UserActivity
from app.progress import long_work
from app.queries.archive import Archive, archive_folder
from app.queries.audit import AuditReport, check_log
from app.statistics.install import drop_derived, sync_derived
from app.statistics.verify import differences
from app.transfer import schema, sqlite
from app.transfer.copying import Differs, copy_table, number_on
from app.transfer.counting import Contents, contents, row_counts
from app.transfer.misfits import misfits
from app.words import say

MOST_TOLD = 1_000
_TAKEN = text(
    "SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = to_regnamespace(current_schema()) "
    "AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT EXISTS "
    "(SELECT 1 FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') "
    "ORDER BY c.relname LIMIT 1"
)


class NotMoved(SchoolError):
    """Why nothing was moved; `problems` names each value, row or figure at fault."""

    code = "not_moved"

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = problems


@dataclass(frozen=True)
class Moved:
    """What arrived, compared with what was sent."""

    tables: Mapping[str, Contents]
    log: AuditReport

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


def move(to: str) -> Moved:
    """Copy this application's SQLite school to the PostgreSQL database at an address, and check every value there.

    Nobody else may have the school open meanwhile. Raises NotMoved, Conflict, Invalid; then the target is as it was.
    """
    url = _address(to)
    file = _file()
    db.session.remove()
    db.engine.dispose()
    with sqlite.alone_with(file) as source:
        archive = Archive(archive_folder())
        log = _check_source(source, archive)
        with _target(url) as target:
            return _move(source, target, archive, log)


def _address(to: str) -> URL:
    try:
        url = make_url(to)
    except ArgumentError:
        url = make_url("nothing://")
    if url.drivername not in ("postgresql", "postgresql+psycopg2"):
        raise Invalid("--to must be the address of a PostgreSQL database: postgresql://user@host/database", param="to")
    return url.set(drivername="postgresql+psycopg2")


def _file() -> Path:
    url = db.engine.url
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise Invalid(
            "Only a school on SQLite can be moved; DATABASE_URL names another database.", param="database_url"
        )
    return Path(url.database)


def _check_source(source: Connection, archive: Archive) -> AuditReport:
    """Refuse what would not arrive whole, all of it at once."""
    here, newest = schema.revision_of(source), schema.newest()
    if here is None:
        raise NotMoved("There is no school in this database.")
    if here != newest:
        raise NotMoved(f"The school has schema {here}, this program {newest}: run `flask --app app db upgrade` first.")
    if damages := sqlite.damages(source):
        raise NotMoved("The SQLite database is damaged; nothing was moved.", damages)
    if found := misfits(source):
        raise NotMoved(
            f"PostgreSQL would refuse {len(found)} values; nothing was moved.", [misfit.words for misfit in found]
        )
    if wrong := differences(source):
        raise NotMoved(
            f"{len(wrong)} figures differ from their recount; run `flask --app app stats rebuild` first.",
            [f"{each.name}: kept {each.kept}, counted {each.counted}" for each in wrong],
        )
    return check_log(source, archive)


@contextmanager
def _target(url: URL) -> Iterator[Connection]:
    """One transaction on the server; what goes wrong there is told in one sentence."""
    there = backend_of("postgresql")
    engine: Engine = create_engine(url, **there.engine_options())
    there.listen(engine)
    all_done = False
    try:
        with engine.connect().execution_options(**there.write_options(0)) as connection, connection.begin():
            yield connection
            all_done = True
    except Differs as error:
        raise NotMoved(f"Nothing was moved: {error}.") from error
    except Exception as error:
        if not isinstance(error, (DBAPIError, *there.errors)):
            raise
        reason: Any = error.orig if isinstance(error, DBAPIError) else error
        if all_done and there.is_gone(reason):
            raise NotMoved(
                "The connection broke at the last moment: the school is there whole or not at all. "
                "Look whether that database is still empty."
            ) from error
        words = there.message(reason).strip().splitlines() or [type(reason).__name__]
        raise NotMoved(f"Nothing was moved. PostgreSQL says: {words[0].rstrip('.')}.") from error
    finally:
        engine.dispose()


def _move(source: Connection, target: Connection, archive: Archive, log: AuditReport) -> Moved:
    _check_target(target)
    schema.upgrade(target)
    drop_derived(target)
    with long_work(say("Moving the school")) as work:
        work.expect(sum(row_counts(source).values()))
        for table in db.metadata.sorted_tables:
            work.step(copy_table(source, target, table))
            number_on(source, target, table)
    target.exec_driver_sql("ANALYZE")
    sent, arrived = contents(source), contents(target)
    if different := [name for name in sent if sent[name] != arrived[name]]:
        raise Differs(f"rows or sums differ in {', '.join(different)}")
    sync_derived(target)
    _check_arrived(target, archive, log)
    # Versions may go on from where they were, but no screen may take the new database for the old one.
    target.execute(text("UPDATE sync_clock SET epoch = :epoch"), {"epoch": secrets.token_hex(8)})
    _note(target, f"moved from SQLite to PostgreSQL: {sum(table.rows for table in arrived.values())} rows")
    return Moved(arrived, log)


def _check_target(target: Connection) -> None:
    if wrong := backend_of("postgresql").refusals(target):
        raise NotMoved(f"That database could lose payments: {'; '.join(wrong)}.")
    if not target.scalar(text(f"SELECT pg_try_advisory_xact_lock({LOCKS}, {WRITERS})")):
        raise Conflict("Somebody is writing to that database; nothing was moved.", code="database_in_use")
    if taken := target.scalar(_TAKEN):
        raise NotMoved(f"That PostgreSQL database is not empty: it has {taken}. Make a new one for the school.")


def _check_arrived(target: Connection, archive: Archive, log: AuditReport) -> None:
    if wrong := differences(target):
        raise NotMoved(
            "Nothing was moved: figures differ from their recount on PostgreSQL.",
            [f"{each.name}: kept {each.kept}, counted {each.counted}" for each in wrong],
        )
    there = check_log(target, archive)
    # What was wrong with the log before the move is wrong with it still, and is told; nothing may be added to that.
    added = set(there.problems) - set(log.problems)
    if added or (there.head, there.rows, there.seals, there.unsealed) != (log.head, log.rows, log.seals, log.unsealed):
        raise NotMoved("Nothing was moved: the activity log does not verify on PostgreSQL.", sorted(added))


def _note(target: Connection, description: str) -> None:
    target.execute(
        insert(UserActivity).values(
            username=current_actor().username,
            activity_type="database.move",
            description=description,
            timestamp=now(),
        )
    )
