"""The categories of the cash book."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, exists, select

from app.extensions import db
from app.models import FinancialCategory, FinancialTransaction
from app.queries.cash_book import SCHOOL_FEES


@dataclass(frozen=True)
class CategoryRow:
    """One category; `has_rows` means that its type is fixed."""

    id: int
    name: str
    type: str
    description: str
    is_active: bool
    has_rows: bool

    @property
    def is_fixed(self) -> bool:
        """School Fees takes the income of receipts and stays as it is."""
        return self.name == SCHOOL_FEES


def categories(*, type: str | None = None, active_only: bool = False) -> Sequence[CategoryRow]:
    """Categories, income first, then by name."""
    query = _rows().order_by(FinancialCategory.type.desc(), FinancialCategory.name)
    if type is not None:
        query = query.where(FinancialCategory.type == type)
    if active_only:
        query = query.where(FinancialCategory.is_active)
    return [CategoryRow(*row) for row in db.session.execute(query)]


def category_row(category_id: int) -> CategoryRow | None:
    """One category."""
    found = db.session.execute(_rows().where(FinancialCategory.id == category_id)).one_or_none()
    return CategoryRow(*found) if found else None


def _rows() -> Select[int, str, str, str, bool, bool]:
    used = exists().where(FinancialTransaction.category_id == FinancialCategory.id)
    return select(
        FinancialCategory.id,
        FinancialCategory.name,
        FinancialCategory.type,
        FinancialCategory.description,
        FinancialCategory.is_active,
        used.label("has_rows"),
    )
