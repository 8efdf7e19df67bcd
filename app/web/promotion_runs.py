"""Promoting a whole class, and taking such a run or a single move back."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app.clock import today
from app.errors import Conflict
from app.queries.classes import class_choices, class_row
from app.queries.promotions import likely_step, likely_year, promotion_row, pupils_of, year_choices
from app.services.promotion_runs import DECISIONS, RunRefused, promote_class
from app.services.promotion_undo import take_back_promotion, take_back_run
from app.web.access import requires
from app.web.forms import Problems
from app.web.language import shown
from app.web.money_forms import Typed, filter_number, new_request_key
from app.words import say

bp = Blueprint("promotion_runs", __name__)
_LONGEST_RUN = 36
_CHOICES = [
    ("promoted", say("Promoted")),
    ("repeated", say("Repeats")),
    ("graduated", say("Graduates")),
    ("", say("Not now")),
]


@bp.get("/promotions/run")
@requires("promotions.edit")
def new() -> str:
    class_id = filter_number(request.args.get("class"))
    values = {"academic_year_id": str(likely_year(today()) or ""), "promoted_on": today().isoformat()}
    return _form(class_id, values, Problems(), new_request_key())


@bp.post("/promotions/run")
@requires("promotions.edit")
def create() -> ResponseReturnValue:
    problems = Problems()
    typed = Typed(request.form, problems)
    key = typed.key() or new_request_key()
    run_id = key[:_LONGEST_RUN]
    class_id, decisions = typed.chosen("class_id", "The class"), _decisions(request.form)
    to_class_id = typed.number("to_class_id", "The class to go to")
    year_id, promoted_on = typed.number("academic_year_id", "The year"), typed.day("promoted_on", past_only=True)
    if not problems and class_id is not None:
        with problems.noted("students"):
            try:
                moved = promote_class(
                    class_id=class_id,
                    decisions=decisions,
                    to_class_id=to_class_id,
                    academic_year_id=year_id,
                    promoted_on=promoted_on,
                    run_id=run_id,
                )
                return _done(run_id, moved)
            except RunRefused as refused:
                for student_id, why in refused.problems.items():
                    problems.setdefault(f"decision_{student_id}", why)
    return _form(class_id, request.form, problems, key), 422


@bp.post("/promotions/runs/<run_id>/take-back")
@requires("promotions.edit")
def take_back(run_id: str) -> ResponseReturnValue:
    """Everybody of a run is again where they were."""
    try:
        rows = take_back_run(run_id)
    except Conflict as refusal:
        flash(shown(refusal.message), "danger")
        return redirect(url_for("promotions.index", run=run_id))
    count = len(rows)
    flash(
        ngettext("Taken back: %(num)d student is as before.", "Taken back: %(num)d students are as before.", count),
        "success",
    )
    return redirect(url_for("promotions.index"))


@bp.post("/promotions/<int:promotion_id>/take-back")
@requires("promotions.edit")
def take_back_one(promotion_id: int) -> ResponseReturnValue:
    """One student is again where they were."""
    found = promotion_row(promotion_id)
    try:
        row = take_back_promotion(promotion_id)
    except Conflict as refusal:
        flash(shown(refusal.message), "danger")
    else:
        flash(gettext("Taken back: %(name)s is as before.", name=found.student_name if found else ""), "success")
        return redirect(url_for("students.show", student_id=row.student_id))
    return redirect(url_for("promotions.index"))


def _done(run_id: str, moved: int) -> ResponseReturnValue:
    # The list of the run has the way back on it, today and later.
    flash(ngettext("%(num)d student has moved.", "%(num)d students have moved.", moved), "success")
    return redirect(url_for("promotions.index", run=run_id))


def _decisions(form: Mapping[str, str]) -> dict[int, str]:
    """What was chosen for whom; nobody for whom nothing was."""
    ids = {name: filter_number(name.removeprefix("decision_")) for name in form if name.startswith("decision_")}
    return {key: form[name] for name, key in ids.items() if key is not None and form[name] in DECISIONS}


def _form(class_id: int | None, values: Mapping[str, str], errors: Mapping[str, str], key: str) -> str:
    chosen = class_row(class_id, on=today()) if class_id else None
    step = likely_step(chosen.id) if chosen else None
    return render_template(
        "promotions/run.html",
        chosen=chosen,
        pupils=pupils_of(chosen.id) if chosen else [],
        usual="graduated" if step and step.graduates else "promoted",
        values={"to_class_id": step.to_class_id if step else "", **values},
        errors=errors,
        request_key=key,
        choices=_CHOICES,
        classes=class_choices(include=class_id),
        years=year_choices(),
    )
