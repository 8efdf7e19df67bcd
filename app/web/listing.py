"""Addresses of the pages around a page of a list."""

from typing import Any
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from app.queries.paging import Page


def page_urls(page: Page[Any]) -> dict[str, str | None]:
    """`previous_url` and `next_url` with the filters of this address kept."""
    return {"previous_url": _at(page.previous), "next_url": _at(page.next)}


def _at(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = MultiDict(request.args)
    kept["cursor"] = cursor
    return f"?{urlencode(list(kept.items(multi=True)))}"


def is_filtered(*values: object) -> bool:
    """Whether any filter of a list is set, so that the way back to the whole list is offered."""
    return any(value not in (None, "", False) for value in values)
