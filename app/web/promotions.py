"""Promotions: the moves so far, and moving one student."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import today
from app.errors import Missing
from app.queries.classes import class_choices
from app.queries.promotions import (
    PromotionFilter,
    PromotionRow,
    likely_year,
    promotion_count,
    promotion_page,
    promotion_row,
    year_choices,
)
from app.queries.students import student_row
from app.services.promotions import promote_student
from app.web.access import requires
from app.web.forms import Problems
from app.web.language import shown
from app.web.listing import is_filtered, page_urls
from app.web.money_forms import Typed, filter_number, filter_word
from app.web.undo import flash_done
from app.words import say

bp = Blueprint("promotions", __name__)
_DECISIONS = [
    ("promoted", say("Promoted")),
    ("repeated", say("Repeats")),
    ("graduated", say("Graduates")),
    ("moved", say("Moved")),
]
_WITHOUT_CLASS = ("repeated", "graduated")


@bp.get("/promotions")
@requires("promotions.view")
def index() -> str:
    class_id, decision = filter_number(request.args.get("class")), request.args.get("decision", "")
    run = request.args.get("run") or None
    wanted = PromotionFilter(class_id=class_id, decision=filter_word(decision, dict(_DECISIONS)), run_id=run)
    page = promotion_page(wanted, cursor=request.args.get("cursor"))
    return render_template(
        "promotions/list.html",
        promotions=page.items,
        count=promotion_count(wanted),
        class_id=class_id or "",
        decision=decision,
        run=run,
        classes=class_choices(),
        decisions=_DECISIONS,
        filtered=is_filtered(class_id, decision, run),
        **page_urls(page),
    )


@bp.get("/promotions/<int:promotion_id>/row")
@requires("promotions.view")
def row(promotion_id: int) -> str:
    found: PromotionRow | None = promotion_row(promotion_id)
    if found is None:
        raise Missing("This promotion does not exist.", param="promotion_id")
    return render_template("_fragment.html", row="promotions/_row.html", promotion=found)


@bp.get("/promotions/new")
@requires("promotions.edit")
def new() -> str:
    values = {
        "student_id": request.args.get("student", ""),
        "decision": "promoted",
        "academic_year_id": str(likely_year(today()) or ""),
        "promoted_on": today().isoformat(),
    }
    return _form(values, {})


@bp.post("/promotions/new")
@requires("promotions.edit")
def create() -> ResponseReturnValue:
    problems = Problems()
    typed = Typed(request.form, problems)
    student_id = typed.chosen("student_id", "The student")
    decision = typed.text("decision") or "promoted"
    to_class_id = None if decision in _WITHOUT_CLASS else typed.chosen("to_class_id", "The class to go to")
    year_id, promoted_on = typed.number("academic_year_id", "The year"), typed.day("promoted_on", past_only=True)
    if not problems and student_id is not None:
        with problems.noted():
            saved = promote_student(
                student_id=student_id,
                to_class_id=to_class_id,
                decision=decision,
                academic_year_id=year_id,
                promoted_on=promoted_on,
            )
            told = shown(_told(promotion_row(saved.id)))
            flash_done(told, action=url_for("promotion_runs.take_back_one", promotion_id=saved.id), fields={})
            return redirect(url_for("students.show", student_id=student_id))
    return _form(request.form, problems), 422


def _told(move: PromotionRow | None) -> str:
    if move is None:
        return say("The move is saved.")
    if move.decision == "graduated":
        return say("{name} has graduated.", name=move.student_name)
    if move.decision == "repeated":
        return say("{name} repeats {other}.", name=move.student_name, other=move.to_class)
    return say("{name} is now in {other}.", name=move.student_name, other=move.to_class)


def _form(values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "promotions/new.html",
        values=values,
        errors=errors,
        student=student_row(filter_number(values.get("student_id")) or 0),
        classes=class_choices(),
        decisions=_DECISIONS,
        years=year_choices(),
    )
