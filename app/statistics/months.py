"""The figures of one month against a recount of that month's rows alone: a check that costs the same in any school.

Only figures whose name carries a date belong to a month; the totals are compared when everything is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from string import Formatter

from sqlalchemy import Column, Connection, Date, String, cast, func, insert, literal_column, select, text, update

from app.extensions import db
from app.models import Statistic
from app.statistics.clock import next_version
from app.statistics.expressions import unit_of
from app.statistics.generate import generator
from app.statistics.install import currency
from app.statistics.spec import METRICS, Metric
from app.statistics.verify import Difference

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class _Figure:
    value: int
    unit: str
    category: str


def next_month(connection: Connection, after: str) -> str | None:
    """The first month after `after` (`2026-01`; empty for the very first) that has rows; None when there is none."""
    begins = _first_days(after)[1] if after else date.min
    found = []
    for column in {_date_column(metric): None for metric in _dated()}:
        first = connection.scalar(select(cast(func.min(column), String)).where(column >= begins))
        if first and _MONTH.fullmatch(first[:7]):
            found.append(first[:7])
    return min(found, default=None)


def month_differences(connection: Connection, month: str) -> Sequence[Difference]:
    """The figures of a month that differ from its recount, from one consistent read."""
    kept, counted = _kept(connection, month), _recount(connection, month)
    sides = ((name, _value(kept, name), _value(counted, name)) for name in sorted({*kept, *counted}))
    return [Difference(*side) for side in sides if side[1] != side[2]]


def repair_month(connection: Connection, month: str, moment: datetime) -> None:
    """Set the figures of a month to its recount, in one short transaction that holds the write lock."""
    made = generator(connection.dialect.name)
    made.lock(connection)
    made.settle(connection)
    kept, counted = _kept(connection, month), _recount(connection, month)
    wrong = [name for name in {*kept, *counted} if _value(kept, name) != _value(counted, name)]
    if not wrong:
        return
    version = next_version(connection)
    for name in wrong:
        values = {"metric_value": _value(counted, name), "version": version, "calculated_at": moment}
        if name in kept:
            connection.execute(update(Statistic).where(Statistic.metric_name == name).values(**values))
        else:
            figure = counted[name]
            values |= {"metric_name": name, "unit": figure.unit, "category": figure.category}
            connection.execute(insert(Statistic).values(**values))


def _value(figures: Mapping[str, _Figure], name: str) -> int:
    return figures[name].value if name in figures else 0


def _holes(metric: Metric) -> list[tuple[str, str]]:
    """The columns in a metric's name, each with its format."""
    return [(column, form or "") for _, column, form, _ in Formatter().parse(metric.name) if column]


def _date_column(metric: Metric) -> Column[date]:
    columns = db.metadata.tables[metric.table].columns
    return next(columns[name] for name, _ in _holes(metric) if isinstance(columns[name].type, Date))


def _dated() -> list[Metric]:
    found = []
    for metric in METRICS:
        columns = db.metadata.tables[metric.table].columns
        if any(isinstance(columns[name].type, Date) for name, _ in _holes(metric)):
            found.append(metric)
    return found


def _first_days(month: str) -> tuple[date, date]:
    year, number = int(month[:4]), int(month[5:7])
    return date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)


def _kept(connection: Connection, month: str) -> dict[str, _Figure]:
    shapes = "|".join(_shape(metric, month) for metric in _dated())
    named = re.compile(f"(?:{shapes})")
    query = select(Statistic.metric_name, Statistic.metric_value, Statistic.unit, Statistic.category)
    rows = connection.execute(query.where(Statistic.metric_name.contains(month, autoescape=True))).all()
    return {name: _Figure(value, unit, category) for name, value, unit, category in rows if named.fullmatch(name)}


def _shape(metric: Metric, month: str) -> str:
    """A pattern of a metric's names in a month."""
    shape = ""
    dated = _date_column(metric).name
    for words, column, form, _ in Formatter().parse(metric.name):
        shape += re.escape(words)
        if column == dated:
            shape += re.escape(month) + ("" if form else r"-\d\d")
        elif column:
            shape += "[^-]+"
    return shape


def _recount(connection: Connection, month: str) -> dict[str, _Figure]:
    first, end = _first_days(month)
    unit = currency(connection)
    sums: dict[str, _Figure] = {}
    for metric in _dated():
        columns = db.metadata.tables[metric.table].columns
        dated = _date_column(metric)
        parts = [cast(columns[name], String).label(name) for name, _ in _holes(metric)]
        query = (
            select(*parts, func.sum(literal_column(metric.value)))
            .where(text(metric.where), dated >= first, dated < end)
            .group_by(*(columns[name] for name, _ in _holes(metric)))
        )
        for *values, amount in connection.execute(query):
            if None in values:
                continue
            name = _name(metric, values)
            before = sums[name].value if name in sums else 0
            sums[name] = _Figure(before + int(amount), unit_of(metric, unit), metric.category)
    return sums


def _name(metric: Metric, values: Sequence[str]) -> str:
    """A metric's name for the texts of its columns; a date with a format is cut to its month."""
    given = {name: text[:7] if form else text for (name, form), text in zip(_holes(metric), values, strict=True)}
    return re.sub(r"\{(\w+)[^}]*\}", lambda hole: given[hole[1]], metric.name)
