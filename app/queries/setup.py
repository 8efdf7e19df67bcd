"""Whether the school has been set up, and whether a link may do it."""

from sqlalchemy import select

from app.extensions import db
from app.models.settings import SetupLink
from app.models.users import User
from app.queries.sessions import token_hash


def is_set_up() -> bool:
    """Whether an admin exists who can make everything else."""
    return db.session.scalar(select(User.id).where(User.role == "admin", User.is_active).limit(1)) is not None


def opens_setup(token: str) -> bool:
    """Whether this token is that of the link that was printed last, and has not been used."""
    return db.session.scalar(select(SetupLink.id).where(SetupLink.token_hash == token_hash(token))) is not None
