"""What the dashboard and the wall need besides their figures."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from app.extensions import db
from app.models import Notification, SchoolClass
from app.queries.calendar import year_of


@dataclass(frozen=True)
class TickerItem:
    """One line of the ticker; it names nobody."""

    id: int
    at: datetime
    message: str


def shown_classes() -> list[dict[str, object]]:
    """The active classes from the lowest level up: id and name."""
    rows = db.session.execute(
        select(SchoolClass.id, SchoolClass.name)
        .where(SchoolClass.is_active)
        .order_by(SchoolClass.level, SchoolClass.name)
    )
    return [{"id": id, "name": name} for id, name in rows]


def months_of_year(on: date) -> list[str]:
    """The months of the academic year up to a day, as `2026-11`; those of the calendar year when there is none."""
    year = year_of(on)
    first = year.starts_on if year else date(on.year, 1, 1)
    months = range(first.year * 12 + first.month - 1, on.year * 12 + on.month)
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in months]


def latest_payments(*, limit: int) -> list[TickerItem]:
    """The newest announcements of payments, newest first."""
    rows = db.session.execute(
        select(Notification.id, Notification.created_at, Notification.message)
        .where(Notification.type == "payment")
        .order_by(Notification.id.desc())
        .limit(limit)
    )
    return [TickerItem(*row) for row in rows]
