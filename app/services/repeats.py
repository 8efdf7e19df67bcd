"""Requests that arrive twice: the same key and the same body mean the first answer, and nothing is done again."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import delete, select

from app.database import atomic, current_actor
from app.errors import KeyReused
from app.extensions import db
from app.models import (
    BillingRun,
    Fee,
    FeeStructure,
    FinancialTransaction,
    Guardian,
    Payment,
    RequestKey,
    Student,
    Teacher,
)

Row = TypeVar("Row", bound=Fee | FinancialTransaction | Payment)
Record = TypeVar("Record", bound=BillingRun | FeeStructure | Guardian | Student | Teacher)


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
    _refuse_another(row.request_hash, row.received_by if isinstance(row, Payment) else row.created_by, request_hash)
    return row


def earlier_record(model: type[Record], request_key: str | None, request_hash: str | None) -> Record | None:
    """As `earlier_row`, for a table without room for the key: of what `remember` was told in the last days."""
    if request_key is None:
        return None
    kept = db.session.scalar(select(RequestKey).where(RequestKey.key == request_key))
    if kept is None:
        return None
    _refuse_another(kept.request_hash, kept.made_by, request_hash)
    record: Record | None = db.session.get(model, kept.record_id) if kept.table_name == model.__tablename__ else None
    if record is None:
        raise _reused()
    return record


def earlier_records(model: type[Record], request_key: str | None, request_hash: str | None) -> list[Record]:
    """As `earlier_record`, for a request that made several rows: those that `remember_all` was told, in their order."""
    found: list[Record] = []
    while record := earlier_record(model, _numbered(request_key, len(found)), request_hash):
        found.append(record)
    return found


def remember_all(records: Sequence[Record], request_key: str | None, request_hash: str | None) -> None:
    """Keep the key of the request that made these rows, in its transaction; without a key, nothing."""
    for number, record in enumerate(records):
        remember(record, _numbered(request_key, number), request_hash)


def _numbered(request_key: str | None, number: int) -> str | None:
    """The key of the request's first row is its own; those of the others are as long as any, and nobody sends them."""
    if request_key is None or number == 0:
        return request_key
    return f"{hashlib.sha256(request_key.encode()).hexdigest()}:{number}"


def remember(
    record: BillingRun | FeeStructure | Guardian | Student | Teacher, request_key: str | None, request_hash: str | None
) -> None:
    """Keep the key of the request that made this row, in its transaction; without a key, nothing."""
    if request_key is None:
        return
    with atomic() as session:
        session.add(
            RequestKey(
                key=request_key,
                request_hash=request_hash,
                made_by=current_actor().user_id,
                table_name=record.__tablename__,
                record_id=record.id,
            )
        )
        session.flush()


def forget_request_keys(*, days: int = 7, most: int = 500) -> int:
    """Remove keys that nobody sends again, at most `most` at once; how many went."""
    before = datetime.now(UTC) - timedelta(days=days)
    with atomic() as session:
        keys = session.scalars(select(RequestKey.key).where(RequestKey.created_at < before).limit(most)).all()
        if keys:
            session.execute(delete(RequestKey).where(RequestKey.key.in_(keys)))
        return len(keys)


def _refuse_another(kept_hash: str | None, made_by: int | None, request_hash: str | None) -> None:
    if kept_hash != request_hash or made_by != current_actor().user_id:
        raise _reused()


def _reused() -> KeyReused:
    return KeyReused("This Idempotency-Key was used for another request.", param="Idempotency-Key")
