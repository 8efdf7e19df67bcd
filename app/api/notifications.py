"""`/notifications`: what a role was told."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.api.core import answer, listed, no_content, takes
from app.api.fields import IsoMoment, ListArguments, Shape
from app.errors import Forbidden
from app.queries.notifications import notification_page
from app.services.notifications import mark_all_read, mark_read
from app.web.access import requires
from app.web.identity import Identity, identity

bp = Blueprint("notifications", __name__, url_prefix="/notifications")


class NotificationShape(Shape):
    """Something people should know. `cleared_at` says since when its reason is gone."""

    id: int
    type: str
    title: str
    message: str
    priority: str
    action_url: str | None
    created_at: IsoMoment
    cleared_at: IsoMoment | None
    is_read: bool


class NotificationArguments(ListArguments):
    """`unread` leaves out what was read, has passed or was settled."""

    unread: bool = False


class Marked(Shape):
    """How many notifications were marked."""

    marked: int


@bp.get("")
@requires("notifications.view")
@takes(query=NotificationArguments, gives=NotificationShape, a_list=True)
def index(query: NotificationArguments) -> ResponseReturnValue:
    """List notifications of the role, the unread ones first, then the newest first."""
    who = _who()
    found = notification_page(
        user_id=who.user_id,
        role=who.role,
        cursor=query.cursor,
        limit=query.limit,
        unread_only=query.unread,
        passing=not query.unread,
    )
    return listed(found.map(NotificationShape.of))


@bp.post("/<int:notification_id>/read")
@requires("notifications.view")
@takes(status=204)
def read(notification_id: int) -> ResponseReturnValue:
    """Mark one notification as read by the user of the session."""
    user_id, role = _person()
    mark_read(user_id=user_id, role=role, notification_id=notification_id)
    return no_content()


@bp.post("/read")
@requires("notifications.view")
@takes(gives=Marked)
def read_all() -> ResponseReturnValue:
    """Mark everything as read by the user of the session."""
    user_id, role = _person()
    return answer({"marked": mark_all_read(user_id=user_id, role=role)})


def _who() -> Identity:
    who = identity()
    if who is None:
        raise Forbidden("Please sign in first.")
    return who


def _person() -> tuple[int, str]:
    who = _who()
    if who.user_id is None:
        raise Forbidden("A token reads nothing; only the session of a user marks notifications as read.")
    return who.user_id, who.role
