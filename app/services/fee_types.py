"""Kinds of fees: tuition, feeding, transport."""

from sqlalchemy import select

from app.database import atomic
from app.domain.names import clean_name, same_name
from app.errors import Invalid, Missing
from app.models import FeeType, FinancialCategory
from app.services.keep import KEEP, Keep
from app.words import say


def add_fee_type(*, name: str, category_id: int | None = None) -> FeeType:
    """Add a kind of fee; its income goes to `category_id`, or to School Fees. Raises Invalid."""
    with atomic() as session:
        row = FeeType(name=_free_name(name), category_id=_checked_category(category_id))
        session.add(row)
        session.flush()
        return row


def update_fee_type(
    *,
    fee_type_id: int,
    name: str | Keep = KEEP,
    category_id: int | None | Keep = KEEP,
    is_active: bool | Keep = KEEP,
) -> FeeType:
    """Rename a kind of fee, take it out of use, or send its later income elsewhere. Raises Missing and Invalid."""
    with atomic() as session:
        row = session.get(FeeType, fee_type_id)
        if row is None:
            raise Missing("This fee type does not exist.", param="fee_type_id")
        if not isinstance(name, Keep):
            row.name = _free_name(name, except_id=row.id)
        if not isinstance(category_id, Keep):
            row.category_id = _checked_category(category_id)
        if not isinstance(is_active, Keep):
            row.is_active = is_active
        session.flush()
        return row


def _free_name(name: str, *, except_id: int | None = None) -> str:
    cleaned = clean_name(name, param="name")
    with atomic() as session:
        taken = same_name(cleaned, session.execute(select(FeeType.id, FeeType.name)), except_id=except_id)
    if taken is not None:
        raise Invalid(
            say("There is already a fee type with the name {name}.", name=taken), param="name", code="name_taken"
        )
    return cleaned


def _checked_category(category_id: int | None) -> int | None:
    if category_id is None:
        return None
    with atomic() as session:
        category = session.get(FinancialCategory, category_id)
    if category is None or not category.is_active:
        raise Invalid("This category_id does not exist.", param="category_id", code="unknown_category")
    if category.type != "income":
        raise Invalid(
            say("{name} is a category for expenses.", name=category.name),
            param="category_id",
            code="wrong_category",
        )
    return category_id
