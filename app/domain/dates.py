"""Dates as the office types them: strictly 2026-11-22, and only such as can be true."""

import re
from datetime import date

from app.errors import Invalid
from app.words import field_name, say

EARLIEST = date(2000, 1, 1)
EARLIEST_BIRTH = date(1930, 1, 1)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


def parse_date(
    text: str, *, param: str = "date", label: str | None = None, latest: date | None = None, earliest: date = EARLIEST
) -> date:
    """Read a date written as YYYY-MM-DD. `latest` is today's date where the future makes no sense.

    Raises Invalid, naming `param`, for any other form, for a day that does not exist, and outside the two bounds.
    """
    written = text.strip()
    try:
        value = date.fromisoformat(written) if _ISO.fullmatch(written) else None
    except ValueError:
        value = None
    if value is None:
        raise Invalid(
            say("{name} must be a date written like 2026-11-22.", name=field_name(param, label)),
            param=param,
            code="date_invalid",
        )
    return check_date(value, param=param, label=label, latest=latest, earliest=earliest)


def iso_of_spreadsheet(text: str) -> str:
    """A date as spreadsheets in Ghana write it, 31/01/2026, in the form 2026-01-31; any other text as it is."""
    found = _DAY_FIRST.fullmatch(text.strip())
    return "{2}-{1:0>2}-{0:0>2}".format(*found.groups()) if found else text


def parse_optional_date(
    text: str | None, *, param: str, label: str | None = None, latest: date | None = None, earliest: date = EARLIEST
) -> date | None:
    """Like `parse_date`, but nothing at all is None."""
    if text is None or not text.strip():
        return None
    return parse_date(text, param=param, label=label, latest=latest, earliest=earliest)


def check_date(
    value: date, *, param: str = "date", label: str | None = None, latest: date | None = None, earliest: date = EARLIEST
) -> date:
    """Refuse a date before `earliest` or after `latest`. Raises Invalid naming `param`."""
    name = field_name(param, label)
    if value < earliest:
        raise Invalid(
            say("{name} cannot be before {day}.", name=name, day=earliest.isoformat()),
            param=param,
            code="date_too_early",
        )
    if latest is not None and value > latest:
        raise Invalid(
            say("{name} cannot be in the future: {day} at the latest.", name=name, day=latest.isoformat()),
            param=param,
            code="date_in_future",
        )
    return value
