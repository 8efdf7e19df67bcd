"""Sealing the activity log, and checking the seals: each is a hash over some rows and the seal before them."""

import logging

from sqlalchemy import func, select

from app.clock import now
from app.database import atomic
from app.extensions import db
from app.green import run_blocking
from app.models import ActivitySeal, UserActivity
from app.queries.archive import Archive, archive_folder
from app.queries.audit import FIRST_HASH, AuditReport, Seal, check_log, last_seal, rows_after

log = logging.getLogger(__name__)
ROWS_A_SEAL = 1_000


def verify_log() -> AuditReport:
    """Check every sealed row and every seal, the archive included, without holding up the sockets of the process."""
    db.session.rollback()
    try:
        return run_blocking(check_log, db.session.connection(), Archive(archive_folder()))
    finally:
        db.session.rollback()


def seal_activity(*, most: int = ROWS_A_SEAL) -> int:
    """Seal the oldest rows that are not sealed yet, at most `most`; return how many, 0 when nothing was left.

    The hash is computed before the transaction, which then only makes sure that no other worker was first.
    """
    db.session.rollback()
    before = last_seal() or Seal(0, 0, 0, 0, "", FIRST_HASH, None)
    rows = rows_after(before.to_id, most=most, last=_settled_to())
    if not rows:
        return 0
    moment = now()
    stored_at = moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    seal = Seal(before.id + 1, before.to_id + 1, rows[-1][0], len(rows), before.hash, "", stored_at)
    digest = seal.expected_hash(rows)
    with atomic() as session:
        newest = last_seal()
        if newest is not None and newest.id != before.id:
            return 0
        session.add(
            ActivitySeal(
                id=seal.id,
                from_id=seal.from_id,
                to_id=seal.to_id,
                row_count=seal.row_count,
                previous_hash=seal.previous_hash,
                hash=digest,
                sealed_at=moment,
            )
        )
    log.debug("activity rows %s to %s sealed", seal.from_id, seal.to_id)
    return len(rows)


def _settled_to() -> int:
    """The last row of the log before which no row can appear any more. Raises DatabaseBusy.

    SQLite has one writer, so its numbers are in the order of the commits. PostgreSQL gives numbers to transactions that
    commit later: those of this program are waited for by `atomic()`, and when somebody else is writing just now, the
    lock is refused and the caller comes again.
    """
    if db.session.connection().dialect.name == "sqlite":
        return 2**63 - 1
    with atomic() as session:
        session.connection().exec_driver_sql("LOCK TABLE user_activity_log IN SHARE MODE NOWAIT")
        return session.scalar(select(func.max(UserActivity.id))) or 0
