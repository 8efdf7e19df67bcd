"""Rows of the activity log for what no table shows: signing in, exports, runs. Changes of tables log themselves."""

from collections.abc import Mapping

from app.database import atomic, current_actor
from app.models.sync import UserActivity


def record_activity(
    activity_type: str,
    description: str,
    *,
    table_name: str | None = None,
    record_id: int | None = None,
    data: Mapping[str, object] | None = None,
) -> None:
    """Add one row in the name of the current actor."""
    actor = current_actor()
    with atomic() as session:
        session.add(
            UserActivity(
                user_id=actor.user_id,
                username=actor.username,
                ip_address=actor.ip_address,
                activity_type=activity_type,
                description=description[:300],
                table_name=table_name,
                record_id=record_id,
                activity_data=dict(data) if data else None,
            )
        )
