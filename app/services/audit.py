"""Sealing the activity log, and checking the seals: each is a hash over some rows and the seal before them."""

import logging

from app.clock import now
from app.database import atomic
from app.extensions import db
from app.green import run_blocking
from app.models import ActivitySeal
from app.queries.audit import FIRST_HASH, AuditReport, Seal, check_log, last_seal, rows_after

log = logging.getLogger(__name__)
ROWS_A_SEAL = 1_000


def verify_log() -> AuditReport:
    """Check every sealed row and every seal, without holding up the sockets of the process."""
    db.session.rollback()
    return run_blocking(check_log, db.session.connection())


def seal_activity(*, most: int = ROWS_A_SEAL) -> int:
    """Seal the oldest rows that are not sealed yet, at most `most`; return how many, 0 when nothing was left.

    The hash is computed before the transaction, which then only makes sure that no other worker was first.
    """
    before = last_seal() or Seal(0, 0, 0, 0, "", FIRST_HASH, None)
    rows = rows_after(before.to_id, most=most)
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
