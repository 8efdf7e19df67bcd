"""The specification's small expressions as SQL: a row prefix before column names, and what a row adds to a metric."""

import re
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Column

from app.extensions import db
from app.statistics.spec import MONEY, Metric

_WORD_OR_TEXT = re.compile(r"'[^']*'|[A-Za-z_][A-Za-z_0-9]*")
_HOLE = re.compile(r"\{(?P<column>\w+)(?::(?P<format>[^}]+))?\}")

Part = Callable[[Column[Any], str, str | None], str]
"""SQL that writes one column into a metric's name, given its prefixed name and its format."""


def prefixed(expression: str, prefix: str, columns: Collection[str]) -> str:
    """`amount_due - amount_paid` with prefix `NEW.` -> `NEW.amount_due - NEW.amount_paid`; text in quotes stays."""
    return _WORD_OR_TEXT.sub(lambda found: prefix + found[0] if found[0] in columns else found[0], expression)


def moves(metric: Metric, prefix: str, part: Part) -> tuple[str, str]:
    """What one row adds to a metric: SQL for the metric's name, and for the amount (0 when the row does not count)."""
    columns = db.metadata.tables[metric.table].columns
    value = prefixed(metric.value, prefix, columns.keys())
    where = prefixed(metric.where, prefix, columns.keys())
    amount = value if metric.where == "1 = 1" else f"CASE WHEN {where} THEN {value} ELSE 0 END"

    def hole(column: str, form: str | None) -> str:
        return part(columns[column], prefix + column, form)

    return _name_expression(metric.name, hole), amount


def unit_of(metric: Metric, currency: str) -> str:
    """The unit of a metric, for a school that counts in `currency`."""
    return currency if metric.unit == MONEY else metric.unit


def _name_expression(pattern: str, part: Callable[[str, str | None], str]) -> str:
    pieces: list[str] = []
    position = 0
    for hole in _HOLE.finditer(pattern):
        if hole.start() > position:
            pieces.append(f"'{pattern[position : hole.start()]}'")
        pieces.append(part(hole["column"], hole["format"]))
        position = hole.end()
    if position < len(pattern):
        pieces.append(f"'{pattern[position:]}'")
    return " || ".join(pieces)
