"""The figures of any stretch of days, exact and at a price that does not grow with the school's history.

What a day or a month adds up to is a row of the statistics; only the days that are in no whole month are read from the
cash book, by an index that holds all that is needed of them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from app.domain.periods import Days, whole_months
from app.extensions import db
from app.models import FinancialTransaction, Statistic, Student
from app.queries.statistics import is_shown

HOLDS_FOR = timedelta(days=7)
"""How long a page may stay open and still be told the figures it follows."""
_DAY_FEES = re.compile(r"daily_fees_(\d{4}-\d{2}-\d{2})")
_MARKS = re.compile(r"attendance_(\d{4}-\d{2}-\d{2})(?:_(absent|late|excused))?")


@dataclass(frozen=True)
class Money:
    """What came in and went out in minor units; `collected` is the part of the income that settled fees."""

    collected: int = 0
    income: int = 0
    expenses: int = 0


@dataclass(frozen=True)
class Marks:
    """The registers of a stretch: marks of each kind, and the days on which there were any."""

    present: int = 0
    absent: int = 0
    late: int = 0
    excused: int = 0
    days: int = 0

    @property
    def marked(self) -> int:
        return self.present + self.absent + self.late + self.excused

    @property
    def average_present(self) -> float:
        """Students marked present on an average day of school."""
        return self.present / self.days if self.days else 0.0

    @property
    def in_school(self) -> float | None:
        """Which part of the marks says present or late; None without marks."""
        return (self.present + self.late) / self.marked if self.marked else None


@dataclass(frozen=True)
class LiveNames:
    """The figures of live screens that add up to a stretch; None where screens do not have all of them."""

    collected: Sequence[str] | None
    income: Sequence[str] | None
    expenses: Sequence[str] | None
    present: Sequence[str] | None


def money_of(stretches: Sequence[Days]) -> list[Money]:
    """Income, expenses and collected fees of each stretch."""
    if not stretches:
        return []
    fees = collected_by_day(_around(stretches))
    split = [whole_months(days) for days in stretches]
    by_month = _book_by_month({month for months, _ in split for month in months})
    by_day = _book_by_day([days for _, rest in split for days in rest])
    return [
        Money(
            sum(fees[day] for day in days),
            *(
                sum(by_month[kind, month] for month in months) + sum(by_day[kind, day] for part in rest for day in part)
                for kind in ("income", "expense")
            ),
        )
        for days, (months, rest) in zip(stretches, split, strict=True)
    ]


def marks_of(stretches: Sequence[Days]) -> list[Marks]:
    """What the registers of each stretch say."""
    if not stretches:
        return []
    by_day = marks_by_day(_around(stretches))
    return [total([by_day[day] for day in days if day in by_day]) for days in stretches]


def marks_by_day(days: Days) -> Mapping[date, Marks]:
    """The marks of every day that has any."""
    counts: dict[date, dict[str, int]] = {}
    for name, value in _statistics("attendance_", days):
        if found := _MARKS.fullmatch(name):
            counts.setdefault(date.fromisoformat(found[1]), {})[found[2] or "present"] = value
    return {day: Marks(**counts[day], days=1) for day in sorted(counts) if any(counts[day].values())}


def total(marks: Iterable[Marks]) -> Marks:
    """Several days together."""
    known = list(marks)
    return Marks(
        *(sum(getattr(one, name) for one in known) for name in ("present", "absent", "late", "excused", "days"))
    )


def collected_by_day(days: Days) -> Mapping[date, int]:
    """Fee income of every day that has any; zero for the others."""
    found: Counter[date] = Counter()
    for name, value in _statistics("daily_fees_", days):
        if day := _DAY_FEES.fullmatch(name):
            found[date.fromisoformat(day[1])] = value
    return found


def admitted(days: Days) -> int:
    """How many students were admitted in a stretch, whatever became of them."""
    query = select(func.count()).where(Student.admitted_on >= days.starts_on, Student.admitted_on < days.ends_on)
    return db.session.scalar(query.select_from(Student)) or 0


def live_names(days: Days, today: date) -> LiveNames:
    """Which figures a live screen may add up for a stretch, for as long as HOLDS_FOR."""
    months, rest = whole_months(days)
    single = [day.isoformat() for part in rest for day in part]

    def shown(*names: str) -> Sequence[str] | None:
        return names if all(is_shown(name, today + HOLDS_FOR) for name in names) else None

    def by_month(family: str) -> Sequence[str] | None:
        return None if rest else shown(*(f"{family}_{month}" for month in months))

    return LiveNames(
        collected=shown(*(f"monthly_fees_{month}" for month in months), *(f"daily_fees_{day}" for day in single)),
        income=by_month("monthly_income"),
        expenses=by_month("monthly_expenses"),
        present=shown(*(f"attendance_{day.isoformat()}" for day in days)),
    )


def _statistics(family: str, days: Days) -> Iterable[tuple[str, int]]:
    first, end = (f"{family}{day.isoformat()}" for day in (days.starts_on, days.ends_on))
    name = Statistic.metric_name
    for row in db.session.execute(select(name, Statistic.metric_value).where(name >= first, name < end)):
        yield row[0], row[1]


def _book_by_month(months: set[str]) -> Mapping[tuple[str, str], int]:
    families = {"monthly_income": "income", "monthly_expenses": "expense"}
    names = {f"{family}_{month}": (kind, month) for family, kind in families.items() for month in months}
    found: Counter[tuple[str, str]] = Counter()
    if names:
        query = select(Statistic.metric_name, Statistic.metric_value).where(Statistic.metric_name.in_(names))
        found.update({names[name]: value for name, value in db.session.execute(query)})
    return found


def _book_by_day(stretches: Sequence[Days]) -> Mapping[tuple[str, date], int]:
    found: Counter[tuple[str, date]] = Counter()
    for days in _joined(stretches):
        row = FinancialTransaction
        query = (
            select(row.type, row.transaction_date, func.sum(row.amount))
            .where(row.transaction_date >= days.starts_on, row.transaction_date < days.ends_on)
            .group_by(row.transaction_date, row.type)
        )
        found.update({(kind, day): int(amount) for kind, day, amount in db.session.execute(query)})
    return found


def _around(stretches: Sequence[Days]) -> Days:
    return Days(min(days.starts_on for days in stretches), max(days.ends_on for days in stretches))


def _joined(stretches: Iterable[Days]) -> list[Days]:
    """The same days in as few stretches as possible."""
    joined: list[Days] = []
    for days in sorted(stretches, key=lambda one: one.starts_on):
        if joined and days.starts_on <= joined[-1].ends_on:
            joined[-1] = Days(joined[-1].starts_on, max(joined[-1].ends_on, days.ends_on))
        else:
            joined.append(days)
    return joined
