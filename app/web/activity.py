"""Who changed what, from what, to what."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from app.clock import today
from app.domain.dates import parse_optional_date
from app.queries.activity import ActivityRow, activity_page, known_writers, seal_state
from app.web.access import requires
from app.web.forms import Problems
from app.web.templating import money, when

bp = Blueprint("activity", __name__)
TABLES: Mapping[str, str] = {
    "payments": "Receipts",
    "fees": "Fees",
    "fee_adjustments": "Fee adjustments",
    "financial_transactions": "Cash book",
    "financial_categories": "Categories",
    "students": "Students",
    "guardians": "Guardians",
    "student_guardians": "Guardians of students",
    "enrolments": "Enrolments",
    "attendance": "Register",
    "promotions": "Promotions",
    "classes": "Classes",
    "teachers": "Teachers",
    "teacher_assignments": "Teaching assignments",
    "fee_types": "Fee types",
    "fee_structures": "Price lists",
    "fee_structure_items": "Prices",
    "billing_runs": "Billing runs",
    "budget_plans": "Budgets",
    "day_closes": "Day closes",
    "academic_years": "Academic years",
    "terms": "Terms",
    "users": "Users",
    "api_tokens": "Tokens",
    "wall_displays": "Wall displays",
    "settings": "Settings",
}
_AMOUNTS = frozenset(
    "amount amount_due amount_adjusted amount_paid arrears total collection_target expected counted".split()
)
_VERBS = {"insert": "Added", "update": "Changed", "delete": "Removed"}


@bp.get("/activity")
@requires("activity.view")
def show() -> str:
    problems = Problems()
    days: dict[str, date | None] = {}
    for name, label in (("first", "The first day"), ("last", "The last day")):
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
    return _VERBS.get(text, text.replace("_", " ").capitalize())


@bp.app_template_filter("subject")
def subject(entry: ActivityRow) -> str:
    """What an entry is about: `Cash book: Rent of the canteen stall`."""
    noun = (entry.table or "").replace("_", " ")
    if entry.verb in _VERBS and entry.description.startswith(f"{noun}: "):
        return f"{TABLES.get(entry.table or '', noun.capitalize())}: {entry.description[len(noun) + 2 :]}"
    return entry.description


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
        return "Yes" if value else "No"
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
