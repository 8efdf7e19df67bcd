"""The categories of the cash book."""

from typing import Final

from sqlalchemy import select

from app.database import atomic
from app.domain.names import clean_name, clean_text, same_name
from app.errors import Conflict, Invalid, Missing
from app.models import FeeType, FinancialCategory, FinancialTransaction
from app.queries.cash_book import SCHOOL_FEES
from app.words import say

TYPES: Final = ("income", "expense")


def add_category(*, name: str, type: str, description: str = "") -> FinancialCategory:
    """Add a category of income or of expenses. Raises Invalid for a name that is taken."""
    with atomic() as session:
        row = FinancialCategory(
            name=_free_name(name), type=_checked_type(type), description=_checked_description(description)
        )
        session.add(row)
        session.flush()
        return row


def update_category(
    *,
    category_id: int,
    name: str | None = None,
    type: str | None = None,
    description: str | None = None,
    is_active: bool | None = None,
) -> FinancialCategory:
    """Rename a category, or take it out of use; what is None stays. One that has rows keeps its type.

    Raises Missing, Invalid and Conflict.
    """
    with atomic() as session:
        row = _category(category_id)
        if name is not None and clean_name(name, param="name") != row.name:
            _refuse_fixed(row, say("{name} takes the income of receipts and cannot be renamed."))
            row.name = _free_name(name, except_id=row.id)
        if type is not None and _checked_type(type) != row.type:
            _refuse_fixed(row, say("{name} takes the income of receipts and cannot be given another type."))
            _refuse_used(row)
            row.type = type
        if description is not None:
            row.description = _checked_description(description)
        if is_active is not None and is_active != row.is_active:
            _refuse_fixed(row, say("{name} takes the income of receipts and cannot be taken out of use."))
            row.is_active = is_active
        session.flush()
        return row


def deactivate_category(*, category_id: int) -> FinancialCategory:
    """Take a category out of use: its rows stay, new ones cannot choose it. Raises Missing and Conflict."""
    return update_category(category_id=category_id, is_active=False)


def _category(category_id: int) -> FinancialCategory:
    with atomic() as session:
        row = session.get(FinancialCategory, category_id)
        if row is None:
            raise Missing("This category does not exist.", param="category_id")
        return row


def _free_name(name: str, *, except_id: int | None = None) -> str:
    cleaned = clean_name(name, param="name")
    with atomic() as session:
        others = session.execute(select(FinancialCategory.id, FinancialCategory.name))
        taken = same_name(cleaned, others, except_id=except_id)
    if taken is not None:
        raise Invalid(
            say("There is already a category with the name {name}.", name=taken), param="name", code="name_taken"
        )
    return cleaned


def _checked_type(type: str) -> str:
    if type not in TYPES:
        raise Invalid("The type must be income or expense.", param="type")
    return type


def _checked_description(description: str) -> str:
    return clean_text(description, param="description", most=200)


def _refuse_fixed(row: FinancialCategory, words: str) -> None:
    if row.name == SCHOOL_FEES:
        raise Conflict(
            say(words, name=SCHOOL_FEES),
            code="category_fixed",
        )


def _refuse_used(row: FinancialCategory) -> None:
    with atomic() as session:
        used = select(FinancialTransaction.id).where(FinancialTransaction.category_id == row.id).limit(1)
        if session.scalar(used) is not None:
            raise Conflict("A category that has rows keeps its type.", param="type", code="category_type_fixed")
        if session.scalar(select(FeeType.id).where(FeeType.category_id == row.id).limit(1)) is not None:
            raise Conflict("A category that a fee type uses keeps its type.", param="type", code="category_type_fixed")
