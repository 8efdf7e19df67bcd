"""Moving old activity out of the database into the archive: never before it is safe there, and whole seals at a time.

Killed anywhere, the next run goes on: a file that was not finished has another name and is thrown away, a finished
one is used again, and a seal's rows leave the log in the transaction that marks the seal.
"""

import gzip
import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import delete, update

from app.clock import now
from app.database import atomic
from app.extensions import db
from app.models import ActivitySeal, UserActivity
from app.queries.archive import Archive, digest_of, name_of
from app.queries.audit import Seal, rows_of, seals_to_archive
from app.services.activity import record_activity
from app.services.notifications import clear_notification, notify
from app.words import say

log = logging.getLogger(__name__)
MOST_SEALS, MOST_ROWS = 5_000, 20_000
"""What one file holds at most."""
ROWS_A_TRANSACTION = 500
_STALE_SECONDS = 3600
_PROBLEM = "activity_archive"
_BARE = {"synchronize_session": False}


class NotAsSealed(RuntimeError):
    """A row or a seal is not what it was when it was sealed: it stays where it is, as evidence."""


def archive_activity(folder: Path, *, before: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Move the oldest rows, sealed before a moment, into one file; return how many rows left the log.

    0 when nothing is old enough, when `stopping` said so first, or when the log is not as it was sealed: then the
    admins are told, and nothing is moved.
    """
    seals = _seals_before(before)
    if not seals:
        return 0
    try:
        moved = _move(folder, seals, stopping)
    except NotAsSealed as problem:
        _tell(problem)
        return 0
    clear_notification(dedupe_key=_PROBLEM)
    return moved


def _move(folder: Path, seals: Sequence[Seal], stopping: Callable[[], bool]) -> int:
    _sweep(folder)
    if Archive(folder).lacks(seals[0]) and not _write(folder, seals, stopping):
        return 0
    # Read back from the disk: only what is there leaves the log.
    archive = Archive(folder)
    safe = list(takewhile(lambda seal: not archive.lacks(seal), seals))
    moved = 0
    for some in _in_portions(safe):
        if stopping():
            break
        moved += _take_out(some, is_last=some[-1] is safe[-1])
    return moved


def _tell(problem: NotAsSealed) -> None:
    log.error("the activity log is not archived: %s", problem)
    notify(
        type="activity_archive",
        title=say("The activity log cannot be archived"),
        message=say(
            "{problem}. Nothing was moved. Check the activity log on the health page.", problem=problem.args[0]
        ),
        roles=("admin",),
        priority="high",
        action_url="/health",
        dedupe_key=_PROBLEM,
    )


def _seals_before(before: datetime) -> list[Seal]:
    db.session.rollback()
    limit, rows = before.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"), 0
    found: list[Seal] = []
    for seal in seals_to_archive(db.session.connection(), most=MOST_SEALS):
        rows += seal.row_count
        if not isinstance(seal.sealed_at, str) or seal.sealed_at >= limit or (found and rows > MOST_ROWS):
            break
        found.append(seal)
    return found


def _write(folder: Path, seals: Sequence[Seal], stopping: Callable[[], bool]) -> Path | None:
    """Write the rows of some seals into one file that survives a power cut; None when it was stopped."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sync(folder.parent)
    with NamedTemporaryFile(dir=folder, prefix=".activity-", suffix=".part", delete=False) as file:
        temporary = Path(file.name)
        try:
            # No name and no time in the file: the same rows make the same file.
            with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed:
                for content in _contents(seals):
                    if stopping():
                        temporary.unlink()
                        return None
                    packed.write(content + b"\n")
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    final = folder / name_of(seals[0].id, seals[-1].id, digest_of(temporary))
    temporary.replace(final)
    _sync(folder)
    log.info("activity of seals %s to %s written to %s", seals[0].id, seals[-1].id, final.name)
    return final


def _contents(seals: Sequence[Seal]) -> Iterator[bytes]:
    for seal in seals:
        content = seal.content(rows_of(db.session.connection(), seal))
        if hashlib.sha256(content).hexdigest() != seal.hash:
            raise NotAsSealed(
                say(
                    "Seal {id} or a row from {from_id} to {to_id} was changed",
                    id=seal.id,
                    from_id=seal.from_id,
                    to_id=seal.to_id,
                )
            )
        yield content


def _in_portions(seals: Sequence[Seal]) -> Iterator[list[Seal]]:
    portion: list[Seal] = []
    rows = 0
    for seal in seals:
        portion.append(seal)
        rows += seal.row_count
        if rows >= ROWS_A_TRANSACTION:
            yield portion
            portion, rows = [], 0
    if portion:
        yield portion


def _take_out(seals: Sequence[Seal], *, is_last: bool) -> int:
    """Remove the rows of some seals from the log, and mark the seals, in one transaction."""
    moment, moved = now(), 0
    with atomic() as session:
        for seal in seals:
            mark = update(ActivitySeal).where(
                ActivitySeal.id == seal.id, ActivitySeal.hash == seal.hash, ActivitySeal.archived_at.is_(None)
            )
            marked = session.execute(
                mark.values(archived_at=moment).returning(ActivitySeal.id), execution_options=_BARE
            )
            if not marked.all():
                # Another worker was first.
                continue
            rows = delete(UserActivity).where(UserActivity.id.between(seal.from_id, seal.to_id))
            gone = len(session.execute(rows.returning(UserActivity.id), execution_options=_BARE).all())
            if gone != seal.row_count:
                raise NotAsSealed(
                    say(
                        "Seal {id} covers {row_count} rows, but there are {gone}",
                        id=seal.id,
                        row_count=seal.row_count,
                        gone=gone,
                    )
                )
            moved += gone
        if is_last and moved:
            record_activity("activity.archive", f"activity up to row {seals[-1].to_id} moved to the archive")
    return moved


def _sweep(folder: Path) -> None:
    """Throw away what a killed run left unfinished, but not what another worker is writing."""
    for path in folder.glob(".activity-*.part"):
        if time.time() - path.stat().st_mtime > _STALE_SECONDS:
            path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
