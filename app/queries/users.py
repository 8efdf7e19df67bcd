"""Users, their sessions, and the programs that hold a token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, func, select

from app.extensions import db
from app.models.users import ApiToken, User, UserSession
from app.queries.sessions import is_live


@dataclass(frozen=True)
class UserRow:
    """One user as the list of users shows it; never the password's hash."""

    id: int
    username: str
    full_name: str
    role: str
    is_active: bool
    created_at: datetime
    last_login_at: datetime | None
    session_count: int


@dataclass(frozen=True)
class SessionRow:
    """One live sign-in of a user."""

    id: int
    ip_address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class TokenRow:
    """One program's token, without the token."""

    id: int
    name: str
    role: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def all_users() -> list[UserRow]:
    """Every user, those who may sign in first, by name."""
    query = _users().order_by(User.is_active.desc(), User.username)
    return [_row(user, number) for user, number in db.session.execute(query)]


def user_by_id(user_id: int) -> UserRow | None:
    """One user."""
    found = db.session.execute(_users().where(User.id == user_id)).one_or_none()
    return _row(found[0], found[1]) if found else None


def sessions_of(user_id: int) -> list[SessionRow]:
    """The live sessions of a user, the newest first."""
    moment = datetime.now(UTC)
    rows: Sequence[UserSession] = db.session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .order_by(UserSession.id.desc())
    ).all()
    return [
        SessionRow(row.id, row.ip_address, row.user_agent, row.created_at, row.last_seen_at)
        for row in rows
        if is_live(row, moment)
    ]


def all_tokens() -> list[TokenRow]:
    """Every token, by name."""
    rows = db.session.scalars(select(ApiToken).order_by(ApiToken.name))
    return [TokenRow(row.id, row.name, row.role, row.created_at, row.last_used_at, row.revoked_at) for row in rows]


def _users() -> Select[User, int]:
    open_sessions = (
        select(UserSession.user_id, func.count().label("number"))
        .where(UserSession.ended_at.is_(None), UserSession.expires_at > datetime.now(UTC))
        .group_by(UserSession.user_id)
        .subquery()
    )
    number = func.coalesce(open_sessions.c.number, 0)
    return select(User, number).outerjoin(open_sessions, open_sessions.c.user_id == User.id)


def _row(user: User, session_count: int) -> UserRow:
    return UserRow(
        user.id,
        user.username,
        user.full_name,
        user.role,
        user.is_active,
        user.created_at,
        user.last_login_at,
        session_count,
    )
