"""Budgets: what a category may cost, or should bring in, from one day to another."""

from datetime import date

from sqlalchemy import select

from app.database import atomic
from app.domain.dates import check_date
from app.domain.money import check_amount
from app.domain.names import clean_text
from app.errors import Invalid, Missing
from app.models import BudgetPlan, FinancialCategory


def add_budget(*, category_id: int, starts_on: date, ends_on: date, amount: int, note: str = "") -> BudgetPlan:
    """Plan an amount of minor units for a category in `[starts_on, ends_on)`. Raises Invalid."""
    with atomic() as session:
        if session.get(FinancialCategory, category_id) is None:
            raise Invalid("This category_id does not exist.", param="category_id", code="unknown_category")
        check_date(starts_on, param="starts_on")
        if ends_on <= starts_on:
            raise Invalid("A budget must end after it starts.", param="ends_on")
        same = select(BudgetPlan.id).where(
            BudgetPlan.category_id == category_id, BudgetPlan.starts_on == starts_on, BudgetPlan.ends_on == ends_on
        )
        if session.scalar(same) is not None:
            raise Invalid(
                "There is already a budget for this category and time.", param="category_id", code="budget_twice"
            )
        row = BudgetPlan(
            category_id=category_id,
            starts_on=starts_on,
            ends_on=ends_on,
            amount=check_amount(amount, allow_zero=True),
            note=clean_text(note, param="note", most=200),
        )
        session.add(row)
        session.flush()
        return row


def update_budget(*, budget_id: int, amount: int | None = None, note: str | None = None) -> BudgetPlan:
    """Change the amount or the note of a budget; what is None stays. Raises Missing and Invalid."""
    with atomic() as session:
        row = _budget(budget_id)
        if amount is not None:
            row.amount = check_amount(amount, allow_zero=True)
        if note is not None:
            row.note = clean_text(note, param="note", most=200)
        session.flush()
        return row


def delete_budget(*, budget_id: int) -> None:
    """Remove a budget. Raises Missing."""
    with atomic() as session:
        session.delete(_budget(budget_id))


def _budget(budget_id: int) -> BudgetPlan:
    with atomic() as session:
        row = session.get(BudgetPlan, budget_id)
        if row is None:
            raise Missing("This budget does not exist.", param="budget_id")
        return row
