"""Which day of the last term a day of this one is compared with."""

from datetime import date, timedelta


def same_day(day: date, this_starts_on: date, last_starts_on: date, last_ends_on: date) -> date | None:
    """The same weekday of the same week of the last term; None when that term had no such day.

    Weeks are counted from the Monday of the week in which a term begins, so that a Monday is compared with a Monday:
    on most Sundays nobody pays and nobody is present.
    """
    other = day - (_monday(this_starts_on) - _monday(last_starts_on))
    return other if last_starts_on <= other < last_ends_on else None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
