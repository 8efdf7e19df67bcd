"""The two clocks of a school: UTC for what happened, the school's own date for its business."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.queries.settings import setting


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The business date: today in the school's time zone."""
    return business_date(now())


def business_date(moment: datetime) -> date:
    """The school's date at a moment (time zone from the settings, Africa/Accra unless set)."""
    return moment.astimezone(zone(setting("timezone"))).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The UTC moments at which a business date begins and ends."""
    local = zone(setting("timezone"))
    first, last = (datetime.combine(day + timedelta(days=days), time(), local).astimezone(UTC) for days in (0, 1))
    return first, last


@lru_cache(maxsize=8)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
