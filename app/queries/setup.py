"""Whether the school has been set up."""

from sqlalchemy import select

from app.extensions import db
from app.models.users import User


def is_set_up() -> bool:
    """Whether an admin exists who can make everything else."""
    return db.session.scalar(select(User.id).where(User.role == "admin", User.is_active).limit(1)) is not None
