"""The worker's lease and heartbeat, and what it notes about each table."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.clock import now
from app.database import atomic
from app.models import SyncStatus
from app.queries.worker import WORKER

LEASE = timedelta(seconds=20)
"""How long a worker that stopped without a word keeps the others from taking over."""


def take_lease(holder: str) -> bool:
    """Become the one active worker, or go on being it; False while another one is. Also the heartbeat."""
    moment = now()
    with atomic() as session:
        row = session.get(SyncStatus, WORKER)
        if row is None:
            row = SyncStatus(table_name=WORKER)
            session.add(row)
        elif row.holder != holder and row.lease_until is not None and row.lease_until > moment:
            return False
        row.holder = holder
        row.lease_until = moment + LEASE
        row.last_change_at = moment
        return True


def release_lease(holder: str) -> None:
    """Let another worker take over at once."""
    with atomic() as session:
        row = session.get(SyncStatus, WORKER)
        if row is not None and row.holder == holder:
            row.lease_until = None


def note_tables(counts: Mapping[str, int], changed: Mapping[str, datetime]) -> None:
    """Note how many rows tables have, and when they changed last."""
    moment = now()
    with atomic() as session:
        for name, rows in counts.items():
            row = session.merge(SyncStatus(table_name=name))
            row.row_count = rows
            row.last_verified_at = moment
            row.last_change_at = changed.get(name, row.last_change_at)
