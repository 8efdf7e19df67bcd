"""Bearer tokens of other programs: shown once, kept as a hash."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.clock import now
from app.database import atomic
from app.domain.names import clean_name
from app.errors import Conflict, Missing, Unavailable
from app.models import ApiToken
from app.queries.sessions import token_hash
from app.services.users import check_role
from app.words import say

_TOUCH_AFTER = timedelta(minutes=1)


def create_token(*, name: str, role: str = "admin") -> str:
    """Make a token for a program and return it; it cannot be shown again. Raises Invalid and Conflict."""
    name = clean_name(name, param="name", label="The token's name")
    check_role(role)
    token = f"sp_{secrets.token_urlsafe(32)}"
    with atomic() as session:
        if session.scalar(select(ApiToken.id).where(ApiToken.name == name)):
            raise Conflict(say("There is already a token named {name}; choose another name.", name=name), param="name")
        session.add(ApiToken(name=name, token_hash=token_hash(token), role=role))
    return token


def revoke_token(*, name: str) -> None:
    """Make a token worthless from now on. Raises Missing."""
    with atomic() as session:
        row = session.scalar(select(ApiToken).where(ApiToken.name == name))
        if row is None:
            raise Missing(say("There is no token named {name}.", name=name), param="name")
        row.revoked_at = row.revoked_at or now()


def touch_token(token_id: int, last_used_at: datetime | None) -> None:
    """Remember that a token was used; at most once a minute, and never at the price of the request."""
    moment = now()
    if last_used_at and moment - last_used_at < _TOUCH_AFTER:
        return
    try:
        with atomic(patience=0.05) as session:
            session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=moment))
    except Unavailable:
        # The next request does it.
        return
