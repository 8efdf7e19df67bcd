"""What the cash book's rows are about, and the kinds of fees whose income goes there."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import Missing
from app.queries.categories import CategoryRow, categories, category_row
from app.queries.fees import fee_types
from app.services.categories import add_category, update_category
from app.services.fee_types import add_fee_type, update_fee_type
from app.web.access import requires
from app.web.forms import Problems
from app.web.money_forms import Typed
from app.web.undo import flash_done
from app.words import say

bp = Blueprint("categories", __name__)
_TYPES = [("income", say("Income")), ("expense", say("Expense"))]
_OPPOSITE = {"activate": "deactivate", "deactivate": "activate"}


@bp.get("/categories")
@requires("categories.view")
def index() -> str:
    return _list({}, {})


@bp.get("/categories/<int:category_id>/row")
@requires("categories.view")
def row(category_id: int) -> str:
    return render_template("_fragment.html", row="categories/_row.html", category=_category(category_id))


@bp.post("/categories")
@requires("categories.edit")
def create() -> ResponseReturnValue:
    problems = Problems()
    with problems.noted("name"):
        found = add_category(
            name=request.form.get("name", ""),
            type=request.form.get("type", ""),
            description=request.form.get("description", ""),
        )
        flash(gettext("%(name)s is added.", name=found.name), "success")
        return redirect(url_for("categories.index"))
    return _list(request.form, problems), 422


@bp.get("/categories/<int:category_id>")
@requires("categories.edit")
def edit(category_id: int) -> str:
    found = _category(category_id)
    return _edit(found, {"name": found.name, "type": found.type, "description": found.description}, {})


@bp.post("/categories/<int:category_id>")
@requires("categories.edit")
def update(category_id: int) -> ResponseReturnValue:
    problems = Problems()
    with problems.noted("name"):
        found = update_category(
            category_id=category_id,
            name=request.form.get("name"),
            type=request.form.get("type"),
            description=request.form.get("description"),
        )
        flash(gettext("%(name)s is saved.", name=found.name), "success")
        return redirect(url_for("categories.index"))
    return _edit(_category(category_id), request.form, problems), 422


@bp.post("/categories/<int:category_id>/<any(activate, deactivate):verb>")
@requires("categories.edit")
def switch(category_id: int, verb: str) -> ResponseReturnValue:
    with Problems().noted():
        found = update_category(category_id=category_id, is_active=verb == "activate")
        back = url_for("categories.switch", category_id=category_id, verb=_OPPOSITE[verb])
        flash_done(_used(found.name, found.is_active), action=back, fields={})
    return redirect(url_for("categories.index"))


@bp.post("/fee-types")
@requires("fees.edit")
def create_fee_type() -> ResponseReturnValue:
    problems = Problems()
    typed = Typed(request.form, problems)
    category_id = typed.number("category_id", "The category")
    if not problems:
        with problems.noted("name"):
            found = add_fee_type(name=typed.text("name"), category_id=category_id)
            flash(gettext("%(name)s is added.", name=found.name), "success")
            return redirect(url_for("categories.index", _anchor="fee-types"))
    return _list({}, {}, type_values=request.form, type_errors=problems), 422


@bp.post("/fee-types/<int:fee_type_id>/<any(activate, deactivate):verb>")
@requires("fees.edit")
def switch_fee_type(fee_type_id: int, verb: str) -> ResponseReturnValue:
    found = update_fee_type(fee_type_id=fee_type_id, is_active=verb == "activate")
    back = url_for("categories.switch_fee_type", fee_type_id=fee_type_id, verb=_OPPOSITE[verb])
    flash_done(_used(found.name, found.is_active), action=back, fields={})
    return redirect(url_for("categories.index", _anchor="fee-types"))


def _list(
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    type_values: Mapping[str, str] | None = None,
    type_errors: Mapping[str, str] | None = None,
) -> str:
    found = categories()
    return render_template(
        "categories/list.html",
        categories=found,
        names={row.id: row.name for row in found},
        fee_types=fee_types(active_only=False),
        types=_TYPES,
        incomes=[(row.id, row.name) for row in found if row.type == "income" and row.is_active],
        values=values or {"type": "expense"},
        errors=errors,
        type_values=type_values or {},
        type_errors=type_errors or {},
    )


def _edit(found: CategoryRow, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template("categories/edit.html", category=found, types=_TYPES, values=values, errors=errors)


def _category(category_id: int) -> CategoryRow:
    found = category_row(category_id)
    if found is None:
        raise Missing("This category does not exist.", param="category_id")
    return found


def _used(name: str, in_use: bool) -> str:
    if in_use:
        return str(gettext("%(name)s is in use.", name=name))
    return str(gettext("%(name)s is out of use.", name=name))
