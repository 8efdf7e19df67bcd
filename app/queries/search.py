"""Receipts as somebody asks for them who has a number, a reference or an amount in the hand."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.extensions import db
from app.models import Payment
from app.queries.payments import PaymentRow, payment_row

LATELY = 5_000
"""Amounts are looked for among so many of the newest receipts only: there is no index of amounts."""


def receipts_found(
    *, numbers: Sequence[str], reference: str, amount: int | None, limit: int = 5
) -> Sequence[PaymentRow]:
    """Receipts with one of these numbers, then with this reference, then the newest of this amount."""
    wanted = [Payment.receipt_no.in_(numbers), Payment.external_reference == reference]
    if amount is not None:
        newest = select(func.coalesce(func.max(Payment.id), 0)).scalar_subquery()
        wanted.append((Payment.amount == amount) & (Payment.id > newest - LATELY))
    found: dict[int, None] = {}
    for condition in wanted:
        if (room := limit - len(found)) > 0:
            ids = select(Payment.id).where(condition).order_by(Payment.id.desc()).limit(room)
            found |= dict.fromkeys(db.session.scalars(ids))
    return [row for payment_id in found if (row := payment_row(payment_id)) is not None]
