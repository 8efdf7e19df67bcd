"""Requests that arrive twice: the same key and the same body mean the first answer, and nothing is done again."""

from typing import TypeVar

from sqlalchemy import select

from app.database import current_actor
from app.errors import KeyReused
from app.extensions import db
from app.models import Fee, FinancialTransaction, Payment

Row = TypeVar("Row", bound=Fee | FinancialTransaction | Payment)


def earlier_row(model: type[Row], request_key: str | None, request_hash: str | None) -> Row | None:
    """The row that this user's request with this key and this body made, if it was here before.

    To be asked before `atomic()`, where a repeat is answered without the write lock, and again inside it, where nobody
    can be in between. Raises KeyReused when the key belongs to another body or to somebody else.
    """
    if request_key is None:
        return None
    row: Row | None = db.session.scalar(select(model).where(model.request_key == request_key))
    if row is None:
        return None
    maker = row.received_by if isinstance(row, Payment) else row.created_by
    if row.request_hash != request_hash or maker != current_actor().user_id:
        raise KeyReused("This Idempotency-Key was used for another request.", param="Idempotency-Key")
    return row
