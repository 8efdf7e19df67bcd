"""Teachers: the list, one teacher with the classes taught, adding and changing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import today
from app.errors import Missing
from app.queries.classes import class_choices
from app.queries.teachers import (
    TeacherFilter,
    TeacherRow,
    assignments,
    teacher_count,
    teacher_page,
    teacher_row,
    user_choices,
)
from app.services.teachers import add_teacher, assign_teacher, end_assignment, update_teacher
from app.web.access import requires
from app.web.fingerprint import request_hash
from app.web.forms import Problems
from app.web.listing import is_filtered, page_urls
from app.web.money_forms import Typed, filter_word, key_after, new_request_key
from app.web.undo import flash_saved
from app.words import say

bp = Blueprint("teachers", __name__)
_STATUSES = [("active", say("Active")), ("left", say("Has left"))]
_FIELDS = ("first_name", "last_name", "staff_no", "phone", "email", "hired_on", "status", "user_id")
_ONE_DAY = timedelta(days=1)


@bp.get("/teachers")
@requires("teachers.view")
def index() -> str:
    q, status = request.args.get("q", "").strip(), request.args.get("status", "active")
    wanted = TeacherFilter(search=q, status=filter_word(status, dict(_STATUSES)))
    page = teacher_page(wanted, on=today(), cursor=request.args.get("cursor"))
    return render_template(
        "teachers/list.html",
        teachers=page.items,
        count=teacher_count(wanted),
        q=q,
        status=status,
        statuses=_STATUSES,
        filtered=is_filtered(q) or status != "active",
        **page_urls(page),
    )


@bp.get("/teachers/<int:teacher_id>/row")
@requires("teachers.view")
def row(teacher_id: int) -> str:
    return render_template("_fragment.html", row="teachers/_row.html", teacher=_teacher(teacher_id))


@bp.get("/teachers/<int:teacher_id>")
@requires("teachers.view")
def show(teacher_id: int) -> str:
    return _show(_teacher(teacher_id), {"starts_on": today().isoformat()}, {})


@bp.post("/teachers/<int:teacher_id>/assignments")
@requires("teachers.edit")
def assign(teacher_id: int) -> ResponseReturnValue:
    """Let this teacher teach a class."""
    teacher = _teacher(teacher_id)
    problems = Problems()
    typed = Typed(request.form, problems)
    class_id, starts_on, last_on = (
        typed.chosen("class_id", "The class"),
        typed.day("starts_on"),
        typed.day("last_on"),
    )
    if not problems and class_id is not None:
        with problems.noted("class_id"):
            assign_teacher(
                teacher_id=teacher_id,
                class_id=class_id,
                subject=typed.text("subject"),
                starts_on=starts_on,
                ends_on=last_on + _ONE_DAY if last_on else None,
            )
            flash(gettext("The assignment is saved."), "success")
            return redirect(url_for("teachers.show", teacher_id=teacher_id))
    if "ends_on" in problems:
        problems["last_on"] = problems.pop("ends_on")
    return _show(teacher, request.form, problems), 422


@bp.post("/teachers/<int:teacher_id>/assignments/<int:assignment_id>/end")
@requires("teachers.edit")
def end(teacher_id: int, assignment_id: int) -> ResponseReturnValue:
    """The teacher does not teach this class any more, from today on."""
    if not assignments(teacher_id=teacher_id, assignment_id=assignment_id):
        raise Missing("This assignment does not exist.", param="assignment_id")
    end_assignment(assignment_id=assignment_id)
    flash(gettext("The assignment has ended."), "success")
    return redirect(url_for("teachers.show", teacher_id=teacher_id))


@bp.get("/teachers/new")
@requires("teachers.edit")
def new() -> str:
    return _form(None, {"status": "active"}, {}, new_request_key())


@bp.post("/teachers/new")
@requires("teachers.edit")
def create() -> ResponseReturnValue:
    problems = Problems()
    given = _given(problems)
    key = Typed(request.form, problems).key() or new_request_key()
    if not problems:
        with problems.noted():
            saved = add_teacher(**given, request_key=key, request_hash=request_hash(given))
            flash(gettext("%(name)s is added.", name=f"{saved.first_name} {saved.last_name}"), "success")
            return redirect(url_for("teachers.show", teacher_id=saved.id))
    return _form(None, request.form, problems, key_after(key, problems)), 422


@bp.get("/teachers/<int:teacher_id>/edit")
@requires("teachers.edit")
def edit(teacher_id: int) -> str:
    teacher = _teacher(teacher_id)
    return _form(teacher, _values(teacher), {})


@bp.post("/teachers/<int:teacher_id>/edit")
@requires("teachers.edit")
def update(teacher_id: int) -> ResponseReturnValue:
    teacher = _teacher(teacher_id)
    problems = Problems()
    given = _given(problems)
    if not problems:
        with problems.noted():
            saved = update_teacher(teacher_id=teacher_id, status=request.form.get("status", teacher.status), **given)
            flash_saved(
                gettext("%(name)s is saved.", name=f"{saved.first_name} {saved.last_name}"),
                action=url_for("teachers.update", teacher_id=teacher_id),
                before=_values(teacher),
                after=_values(_teacher(teacher_id)),
            )
            return redirect(url_for("teachers.show", teacher_id=teacher_id))
    return _form(teacher, request.form, problems), 422


def _values(teacher: TeacherRow) -> dict[str, str]:
    """A teacher as the form draws it."""
    return {name: "" if (value := getattr(teacher, name)) is None else str(value) for name in _FIELDS}


def _given(problems: Problems) -> dict[str, Any]:
    typed = Typed(request.form, problems)
    texts = {name: typed.text(name) for name in ("first_name", "last_name", "staff_no", "phone", "email")}
    return {**texts, "hired_on": typed.day("hired_on"), "user_id": typed.number("user_id", "The user")}


def _teacher(teacher_id: int) -> TeacherRow:
    teacher = teacher_row(teacher_id, on=today())
    if teacher is None:
        raise Missing("This teacher does not exist.", param="teacher_id")
    return teacher


def _show(teacher: TeacherRow, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "teachers/show.html",
        teacher=teacher,
        assignments=assignments(teacher_id=teacher.id),
        classes=class_choices(),
        today=today(),
        values=values,
        errors=errors,
    )


def _form(
    teacher: TeacherRow | None, values: Mapping[str, str], errors: Mapping[str, str], key: str | None = None
) -> str:
    return render_template(
        "teachers/form.html",
        teacher=teacher,
        request_key=key,
        values=values,
        errors=errors,
        statuses=_STATUSES,
        users=user_choices(include=teacher.user_id if teacher else None),
    )
