"""`/activities`: who changed what, from what, to what."""

from typing import Annotated, Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.api.core import listed, takes
from app.api.fields import Day, Id, IsoMoment, ListArguments, Name, Shape
from app.queries.activity import ActivityRow, activity_page
from app.web.access import requires

bp = Blueprint("activities", __name__, url_prefix="/activities")


class ActivityShape(Shape):
    """One entry of the activity log; `before` and `after` hold the columns that differ."""

    id: int
    timestamp: IsoMoment
    user_id: int | None
    username: str
    activity_type: str
    description: str
    table_name: str | None
    record_id: int | None
    ip_address: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class ActivityArguments(ListArguments):
    """Filters; `first` and `last` are days, both included."""

    username: Name = ""
    table_name: Annotated[str, Field(max_length=48)] = ""
    record_id: Id | None = None
    first: Day | None = None
    last: Day | None = None


@bp.get("")
@requires("activity.view")
@takes(query=ActivityArguments, gives=ActivityShape, a_list=True)
def index(query: ActivityArguments) -> ResponseReturnValue:
    """List the activity log, newest first."""
    found = activity_page(
        username=query.username,
        table=query.table_name,
        record_id=query.record_id,
        first=query.first,
        last=query.last,
        cursor=query.cursor,
        limit=query.limit,
    )
    return listed(found.map(_shape))


def _shape(row: ActivityRow) -> dict[str, Any]:
    verb = row.verb
    changed = {
        "before": {change.field: change.before for change in row.changes} if verb in ("update", "delete") else None,
        "after": {change.field: change.after for change in row.changes} if verb in ("update", "insert") else None,
    }
    values = {
        "id": row.id,
        "timestamp": row.at,
        "user_id": row.user_id,
        "username": row.username,
        "activity_type": row.activity_type,
        "description": row.description,
        "table_name": row.table,
        "record_id": row.record_id,
        "ip_address": row.ip_address,
        **changed,
    }
    return ActivityShape.model_validate(values).model_dump(mode="json")
