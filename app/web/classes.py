"""Classes: the list, one class with its students and teachers, adding and changing."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import today
from app.errors import Missing
from app.queries.classes import ClassRow, class_row, class_rows
from app.queries.students import StudentFilter, student_page
from app.queries.teachers import assignments, teacher_choices
from app.services.classes import add_class, update_class
from app.services.teachers import assign_teacher
from app.web.access import requires
from app.web.forms import Problems
from app.web.listing import page_urls
from app.web.money_forms import Typed
from app.web.undo import flash_saved

bp = Blueprint("classes", __name__)


@bp.get("/classes")
@requires("classes.view")
def index() -> str:
    show_closed = request.args.get("closed") == "1"
    rows = class_rows(on=today(), include_closed=True)
    return render_template(
        "classes/list.html",
        classes=[row for row in rows if row.is_active or show_closed],
        closed=sum(not row.is_active for row in rows),
        show_closed=show_closed,
    )


@bp.get("/classes/<int:class_id>/row")
@requires("classes.view")
def row(class_id: int) -> str:
    return render_template("_fragment.html", row="classes/_row.html", class_=_class(class_id))


@bp.get("/classes/<int:class_id>")
@requires("classes.view")
def show(class_id: int) -> str:
    return _show(_class(class_id), {"starts_on": today().isoformat()}, {})


@bp.post("/classes/<int:class_id>/teachers")
@requires("teachers.edit")
def assign(class_id: int) -> ResponseReturnValue:
    """Let a teacher teach this class."""
    row = _class(class_id)
    problems = Problems()
    typed = Typed(request.form, problems)
    teacher_id = typed.chosen("teacher_id", "The teacher")
    starts_on = typed.day("starts_on")
    if not problems and teacher_id is not None:
        with problems.noted("teacher_id"):
            assign_teacher(teacher_id=teacher_id, class_id=class_id, subject=typed.text("subject"), starts_on=starts_on)
            flash(gettext("The assignment is saved."), "success")
            return redirect(url_for("classes.show", class_id=class_id))
    return _show(row, request.form, problems), 422


@bp.get("/classes/new")
@requires("classes.edit")
def new() -> str:
    return _form(None, {}, {})


@bp.post("/classes/new")
@requires("classes.edit")
def create() -> ResponseReturnValue:
    problems = Problems()
    given = _given(problems)
    if not problems:
        with problems.noted():
            saved = add_class(**given)
            flash(gettext("%(name)s is added.", name=saved.name), "success")
            return redirect(url_for("classes.new" if request.form.get("then") == "new" else "classes.index"))
    return _form(None, request.form, problems), 422


@bp.get("/classes/<int:class_id>/edit")
@requires("classes.edit")
def edit(class_id: int) -> str:
    row = _class(class_id)
    return _form(row, _values(row), {})


@bp.post("/classes/<int:class_id>/edit")
@requires("classes.edit")
def update(class_id: int) -> ResponseReturnValue:
    row = _class(class_id)
    problems = Problems()
    given = _given(problems)
    if not problems:
        with problems.noted():
            saved = update_class(class_id=class_id, is_active=request.form.get("is_active") == "1", **given)
            flash_saved(
                gettext("%(name)s is saved.", name=saved.name),
                action=url_for("classes.update", class_id=class_id),
                before=_values(row),
                after=_values(_class(class_id)),
            )
            return redirect(url_for("classes.show", class_id=class_id))
    return _form(row, request.form, problems), 422


def _values(row: ClassRow) -> dict[str, str]:
    """A class as the form draws it."""
    return {
        "name": row.name,
        "level": str(row.level),
        "capacity": "" if row.capacity is None else str(row.capacity),
        "is_active": "1" if row.is_active else "",
    }


def _given(problems: Problems) -> dict[str, Any]:
    typed = Typed(request.form, problems)
    return {
        "name": typed.text("name"),
        "level": typed.number("level", "The level") or 0,
        "capacity": typed.number("capacity", "The capacity"),
    }


def _class(class_id: int) -> ClassRow:
    row = class_row(class_id, on=today())
    if row is None:
        raise Missing("This class does not exist.", param="class_id")
    return row


def _show(row: ClassRow, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    page = student_page(StudentFilter(class_id=row.id, status="active"), cursor=request.args.get("cursor"), limit=100)
    return render_template(
        "classes/show.html",
        class_=row,
        students=page.items,
        assignments=assignments(class_id=row.id),
        teachers=teacher_choices(),
        today=today(),
        values=values,
        errors=errors,
        **page_urls(page),
    )


def _form(row: ClassRow | None, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template("classes/form.html", class_=row, values=values, errors=errors)
