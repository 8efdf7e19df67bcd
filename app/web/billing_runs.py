"""Billing the classes of a term by their price lists, and taking such a run back."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import today
from app.errors import Conflict, Missing
from app.queries.billing_runs import BillingRunFilter, billing_run_count, billing_run_page, billing_run_row
from app.queries.calendar import likely_term
from app.queries.classes import class_choices
from app.queries.fee_structures import charged_students, price_list, price_lists
from app.services.billing_runs import Billed, bill
from app.services.billing_runs import told as told_billed
from app.services.billing_undo import take_back_billing
from app.services.billing_undo import told as told_back
from app.web.access import requires
from app.web.fee_forms import term_choices
from app.web.fingerprint import request_hash
from app.web.forms import Problems
from app.web.language import shown
from app.web.listing import is_filtered, page_urls
from app.web.money_forms import Typed, filter_number, key_after, new_request_key
from app.web.undo import flash_done
from app.words import say

bp = Blueprint("billing_runs", __name__)
_LIST, _STUDENT = "list_", "student_"


@bp.get("/billing")
@requires("fees.view")
def index() -> str:
    term_id, class_id = filter_number(request.args.get("term")), filter_number(request.args.get("class"))
    wanted = BillingRunFilter(term_id=term_id, class_id=class_id)
    page = billing_run_page(wanted, cursor=request.args.get("cursor"))
    return render_template(
        "billing_runs/list.html",
        runs=page.items,
        count=billing_run_count(wanted),
        term_id=term_id or "",
        class_id=class_id or "",
        terms=term_choices(),
        classes=class_choices(include=class_id),
        filtered=is_filtered(term_id, class_id),
        **page_urls(page),
    )


@bp.get("/billing/<int:billing_run_id>/row")
@requires("fees.view")
def row(billing_run_id: int) -> str:
    found = billing_run_row(billing_run_id)
    if found is None:
        raise Missing("This billing run does not exist.", param="billing_run_id")
    return render_template("_fragment.html", row="billing_runs/_row.html", run=found)


@bp.get("/billing/new")
@requires("fees.edit")
def new() -> str:
    """Whom to bill: the classes of a term, or with `list` the students of one price list."""
    term_id = filter_number(request.args.get("term")) or likely_term(today())
    return _form(term_id, filter_number(request.args.get("list")), None, Problems(), new_request_key())


@bp.post("/billing/new")
@requires("fees.edit")
def create() -> ResponseReturnValue:
    problems = Problems()
    typed = Typed(request.form, problems)
    term_id, list_id = typed.number("term_id", "The term"), typed.number("list_id", "The price list")
    lists = [list_id] if list_id else _ticked(request.form, _LIST)
    students = _ticked(request.form, _STUDENT) if list_id else None
    key = typed.key() or new_request_key()
    if not lists:
        problems["lists"] = say("Choose at least one class.")
    if students == []:
        problems["students"] = say("Choose at least one student.")
    if not problems:
        hashed = request_hash({"lists": sorted(lists), "students": sorted(students or [])})
        with problems.noted():
            billed = bill(fee_structure_ids=lists, student_ids=students, request_key=key, request_hash=hashed)
            return _done(billed)
        for param in {"fee_structure_id", "student_ids"} & problems.keys():
            problems["students" if list_id else "lists"] = problems.pop(param)
    return _form(term_id, list_id, request.form, problems, key_after(key, problems)), 422


@bp.post("/billing/<int:billing_run_id>/take-back")
@requires("fees.edit")
def take_back(billing_run_id: int) -> ResponseReturnValue:
    """All fees of a run go again."""
    try:
        flash(shown(told_back(take_back_billing(billing_run_id))), "success")
    except Conflict as refusal:
        flash(shown(refusal.message), "danger")
    return redirect(url_for("billing_runs.index"))


def _done(billed: Billed) -> ResponseReturnValue:
    words = shown(told_billed(billed))
    if len(billed.runs) == 1:
        flash_done(words, action=url_for("billing_runs.take_back", billing_run_id=billed.runs[0].id), fields={})
    else:
        flash(words, "success")
    return redirect(url_for("billing_runs.index"))


def _ticked(form: Mapping[str, str], prefix: str) -> list[int]:
    ids = (filter_number(name.removeprefix(prefix)) for name in form if name.startswith(prefix))
    return [each for each in ids if each is not None]


def _form(term_id: int | None, list_id: int | None, typed: Mapping[str, str] | None, errors: Problems, key: str) -> str:
    chosen = price_list(list_id) if list_id else None
    common = {"errors": errors, "request_key": key, "typed": typed}
    if chosen is not None:
        return render_template(
            "billing_runs/students.html", chosen=chosen, students=charged_students(chosen.id), **common
        )
    return render_template(
        "billing_runs/new.html",
        lists=price_lists(term_id) if term_id else [],
        term_id=term_id,
        terms=term_choices(),
        **common,
    )
