"""The fee desk: find the student, see what is owed, take the money, hand over the receipt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import day_bounds, today
from app.domain.allocation import allocate_chosen_first
from app.domain.money import plain_amount
from app.domain.payments import METHOD_NAMES, METHODS_WITH_REFERENCE
from app.errors import KeyReused
from app.models import Payment
from app.queries.balances import balance_of, open_fees
from app.queries.fees import open_fee_rows
from app.queries.payments import Takings, payment_of_key, takings
from app.queries.students import StudentRow, has_students, search_students, student_row
from app.services.payments import RECORDED, record_payment
from app.web.access import requires
from app.web.desk_undo import way_back
from app.web.errors import error_body, wants_json
from app.web.fingerprint import request_hash
from app.web.forms import Problems
from app.web.identity import identity
from app.web.language import shown
from app.web.money_forms import METHOD_CHOICES, Typed, filter_number, new_request_key
from app.web.names import name_of
from app.web.templating import money, school_of_request
from app.words import say

bp = Blueprint("desk", __name__)
_METHOD = "desk_method"
_CONFIRMATIONS = {
    "overpayment": "allow_credit",
    "student_withdrawn": "allow_withdrawn",
    "reference_used": "allow_used_reference",
}
"""The box that a form offers after a refusal with this code."""


@dataclass(frozen=True)
class Order:
    """A payment as the form asks for it; `fee_id` is the fee to settle first."""

    student_id: int
    amount: int
    method: str
    paid_on: date
    fee_id: int | None
    external_reference: str | None
    note: str | None

    def fingerprint(self) -> str:
        return request_hash({name: str(value) for name, value in vars(self).items()})


@bp.get("/desk")
@requires("payments.create")
def show() -> str:
    if request.headers.get("X-Fragment") == "table":
        return render_template("desk/today.html", takings=_takings(), user_id=_user_id(), today=today())
    student = student_row(filter_number(request.args.get("student")) or 0)
    return _page(student, _fresh(student, filter_number(request.args.get("fee"))), Problems(), new_request_key())


@bp.get("/desk/search")
@requires("payments.create")
def search() -> ResponseReturnValue:
    return jsonify(items=[_found(student) for student in search_students(request.args.get("q", ""))])


@bp.get("/desk/status")
@requires("payments.create")
def status() -> ResponseReturnValue:
    """Whether the form with this key was saved, for a screen that lost the answer."""
    payment = payment_of_key(request.args.get("key", ""), user_id=_user_id())
    return jsonify(saved=_saved(payment) if payment else None)


@bp.post("/desk")
@requires("payments.create")
def pay() -> ResponseReturnValue:
    problems = Problems()
    typed = Typed(request.form, problems)
    key = typed.key() or new_request_key()
    order = _read(typed)
    if order is not None:
        with problems.noted("amount"):
            try:
                recorded = record_payment(
                    student_id=order.student_id,
                    amount=order.amount,
                    method=order.method,
                    paid_on=order.paid_on,
                    allocations=_shares(order),
                    external_reference=order.external_reference,
                    note=order.note,
                    request_key=key,
                    request_hash=order.fingerprint(),
                    **{box: typed.ticked(box) for box in _CONFIRMATIONS.values()},
                )
            except KeyReused:
                return _already_saved(key)
            session[_METHOD] = order.method
            return _done(recorded.payment)
    return _refused(request.form, problems, key)


def _read(typed: Typed) -> Order | None:
    student_id, amount = typed.chosen("student_id", "The student"), typed.amount("amount")
    method, reference = typed.text("method") or "cash", typed.text("external_reference") or None
    paid_on = typed.day("paid_on", past_only=True) or today()
    fee_id = typed.number("fee_id", "The fee")
    if method in METHODS_WITH_REFERENCE and not reference:
        typed.problems["external_reference"] = say(
            "The {method} reference must be filled in.", method=METHOD_NAMES[method]
        )
    if typed.problems or student_id is None or amount is None:
        return None
    return Order(student_id, amount, method, paid_on, fee_id, reference, typed.text("note") or None)


def _shares(order: Order) -> list[tuple[int, int]] | None:
    """The chosen fee first, then the oldest; None leaves all of it to the oldest."""
    if order.fee_id is None:
        return None
    fees = open_fees(order.student_id)
    if all(fee.id != order.fee_id for fee in fees):
        return [(order.fee_id, order.amount)]
    shares, _ = allocate_chosen_first(order.amount, fees, order.fee_id)
    return [(share.fee_id, share.amount) for share in shares]


def _done(payment: Payment) -> ResponseReturnValue:
    if wants_json():
        return jsonify(_saved(payment)), 201
    flash(shown(RECORDED), "success")
    return redirect(url_for("receipts.show", receipt_no=payment.receipt_no))


def _saved(payment: Payment) -> dict[str, Any]:
    balance = balance_of(payment.student_id)
    return {
        "message": shown(RECORDED),
        "receipt_no": payment.receipt_no,
        "receipt_url": url_for("receipts.show", receipt_no=payment.receipt_no),
        "print_url": url_for("receipts.print_it", receipt_no=payment.receipt_no),
        "amount": payment.amount,
        "method": shown(METHOD_NAMES[payment.method]),
        "student": f"{payment.student.first_name} {payment.student.last_name}",
        "arrears": balance.arrears,
        "credit": balance.credit,
        **way_back(payment),
    }


def _already_saved(key: str) -> ResponseReturnValue:
    earlier = payment_of_key(key, user_id=_user_id())
    if earlier is None:
        raise KeyReused("This form was sent before by somebody else; open the desk again.")
    sentence = gettext(
        "This form was saved before, as receipt %(number)s; nothing new was saved.", number=earlier.receipt_no
    )
    if wants_json():
        body = error_body(kind="conflict", code="already_saved", message=sentence, param=None, saved=_saved(earlier))
        return jsonify(body), 409
    flash(sentence, "warning")
    return redirect(url_for("receipts.show", receipt_no=earlier.receipt_no))


def _refused(form: Mapping[str, str], problems: Problems, key: str) -> ResponseReturnValue:
    if wants_json():
        first = next(iter(problems.items()), (None, gettext("Nothing was saved.")))
        body = error_body(
            kind="invalid_request", code="invalid", message=first[1], param=first[0], fields=dict(problems),
            ask=_to_confirm(problems),
        )  # fmt: skip
        return jsonify(body), 422
    student = student_row(filter_number(form.get("student_id")) or 0)
    return _page(student, form, problems, key), 422


def _to_confirm(problems: Problems) -> list[str]:
    return [box for code, box in _CONFIRMATIONS.items() if code in problems.codes]


def _page(student: StudentRow | None, values: Mapping[str, str], errors: Problems, key: str) -> str:
    q = request.args.get("q", "").strip()
    return render_template(
        "desk/index.html",
        student=student,
        fees=open_fee_rows(student.id) if student else [],
        found=[_found(row) for row in search_students(q)] if q and student is None else None,
        q=q,
        today=today(),
        values=values,
        errors=errors,
        request_key=key,
        ask={box for box in _CONFIRMATIONS.values() if values.get(box)} | set(_to_confirm(errors)),
        methods=METHOD_CHOICES,
        with_reference=METHODS_WITH_REFERENCE,
        takings=_takings(),
        user_id=_user_id(),
        nobody=not has_students(),
    )


def _fresh(student: StudentRow | None, fee_id: int | None) -> dict[str, str]:
    """The form as the next parent finds it: everything that is owed, and the last way of paying."""
    if student is None:
        return {}
    owed = {fee.id: fee.owed for fee in open_fees(student.id)}
    amount = owed.get(fee_id or 0) or student.arrears
    return {
        "amount": plain_amount(amount, currency=school_of_request().currency) if amount else "",
        "method": session.get(_METHOD, "cash"),
        "paid_on": today().isoformat(),
        "fee_id": str(fee_id) if fee_id in owed else "",
    }


def _found(student: StudentRow) -> dict[str, object]:
    where = student.class_name or shown(name_of(student.status))
    return {
        "id": student.id,
        "label": student.name,
        "note": f"{where} · {student.admission_no}",
        "end": money(student.arrears),
    }


def _takings() -> Takings:
    since, until = day_bounds(today())
    return takings(user_id=_user_id(), since=since, until=until)


def _user_id() -> int | None:
    who = identity()
    return who.user_id if who else None
