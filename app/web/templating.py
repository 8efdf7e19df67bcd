"""What every template may ask: the school, permissions, money and dates in the school's own form."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import get_currency_symbol
from flask import Flask, g
from werkzeug.local import LocalProxy

from app.clock import now, zone
from app.domain.money import format_amount
from app.queries.look import Look, look_of
from app.queries.notifications import unread_count
from app.queries.settings import all_settings
from app.web.access import can
from app.web.identity import identity


@dataclass(frozen=True)
class School:
    """The school as templates see it."""

    name: str
    currency: str
    locale: str
    timezone: str
    look: Look

    @property
    def currency_symbol(self) -> str:
        return str(get_currency_symbol(self.currency, locale=self.locale))


def school_of_request() -> School:
    """The school's name and forms, read once a request."""
    if "school" not in g:
        found = all_settings()
        g.school = School(found["school_name"], found["currency"], found["locale"], found["timezone"], look_of(found))
    known: School = g.school
    return known


def money(minor: int | None) -> str:
    """123450 -> `GH₵1,234.50`."""
    if minor is None:
        return "–"
    known = school_of_request()
    return format_amount(minor, currency=known.currency, locale=known.locale)


def day(value: date | None) -> str:
    """A date as `22 Nov 2026`."""
    return str(format_date(value, "d MMM y", locale=school_of_request().locale)) if value else "–"


def when(moment: datetime | None) -> str:
    """A UTC moment as the school's own `22 Nov 2026, 10:41`."""
    if moment is None:
        return "–"
    known = school_of_request()
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return str(format_datetime(aware.astimezone(zone(known.timezone)), "d MMM y, HH:mm", locale=known.locale))


def _unread() -> int:
    if "unread" not in g:
        who = identity()
        g.unread = unread_count(user_id=who.user_id, role=who.role) if who and who.user_id else 0
    return int(g.unread)


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        can=can, school=LocalProxy(school_of_request), unread_notifications=_unread, moment=now
    )
    app.jinja_env.filters.update(money=money, day=day, when=when)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
