"""What the health page tells: the clock of the figures, the worker, and the state of each table."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select, text

from app.extensions import db
from app.models import SyncStatus, UserActivity
from app.queries.worker import WORKER

STATISTICS = "statistics_cache"
"""The row of `sync_status` that carries the last verification of the figures."""
MONTHS = "statistics_months"
"""The row that carries the month verified last."""
OVERDUE = "overdue"
"""The row that says what the overdue figures were counted from."""

_UNCOUNTED = frozenset({STATISTICS, "setup_links", "sync_clock", "sync_status", "write_context", "counters"})


@dataclass(frozen=True)
class WorkerState:
    """The worker's last heartbeat; `age` in seconds."""

    beat_at: datetime | None
    holder: str | None
    age: float | None

    @property
    def status(self) -> str:
        """`running`, `delayed`, or `stopped` when its heartbeat is older than half a minute."""
        if self.age is None:
            return "stopped"
        return "running" if self.age < 15 else "delayed" if self.age < 30 else "stopped"


@dataclass(frozen=True)
class TableState:
    """One table: how many rows it had when last counted, and when it last changed."""

    name: str
    rows: int
    last_change_at: datetime | None
    last_verified_at: datetime | None
    last_error: str | None


def worker_state() -> WorkerState:
    """How the worker is."""
    row = db.session.get(SyncStatus, WORKER)
    if row is None or row.last_change_at is None:
        return WorkerState(None, None, None)
    return WorkerState(row.last_change_at, row.holder, (datetime.now(UTC) - row.last_change_at).total_seconds())


def last_verification() -> TableState | None:
    """When the figures were last compared with a recount, and what was wrong."""
    row = db.session.get(SyncStatus, STATISTICS)
    return row and _row(row)


def table_states() -> list[TableState]:
    """Every table that the worker keeps an eye on, by name."""
    query = select(SyncStatus).where(SyncStatus.table_name.not_in([WORKER, STATISTICS, MONTHS, OVERDUE]))
    return [_row(row) for row in db.session.scalars(query.order_by(SyncStatus.table_name))]


def count_rows(table: str) -> int:
    """How many rows a table has. KeyError for a table that does not exist."""
    name = db.metadata.tables[table].name
    return int(db.session.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one())  # noqa: S608 - a known name


def changes_after(activity_id: int) -> tuple[int, dict[str, datetime]]:
    """The newest row of the activity log, and when each table changed last since an earlier row."""
    newest = db.session.scalar(select(func.max(UserActivity.id))) or 0
    rows = db.session.execute(
        select(UserActivity.table_name, func.max(UserActivity.timestamp))
        .where(UserActivity.id > activity_id, UserActivity.id <= newest, UserActivity.table_name.is_not(None))
        .group_by(UserActivity.table_name)
    )
    return newest, {name: at for name, at in rows if name is not None}


def counted_tables() -> list[str]:
    """The tables whose rows the worker counts."""
    return [name for name in db.metadata.tables if name not in _UNCOUNTED]


def _row(row: SyncStatus) -> TableState:
    return TableState(row.table_name, row.row_count, row.last_change_at, row.last_verified_at, row.last_error)
