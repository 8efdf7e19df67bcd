"""Academic years and terms: half-open ranges [starts_on, ends_on) that follow one another without overlap."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.domain.names import clean_name
from app.domain.periods import Days
from app.errors import Invalid
from app.words import say


@dataclass(frozen=True)
class Period:
    """A named range of days; `ends_on` is the first day that no longer belongs to it.

    A term may say what it should collect, in minor units; None says nothing about it.
    """

    name: str
    starts_on: date
    ends_on: date
    target: int | None = None

    def overlaps(self, other: "Period") -> bool:
        return self.starts_on < other.ends_on and other.starts_on < self.ends_on


def check_period(period: Period, *, prefix: str = "", label: str | None = None) -> Period:
    """Refuse a range that is empty, too long or without a name. Raises Invalid; `prefix` begins the field's name."""
    label = label or say("The year")
    name = clean_name(period.name, param=f"{prefix}name", most=32, label=say("{label}'s name", label=label))
    if period.ends_on <= period.starts_on:
        raise Invalid(say("{name} must end after it starts.", name=label), param=f"{prefix}ends_on")
    if (period.ends_on - period.starts_on).days > 550:
        raise Invalid(say("{name} cannot last longer than 18 months.", name=label), param=f"{prefix}ends_on")
    return replace(period, name=name)


def check_terms(year: Period, terms: Sequence[Period]) -> None:
    """Refuse terms that leave their year or overlap. Raises Invalid naming `term_{n}_starts_on` and so on, n from 1."""
    for number, term in enumerate(terms, start=1):
        if term.starts_on < year.starts_on:
            raise Invalid(
                say("{term} cannot start before {year} does.", term=term.name, year=year.name),
                param=f"term_{number}_starts_on",
            )
        if term.ends_on > year.ends_on:
            raise Invalid(
                say("{term} cannot end after {year} does.", term=term.name, year=year.name),
                param=f"term_{number}_ends_on",
            )
        for other in terms[: number - 1]:
            if term.overlaps(other):
                raise Invalid(
                    say("{name} overlaps {other}.", name=term.name, other=other.name), param=f"term_{number}_starts_on"
                )
            if term.name.casefold() == other.name.casefold():
                raise Invalid(say("There are two terms named {term}.", term=term.name), param=f"term_{number}_name")


def usual_year(day: date) -> tuple[Period, list[Period]]:
    """The Ghanaian school year around a day, as a proposal: September to August in three terms."""
    first = day.year if day.month >= 8 else day.year - 1
    year = Period(f"{first}/{first + 1}", date(first, 9, 1), date(first + 1, 9, 1))
    terms = [
        Period(say("Term {number}", number=1), date(first, 9, 8), date(first, 12, 19)),
        Period(say("Term {number}", number=2), date(first + 1, 1, 12), date(first + 1, 4, 10)),
        Period(say("Term {number}", number=3), date(first + 1, 5, 4), date(first + 1, 8, 1)),
    ]
    return year, terms


def is_taught(day: date, terms: Sequence[Days]) -> bool:
    """Whether registers are expected: from Monday to Friday in a term; in a school without terms the whole year."""
    return day.weekday() < 5 and (not terms or any(term.holds(day) for term in terms))
