"""The registers day by day: what the attendance of a week, a term or a year is the sum of."""

from datetime import timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.clock import today
from app.domain.periods import Days
from app.queries.period_figures import marks_by_day, total
from app.web.access import requires
from app.web.money_forms import filter_day

bp = Blueprint("attendance_days", __name__)
_SHOWN = timedelta(days=30)
_MOST = timedelta(days=550)
_ONE_DAY = timedelta(days=1)


@bp.get("/attendance/days")
@requires("attendance.view")
def index() -> ResponseReturnValue:
    last = filter_day(request.args.get("to")) or today()
    first = filter_day(request.args.get("from")) or last - _SHOWN
    first = max(min(first, last), last - _MOST)
    by_day = marks_by_day(Days(first, last + _ONE_DAY))
    return render_template(
        "attendance/days.html", days=sorted(by_day.items(), reverse=True), total=total(by_day.values()), first=first,
        last=last, today=today(),
    )  # fmt: skip
