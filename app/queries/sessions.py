"""Live sessions, tokens and wall displays, found by the hash of what the other side holds."""

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.extensions import db
from app.models.users import ApiToken, User, UserSession, WallDisplay
from app.queries.settings import setting


def token_hash(token: str) -> str:
    """How a random token is stored. It has 256 random bits, so a plain hash keeps it."""
    return hashlib.sha256(token.encode()).hexdigest()


def live_session(token: str) -> UserSession | None:
    """The session of a token unless it ended, expired, idled away, or its user lost or changed rights."""
    found: UserSession | None = db.session.scalar(
        select(UserSession).where(UserSession.token_hash == token_hash(token))
    )
    if found is None or not is_live(found, datetime.now(UTC)):
        return None
    return found


def is_live(session: UserSession, moment: datetime) -> bool:
    """Whether a session still counts at a moment."""
    idle = timedelta(minutes=int(setting("session_idle_minutes")))
    return (
        session.ended_at is None
        and moment < session.expires_at
        and moment - session.last_seen_at < idle
        and session.user.is_active
        and session.user.auth_version == session.auth_version
    )


def live_session_roles(ids: set[int]) -> dict[int, str]:
    """The role behind each of the given sessions that still counts."""
    if not ids:
        return {}
    moment = datetime.now(UTC)
    idle = timedelta(minutes=int(setting("session_idle_minutes")))
    rows = db.session.execute(
        select(UserSession.id, User.role)
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.id.in_(ids),
            UserSession.ended_at.is_(None),
            UserSession.expires_at > moment,
            UserSession.last_seen_at > moment - idle,
            User.is_active,
            User.auth_version == UserSession.auth_version,
        )
    )
    return dict(rows.all())


def live_token(token: str) -> ApiToken | None:
    """The program of a bearer token that was not revoked."""
    return db.session.scalar(
        select(ApiToken).where(ApiToken.token_hash == token_hash(token), ApiToken.revoked_at.is_(None))
    )


def live_token_roles(ids: set[int]) -> dict[int, str]:
    """The role of each of the given API tokens that was not revoked."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(ApiToken.id, ApiToken.role).where(ApiToken.id.in_(ids), ApiToken.revoked_at.is_(None))
    )
    return dict(rows.all())


def live_wall(token: str) -> WallDisplay | None:
    """The wall display of a kiosk token that was not revoked."""
    return db.session.scalar(
        select(WallDisplay).where(WallDisplay.token_hash == token_hash(token), WallDisplay.revoked_at.is_(None))
    )


def live_wall_pairings(ids: set[int]) -> dict[int, int]:
    """The pairing of each of the given wall displays that was not revoked."""
    if not ids:
        return {}
    rows = db.session.scalars(select(WallDisplay).where(WallDisplay.id.in_(ids), WallDisplay.revoked_at.is_(None)))
    return {display.id: pairing_of(display) for display in rows}


def pairing_of(display: WallDisplay) -> int:
    """A number that is another one once another screen was paired as this display."""
    return int(display.paired_at.timestamp() * 1e6) if display.paired_at else 0


def user_named(username: str) -> User | None:
    """The user with this name, whatever its case."""
    return db.session.scalar(select(User).where(User.username == username.strip().lower()))
