"""The stretch of days that the dashboard's address names, in words, with its figures and where each of them leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date, format_interval, format_skeleton
from flask_babel import get_locale, gettext

from app.domain.periods import KINDS, Chosen, Days, choose, parts
from app.queries.calendar import SchoolTerm, school_terms, school_years
from app.queries.period_figures import LiveNames, Marks, Money, admitted, live_names, marks_of, money_of
from app.web.money_forms import filter_day, filter_word


@dataclass(frozen=True)
class Tile:
    """One figure of a stretch. `names` are the figures of live screens that add up to it, None when none do."""

    key: str
    value: int
    names: Sequence[str] | None
    href: str


class Look:
    """What somebody looks at: a kind of stretch around a day, `on`; an address without one follows the school."""

    def __init__(self, args: Mapping[str, str], *, today: date) -> None:
        self.today = today
        self.kind = filter_word(args.get("period"), KINDS) or "day"
        named = filter_day(args.get("on"))
        self.follows = named is None
        self.on = min(named or today, today)
        self.terms: list[SchoolTerm] = school_terms()
        self.chosen: Chosen | None = choose(self.kind, self.on, today=today, terms=self.terms, years=school_years())

    @property
    def is_current(self) -> bool:
        return self.chosen is not None and self.chosen.days.holds(self.today)

    # ---- where to go from here

    @property
    def kinds(self) -> list[tuple[str, str, str]]:
        """Kind, word and address of each choice; the day looked at stays."""
        words = (gettext("Day"), gettext("Week"), gettext("Month"), gettext("Term"), gettext("Year"))
        return [
            (kind, word, address(kind, None if self.follows else self.on))
            for kind, word in zip(KINDS, words, strict=True)
        ]

    @property
    def before(self) -> str | None:
        return self._around(self.chosen.before if self.chosen else None)

    @property
    def after(self) -> str | None:
        return self._around(self.chosen.after if self.chosen else None)

    @property
    def now(self) -> str | None:
        """The way back to the stretch of today, if this is another one."""
        return None if self.is_current or self.chosen is None else address(self.kind, None)

    def _around(self, day: date | None) -> str | None:
        return address(self.kind, None if day == self.today else day) if day else None

    # ---- in words

    @cached_property
    def title(self) -> str:
        return title(self.kind, self.chosen)

    @property
    def lead(self) -> str:
        """Which one of its kind it is, or the days of a term or year."""
        if self.chosen is None:
            return ""
        current = {
            "day": gettext("Today"),
            "week": gettext("This week"),
            "month": gettext("This month"),
            "term": gettext("This term"),
            "year": gettext("This year"),
        }
        found = [current[self.kind]] if self.is_current else []
        if self.chosen.of is not None:
            found.append(interval(self.chosen.days))
        return " · ".join(found)

    # ---- figures

    @cached_property
    def parts(self) -> list[Days]:
        return parts(self.chosen, today=self.today) if self.chosen else []

    @cached_property
    def _money(self) -> list[Money]:
        return money_of([self.days, *self.parts])

    @cached_property
    def _marks(self) -> list[Marks]:
        return marks_of([self.days, *self.parts])

    @property
    def days(self) -> Days:
        assert self.chosen is not None
        return self.chosen.days

    @property
    def money(self) -> Money:
        return self._money[0]

    @property
    def marks(self) -> Marks:
        return self._marks[0]

    @cached_property
    def tiles(self) -> dict[str, Tile]:
        """The figures of the stretch by name; screens cannot add up an average, so attendance is live by the day."""
        names, money, marks, links = live_names(self.days, self.today), self.money, self.marks, drill(self.days)
        found = (
            Tile("collected", money.collected, names.collected, links["collected"]),
            Tile("income", money.income, names.income, links["income"]),
            Tile("expenses", money.expenses, names.expenses, links["expenses"]),
            Tile("present", marks.present, names.present if self.kind == "day" else None, links["attendance"]),
            Tile("admitted", admitted(self.days), None, links["admitted"]),
        )
        return {tile.key: tile for tile in found}

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The parts of the stretch as the table shows them, oldest first."""
        return [
            {
                "label": label(self.kind, days),
                "title": title(_PART_KIND[self.kind], days),
                "money": money,
                "marks": marks,
                "links": drill(days),
                "names": live_names(days, self.today),
            }
            for days, money, marks in zip(self.parts, self._money[1:], self._marks[1:], strict=True)
        ]

    @property
    def for_charts(self) -> dict[str, Any]:
        """The same for the charts; `names` as far as screens may add them up."""
        rows = self.rows
        per_day = self.kind in ("term", "year")
        return {
            "kind": self.kind,
            "title": self.title,
            "current": self.is_current,
            "labels": [row["label"] for row in rows],
            "titles": [row["title"] for row in rows],
            "collected": [row["money"].collected for row in rows],
            "income": [row["money"].income for row in rows],
            "expenses": [row["money"].expenses for row in rows],
            "present": [_per_day(row["marks"], "present", per_day) for row in rows],
            "absent": [_per_day(row["marks"], "absent", per_day) for row in rows],
            "names": {key: [_listed(row["names"], key) for row in rows] for key in ("collected", "income", "expenses")},
            "links": {
                key: [row["links"][key] for row in rows] for key in ("collected", "income", "expenses", "attendance")
            },
        }

    @property
    def term(self) -> SchoolTerm | None:
        """The term that is looked at or holds the day, or the one before it; None before the first."""
        if self.chosen is not None and self.kind == "term" and self.chosen.of is not None:
            return next(term for term in self.terms if term.id == self.chosen.of.id)
        begun = [term for term in self.terms if term.starts_on <= self.on]
        return begun[-1] if begun else None


