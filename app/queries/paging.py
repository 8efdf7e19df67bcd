"""Lists in pages that stay right while rows come and go: a page begins after a row, not at a number."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.bookmark import Bookmark
from app.errors import Invalid
from app.extensions import db

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and the cursors of the pages around them (None where there is none)."""

    items: Sequence[T]
    next: str | None = None
    previous: str | None = None

    def map(self, shape: Callable[[T], U]) -> "Page[U]":
        """The same page with every row in another shape."""
        return Page([shape(item) for item in self.items], self.next, self.previous)


def fetch_page(
    query: Select[*tuple[Any, ...]],
    *order: Any,
    cursor: str | None = None,
    limit: int = 50,
    newest_first: bool = False,
    scalars: bool = False,
) -> Page[Any]:
    """One page of `query` in the order of the given columns, which together name each row once and are never null.

    `newest_first` turns the order around. Without `scalars` the items are rows. Raises Invalid for a cursor
    that this list did not give.
    """
    backwards, after = _read(cursor, order) if cursor else (False, None)
    falling = newest_first != backwards
    if after is not None:
        here, there = (order[0], after[0]) if len(order) == 1 else (tuple_(*order), tuple_(*after))
        query = query.where(here < there if falling else here > there)
    keys = [column.label(f"cursor_{number}") for number, column in enumerate(order)]
    ordered = query.add_columns(*keys).order_by(*[column.desc() if falling else column.asc() for column in order])
    rows = list(db.session.execute(ordered.limit(limit + 1)).all())
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    has_next, has_previous = (bool(cursor), more) if backwards else (more, bool(cursor))
    ends = [tuple(row)[-len(order) :] for row in (rows[0], rows[-1])] if rows else []
    items = [row[0] if scalars else row for row in rows]
    return Page(
        items,
        next=_write(">", ends[1]) if ends and has_next else None,
        previous=_write("<", ends[0]) if ends and has_previous else None,
    )


def count_of(table: type[Any], *conditions: ColumnElement[bool]) -> int:
    """How many rows a table has, or those of them that fit."""
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _write(direction: str, values: Sequence[object]) -> str:
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    text = json.dumps([direction, *plain], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, order: Sequence[Any]) -> tuple[bool, list[Any]]:
    refusal = Invalid("cursor must be the next of an earlier page of this list.", param="cursor", code="bad_cursor")
    try:
        direction, *values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        read = [_value(value, column.type.python_type) for value, column in zip(values, order, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise refusal from None
    if direction not in ("<", ">"):
        raise refusal
    return direction == "<", read


def _value(value: object, kind: type) -> object:
    if issubclass(kind, date) and isinstance(value, str):
        return kind.fromisoformat(value)
    if type(value) is not kind or (isinstance(value, int) and abs(value) >= 2**63):
        raise TypeError
    return value


def beyond(number: InstrumentedAttribute[int], bookmark: Bookmark) -> ColumnElement[bool]:
    """Rows that a bookmark has not passed."""
    return or_(number > bookmark.last, *(number.between(gap.first, gap.last) for gap in bookmark.gaps))


def added_since(table: Any, moment: datetime) -> ColumnElement[bool]:
    """Rows added since a moment. Ids rise with time: the last one before it is found from the end of the table."""
    before = select(table.id).where(table.created_at < moment).order_by(table.id.desc()).limit(1).scalar_subquery()
    found: ColumnElement[bool] = table.id > func.coalesce(before, 0)
    return found
