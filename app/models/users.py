"""Who may sign in, from where, and the keys of programs and wall displays."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.boards import Show
from app.domain.permissions import ROLES
from app.extensions import db
from app.models.columns import CreatedAt, Key, UtcDateTime, one_of, table


class User(db.Model):
    __tablename__ = "users"
    __table_args__ = table(one_of("role", *ROLES))

    id: Mapped[Key]
    username: Mapped[str] = mapped_column(String(64), unique=True)
    full_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(255), default="", server_default="")
    is_active: Mapped[bool] = mapped_column(default=True, server_default="1")
    auth_version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[CreatedAt]
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dashboard_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    away_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UserSession(db.Model):
    """One sign-in of one user; the browser holds the token, the table only its hash."""

    __tablename__ = "user_sessions"
    __table_args__ = table()

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    auth_version: Mapped[int]
    ip_address: Mapped[str] = mapped_column(String(45), default="", server_default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class ApiToken(db.Model):
    """A bearer token of another program; shown once, kept as a hash."""

    __tablename__ = "api_tokens"
    __table_args__ = table(one_of("role", *ROLES))

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16), default="admin", server_default="admin")
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WallDisplay(db.Model):
    """A screen in the school: sees aggregates only, without a login, until it is revoked."""

    __tablename__ = "wall_displays"
    __table_args__ = table()

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    pairing_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    pairing_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[CreatedAt]
    paired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    boards: Mapped[str] = mapped_column(String(80), default=Show().as_text, server_default=Show().as_text)
    board_seconds: Mapped[int] = mapped_column(default=Show().seconds, server_default=str(Show().seconds))
    theme: Mapped[str] = mapped_column(String(16), default=Show().theme, server_default=Show().theme)


class WallPairing(db.Model):
    """A screen that shows six digits and waits; the digits say which screen is meant, only the secret lets it in."""

    __tablename__ = "wall_pairings"
    __table_args__ = table()

    id: Mapped[Key]
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    ip_address: Mapped[str] = mapped_column(String(45), default="", server_default="", index=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    display_id: Mapped[int | None] = mapped_column(ForeignKey("wall_displays.id", ondelete="CASCADE"), index=True)


Index("ix_user_sessions_live", UserSession.user_id, UserSession.ended_at)
