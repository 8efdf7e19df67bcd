"""Price lists: what each class is charged in a term."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app.clock import today
from app.domain.money import parse_amount, plain_amount
from app.errors import Conflict, Invalid, Missing
from app.models import FeeType
from app.queries.calendar import likely_term
from app.queries.classes import class_choices
from app.queries.fee_structures import PriceList, price_list, price_lists, was_billed
from app.queries.fees import fee_types
from app.services.fee_structures import Priced, add_fee_structures, delete_fee_structure, update_fee_structure
from app.web.access import requires
from app.web.fee_forms import term_choices
from app.web.fingerprint import request_hash
from app.web.forms import Problems
from app.web.language import shown
from app.web.money_forms import Typed, filter_number, key_after, new_request_key
from app.web.templating import school_of_request
from app.words import say

bp = Blueprint("fee_structures", __name__)
_CLASS = "class_"


@bp.get("/fee-structures")
@requires("fees.view")
def index() -> str:
    term_id = filter_number(request.args.get("term")) or likely_term(today())
    return render_template(
        "fee_structures/list.html",
        lists=price_lists(term_id) if term_id else [],
        term_id=term_id,
        terms=term_choices(),
    )


@bp.get("/fee-structures/new")
@requires("fees.edit")
def new() -> str:
    """The form of a new list; `from` names one whose fees are filled in."""
    copied = price_list(filter_number(request.args.get("from")) or 0)
    term_id = filter_number(request.args.get("term")) or likely_term(today())
    values = {"term_id": str(term_id or "")}
    if copied is not None:
        values |= {"name": copied.own_name, **_item_values(copied, with_days=copied.term_id == term_id)}
    return _new(values, Problems(), new_request_key())


@bp.post("/fee-structures/new")
@requires("fees.edit")
def create() -> ResponseReturnValue:
    """Add the same list for every class that is ticked."""
    problems = Problems()
    typed = Typed(request.form, problems)
    term_id, class_ids = typed.chosen("term_id", "The term"), _classes(request.form)
    name, items = typed.text("name"), _items(typed)
    key = typed.key() or new_request_key()
    if not class_ids:
        problems["classes"] = say("Choose at least one class.")
    if not problems and term_id is not None:
        hashed = request_hash({name: text for name, text in request.form.items() if name != "csrf_token"})
        with problems.noted("items"):
            add_fee_structures(
                class_ids=class_ids,
                term_id=term_id,
                name=name,
                items=items,
                is_optional=typed.ticked("is_optional"),
                request_key=key,
                request_hash=hashed,
            )
            count = len(class_ids)
            flash(ngettext("%(num)d price list is added.", "%(num)d price lists are added.", count), "success")
            return redirect(url_for("fee_structures.index", term=term_id))
    return _new(request.form, problems, key_after(key, problems)), 422


@bp.get("/fee-structures/<int:fee_structure_id>")
@requires("fees.edit")
def edit(fee_structure_id: int) -> str:
    found = _list(fee_structure_id)
    return _edit(found, {"name": found.name, **_item_values(found)}, Problems())


@bp.post("/fee-structures/<int:fee_structure_id>")
@requires("fees.edit")
def update(fee_structure_id: int) -> ResponseReturnValue:
    found = _list(fee_structure_id)
    problems = Problems()
    typed = Typed(request.form, problems)
    items = _items(typed)
    if not problems:
        with problems.noted("items"):
            update_fee_structure(
                fee_structure_id=fee_structure_id,
                name=typed.text("name"),
                items=items,
                is_optional=typed.ticked("is_optional"),
            )
            flash(gettext("%(name)s is saved.", name=found.label), "success")
            return redirect(url_for("fee_structures.index", term=found.term_id))
    return _edit(found, request.form, problems), 422


@bp.post("/fee-structures/<int:fee_structure_id>/delete")
@requires("fees.edit")
def delete(fee_structure_id: int) -> ResponseReturnValue:
    found = _list(fee_structure_id)
    try:
        delete_fee_structure(fee_structure_id=fee_structure_id)
    except Conflict as refusal:
        flash(shown(refusal.message), "danger")
        return redirect(url_for("fee_structures.edit", fee_structure_id=fee_structure_id))
    flash(gettext("%(name)s is removed.", name=found.label), "success")
    return redirect(url_for("fee_structures.index", term=found.term_id))


def _list(fee_structure_id: int) -> PriceList:
    found = price_list(fee_structure_id)
    if found is None:
        raise Missing("This price list does not exist.", param="fee_structure_id")
    return found


def _classes(form: Mapping[str, str]) -> list[int]:
    ids = (filter_number(name.removeprefix(_CLASS)) for name in form if name.startswith(_CLASS))
    return [each for each in ids if each is not None]


def _items(typed: Typed) -> list[Priced]:
    """The fees with an amount; one without a day of its own is due on the day of the list."""
    usual, found = typed.day("due_on"), []
    for kind in fee_types(active_only=False):
        text = typed.text(f"amount_{kind.id}")
        if not text:
            continue
        due_on = typed.day(f"due_{kind.id}") or usual
        try:
            amount = parse_amount(text, currency=school_of_request().currency)
        except Invalid as refusal:
            typed.problems[f"amount_{kind.id}"] = refusal.message
        else:
            found.append(Priced(kind.id, amount, due_on))
    return found


def _item_values(found: PriceList, *, with_days: bool = True) -> dict[str, str]:
    """The fees of a list as the form draws them; a day that all of them share stands above them."""
    currency, values = school_of_request().currency, {}
    days = {item.due_on.isoformat() if item.due_on else "" for item in found.items} if with_days else {""}
    if found.is_optional:
        values["is_optional"] = "1"
    if len(days) == 1:
        values["due_on"] = next(iter(days))
    for item in found.items:
        values[f"amount_{item.fee_type_id}"] = plain_amount(item.amount, currency=currency)
        if len(days) > 1 and item.due_on:
            values[f"due_{item.fee_type_id}"] = item.due_on.isoformat()
    return values


def _new(values: Mapping[str, str], errors: Problems, key: str) -> str:
    return render_template(
        "fee_structures/new.html",
        values=values,
        errors=errors,
        request_key=key,
        kinds=fee_types(),
        classes=class_choices(),
        terms=term_choices(),
    )


def _edit(found: PriceList, values: Mapping[str, str], errors: Problems) -> str:
    return render_template(
        "fee_structures/edit.html",
        found=found,
        values=values,
        errors=errors,
        kinds=_kinds_of(found),
        was_billed=was_billed(found.id),
    )


def _kinds_of(found: PriceList) -> Sequence[FeeType]:
    """The kinds in use, and those that are on the list though they are out of use."""
    own = {item.fee_type_id for item in found.items}
    return [kind for kind in fee_types(active_only=False) if kind.is_active or kind.id in own]
