"""Arrears by age, `overdue_{bucket}`: the figures that change with the date alone, so that the worker writes them.

Beside the figures stands what they were counted from: the school's date, the version of the clock and the newest row
of the activity log. A recount is compared with them only while that is still the state of the tables; once it has
moved on they are late, which is no drift, and the worker counts them again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, text, update

from app.domain.ageing import BUCKETS, first_due_dates
from app.models import Statistic, SyncStatus
from app.statistics.clock import next_version

NAMES = tuple(f"overdue_{bucket}" for bucket in BUCKETS)
CATEGORY = "finance"
STATUS = "overdue"
"""The row of `sync_status` that says what the figures were counted from."""

MEANING = """`overdue_current`, `overdue_1_30`, `overdue_31_60`, `overdue_61_90` and `overdue_over_90` are the arrears
of fees not cancelled, by days past `due_on` on the school's date; a fee due today or later, or without a due date, is
current. The worker writes them: within seconds of the school's midnight, and again at most a minute after fees or
payments changed. `expires_at` says until when they hold. `stats verify` compares them with a recount while nothing has
changed since they were counted; seen by admin, principal, bursar, wall displays.
"""
"""For the page about the figures."""


@dataclass(frozen=True)
class State:
    """What the figures are counted from."""

    on: date
    version: int
    activity: int

    @property
    def words(self) -> str:
        return f"{self.on.isoformat()} {self.activity}"


def state(connection: Connection, on: date) -> State:
    """The state of the tables now, for a school whose date is `on`."""
    version = connection.execute(text("SELECT version FROM sync_clock")).scalar_one()
    newest = connection.execute(text("SELECT max(id) FROM user_activity_log")).scalar_one()
    return State(on, int(version), int(newest or 0))


def counted_from(connection: Connection) -> State | None:
    """What the kept figures were counted from; None when they were never counted."""
    row = connection.execute(
        select(SyncStatus.holder, SyncStatus.row_count).where(SyncStatus.table_name == STATUS)
    ).one_or_none()
    if row is None or not row.holder:
        return None
    day, _, activity = row.holder.partition(" ")
    return State(date.fromisoformat(day), row.row_count, int(activity))


def recount(on: date, currency: str) -> str:
    """A query of (metric_name, metric_value, unit, category) for a school's date, without zeros."""
    first = first_due_dates(on)
    whens = " ".join(
        f"WHEN due_on >= '{day.isoformat()}' THEN '{name}'" for name, day in zip(NAMES, first.values(), strict=False)
    )
    return (
        "SELECT metric_name, CAST(sum(arrears) AS bigint) AS metric_value, "
        f"'{currency}' AS unit, '{CATEGORY}' AS category "
        f"FROM (SELECT CASE WHEN due_on IS NULL THEN '{NAMES[0]}' {whens} ELSE '{NAMES[-1]}' END AS metric_name, "
        "arrears FROM fees WHERE arrears > 0) AS open_fees GROUP BY metric_name"
    )


def to_compare(connection: Connection, currency: str) -> str:
    """A query like `recount` of what the kept figures must be; of themselves when the tables have moved on since."""
    kept = counted_from(connection)
    if kept is None or kept == state(connection, kept.on):
        return to_rebuild(connection, currency)
    names = ", ".join(f"'{name}'" for name in NAMES)
    return (
        "SELECT metric_name, metric_value, unit, category FROM statistics_cache "
        f"WHERE metric_name IN ({names}) AND metric_value <> 0"
    )


def to_rebuild(connection: Connection, currency: str) -> str:
    """A query like `recount` for the date that the figures were counted on; no rows when they never were."""
    kept = counted_from(connection)
    return recount(kept.on if kept else date(2000, 1, 1), currency) + ("" if kept else " HAVING 1 = 0")


def count(connection: Connection, on: date, currency: str) -> Mapping[str, int]:
    """The arrears of every bucket on a date, in minor units."""
    found = {name: amount for name, amount, _, _ in connection.execute(text(recount(on, currency))).all()}
    return {name: int(found.get(name, 0)) for name in NAMES}


def write(
    connection: Connection,
    counted: Mapping[str, int],
    since: State,
    *,
    currency: str,
    moment: datetime,
    expires_at: datetime,
) -> bool:
    """Keep the buckets that were counted from `since`; True when a value changed, which alone makes a new version.

    Needs the write lock. Figures counted from a newer state stay.
    """
    before = counted_from(connection)
    if before is not None and before.version > since.version:
        return False
    query = select(Statistic.metric_name, Statistic.metric_value, Statistic.unit, Statistic.category)
    kept = {row[0]: tuple(row[1:]) for row in connection.execute(query.where(Statistic.metric_name.in_(NAMES)))}
    wanted = {name: (amount, currency, CATEGORY) for name, amount in counted.items()}
    changed = [name for name in NAMES if kept.get(name) != wanted[name]]
    version = since.version
    if changed:
        moved = next_version(connection)
        # Whatever else moved the clock since then may have moved the fees, too: then the old version stays beside them.
        version = moved if moved == since.version + 1 else since.version
        for name in changed:
            amount, unit, category = wanted[name]
            values = {
                "metric_value": amount, "unit": unit, "category": category, "version": moved, "calculated_at": moment,
            }  # fmt: skip
            if name in kept:
                connection.execute(update(Statistic).where(Statistic.metric_name == name).values(**values))
            else:
                connection.execute(insert(Statistic).values(metric_name=name, **values))
    holds = update(Statistic).where(Statistic.metric_name.in_(NAMES))
    connection.execute(holds.where(Statistic.expires_at.is_distinct_from(expires_at)).values(expires_at=expires_at))
    _note(connection, State(since.on, version, since.activity), moment=moment, changed=bool(changed))
    return bool(changed)


def note_rebuilt(connection: Connection) -> None:
    """Say that the figures stand for the tables as they are now; call it after a rebuild, in its transaction."""
    if kept := counted_from(connection):
        now = state(connection, kept.on)
        row = update(SyncStatus).where(SyncStatus.table_name == STATUS)
        connection.execute(row.values(row_count=now.version, holder=now.words))


def _note(connection: Connection, counted: State, *, moment: datetime, changed: bool) -> None:
    values = {"row_count": counted.version, "holder": counted.words, "last_verified_at": moment}
    if changed:
        values["last_change_at"] = moment
    row = update(SyncStatus).where(SyncStatus.table_name == STATUS).values(**values)
    if connection.execute(row).rowcount == 0:
        connection.execute(insert(SyncStatus).values(table_name=STATUS, **values))
