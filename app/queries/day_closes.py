"""Which days of which cashier are closed."""

from datetime import date

from sqlalchemy import or_, select

from app.extensions import db
from app.models import DayClose


def day_is_closed(on: date, *, method: str, cashier_id: int | None) -> bool:
    """Whether a cashier's day is closed for a method of payment; a close without a cashier closes it for all."""
    whose = or_(DayClose.cashier_id.is_(None), DayClose.cashier_id == cashier_id)
    return (
        db.session.scalar(
            select(DayClose.id).where(DayClose.closed_on == on, DayClose.method == method, whose).limit(1)
        )
        is not None
    )
