"""The cash book: income and expenses, by hand or made by receipts."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import today
from app.domain.money import plain_amount
from app.domain.payments import METHOD_NAMES
from app.errors import Missing
from app.queries.categories import categories
from app.queries.transactions import (
    TransactionFilter,
    TransactionRow,
    cash_totals,
    transaction_page,
    transaction_row,
)
from app.services.transactions import add_transaction, delete_transaction, update_transaction
from app.web.access import can, requires
from app.web.fingerprint import request_hash
from app.web.forms import Problems
from app.web.listing import is_filtered, page_urls
from app.web.money_forms import (
    METHOD_CHOICES,
    Typed,
    filter_day,
    filter_number,
    filter_word,
    key_after,
    new_request_key,
)
from app.web.templating import school_of_request
from app.web.undo import flash_done, flash_saved
from app.words import say

bp = Blueprint("transactions", __name__)
_TYPES = {"income": say("Income"), "expense": say("Expense")}
_FEE_INCOME = "fees"
"""A type to filter by that no row has: the income that settled fees."""


@bp.get("/transactions")
@requires("transactions.view")
def index() -> str:
    args = request.args
    method, fee_income = filter_word(args.get("method"), METHOD_NAMES), args.get("type") == _FEE_INCOME
    kind = "income" if fee_income else filter_word(args.get("type"), _TYPES)
    category_id, q = filter_number(args.get("category")), args.get("q", "").strip()
    # A cash book is read by the month; whoever asks for something else says so.
    by_month = not set(args) - {"cursor"}
    wanted = TransactionFilter(
        type=kind,
        category_id=category_id,
        reference=args.get("reference") or None,
        payment_method=method,
        from_date=today().replace(day=1) if by_month else filter_day(args.get("from")),
        to_date=filter_day(args.get("to")),
        fee_income=fee_income,
        search=q,
    )
    page = transaction_page(wanted, cursor=args.get("cursor"))
    return render_template(
        "transactions/list.html",
        transactions=page.items,
        totals=cash_totals(wanted),
        wanted=wanted,
        q=q,
        types=[*_TYPES.items(), (_FEE_INCOME, say("Fee income"))],
        type=_FEE_INCOME if fee_income else kind or "",
        methods=METHOD_CHOICES,
        categories=[(row.id, row.name) for row in categories()],
        filtered=is_filtered(kind, method, category_id, q, wanted.reference) or not by_month,
        **page_urls(page),
    )


@bp.get("/transactions/new")
@requires("transactions.edit")
def new() -> str:
    kind = filter_word(request.args.get("type"), _TYPES) or "expense"
    values = {"type": kind, "transaction_date": today().isoformat(), "payment_method": "cash"}
    return _new(values, {}, new_request_key())


@bp.post("/transactions/new")
@requires("transactions.edit")
def create() -> ResponseReturnValue:
    problems = Problems()
    typed = Typed(request.form, problems)
    key = typed.key() or new_request_key()
    given = _read(typed)
    if given is not None:
        with problems.noted():
            add_transaction(**given, request_key=key, request_hash=request_hash(given))  # type: ignore[arg-type]
            flash(gettext("Income added.") if typed.text("type") == "income" else gettext("Expense added."), "success")
            return redirect(url_for("transactions.index"))
    return _new(request.form, problems, key_after(key, problems)), 422


@bp.get("/transactions/<int:transaction_id>")
@requires("transactions.view")
def show(transaction_id: int) -> ResponseReturnValue:
    row = _row(transaction_id)
    if row.receipt_no is not None:
        return redirect(url_for("receipts.show", receipt_no=row.receipt_no))
    if can("transactions.edit"):
        return redirect(url_for("transactions.edit", transaction_id=transaction_id))
    return render_template("transactions/show.html", row=row)


@bp.get("/transactions/<int:transaction_id>/edit")
@requires("transactions.edit")
def edit(transaction_id: int) -> ResponseReturnValue:
    row = _row(transaction_id)
    if row.receipt_no is not None:
        return redirect(url_for("receipts.show", receipt_no=row.receipt_no))
    return _edit(row, _values(row), {})


@bp.post("/transactions/<int:transaction_id>/edit")
@requires("transactions.edit")
def update(transaction_id: int) -> ResponseReturnValue:
    problems = Problems()
    given = _read(Typed(request.form, problems))
    if given is not None:
        before = _values(_row(transaction_id))
        with problems.noted():
            update_transaction(transaction_id=transaction_id, **given)  # type: ignore[arg-type]
            flash_saved(
                gettext("The row is saved."),
                action=url_for("transactions.update", transaction_id=transaction_id),
                before=before,
                after=_values(_row(transaction_id)),
            )
            return redirect(url_for("transactions.index"))
    return _edit(_row(transaction_id), request.form, problems), 422


@bp.post("/transactions/<int:transaction_id>/delete")
@requires("transactions.edit")
def delete(transaction_id: int) -> ResponseReturnValue:
    before = _values(_row(transaction_id))
    delete_transaction(transaction_id=transaction_id)
    flash_done(
        gettext("The row is removed from the cash book."),
        action=url_for("transactions.create"),
        fields={**before, "request_key": new_request_key()},
    )
    return redirect(url_for("transactions.index"))


def _values(row: TransactionRow) -> dict[str, str]:
    """A row of the cash book as the form draws it."""
    return {
        "type": row.type,
        "category_id": str(row.category_id),
        "amount": plain_amount(row.amount, currency=school_of_request().currency),
        "transaction_date": row.transaction_date.isoformat(),
        "description": row.description,
        "payment_method": row.payment_method,
        "reference": row.reference or "",
    }


def _read(typed: Typed) -> dict[str, object] | None:
    given: dict[str, object] = {
        "type": typed.text("type"),
        "amount": typed.amount("amount"),
        "category_id": typed.chosen("category_id", "The category"),
        "transaction_date": typed.day("transaction_date", past_only=True),
        "description": typed.text("description"),
        "payment_method": typed.text("payment_method") or "cash",
        "reference": typed.text("reference") or None,
    }
    if not typed.text("transaction_date"):
        typed.problems.setdefault("transaction_date", say("The date must be filled in."))
    return None if typed.problems else given


def _new(values: Mapping[str, str], errors: Mapping[str, str], key: str) -> str:
    kind = filter_word(values.get("type"), _TYPES) or "expense"
    return render_template(
        "transactions/new.html", values=values, errors=errors, request_key=key, kind=kind, **_choices(kind)
    )


def _edit(row: TransactionRow, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    choices = _choices(row.type, row.category_id)
    return render_template("transactions/edit.html", row=row, values=values, errors=errors, kind=row.type, **choices)


def _choices(kind: str, category_id: int | None = None) -> dict[str, object]:
    shown = [(row.id, row.name) for row in categories(type=kind) if row.is_active or row.id == category_id]
    return {"methods": METHOD_CHOICES, "categories": shown}


def _row(transaction_id: int) -> TransactionRow:
    found = transaction_row(transaction_id)
    if found is None:
        raise Missing("This row of the cash book does not exist.", param="transaction_id")
    return found
