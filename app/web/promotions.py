"""Promotions: the moves so far, and moving one student."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
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
    wanted = PromotionFilter(class_id=class_id, decision=filter_word(decision, dict(_DECISIONS)))
    page = promotion_page(wanted, cursor=request.args.get("cursor"))
    return render_template(
        "promotions/list.html",
        promotions=page.items,
        count=promotion_count(wanted),
        class_id=class_id or "",
        decision=decision,
        classes=class_choices(),
        decisions=_DECISIONS,
        filtered=is_filtered(class_id, decision),
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
            _flash_saved(promotion_row(saved.id))
            return redirect(url_for("students.show", student_id=student_id))
    return _form(request.form, problems), 422


def _flash_saved(move: PromotionRow | None) -> None:
    """Who was moved within the year can be moved back; a promotion has ended a year, and that stays."""
    told = shown(_told(move))
    if move is None or move.decision != "moved" or move.from_class_id is None:
        flash(told, "success")
        return
    back = {
        "student_id": move.student_id,
        "decision": "moved",
        "to_class_id": move.from_class_id,
        "academic_year_id": move.academic_year_id,
        "promoted_on": move.promoted_on.isoformat(),
    }
    flash_done(told, action=url_for("promotions.create"), fields=back)


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
