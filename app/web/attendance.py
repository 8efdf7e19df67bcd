"""The daily register: how far each class is, and the page on which one class is marked."""

from collections.abc import Mapping
from datetime import date, timedelta

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app.clock import today
from app.domain.dates import EARLIEST, parse_date
from app.errors import Invalid, Missing, Stale
from app.models.attendance import ATTENDANCE_STATUSES
from app.queries.attendance import Register, marks_of_day, register, registers_of_day
from app.queries.classes import class_choices
from app.queries.teachers import classes_of_user
from app.services.attendance import save_register
from app.web.access import requires
from app.web.forms import Problems
from app.web.identity import identity
from app.web.language import shown
from app.web.money_forms import filter_number
from app.web.names import NAMES
from app.web.undo import flash_done

bp = Blueprint("attendance", __name__)
_WORDS = {status: NAMES[status] for status in ATTENDANCE_STATUSES}
_ONE_DAY = timedelta(days=1)


@bp.get("/attendance")
@requires("attendance.view")
def index() -> ResponseReturnValue:
    """All classes of a day, or with `class_id` the register of one."""
    class_id = filter_number(request.args.get("class_id"))
    try:
        day = _day(request.args.get("date"))
    except Invalid as refusal:
        return _overview(today(), {"date": shown(refusal.message)}), 422
    return _overview(day, {}) if class_id is None else _register(_found(class_id, day), {}, {})


@bp.get("/attendance/version")
@requires("attendance.view")
def version() -> ResponseReturnValue:
    """Which marks a register holds now, so that an open page can tell that somebody else saved."""
    found = _found(filter_number(request.args.get("class_id")) or 0, _day(request.args.get("date")))
    return jsonify({"version": found.version})


@bp.post("/attendance")
@requires("attendance.edit")
def save() -> ResponseReturnValue:
    form = request.form
    class_id = filter_number(form.get("class_id")) or 0
    marks = {
        int(name.removeprefix("status_")): value
        for name, value in form.items()
        if name.startswith("status_") and filter_number(name.removeprefix("status_")) is not None
    }
    problems = Problems()
    day = today()
    with problems.noted():
        day = _day(form.get("date"))
        found = _found(class_id, day)
        try:
            counts = save_register(class_id=class_id, day=day, marks=marks, version=form.get("version"))
        except Stale as refusal:
            return _register(_found(class_id, day), marks, {}, stale=shown(refusal.message)), 409
        _flash_saved(
            gettext("The register of %(name)s is saved: %(counts)s.", name=found.class_name, counts=_told(counts)),
            before=found,
            after=_found(class_id, day),
        )
        return redirect(url_for("attendance.index", class_id=class_id, date=day.isoformat()))
    if "date" in problems:
        return _overview(today(), problems), 422
    return _register(_found(class_id, day), marks, problems), 422


def _flash_saved(message: str, *, before: Register, after: Register) -> None:
    """Corrected marks have a way back. First ones have none: there is no mark to go back to."""
    marks = {line.student_id: line.status for line in after.lines}
    corrected = {line.student_id: line.status for line in before.lines if line.status != marks.get(line.student_id)}
    if corrected and all(corrected.values()):
        fields = {f"status_{student_id}": status for student_id, status in corrected.items()}
        day = after.day.isoformat()
        given = {"class_id": after.class_id, "date": day, "version": after.version}
        flash_done(message, action=url_for("attendance.save"), fields={**given, **fields})
    else:
        flash(message, "success")


def _day(text: str | None) -> date:
    if not text:
        return today()
    return parse_date(text, param="date", label="The date", latest=today())


def _found(class_id: int, day: date) -> Register:
    found = register(class_id, day)
    if found is None:
        raise Missing("This class does not exist.", param="class_id")
    return found


def _told(counts: Mapping[str, int]) -> str:
    told = {
        "present": ngettext("%(num)d present", "%(num)d present", counts.get("present", 0)),
        "absent": ngettext("%(num)d absent", "%(num)d absent", counts.get("absent", 0)),
        "late": ngettext("%(num)d late", "%(num)d late", counts.get("late", 0)),
        "excused": ngettext("%(num)d excused", "%(num)d excused", counts.get("excused", 0)),
    }
    return ", ".join(told[status] for status in ATTENDANCE_STATUSES if counts.get(status)) or gettext("no marks")


def _overview(day: date, errors: Mapping[str, str]) -> str:
    who = identity()
    mine = classes_of_user(who.user_id, on=day) if who and who.user_id else set()
    rows = registers_of_day(day)
    return render_template(
        "attendance/index.html",
        rows=sorted(rows, key=lambda row: row.class_id not in mine),
        marks=marks_of_day(day),
        mine=mine,
        missing=sum(row.state == "not_taken" for row in rows),
        incomplete=sum(row.state == "incomplete" for row in rows),
        errors=errors,
        **_around(day),
    )


def _register(found: Register, marks: Mapping[int, str], errors: Mapping[str, str], *, stale: str | None = None) -> str:
    return render_template(
        "attendance/register.html",
        register=found,
        marks=marks,
        errors=errors,
        stale=stale,
        choices=_WORDS,
        classes=class_choices(include=found.class_id),
        **_around(found.day),
    )


def _around(day: date) -> dict[str, object]:
    now = today()
    return {
        "day": day,
        "today": now,
        "day_before": day - _ONE_DAY if day > EARLIEST else None,
        "day_after": day + _ONE_DAY if day < now else None,
    }
