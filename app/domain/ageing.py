"""How long a fee has been waiting: the five buckets of arrears by days past the due date."""

from datetime import date, timedelta
from typing import Final

BUCKETS: Final = ("current", "1_30", "31_60", "61_90", "over_90")
"""Youngest first. `current` is not overdue: due today or later, or without a due date."""

_LAST_DAY: Final = {"current": 0, "1_30": 30, "31_60": 60, "61_90": 90}
"""The most days past due of each bucket but the last, which has no end."""


def days_past_due(due_on: date | None, on: date) -> int:
    """How many days a fee has been overdue on a day; 0 on its due date, before it and without one."""
    return max(0, (on - due_on).days) if due_on else 0


def bucket_of(due_on: date | None, on: date) -> str:
    """The bucket that a fee is in on a day."""
    days = days_past_due(due_on, on)
    return next((bucket for bucket, last in _LAST_DAY.items() if days <= last), BUCKETS[-1])


def first_due_dates(on: date) -> dict[str, date]:
    """Each bucket's earliest due date on a day, youngest bucket first; the last bucket reaches back without end."""
    return {bucket: on - timedelta(days=last) for bucket, last in _LAST_DAY.items()}
