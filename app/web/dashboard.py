"""The principal's dashboard and the wall: the same figures, drawn first by the server and then kept live."""

from datetime import date, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.clock import today
from app.queries.screens import latest_payments, months_of_year, shown_classes
from app.queries.statistics import values
from app.web.access import requires
from app.web.templating import school_of_request

bp = Blueprint("dashboard", __name__)
DAYS = 30
MONTHS = 12


@bp.get("/dashboard")
@requires("dashboard.view")
def dashboard() -> ResponseReturnValue:
    return render_template("dashboard/index.html", **_figures("finance"))


@bp.get("/wall")
@requires("wall.view")
def wall() -> ResponseReturnValue:
    theme = "light" if request.args.get("theme") == "light" else "dark"
    return render_template("wall/index.html", theme=theme, **_figures("wall"))


def _figures(room: str) -> dict[str, object]:
    on, school = today(), school_of_request()
    return {
        "figures": values(room, on),
        "classes": shown_classes(),
        "today": on.isoformat(),
        "currency": school.currency,
        "locale": school.locale,
        "days": [(on - timedelta(days=back)).isoformat() for back in reversed(range(DAYS))],
        "months": _months(on),
        "year_collected_metrics": [f"monthly_fees_{month}" for month in months_of_year(on)],
        "ticker": latest_payments(limit=8),
    }


def _months(on: date) -> list[str]:
    last = on.year * 12 + on.month - 1
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(last - MONTHS + 1, last + 1)]
