"""The fees manager: what students are charged, and what came in for it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import today
from app.domain.fees import STATUS_NAMES
from app.domain.payments import METHOD_NAMES
from app.errors import Missing, Stale
from app.extensions import db
from app.models import Fee
from app.queries.balances import balance_of, credit_in_fee
from app.queries.billing_runs import billing_run_row
from app.queries.classes import class_choices
from app.queries.fees import FeeFilter, FeeRow, fee_page, fee_row, fee_totals, shares_in_fee
from app.queries.paging import count_of
from app.queries.students import student_row
from app.queries.transactions import TransactionFilter, transaction_page
from app.services.fees import FeeResult, add_fee, delete_fee, update_fee
from app.services.keep import KEEP
from app.web.access import requires
from app.web.fee_forms import CHANGEABLE, LABELS, choices, details, drawn_values, form_values, in_words, term_choices
from app.web.fingerprint import request_hash
from app.web.forms import Problems
from app.web.language import shown
from app.web.listing import is_filtered, page_urls
from app.web.money_forms import Typed, filter_number, filter_word, key_after, new_request_key
from app.web.undo import flash_done
from app.words import say

bp = Blueprint("fees", __name__)
_FILTERS = (*STATUS_NAMES, "open", "standing")
_STATUSES = [
    ("open", say("Something is owed")),
    ("unpaid", say("Unpaid")),
    ("partial", say("Partly paid")),
    ("overdue", say("Overdue")),
    ("paid", say("Paid")),
    ("standing", say("Not cancelled")),
    ("cancelled", say("Cancelled")),
]


@bp.get("/fees")
@requires("fees.view")
def index() -> str:
    args = request.args
    status, overdue = filter_word(args.get("status"), _FILTERS), args.get("status") == "overdue"
    q, class_id, term_id = args.get("q", "").strip(), filter_number(args.get("class")), filter_number(args.get("term"))
    wanted = FeeFilter(
        student_id=filter_number(args.get("student")),
        status=status,
        class_id=class_id,
        term_id=term_id,
        overdue_on=today() if overdue else None,
        billing_run_id=filter_number(args.get("run")),
        search=q,
    )
    page = fee_page(wanted, cursor=args.get("cursor"))
    filtered = (
        is_filtered(q, status, overdue, term_id, wanted.student_id, wanted.billing_run_id) or class_id is not None
    )
    return render_template(
        "fees/list.html",
        fees=page.items,
        totals=fee_totals(wanted) if filtered else None,
        count=0 if filtered else count_of(Fee),
        student=student_row(wanted.student_id) if wanted.student_id else None,
        run=billing_run_row(wanted.billing_run_id) if wanted.billing_run_id else None,
        today=today(),
        q=q,
        status="overdue" if overdue else status or "",
        class_id="" if class_id is None else class_id,
        term_id=term_id or "",
        classes=class_choices(),
        terms=term_choices(),
        statuses=_STATUSES,
        filtered=filtered,
        **page_urls(page),
    )


@bp.get("/fees/<int:fee_id>/row")
@requires("fees.view")
def row(fee_id: int) -> str:
    return render_template("_fragment.html", row="fees/_row.html", fee=_fee(fee_id), today=today())


@bp.get("/fees/<int:fee_id>")
@requires("fees.view")
def show(fee_id: int) -> str:
    fee = _fee(fee_id)
    return render_template(
        "fees/show.html",
        fee=fee,
        today=today(),
        shares=shares_in_fee(fee_id),
        transactions=transaction_page(TransactionFilter(reference=f"FEE-{fee_id}")).items,
        methods=METHOD_NAMES,
    )


@bp.get("/fees/new")
@requires("fees.edit")
def new() -> str:
    values = {"student_id": request.args.get("student", ""), "method": "cash", "year": str(today().year)}
    return _new(values, Problems(), new_request_key())


@bp.post("/fees/new")
@requires("fees.edit")
def create() -> ResponseReturnValue:
    problems = Problems()
    typed = Typed(request.form, problems)
    given = {
        "student_id": typed.chosen("student_id", "The student"),
        "amount_due": typed.amount("amount_due"),
        "amount_paid": typed.amount("amount_paid", allow_zero=True) if typed.text("amount_paid") else 0,
        "allow_credit": typed.ticked("allow_credit"),
        "method": typed.text("method") or "cash",
        **details(typed),
    }
    key = typed.key() or new_request_key()
    if not problems:
        with problems.noted():
            result = add_fee(**given, request_key=key, request_hash=request_hash(given))
            return _done(result)
    return _new(request.form, problems, key_after(key, problems)), 422


@bp.get("/fees/<int:fee_id>/edit")
@requires("fees.edit")
def edit(fee_id: int) -> ResponseReturnValue:
    fee = _row(fee_id)
    if fee.cancelled_at is not None:
        return redirect(url_for("fees.show", fee_id=fee_id))
    return _edit(fee_id, form_values(fee), Problems())


@bp.post("/fees/<int:fee_id>/edit")
@requires("fees.edit")
def update(fee_id: int) -> ResponseReturnValue:
    """Save what was changed in the form; a field that the user left as it was drawn takes what the fee has by now."""
    problems = Problems()
    typed = Typed(request.form, problems)
    touched = {name for name in CHANGEABLE if typed.text(name) != request.form.get(f"drawn_{name}", "")}
    given: dict[str, Any] = {
        "amount_due": typed.amount("amount_due") if "amount_due" in touched else KEEP,
        "amount_paid": typed.amount("amount_paid", allow_zero=True) if "amount_paid" in touched else KEEP,
        **{name: value for name, value in details(typed).items() if name in touched},
    }
    version = typed.number("version", "The version") or 0
    if not problems:
        with problems.noted():
            try:
                result = update_fee(
                    fee_id=fee_id,
                    version=version,
                    method=typed.text("method") or "cash",
                    allow_credit=typed.ticked("allow_credit"),
                    **given,
                )
            except Stale:
                return _edit_again(fee_id, touched), 409
            return _done(result)
    return _edit(fee_id, request.form, problems, drawn=drawn_values(request.form)), 422


@bp.get("/fees/<int:fee_id>/delete")
@requires("fees.delete")
def ask_delete(fee_id: int) -> ResponseReturnValue:
    fee = _fee(fee_id)
    if fee.status == "cancelled":
        return redirect(url_for("fees.show", fee_id=fee_id))
    return _ask_delete(fee, {}, {})


@bp.post("/fees/<int:fee_id>/delete")
@requires("fees.delete")
def delete(fee_id: int) -> ResponseReturnValue:
    fee = _fee(fee_id)
    problems = Problems()
    typed = Typed(request.form, problems)
    reason = typed.text("reason")
    if shares_in_fee(fee_id) and not reason:
        problems["reason"] = say("The reason must be filled in, because receipts are voided.")
    if len(reason) > 200:
        problems["reason"] = say("The reason can have at most 200 characters.")
    if not problems:
        before = {**form_values(_row(fee_id)), "student_id": fee.student_id}
        with problems.noted("reason"):
            result = delete_fee(
                fee_id=fee_id, reason=reason or gettext("Fee deleted"), version=typed.number("version", "The version")
            )
            if result.fee is not None:
                flash(shown(result.message), "success")
                return redirect(url_for("fees.show", fee_id=fee_id))
            # Nobody ever paid for it, so nothing stands against charging it again.
            again = {name: value for name, value in before.items() if name not in ("amount_paid", "version")}
            flash_done(
                shown(result.message),
                action=url_for("fees.create"),
                fields={**again, "request_key": new_request_key()},
            )
            return redirect(url_for("fees.index"))
    return _ask_delete(_fee(fee.id), request.form, problems), 422


def _done(result: FeeResult) -> ResponseReturnValue:
    flash(shown(result.message), "success")
    return redirect(url_for("fees.show", fee_id=result.fee.id) if result.fee else url_for("fees.index"))


def _fee(fee_id: int) -> FeeRow:
    found = fee_row(fee_id)
    if found is None:
        raise Missing("This fee does not exist.", param="fee_id")
    return found


def _row(fee_id: int) -> Fee:
    found = db.session.get(Fee, fee_id)
    if found is None:
        raise Missing("This fee does not exist.", param="fee_id")
    return found


def _new(values: Mapping[str, str], errors: Problems, key: str) -> str:
    student = student_row(filter_number(values.get("student_id")) or 0)
    return render_template(
        "fees/new.html",
        values=values,
        errors=errors,
        request_key=key,
        student=student,
        balance=balance_of(student.id) if student else None,
        ask_credit="overpayment" in errors.codes or values.get("allow_credit"),
        **choices(),
    )


def _edit(
    fee_id: int,
    values: Mapping[str, str],
    errors: Problems,
    *,
    drawn: Mapping[str, str] | None = None,
    conflicts: list[tuple[str, str, str]] | None = None,
) -> str:
    fee = _row(fee_id)
    return render_template(
        "fees/edit.html",
        fee=_fee(fee_id),
        values=values,
        drawn=drawn or values,
        errors=errors,
        conflicts=conflicts or [],
        ask_credit="overpayment" in errors.codes or values.get("allow_credit"),
        **choices(fee),
    )


def _edit_again(fee_id: int, touched: set[str]) -> str:
    """The form after somebody else was first: what was typed stays, the rest is current, both values are shown."""
    db.session.expire_all()
    current = form_values(_row(fee_id))
    before = drawn_values(request.form)
    values = {**current, **{name: request.form.get(name, "") for name in touched}}
    values["method"] = request.form.get("method", "cash")
    shown = [
        (LABELS[name], in_words(name, request.form.get(name, "")), in_words(name, current[name]))
        for name in CHANGEABLE
        if current[name] != before[name]
    ]
    return _edit(fee_id, values, Problems(), drawn=current, conflicts=shown)


def _ask_delete(fee: FeeRow, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    shares = shares_in_fee(fee.id)
    live = [share for share in shares if share.voided_at is None]
    return render_template(
        "fees/delete.html",
        fee=fee,
        shares=live,
        from_credit=credit_in_fee(fee.id),
        was_paid=bool(shares),
        values=values,
        errors=errors,
    )
