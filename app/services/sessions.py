"""Signing in and out. The browser holds a random token, the database its hash."""

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, select, update

from app.database import Actor, acting_as, atomic
from app.errors import NotSignedIn, Unavailable
from app.models.users import User, UserSession
from app.queries.sessions import token_hash, user_named
from app.queries.settings import setting
from app.services.activity import record_activity
from app.services.passwords import password_fits

_TOUCH_AFTER = timedelta(minutes=1)


def sign_in(*, username: str, password: str, ip_address: str, user_agent: str) -> tuple[User, str]:
    """Start a session; return the user and the token for the cookie. Raises NotSignedIn."""
    user = user_named(username)
    if not password_fits(password, user.password_hash if user else None) or user is None or not user.is_active:
        with acting_as(Actor(ip_address=ip_address)), atomic():
            record_activity("sign_in.refused", f"sign-in refused: {username[:64]}", table_name="users")
        raise NotSignedIn("The user name or the password is wrong.", code="wrong_password")
    with acting_as(Actor(user.id, user.username, ip_address)), atomic() as session:
        moment = datetime.now(UTC)
        token = secrets.token_urlsafe(32)
        session.add(
            UserSession(
                token_hash=token_hash(token),
                user_id=user.id,
                auth_version=user.auth_version,
                ip_address=ip_address,
                user_agent=user_agent[:200],
                created_at=moment,
                last_seen_at=moment,
                expires_at=moment + timedelta(hours=int(setting("session_hours"))),
            )
        )
        user.last_login_at = moment
        record_activity("sign_in", f"signed in: {user.username}", table_name="users", record_id=user.id)
    return user, token


def end_session(session_id: int) -> None:
    """Sign out: the session's token and its sockets are worth nothing from now on."""
    with atomic() as session:
        session.execute(update(UserSession).where(UserSession.id == session_id).values(ended_at=datetime.now(UTC)))


def end_sessions_of(user_id: int) -> None:
    """End every session of a user. Call it inside the block that changed the user's rights."""
    with atomic() as session:
        session.execute(
            update(UserSession)
            .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
            .values(ended_at=datetime.now(UTC))
        )


def touch_session(session_id: int, last_seen_at: datetime | None) -> None:
    """Keep a session from idling away; at most once a minute, and never at the price of the request."""
    moment = datetime.now(UTC)
    if last_seen_at and moment - last_seen_at < _TOUCH_AFTER:
        return
    try:
        with atomic(patience=0.05) as session:
            session.execute(update(UserSession).where(UserSession.id == session_id).values(last_seen_at=moment))
    except Unavailable:
        # The next request does it.
        return


def forget_ended_sessions(*, days: int = 30, most: int = 500) -> int:
    """Remove sessions that ended or ran out more than `days` ago, at most `most` at once; how many went."""
    before = datetime.now(UTC) - timedelta(days=days)
    with atomic() as session:
        ids = session.scalars(
            select(UserSession.id)
            .where(or_(UserSession.ended_at < before, UserSession.expires_at < before))
            .limit(most)
        ).all()
        if ids:
            session.execute(delete(UserSession).where(UserSession.id.in_(ids)))
        return len(ids)
