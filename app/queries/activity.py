"""Who did what: the activity log as people read it, and how much of it is sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from app.clock import zone
from app.extensions import db
from app.models import ActivitySeal, User, UserActivity
from app.queries.paging import Page, fetch_page
from app.queries.settings import setting


@dataclass(frozen=True)
class Change:
    """One column of a changed row, as it was and as it is; None where the row did not exist."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ActivityRow:
    """One row of the log. `changes` holds the columns that differ, and all of them for a row that came or went."""

    id: int
    at: datetime
    user_id: int | None
    username: str
    activity_type: str
    description: str
    table: str | None
    record_id: int | None
    ip_address: str | None
    changes: Sequence[Change]
    data: Mapping[str, Any] | None

    @property
    def verb(self) -> str:
        """`insert`, `update`, `delete`, or what the program itself wrote down."""
        return self.activity_type.rpartition(".")[2]


@dataclass(frozen=True)
class SealState:
    """How far the log is sealed."""

    seals: int
    sealed_to: int
    last_sealed_at: datetime | None
    unsealed: int


def activity_page(
    *,
    username: str = "",
    table: str = "",
    record_id: int | None = None,
    first: date | None = None,
    last: date | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ActivityRow]:
    """The log, newest first. `first` and `last` are business dates, both included. Raises Invalid for a bad cursor."""
    query = select(UserActivity)
    if username:
        query = query.where(UserActivity.username == username)
    if table:
        query = query.where(UserActivity.table_name == table)
    if record_id is not None:
        query = query.where(UserActivity.record_id == record_id)
    if first is not None:
        query = query.where(UserActivity.timestamp >= _midnight(first))
    if last is not None:
        query = query.where(UserActivity.timestamp < _midnight(last + timedelta(days=1)))
    found = fetch_page(query, UserActivity.id, cursor=cursor, limit=limit, newest_first=True, scalars=True)
    return found.map(_row)


def known_writers() -> list[str]:
    """The names that the log may be filtered by."""
    return ["system", "command line", *db.session.scalars(select(User.username).order_by(User.username))]


def seal_state() -> SealState:
    """How far the log is sealed, and how many rows are not yet."""
    last = db.session.scalar(select(ActivitySeal).order_by(ActivitySeal.to_id.desc()).limit(1))
    sealed_to = last.to_id if last else 0
    unsealed = db.session.scalar(select(func.count()).select_from(UserActivity).where(UserActivity.id > sealed_to))
    return SealState(last.id if last else 0, sealed_to, last.sealed_at if last else None, unsealed or 0)


def _midnight(day: date) -> datetime:
    local = datetime.combine(day, time.min, tzinfo=zone(setting("timezone")))
    return local.astimezone(UTC)


def _row(row: UserActivity) -> ActivityRow:
    data = row.activity_data if isinstance(row.activity_data, dict) else {}
    before, after = data.get("before"), data.get("after")
    about_a_row = isinstance(before, dict) or isinstance(after, dict)
    return ActivityRow(
        row.id,
        row.timestamp,
        row.user_id,
        row.username,
        row.activity_type,
        row.description,
        row.table_name,
        row.record_id,
        row.ip_address,
        _changes(before or {}, after or {}) if about_a_row else (),
        None if about_a_row else data,
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[Change]:
    return [
        Change(field, before.get(field), after.get(field))
        for field in {**before, **after}
        if before.get(field) != after.get(field)
    ]
