"""Who is asking: a signed-in user, a program with a token, or a wall display."""

from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask, Request, request
from flask_login import UserMixin, current_user

from app.database import Actor
from app.domain.permissions import allows, statistics_room
from app.extensions import login_manager
from app.queries.sessions import live_session, live_token, live_wall, pairing_of

WALL_COOKIE = "wall"
WALL_ROLE = "wall"


@dataclass(frozen=True, eq=False)
class Identity(UserMixin):
    """Somebody who was recognised. `kind` is `user`, `token` or `wall`; `key` is the row of that kind."""

    kind: str
    key: int
    username: str
    role: str
    full_name: str = ""
    user_id: int | None = None
    session_id: int | None = None
    auth_version: int = 0
    token: str = field(default="", repr=False)
    last_seen_at: datetime | None = None

    def get_id(self) -> str:
        return self.token

    def may(self, permission: str) -> bool:
        return allows(self.role, permission)

    @property
    def room(self) -> str:
        """The statistics room whose figures this identity may see."""
        return WALL_ROLE if self.kind == "wall" else statistics_room(self.role)

    @property
    def actor(self) -> Actor:
        """How the activity log names this identity."""
        name = self.username if self.kind == "user" else f"{self.kind}:{self.username}"
        return Actor(user_id=self.user_id, username=name, ip_address=request.remote_addr)


def identity() -> Identity | None:
    """The identity of this request, if it has one."""
    # Asked for once: each look at the proxy searches the request's context, and a page asks a hundred times.
    found = current_user._get_current_object()
    return found if found.is_authenticated else None


def session_identity(token: str) -> Identity | None:
    """The user of a session token, while the session lives."""
    found = live_session(token)
    if found is None:
        return None
    user = found.user
    return Identity(
        kind="user",
        key=user.id,
        username=user.username,
        role=user.role,
        full_name=user.full_name,
        user_id=user.id,
        session_id=found.id,
        auth_version=user.auth_version,
        token=token,
        last_seen_at=found.last_seen_at,
    )


def token_identity(token: str) -> Identity | None:
    """The program of a bearer token, until it is revoked."""
    found = live_token(token)
    return found and Identity(
        kind="token", key=found.id, username=found.name, role=found.role, last_seen_at=found.last_used_at
    )


def wall_identity(token: str) -> Identity | None:
    """The wall display of a kiosk token, until it is revoked."""
    found = live_wall(token)
    return found and Identity(
        kind="wall",
        key=found.id,
        username=found.name,
        role=WALL_ROLE,
        auth_version=pairing_of(found),
        last_seen_at=found.last_seen_at,
    )


def bearer_token(asked: Request) -> str | None:
    """The token of an `Authorization: Bearer` header."""
    scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _from_request(asked: Request) -> Identity | None:
    if token := bearer_token(asked):
        return token_identity(token)
    if token := asked.cookies.get(WALL_COOKIE):
        return wall_identity(token)
    return None


def recognise(token: object) -> Identity | None:
    """Who opens a socket: the holder of a token, or whoever the request's cookies belong to."""
    return token_identity(token) if isinstance(token, str) and token else identity()


def init_app(app: Flask) -> None:
    app.extensions["recognise"] = recognise
    login_manager.init_app(app)
    login_manager.session_protection = None
    login_manager.user_loader(session_identity)
    login_manager.request_loader(_from_request)
