"""Bearer tokens of other programs: shown once, kept as a hash."""

import secrets

from sqlalchemy import select

from app.clock import now
from app.database import atomic
from app.domain.names import clean_name
from app.errors import Conflict, Missing
from app.models import ApiToken
from app.queries.sessions import token_hash
from app.services.users import check_role


def create_token(*, name: str, role: str = "admin") -> str:
    """Make a token for a program and return it; it cannot be shown again. Raises Invalid and Conflict."""
    name = clean_name(name, param="name", label="The token's name")
    check_role(role)
    token = f"sp_{secrets.token_urlsafe(32)}"
    with atomic() as session:
        if session.scalar(select(ApiToken.id).where(ApiToken.name == name)):
            raise Conflict(f"There is already a token named {name}; choose another name.", param="name")
        session.add(ApiToken(name=name, token_hash=token_hash(token), role=role))
    return token


def revoke_token(*, name: str) -> None:
    """Make a token worthless from now on. Raises Missing."""
    with atomic() as session:
        row = session.scalar(select(ApiToken).where(ApiToken.name == name))
        if row is None:
            raise Missing(f"There is no token named {name}.", param="name")
        row.revoked_at = row.revoked_at or now()