_PART_KIND = {"day": "day", "week": "day", "month": "day", "term": "week", "year": "month"}


def address(kind: str, on: date | None) -> str:
    """The dashboard of a kind of stretch around a day; without one it follows the school's day."""
    return f"/dashboard?{urlencode({'period': kind, **({'on': on.isoformat()} if on else {})})}"


def drill(days: Days) -> dict[str, str]:
    """Where the rows behind the figures of a stretch are; each page says what they add up to."""
    first, last = days.starts_on.isoformat(), days.last_day.isoformat()
    book = {kind: f"/transactions?type={kind}&from={first}&to={last}" for kind in ("fees", "income", "expense")}
    attendance = f"/attendance?date={first}" if days.length == 1 else f"/attendance/days?from={first}&to={last}"
    return {
        "collected": book["fees"],
        "income": book["income"],
        "expenses": book["expense"],
        "attendance": attendance,
        "admitted": f"/students?status=any&admitted_from={first}&admitted_to={last}",
    }


def title(kind: str, of: Chosen | Days | None) -> str:
    """A stretch in words: `Sunday, 22 November 2026`, `16–22 Nov 2026`, `November 2026`, the name of a term or year."""
    if of is None:
        return str(gettext("Term"))
    if isinstance(of, Chosen):
        if of.of is not None:
            return str(of.of.name)
        of = of.days
    locale = get_locale()
    if kind == "day":
        return str(format_date(of.starts_on, "EEEE, d MMMM y", locale=locale))
    if kind == "month":
        return str(format_date(of.starts_on, "LLLL y", locale=locale))
    return interval(of) if kind == "week" else str(of.starts_on.year)


def interval(days: Days) -> str:
    """`16 – 22 Nov 2026`"""
    return str(format_interval(days.starts_on, days.last_day, skeleton="yMMMd", locale=get_locale()))


def label(kind: str, days: Days) -> str:
    """A part of a stretch as an axis shows it."""
    skeleton = {"week": "Ed", "year": "MMM"}.get(kind, "MMMd")
    return str(format_skeleton(skeleton, days.starts_on, locale=get_locale()))


def _per_day(marks: Marks, status: str, average: bool) -> float:
    found: int = getattr(marks, status)
    return round(found / marks.days, 1) if average and marks.days else found


def _listed(names: LiveNames, key: str) -> Sequence[str] | None:
    found: Sequence[str] | None = getattr(names, key)
    return found
