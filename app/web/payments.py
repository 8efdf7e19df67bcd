"""All receipts, and voiding one."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.domain.payments import METHOD_NAMES
from app.errors import Missing
from app.models import Payment
from app.queries.paging import count_of
from app.queries.payments import PaymentFilter, PaymentRow, cashiers, payment_page, payment_row, receipt_totals
from app.queries.receipts import receipt_numbered
from app.queries.students import student_row
from app.services.payments import void_payment
from app.web.access import requires
from app.web.forms import Problems
from app.web.listing import is_filtered, page_urls
from app.web.money_forms import METHOD_CHOICES, filter_day, filter_moment, filter_number, filter_word
from app.words import say

bp = Blueprint("payments", __name__)
_STATES = {"live": say("Valid"), "voided": say("Voided")}


@bp.get("/payments")
@requires("payments.view")
def index() -> str:
    args = request.args
    state, method = filter_word(args.get("state"), _STATES), filter_word(args.get("method"), METHOD_NAMES)
    wanted = PaymentFilter(
        student_id=filter_number(args.get("student")),
        method=method,
        from_date=filter_day(args.get("from")),
        to_date=filter_day(args.get("to")),
        voided=None if state is None else state == "voided",
        received_by=filter_number(args.get("cashier")),
        since=filter_moment(args.get("since")),
        voided_since=filter_moment(args.get("voided_since")),
        search=args.get("q", "").strip(),
    )
    filtered = is_filtered(
        wanted.student_id, method, wanted.from_date, wanted.to_date, state, wanted.received_by, wanted.since,
        wanted.voided_since, wanted.search,
    )  # fmt: skip
    page = payment_page(wanted, cursor=args.get("cursor"))
    return render_template(
        "payments/list.html",
        payments=page.items,
        wanted=wanted,
        state=state or "",
        states=list(_STATES.items()),
        methods=METHOD_CHOICES,
        cashiers=cashiers(),
        filtered=filtered,
        totals=receipt_totals(wanted) if filtered else None,
        count=0 if filtered else count_of(Payment),
        student=student_row(wanted.student_id) if wanted.student_id else None,
        **page_urls(page),
    )


@bp.get("/payments/<int:payment_id>/row")
@requires("payments.view")
def row(payment_id: int) -> str:
    return render_template("_fragment.html", row="payments/_row.html", payment=_payment(payment_id))


@bp.get("/payments/<int:payment_id>/void")
@requires("payments.void")
def ask_void(payment_id: int) -> ResponseReturnValue:
    payment = _payment(payment_id)
    if payment.voided_at is not None:
        return redirect(url_for("receipts.show", receipt_no=payment.receipt_no))
    return _ask(payment, {}, {})


@bp.post("/payments/<int:payment_id>/void")
@requires("payments.void")
def void(payment_id: int) -> ResponseReturnValue:
    payment = _payment(payment_id)
    problems = Problems()
    with problems.noted("reason"):
        void_payment(payment_id=payment_id, reason=request.form.get("reason", ""))
        flash(gettext("Receipt %(number)s is voided.", number=payment.receipt_no), "success")
        return redirect(url_for("receipts.show", receipt_no=payment.receipt_no))
    return _ask(payment, request.form, problems), 422


def _ask(payment: PaymentRow, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    receipt = receipt_numbered(payment.receipt_no)
    return render_template("payments/void.html", payment=payment, receipt=receipt, values=values, errors=errors)


def _payment(payment_id: int) -> PaymentRow:
    found = payment_row(payment_id)
    if found is None:
        raise Missing("This receipt does not exist.", param="payment_id")
    return found
