"""The stretches of days that the dashboard shows, and the parts of them in its charts: all are [starts_on, ends_on)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.dates import EARLIEST

KINDS = ("day", "week", "month", "term", "year")
DAYS_AROUND = 30
"""How many days a chart shows that ends with the day looked at."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """Whole days, from `starts_on` up to but not including `ends_on`."""

    starts_on: date
    ends_on: date

    @property
    def last_day(self) -> date:
        return self.ends_on - _DAY

    @property
    def length(self) -> int:
        return (self.ends_on - self.starts_on).days

    def holds(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_on

    def __iter__(self) -> Iterator[date]:
        return (self.starts_on + _DAY * number for number in range(self.length))


@dataclass(frozen=True)
class Named(Days):
    """A term or an academic year."""

    id: int
    name: str


@dataclass(frozen=True)
class Chosen:
    """What somebody looks at: one of KINDS with its days, and a day in the stretches before and after it, if any.

    `of` is the term or academic year; a school without any has calendar years.
    """

    kind: str
    days: Days
    before: date | None
    after: date | None
    of: Named | None = None


def choose(kind: str, on: date, *, today: date, terms: Sequence[Named], years: Sequence[Named]) -> Chosen | None:
    """The stretch of a kind around a day; None for the term of a school that has none.

    Between two terms (or years) it is the one that ended. Nothing after the stretch of today is offered.
    """
    if kind in ("term", "year") and (kind == "term" or years):
        return _named(kind, on, today, terms if kind == "term" else years)
    days = _plain(kind, on)
    before = days.starts_on - _DAY
    return Chosen(
        kind,
        days,
        before if before >= EARLIEST else None,
        None if days.ends_on > today else min(_plain(kind, days.ends_on).last_day, today),
    )


def parts(chosen: Chosen, *, today: date) -> list[Days]:
    """What a chart of the stretch shows, oldest first: days, weeks of a term, months of a year; nothing of the future.

    Around a single day it is the thirty days that end with it.
    """
    days = chosen.days
    if chosen.kind == "day":
        first = max(EARLIEST, days.starts_on - _DAY * (DAYS_AROUND - 1))
        return [_plain("day", day) for day in Days(first, days.ends_on)]
    cut = {"term": "week", "year": "month"}.get(chosen.kind, "day")
    return [part for part in _cut(days, cut) if part.starts_on <= today]


def whole_months(days: Days) -> tuple[list[str], list[Days]]:
    """The months that lie whole in a stretch, as `2026-11`, and the days of it that are in none of them."""
    months, rest = [], []
    for part in _cut(days, "month"):
        if part == _plain("month", part.starts_on):
            months.append(part.starts_on.strftime("%Y-%m"))
        else:
            rest.append(part)
    return months, rest


def elapsed(days: Days, today: date) -> int:
    """How many days of a stretch have begun: from 0 to all of them."""
    return min(max((today - days.starts_on).days + 1, 0), days.length)


def same_day(days: Days, number: int) -> date:
    """The day of a stretch that is its `number`-th, counted from 1; its last one when it is shorter."""
    return min(days.starts_on + _DAY * (number - 1), days.last_day)


def _named(kind: str, on: date, today: date, known: Sequence[Named]) -> Chosen | None:
    ordered = sorted(known, key=lambda one: one.starts_on)
    if not ordered:
        return None
    place = max((number for number, one in enumerate(ordered) if one.starts_on <= on), default=0)
    here = ordered[place]
    before = ordered[place - 1].last_day if place else None
    later = ordered[place + 1] if place + 1 < len(ordered) else None
    after = min(later.last_day, today) if later and later.starts_on <= today else None
    return Chosen(kind, Days(here.starts_on, here.ends_on), before, after, here)


def _plain(kind: str, on: date) -> Days:
    """A day, a week from its Monday, a month or a calendar year."""
    if kind == "day":
        return Days(on, on + _DAY)
    if kind == "week":
        monday = on - _DAY * on.weekday()
        return Days(monday, monday + _DAY * 7)
    if kind == "month":
        first = on.replace(day=1)
        return Days(first, (first + _DAY * 31).replace(day=1))
    return Days(date(on.year, 1, 1), date(on.year + 1, 1, 1))


def _cut(days: Days, kind: str) -> Iterator[Days]:
    at = days.starts_on
    while at < days.ends_on:
        end = min(_plain(kind, at).ends_on, days.ends_on)
        yield Days(at, end)
        at = end
