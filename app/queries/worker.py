"""Whether the worker is alive."""

from datetime import UTC, datetime

from sqlalchemy import select

from app.extensions import db
from app.models import SyncStatus

WORKER = "worker"


def worker_age() -> float | None:
    """Seconds since the worker's last heartbeat; None when it never ran."""
    beat = db.session.scalar(select(SyncStatus.last_change_at).where(SyncStatus.table_name == WORKER))
    return (datetime.now(UTC) - beat).total_seconds() if beat else None
