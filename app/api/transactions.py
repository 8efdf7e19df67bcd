"""`/transactions`: the cash book."""

from typing import Any, Literal

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.api.core import answer, created, hash_of, idempotency_key, no_content, page, takes
from app.api.fields import Amount, Body, Day, Id, IsoDay, Line, ListArguments, Minor, Name, Shape, left_out
from app.api.payments import Method
from app.errors import Missing
from app.extensions import db
from app.models import FinancialTransaction
from app.queries.transactions import TransactionFilter, is_key_used
from app.services.transactions import add_transaction, delete_transaction, update_transaction
from app.web.access import requires

bp = Blueprint("transactions", __name__, url_prefix="/transactions")
Kind = Literal["income", "expense"]


class TransactionShape(Shape):
    """One row of the cash book; `category` is its name. Reversals are negative."""

    id: int
    transaction_date: IsoDay
    category: str
    type: Kind
    amount: Minor
    description: str
    reference: str | None
    payment_method: Method


class NewTransaction(Body):
    """Income or an expense that no receipt makes."""

    type: Kind
    category_id: Id
    amount: Amount
    transaction_date: Day | None = None
    description: Line = ""
    payment_method: Method = "cash"
    reference: Name | None = None


class TransactionChange(Body):
    """What changes; fields that are left out stay."""

    type: Kind = left_out()
    category_id: Id = left_out()
    amount: Amount = left_out()
    transaction_date: Day = left_out()
    description: Line = left_out()
    payment_method: Method = left_out()
    reference: Name | None = None


class TransactionList(ListArguments):
    """Which rows; dates are inclusive."""

    reference: Name | None = None
    type: Kind | None = None
    category_id: Id | None = None
    payment_method: Method | None = None
    from_date: Day | None = None
    to_date: Day | None = None


def transaction_shape(row: FinancialTransaction) -> dict[str, Any]:
    """A row of the cash book as JSON values."""
    columns = {name: getattr(row, name) for name in TransactionShape.model_fields if name != "category"}
    return TransactionShape(**columns, category=row.category.name).model_dump(mode="json")


@bp.get("")
@requires("transactions.view")
@takes(query=TransactionList, gives=TransactionShape, a_list=True)
def index(query: TransactionList) -> Response:
    """List rows of the cash book, the latest date first."""
    wanted = TransactionFilter(**query.model_dump(exclude={"cursor", "limit"}))
    found = select(FinancialTransaction).where(*wanted.conditions())
    order = (FinancialTransaction.transaction_date, FinancialTransaction.id)
    return page(found, transaction_shape, *order, given=query, newest_first=True)


@bp.get("/<int:transaction_id>")
@requires("transactions.view")
@takes(gives=TransactionShape)
def show(transaction_id: int) -> Response:
    """One row of the cash book."""
    return answer(transaction_shape(_row(transaction_id)))


@bp.post("")
@requires("transactions.edit")
@takes(body=NewTransaction, gives=TransactionShape, status=201, key="optional", refuses=(409,))
def add(body: NewTransaction) -> Response:
    """Add an income or expense row."""
    key = idempotency_key(required=False)
    replayed = key is not None and is_key_used(key)
    row = add_transaction(**body.sent(), request_key=key, request_hash=hash_of(body) if key else None)
    return created(transaction_shape(row), url_for(".show", transaction_id=row.id), replayed=replayed)


@bp.patch("/<int:transaction_id>")
@requires("transactions.edit")
@takes(body=TransactionChange, gives=TransactionShape, refuses=(409,))
def change(transaction_id: int, body: TransactionChange) -> Response:
    """Change a row that was typed by hand; one that a receipt made is refused."""
    changed = update_transaction(transaction_id=transaction_id, **body.sent())
    return answer(transaction_shape(changed))


@bp.delete("/<int:transaction_id>")
@requires("transactions.edit")
@takes(status=204, refuses=(409,))
def remove(transaction_id: int) -> ResponseReturnValue:
    """Remove a row that was typed by hand; one that a receipt made is refused."""
    delete_transaction(transaction_id=transaction_id)
    return no_content()


def _row(transaction_id: int) -> FinancialTransaction:
    row = db.session.get(FinancialTransaction, transaction_id)
    if row is None:
        raise Missing("This row of the cash book does not exist.", param="transaction_id")
    return row
