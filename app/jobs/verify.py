"""The drift check: are the figures what the tables say? A month a minute, everything at night and after upgrades."""

import time
from datetime import datetime, timedelta

from app.clock import day_bounds, now, today
from app.queries.health import last_verification
from app.services.ageing import age_overdue
from app.services.statistics import is_of_another_program, verify_and_repair, verify_next_month

SHARE = 0.01
"""Comparing everything takes at most this share of the day: each minute in a small school, rarely in a large one."""
NIGHT = timedelta(hours=2)
"""When the night's comparison begins, after the school's midnight."""


class Drift:
    """Remembers how long comparing everything takes."""

    def __init__(self) -> None:
        self._rest_until = 0.0

    def month(self) -> float | None:
        """Compare the next month that has rows, and repair it."""
        verify_next_month()
        return None

    def all(self) -> float | None:
        """Compare and repair everything if it is time to."""
        if time.monotonic() < self._rest_until and not self._is_due():
            return None
        # What is only late is no drift.
        age_overdue()
        seconds = verify_and_repair().seconds
        self._rest_until = time.monotonic() + max(55.0, seconds / SHARE)
        return None

    def _is_due(self) -> bool:
        """Whether everything was not compared since this night began, or only by another version of the program."""
        last = last_verification()
        if last is None or last.last_verified_at is None or is_of_another_program():
            return True
        return last.last_verified_at < last_night(now())


def last_night(moment: datetime) -> datetime:
    """When the last night's comparison was due; a school whose machine was off then makes up for it in the morning."""
    begins = day_bounds(today())[0] + NIGHT
    return begins if begins <= moment else begins - timedelta(days=1)
