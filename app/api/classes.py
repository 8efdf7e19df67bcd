"""`/classes`: who is taught together."""

from typing import Annotated

from flask import Blueprint, Response, url_for
from pydantic import Field
from sqlalchemy import select

from app.api.core import answer, created, page, takes
from app.api.fields import Body, ListArguments, Name, Shape, left_out
from app.errors import Missing
from app.extensions import db
from app.models import SchoolClass
from app.services.classes import add_class, update_class
from app.web.access import requires

bp = Blueprint("classes", __name__, url_prefix="/classes")
Level = Annotated[int, Field(ge=-20, le=100)]
Capacity = Annotated[int, Field(ge=1, le=10_000)]


class ClassShape(Shape):
    """A class; one that is not active takes no students."""

    id: int
    name: str
    level: int
    capacity: int | None
    is_active: bool


class NewClass(Body):
    """A class to add."""

    name: Name
    level: Level = 0
    capacity: Capacity | None = None


class ClassChange(Body):
    """What changes; fields that are left out stay."""

    name: Name = left_out()
    level: Level = left_out()
    capacity: Capacity | None = None
    is_active: bool = left_out()


class ClassList(ListArguments):
    """Which classes."""

    is_active: bool | None = None


@bp.get("")
@requires("classes.view")
@takes(query=ClassList, gives=ClassShape, a_list=True)
def index(query: ClassList) -> Response:
    """List classes."""
    found = select(SchoolClass)
    if query.is_active is not None:
        found = found.where(SchoolClass.is_active == query.is_active)
    return page(found, ClassShape.of, SchoolClass.id, given=query)


@bp.get("/<int:class_id>")
@requires("classes.view")
@takes(gives=ClassShape)
def show(class_id: int) -> Response:
    """One class."""
    row = db.session.get(SchoolClass, class_id)
    if row is None:
        raise Missing("This class does not exist.", param="class_id")
    return answer(ClassShape.of(row))


@bp.post("")
@requires("classes.edit")
@takes(body=NewClass, gives=ClassShape, status=201)
def add(body: NewClass) -> Response:
    """Add a class; its name is its own, whatever the case."""
    row = add_class(**body.sent())
    return created(ClassShape.of(row), url_for(".show", class_id=row.id))


@bp.patch("/<int:class_id>")
@requires("classes.edit")
@takes(body=ClassChange, gives=ClassShape)
def change(class_id: int, body: ClassChange) -> Response:
    """Change a class."""
    return answer(ClassShape.of(update_class(class_id=class_id, **body.sent())))
