"""Who changed what, from what, to what."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext

from app.clock import today
from app.domain.dates import parse_optional_date
from app.domain.payments import METHOD_NAMES
from app.queries.activity import ActivityRow, activity_page, known_writers, seal_state
from app.web.access import requires
from app.web.forms import Problems
from app.web.language import shown
from app.web.names import NAMES
from app.web.templating import money, when
from app.words import say

bp = Blueprint("activity", __name__)
TABLES: Mapping[str, str] = {
    "payments": say("Receipts"),
    "fees": say("Fees"),
    "fee_adjustments": say("Fee adjustments"),
    "financial_transactions": say("Cash book"),
    "financial_categories": say("Categories"),
    "students": say("Students"),
    "guardians": say("Guardians"),
    "student_guardians": say("Guardians of students"),
    "enrolments": say("Enrolments"),
    "attendance": say("Register"),
    "promotions": say("Promotions"),
    "classes": say("Classes"),
    "teachers": say("Teachers"),
    "teacher_assignments": say("Teaching assignments"),
    "fee_types": say("Fee types"),
    "fee_structures": say("Price lists"),
    "fee_structure_items": say("Prices"),
    "billing_runs": say("Billing runs"),
    "budget_plans": say("Budgets"),
    "day_closes": say("Day closes"),
    "academic_years": say("Academic years"),
    "terms": say("Terms"),
    "users": say("Users"),
    "api_tokens": say("Tokens"),
    "wall_displays": say("Wall displays"),
    "settings": say("Settings"),
}
_AMOUNTS = frozenset(
    "amount amount_due amount_adjusted amount_paid arrears total collection_target expected counted".split()
)
_CODES = frozenset("decision gender method outcome payment_method role status type".split())
_VERBS = {
    "insert": say("Added"),
    "update": say("Changed"),
    "delete": say("Removed"),
    # What the program writes down itself.
    "set": say("Set"),
    "change": say("Change"),
    "refused": say("Refused"),
    "sign_in": say("Sign in"),
    "import": say("Import"),
    "rebuild": say("Rebuild"),
    "repair": say("Repair"),
    "archive": say("Archive"),
    "printed": say("Printed"),
    "made": say("Made"),
    "downloaded": say("Downloaded"),
    "promoted": say("Promoted"),
    "taken_back": say("Taken back"),
}
_TOLD = frozenset(
    {
        say("password set"),
        say("own password changed"),
        say("sign-in refused"),
        say("signed in"),
        say("receipt printed"),
        say("figures set to their recount"),
        say("backup made"),
        say("backup downloaded"),
        say("class promoted"),
        say("class taken back"),
    }
)
"""What the program itself writes down, in English and with a name behind a colon."""
_NOBODY = frozenset({say("system"), say("command line")})
"""Writers that are no users."""


@bp.get("/activity")
@requires("activity.view")
def show() -> str:
    problems = Problems()
    days: dict[str, date | None] = {}
    for name, label in (("first", say("The first day")), ("last", say("The last day"))):
        days[name] = None
        with problems.noted():
            days[name] = _day(name, label)
    record = request.args.get("record", "")
    page = activity_page(
        username=request.args.get("user", ""),
        table=request.args.get("table", ""),
        record_id=int(record) if record.isascii() and record.isdecimal() and len(record) < 19 else None,
        first=days["first"],
        last=days["last"],
        cursor=request.args.get("cursor"),
    )
    return render_template(
        "activity/list.html",
        page=page,
        values=request.args,
        errors=problems,
        users=known_writers(),
        tables=TABLES,
        seals=seal_state(),
        filtered=any(request.args.get(name) for name in ("user", "table", "record", "first", "last")),
        previous_url=_url(page.previous),
        next_url=_url(page.next),
    )


@bp.app_template_filter("verb")
def verb(text: str) -> str:
    """`update` as people say it."""
    return shown(_VERBS.get(text, text.replace("_", " ").capitalize()))


@bp.app_template_filter("subject")
def subject(entry: ActivityRow) -> str:
    """What an entry is about: `Cash book: Rent of the canteen stall`."""
    noun = (entry.table or "").replace("_", " ")
    if entry.verb in _VERBS and entry.description.startswith(f"{noun}: "):
        return _about(TABLES.get(entry.table or "", noun.capitalize()), entry.description[len(noun) + 2 :])
    told, colon, name = entry.description.partition(": ")
    if told not in _TOLD:
        return entry.description
    return _about(told, name) if colon else shown(told)


def _about(noun: str, name: str) -> str:
    return str(gettext("%(what)s: %(name)s", what=shown(noun), name=name))


@bp.app_template_filter("writer")
def writer(name: str) -> str:
    """Who wrote an entry: a user by name, the program itself in the reader's language."""
    return shown(name) if name in _NOBODY else name


@bp.app_template_filter("logged")
def logged(value: Any, field: str = "") -> str:
    """A value of the log as people read it."""
    if value is None:
        return "–"
    if field in _AMOUNTS and isinstance(value, int):
        return money(value)
    if field.endswith("_at") and isinstance(value, str):
        return _moment(value)
    if field.startswith(("is_", "pays_")) and value in (0, 1):
        return str(gettext("Yes") if value else gettext("No"))
    if field in _CODES and isinstance(value, str):
        return shown(METHOD_NAMES.get(value) or NAMES.get(value, value)).lower()
    return str(value)


def _moment(logged_at: str) -> str:
    try:
        return when(datetime.fromisoformat(logged_at))
    except ValueError:
        return logged_at


def _day(name: str, label: str) -> date | None:
    return parse_optional_date(request.args.get(name), param=name, label=label, latest=today())


def _url(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = {name: value for name, value in request.args.items() if value and name != "cursor"}
    return f"/activity?{urlencode({**kept, 'cursor': cursor})}"
