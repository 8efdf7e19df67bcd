"""The two clocks of a school: UTC for what happened, the school's own date for its business."""

from datetime import UTC, date, datetime
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


@lru_cache(maxsize=8)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
