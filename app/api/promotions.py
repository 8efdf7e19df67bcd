"""`/promotions`: students' moves from class to class."""

from typing import Literal

from flask import Blueprint, Response, url_for

from app.api.core import answer, created, listed, takes
from app.api.fields import Body, Day, Id, IsoDay, ListArguments, Shape
from app.errors import Missing
from app.queries.promotions import PromotionFilter, PromotionRow, promotion_page, promotion_row
from app.services.promotions import promote_student
from app.web.access import requires

bp = Blueprint("promotions", __name__, url_prefix="/promotions")
Decision = Literal["promoted", "repeated", "graduated", "moved"]


class PromotionShape(Shape):
    """One move; `academic_year` is empty while the school has no years."""

    id: int
    student_id: int
    from_class_id: int | None
    to_class_id: int | None
    academic_year_id: int | None
    academic_year: str
    promoted_on: IsoDay
    decision: Decision


class NewPromotion(Body):
    """A move. `repeated` and `graduated` need no `to_class_id`; the year is the one of that day unless given."""

    student_id: Id
    to_class_id: Id | None = None
    decision: Decision = "promoted"
    academic_year_id: Id | None = None
    promoted_on: Day | None = None


class PromotionList(ListArguments):
    """Which moves; `class_id` is the class that was left or reached."""

    student_id: Id | None = None
    class_id: Id | None = None
    decision: Decision | None = None


@bp.get("")
@requires("promotions.view")
@takes(query=PromotionList, gives=PromotionShape, a_list=True)
def index(query: PromotionList) -> Response:
    """List moves, the newest first."""
    wanted = PromotionFilter(query.student_id, query.class_id, query.decision)
    return listed(promotion_page(wanted, cursor=query.cursor, limit=query.limit).map(PromotionShape.of))


@bp.get("/<int:promotion_id>")
@requires("promotions.view")
@takes(gives=PromotionShape)
def show(promotion_id: int) -> Response:
    """One move."""
    return answer(PromotionShape.of(_promotion(promotion_id)))


@bp.post("")
@requires("promotions.edit")
@takes(body=NewPromotion, gives=PromotionShape, status=201)
def add(body: NewPromotion) -> Response:
    """Move a student to another class, and enrol them there."""
    row = promote_student(**body.sent())
    return created(PromotionShape.of(_promotion(row.id)), url_for(".show", promotion_id=row.id))


def _promotion(promotion_id: int) -> PromotionRow:
    row = promotion_row(promotion_id)
    if row is None:
        raise Missing("This promotion does not exist.", param="promotion_id")
    return row
