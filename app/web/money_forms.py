"""Reading the amounts, dates and choices of a form or of an address; what is wrong is noted under its field."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime

from app.clock import today
from app.domain.dates import EARLIEST, parse_date
from app.domain.money import parse_amount
from app.domain.payments import METHOD_NAMES, METHODS
from app.errors import Invalid, KeyReused
from app.web.forms import Problems
from app.web.templating import school_of_request
from app.words import Words, field_name, say

METHOD_CHOICES = [(method, METHOD_NAMES[method]) for method in METHODS]
LONGEST_AMOUNT = 30


def new_request_key() -> str:
    """The key of one form: however often it arrives, it is done once."""
    return secrets.token_urlsafe(18)


def key_after(key: str, problems: Problems) -> str:
    """The key of a form that comes back: its own, unless that one has done its work."""
    return new_request_key() if KeyReused.code in problems.codes else key


class Typed:
    """What somebody typed into a form, read field by field. Each reader returns None after noting a refusal."""

    def __init__(self, form: Mapping[str, str], problems: Problems) -> None:
        self.form = form
        self.problems = problems

    def text(self, name: str) -> str:
        return self.form.get(name, "").strip()

    def ticked(self, name: str) -> bool:
        return self.form.get(name) == "1"

    def amount(self, name: str, *, allow_zero: bool = False) -> int | None:
        """An amount in minor units; nothing at all is noted like any other text that is no amount."""
        with self.problems.noted(name):
            typed = self.text(name)
            if not typed:
                raise Invalid(say("{name} must be filled in.", name=field_name(name)), param=name, code="required")
            if len(typed) > LONGEST_AMOUNT:
                raise Invalid(
                    say("{name} is too long for an amount.", name=field_name(name)), param=name, code="amount_invalid"
                )
            return parse_amount(typed, currency=school_of_request().currency, param=name, allow_zero=allow_zero)
        return None

    def day(self, name: str, *, past_only: bool = False) -> date | None:
        """A date; an empty field is None and nothing is noted."""
        if not self.text(name):
            return None
        with self.problems.noted(name):
            return parse_date(self.text(name), param=name, latest=today() if past_only else None)
        return None

    def number(self, name: str, what: str) -> int | None:
        """A whole number, such as an id or a year; an empty field is None and nothing is noted."""
        typed = self.text(name)
        if not typed:
            return None
        if typed.isascii() and typed.isdigit() and len(typed) <= 18:
            return int(typed)
        self.problems.setdefault(name, say("{name} must be a whole number.", name=Words(what)))
        return None

    def chosen(self, name: str, what: str) -> int | None:
        """The id of something that must be chosen."""
        typed = self.text(name)
        if typed.isascii() and typed.isdigit() and len(typed) <= 18:
            return int(typed)
        self.problems.setdefault(name, say("{name} must be chosen.", name=Words(what)))
        return None

    def key(self) -> str | None:
        """The request key of the form, if it is one that we could have made."""
        key = self.form.get("request_key", "")
        return key if key.isascii() and 16 <= len(key) <= 64 and key.isprintable() else None


def filter_number(text: str | None) -> int | None:
    """An id in the address of a list; what is no id filters nothing."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else None


def filter_day(text: str | None) -> date | None:
    """A date in the address of a list; what is no date filters nothing."""
    try:
        return parse_date(text) if text else None
    except Invalid:
        return None


def filter_moment(text: str | None) -> datetime | None:
    """A UTC moment in the address of a list, as `2026-11-22T14:03:00Z`; what is none filters nothing."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None and EARLIEST.year <= moment.year < 3000 else None


def filter_word(text: str | None, words: Mapping[str, str] | tuple[str, ...]) -> str | None:
    """One of a few words in the address of a list."""
    return text if text in words else None
