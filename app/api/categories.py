"""`/categories`: what the cash book's rows are about."""

from typing import Annotated

from flask import Blueprint, Response, url_for
from pydantic import Field
from sqlalchemy import select

from app.api.core import answer, created, page, takes
from app.api.fields import Body, Line, ListArguments, Name, Shape, left_out
from app.api.transactions import Kind
from app.errors import Missing
from app.extensions import db
from app.models import FinancialCategory
from app.services.categories import add_category, update_category
from app.web.access import requires

bp = Blueprint("categories", __name__, url_prefix="/categories")


class CategoryShape(Shape):
    """A category; one that is not active keeps its rows and takes no new ones."""

    id: int
    name: str
    type: Kind
    description: str
    is_active: bool


class NewCategory(Body):
    """A category to add."""

    name: Name
    type: Kind
    description: Line = ""


class CategoryChange(Body):
    """What changes; fields that are left out stay."""

    name: Name = left_out()
    type: Annotated[Kind, Field(description="fixed once the category has rows")] = left_out()
    description: Line = left_out()
    is_active: bool = left_out()


class CategoryList(ListArguments):
    """Which categories."""

    type: Kind | None = None
    is_active: bool | None = None


@bp.get("")
@requires("categories.view")
@takes(query=CategoryList, gives=CategoryShape, a_list=True)
def index(query: CategoryList) -> Response:
    """List categories."""
    found = select(FinancialCategory)
    if query.type is not None:
        found = found.where(FinancialCategory.type == query.type)
    if query.is_active is not None:
        found = found.where(FinancialCategory.is_active == query.is_active)
    return page(found, CategoryShape.of, FinancialCategory.id, given=query)


@bp.get("/<int:category_id>")
@requires("categories.view")
@takes(gives=CategoryShape)
def show(category_id: int) -> Response:
    """One category."""
    row = db.session.get(FinancialCategory, category_id)
    if row is None:
        raise Missing("This category does not exist.", param="category_id")
    return answer(CategoryShape.of(row))


@bp.post("")
@requires("categories.edit")
@takes(body=NewCategory, gives=CategoryShape, status=201)
def add(body: NewCategory) -> Response:
    """Add a category."""
    row = add_category(**body.sent())
    return created(CategoryShape.of(row), url_for(".show", category_id=row.id))


@bp.patch("/<int:category_id>")
@requires("categories.edit")
@takes(body=CategoryChange, gives=CategoryShape, refuses=(409,))
def change(category_id: int, body: CategoryChange) -> Response:
    """Rename a category or take it out of use."""
    return answer(CategoryShape.of(update_category(category_id=category_id, **body.sent())))
