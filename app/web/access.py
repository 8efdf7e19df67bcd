"""Every route says who may use it; one that does not stops the start."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from app.database import set_actor
from app.domain.permissions import KNOWN_PERMISSIONS
from app.errors import Forbidden, NotSignedIn
from app.extensions import csrf
from app.services.displays import touch_display
from app.services.sessions import touch_session
from app.services.tokens import touch_token
from app.web.identity import Identity, bearer_token, identity

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
_MARK = "_permission"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def requires(permission: str) -> Callable[[View], View]:
    """Let only roles with this permission in. ValueError for a permission that does not exist."""
    if permission not in KNOWN_PERMISSIONS:
        raise ValueError(f"unknown permission {permission}")

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return mark


def public(view: View) -> View:
    """Let everybody in, also without signing in."""
    setattr(view, _MARK, PUBLIC)
    return view


def permission_of(view: Callable[..., Any]) -> str | None:
    """What a view or socket handler declared, None when it declared nothing."""
    return getattr(view, _MARK, None)


def can(permission: str) -> bool:
    """Whether the one who asks has a permission; for templates."""
    who = identity()
    return who is not None and who.may(permission)


def check_declared(app: Flask) -> None:
    """Refuse to start while a route declares no permission. Raises RuntimeError naming it."""
    silent = sorted(name for name, view in app.view_functions.items() if permission_of(view) is None)
    if silent:
        raise RuntimeError(f"these routes declare no permission: {', '.join(silent)}")


def _guard() -> None:
    who = identity()
    if who is not None:
        set_actor(who.actor)
    view = current_app.view_functions.get(request.endpoint or "")
    permission = permission_of(view) if view else PUBLIC
    if request.method not in _SAFE:
        _check_origin()
    if permission == PUBLIC or permission is None:
        return
    if who is None:
        raise NotSignedIn("Please sign in first.")
    if not who.may(permission):
        raise Forbidden("Your role does not allow this.")
    _touch(who)


def _touch(who: Identity) -> None:
    if who.session_id is not None:
        touch_session(who.session_id, who.last_seen_at)
    elif who.kind == "wall":
        touch_display(who.key, who.last_seen_at)
    elif who.kind == "token":
        touch_token(who.key, who.last_seen_at)


def _check_origin() -> None:
    """A request that changes something comes from our own pages, or carries a token that no browser sends by itself."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden("This request came from another site.", code="cross_site")
    if bearer_token(request) is None:
        csrf.protect()


def init_app(app: Flask) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    app.before_request(_guard)
    app.teardown_request(lambda error: set_actor(None))
