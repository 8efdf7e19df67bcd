"""Undoing the payment that a cashier has just taken at the desk: a void like any other, offered for a moment."""

from datetime import timedelta

from flask import Blueprint, flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import now
from app.errors import Conflict, Missing
from app.extensions import db
from app.models import Payment
from app.queries.day_closes import day_is_closed
from app.queries.receipts import receipt_numbered
from app.services.payments import void_payment
from app.web.access import can, requires
from app.web.errors import wants_json
from app.web.identity import identity

bp = Blueprint("desk_undo", __name__)
SECONDS = 10
"""How long the desk offers it."""
SLOW_LINE = 20
"""How many seconds more a click may take to arrive."""
REASON = "undone at the desk"


def way_back(payment: Payment) -> dict[str, object]:
    """What the desk may offer after a payment: to undo it now, and where it is voided later."""
    if not can("payments.void") or payment.voided_at is not None:
        return {}
    later: dict[str, object] = {"void_url": url_for("payments.ask_void", payment_id=payment.id)}
    if _refusal(payment, SECONDS):
        return later
    return {**later, "undo_url": url_for("desk_undo.undo", receipt_no=payment.receipt_no), "undo_seconds": SECONDS}


@bp.post("/desk/undo/<receipt_no>")
@requires("payments.void")
def undo(receipt_no: str) -> ResponseReturnValue:
    """Void the receipt that this cashier wrote a moment ago, while its day is open."""
    payment = _payment(receipt_no)
    if refusal := _refusal(payment, SECONDS + SLOW_LINE):
        raise Conflict(
            refusal,
            code="not_undone",
            details={"void_url": url_for("payments.ask_void", payment_id=payment.id)},
        )
    void_payment(payment_id=payment.id, reason=REASON)
    told = gettext("Receipt %(number)s is undone: it is void, and nothing was taken.", number=receipt_no)
    if wants_json():
        return jsonify(message=told, receipt_no=receipt_no, student_id=payment.student_id)
    flash(told, "success")
    return redirect(url_for("receipts.show", receipt_no=receipt_no))


def _refusal(payment: Payment, seconds: int) -> str | None:
    who = identity()
    if payment.voided_at is not None:
        return str(gettext("Receipt %(number)s was voided before.", number=payment.receipt_no))
    if who is None or payment.received_by != who.user_id:
        return str(gettext("Somebody else took this payment; void its receipt instead."))
    if day_is_closed(payment.paid_on, method=payment.method, cashier_id=payment.received_by):
        return str(gettext("The day of this payment is closed; void its receipt instead."))
    if now() - payment.created_at > timedelta(seconds=seconds):
        return str(gettext("It is too late to undo this payment; void its receipt instead."))
    return None


def _payment(receipt_no: str) -> Payment:
    found = receipt_numbered(receipt_no)
    payment = db.session.get(Payment, found.payment.id) if found else None
    if payment is None:
        raise Missing("This receipt does not exist.", param="receipt_no")
    return payment
