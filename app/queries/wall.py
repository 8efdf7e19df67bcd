"""What the boards of the wall need besides their figures."""

from sqlalchemy import select

from app.extensions import db
from app.models import SchoolClass


def wall_classes() -> list[dict[str, object]]:
    """The active classes from the lowest level up: id, name, and how many students it has room for (None: not said)."""
    rows = db.session.execute(
        select(SchoolClass.id, SchoolClass.name, SchoolClass.capacity)
        .where(SchoolClass.is_active)
        .order_by(SchoolClass.level, SchoolClass.name)
    )
    return [{"id": id, "name": name, "room": capacity} for id, name, capacity in rows]
