"""What posting to the cash book needs to know."""

from collections.abc import Sequence

from sqlalchemy import select

from app.extensions import db
from app.models import FeeType, FinancialCategory, FinancialTransaction

SCHOOL_FEES = "School Fees"


def fee_income_category(fee_type: FeeType | None) -> int:
    """The id of the income category of a fee type: its own, or `School Fees`."""
    if fee_type is not None and fee_type.category_id is not None:
        return fee_type.category_id
    return db.session.scalars(select(FinancialCategory.id).where(FinancialCategory.name == SCHOOL_FEES)).one()


def reversed_ids(ids: Sequence[int]) -> set[int]:
    """Those of the given rows that a reversal has undone."""
    found = db.session.scalars(
        select(FinancialTransaction.reverses_id).where(FinancialTransaction.reverses_id.in_(ids))
    )
    return {id for id in found if id is not None}
