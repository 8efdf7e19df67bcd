"""The figures as screens see them, and what changed since a version."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from app.domain.bookmark import Bookmark
from app.domain.permissions import STATISTICS_ROOMS
from app.extensions import db
from app.models import Notification, Statistic, SyncClock, UserActivity
from app.queries.paging import beyond

DAYS_SHOWN = 60
MONTHS_SHOWN = 36
_DAY = re.compile(r"_(\d{4}-\d{2}-\d{2})(?:_[a-z]+)?$")
_MONTH = re.compile(r"_(\d{4}-\d{2})$")


@dataclass(frozen=True)
class Clock:
    """Where the database stands."""

    epoch: str
    version: int


@dataclass(frozen=True)
class Figure:
    """One figure: amounts in minor units, counts as they are."""

    name: str
    value: int
    version: int
    category: str


@dataclass(frozen=True)
class RowChange:
    """One row of the activity log, as far as lists need it."""

    id: int
    activity_type: str
    table: str
    record_id: int | None
    student_id: int | None


def clock() -> Clock:
    """The epoch and version of the database."""
    return Clock(*db.session.execute(select(SyncClock.epoch, SyncClock.version)).one())


def is_shown(name: str, today: date) -> bool:
    """Whether screens get a figure: totals and classes, the last 60 days, the last 36 months."""
    if found := _DAY.search(name):
        return found[1] > (today - timedelta(days=DAYS_SHOWN)).isoformat()
    if found := _MONTH.search(name):
        months = today.year * 12 + today.month - 1 - MONTHS_SHOWN
        return found[1] > f"{months // 12:04d}-{months % 12 + 1:02d}"
    return True


def figures_since(version: int, today: date) -> list[Figure]:
    """The figures shown that are newer than a version (all of them for -1)."""
    query = select(Statistic.metric_name, Statistic.metric_value, Statistic.version, Statistic.category)
    rows = db.session.execute(query.where(Statistic.version > version) if version >= 0 else query)
    return [Figure(*row) for row in rows if is_shown(row[0], today)]


def of_room(figures: list[Figure], room: str) -> dict[str, tuple[int, int]]:
    """Those figures that a room may see: name -> (value, version)."""
    seen = STATISTICS_ROOMS[room]
    return {figure.name: (figure.value, figure.version) for figure in figures if figure.category in seen}


def values(room: str, today: date) -> Mapping[str, int]:
    """Name -> value of all figures shown in a room, for a page that is drawn on the server."""
    return {name: value for name, (value, _) in of_room(figures_since(-1, today), room).items()}


def newest_ids(log: type[UserActivity | Notification], most: int) -> list[int]:
    """The ids of the newest rows of a log, ascending."""
    return sorted(db.session.scalars(select(log.id).order_by(log.id.desc()).limit(most)))


def row_changes_after(bookmark: Bookmark, *, limit: int) -> list[RowChange]:
    """What the activity log has gained, oldest first, at most `limit` rows."""
    student = func.coalesce(
        UserActivity.activity_data["after"]["student_id"].as_integer(),
        UserActivity.activity_data["before"]["student_id"].as_integer(),
    )
    rows = db.session.execute(
        select(UserActivity.id, UserActivity.activity_type, UserActivity.table_name, UserActivity.record_id, student)
        .where(beyond(UserActivity.id, bookmark))
        .order_by(UserActivity.id)
        .limit(limit)
    )
    return [RowChange(*row) for row in rows]
