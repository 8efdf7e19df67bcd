"""`/budgets`: what is planned for a category, and what its rows add up to."""

from typing import Any

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.api.core import answer, created, no_content, page, takes
from app.api.fields import AmountOrZero, Body, Day, Id, IsoDay, Line, ListArguments, Minor, Shape, left_out
from app.errors import Missing
from app.extensions import db
from app.models import BudgetPlan
from app.queries.transactions import amount_of_category
from app.services.budgets import add_budget, delete_budget, update_budget
from app.web.access import requires

bp = Blueprint("budgets", __name__, url_prefix="/budgets")


class BudgetShape(Shape):
    """A budget for `[starts_on, ends_on)`; `actual` is what the category's rows of that time add up to."""

    id: int
    category_id: int
    starts_on: IsoDay
    ends_on: IsoDay
    amount: Minor
    actual: Minor
    note: str


class NewBudget(Body):
    """A budget to add; `ends_on` is the first day that no longer belongs to it."""

    category_id: Id
    starts_on: Day
    ends_on: Day
    amount: AmountOrZero
    note: Line = ""


class BudgetChange(Body):
    """What changes; fields that are left out stay."""

    amount: AmountOrZero = left_out()
    note: Line = left_out()


class BudgetList(ListArguments):
    """Which budgets."""

    category_id: Id | None = None


def budget_shape(row: BudgetPlan) -> dict[str, Any]:
    """A budget as JSON values."""
    columns = {name: getattr(row, name) for name in BudgetShape.model_fields if name != "actual"}
    actual = amount_of_category(row.category_id, starts_on=row.starts_on, ends_on=row.ends_on)
    return BudgetShape(**columns, actual=actual).model_dump(mode="json")


@bp.get("")
@requires("transactions.view")
@takes(query=BudgetList, gives=BudgetShape, a_list=True)
def index(query: BudgetList) -> Response:
    """List budgets, the newest first."""
    found = select(BudgetPlan)
    if query.category_id is not None:
        found = found.where(BudgetPlan.category_id == query.category_id)
    return page(found, budget_shape, BudgetPlan.id, given=query, newest_first=True)


@bp.get("/<int:budget_id>")
@requires("transactions.view")
@takes(gives=BudgetShape)
def show(budget_id: int) -> Response:
    """One budget."""
    row = db.session.get(BudgetPlan, budget_id)
    if row is None:
        raise Missing("This budget does not exist.", param="budget_id")
    return answer(budget_shape(row))


@bp.post("")
@requires("transactions.edit")
@takes(body=NewBudget, gives=BudgetShape, status=201)
def add(body: NewBudget) -> Response:
    """Plan an amount for a category."""
    row = add_budget(**body.sent())
    return created(budget_shape(row), url_for(".show", budget_id=row.id))


@bp.patch("/<int:budget_id>")
@requires("transactions.edit")
@takes(body=BudgetChange, gives=BudgetShape)
def change(budget_id: int, body: BudgetChange) -> Response:
    """Change the amount or the note of a budget."""
    return answer(budget_shape(update_budget(budget_id=budget_id, **body.sent())))


@bp.delete("/<int:budget_id>")
@requires("transactions.edit")
@takes(status=204)
def remove(budget_id: int) -> ResponseReturnValue:
    """Remove a budget."""
    delete_budget(budget_id=budget_id)
    return no_content()
