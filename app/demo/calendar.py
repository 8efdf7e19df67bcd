"""The years and terms of the demo school, the last of them the one of today."""

from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.calendar import Period, usual_year

DAY = timedelta(days=1)


@dataclass(frozen=True)
class DemoTerm:
    """One term; `year` counts from 0, the oldest."""

    year: int
    number: int
    period: Period


@dataclass(frozen=True)
class Calendar:
    """All years with their terms, and the day on which the story ends."""

    today: date
    years: list[Period]
    terms: list[DemoTerm]

    @property
    def begun(self) -> list[DemoTerm]:
        """The terms that have begun."""
        return [term for term in self.terms if term.period.starts_on <= self.today]

    def school_days(self, back: int) -> list[date]:
        """The days of the last `back` days on which a register was taken, and today."""
        days = [self.today - DAY * number for number in range(back, 0, -1)]
        taught = [day for day in days if day.weekday() < 5 and any(_holds(term.period, day) for term in self.terms)]
        return [*taught, self.today]

    def next_start(self, term: DemoTerm) -> date:
        """When the term after this one begins."""
        later = [other.period.starts_on for other in self.terms if other.period.starts_on > term.period.starts_on]
        return min(later, default=term.period.ends_on + DAY * 30)


def demo_calendar(today: date, years: int) -> Calendar:
    """`years` academic years up to the one of today."""
    last = usual_year(today)[0].starts_on.year
    periods, terms = [], []
    for number in range(years):
        year, parts = usual_year(date(last - years + 1 + number, 10, 1))
        periods.append(year)
        terms += [DemoTerm(number, part, period) for part, period in enumerate(parts, start=1)]
    return Calendar(today, periods, terms)


def _holds(period: Period, day: date) -> bool:
    return period.starts_on <= day < period.ends_on


def working_day(day: date, today: date) -> date:
    """The day itself, or the Monday after a weekend, never later than today."""
    while day.weekday() > 4:
        day += DAY
    return min(day, today)
