"""What a screen may say to the server: that it is here, and that it wants the figures. Nothing here writes."""

import logging
from collections.abc import Callable
from typing import Any

from flask import current_app, request
from flask_socketio import join_room
from socketio.exceptions import ConnectionRefusedError

from app.database import release
from app.domain.permissions import KNOWN_PERMISSIONS, allows
from app.extensions import socketio
from app.realtime.connections import Connection, no_longer_allowed
from app.realtime.manager import RealTimeSyncManager
from app.realtime.sockets import Sockets

log = logging.getLogger(__name__)

Handler = Callable[..., None]
DECLARED: dict[str, str] = {}
"""Socket events and the permission that each asks for."""


def on(event: str, permission: str) -> Callable[[Handler], Handler]:
    """Handle a socket event of those who have a permission."""
    if permission not in KNOWN_PERMISSIONS:
        raise ValueError(f"unknown permission {permission}")
    DECLARED[event] = permission
    return socketio.on(event)


def check_declared(server: Any) -> None:
    """Refuse to start while a socket event declares no permission. Raises RuntimeError naming it."""
    events = {(space, name) for space, handlers in server.handlers.items() for name in handlers}
    silent = sorted(f"{name} of {space}" for space, name in events if space != "/" or name not in DECLARED)
    if silent or server.namespace_handlers:
        raise RuntimeError(f"these socket events declare no permission: {', '.join(silent) or 'a namespace'}")


def manager() -> RealTimeSyncManager:
    """The dispatcher of this process."""
    found: RealTimeSyncManager = current_app.extensions["realtime"]
    return found


@on("connect", "stats.view")
def connect(auth: Any = None) -> None:
    """Recognise the screen, put it in its rooms, and only then read what it is to be shown."""
    if _is_forged():
        return
    given = auth if isinstance(auth, dict) else {}
    who = current_app.extensions["recognise"](given.get("token"))
    if who is None or not who.may(DECLARED["connect"]):
        raise ConnectionRefusedError("not_signed_in")
    connection = Connection(
        _sid(), who.kind, who.key, who.role, who.room, who.user_id, who.session_id, who.auth_version
    )
    if not manager().connections.add(connection):
        raise ConnectionRefusedError("too_many_connections")
    for room in connection.rooms:
        join_room(room)
    socketio.start_background_task(_greet, manager(), _sockets(), connection, given)


@on("hello", "stats.view")
def hello(asked: Any = None, *more: Any) -> None:
    """Answer a screen that missed something."""
    connection = manager().connections.get(_sid())
    if connection is None or not allows(connection.role, DECLARED["hello"]) or no_longer_allowed([connection]):
        _sockets().end(_sid())
        return
    # The dispatcher reads with a connection of its own; who keeps one while waiting for another keeps everybody waiting
    release()
    given = asked if isinstance(asked, dict) else {}
    manager().tell(connection, manager().welcome(connection, given.get("epoch"), given.get("cursor")))


@on("disconnect", "stats.view")
def left(*reason: Any) -> None:
    if not _is_forged():
        manager().connections.remove(_sid())


@on("*", "stats.view")
def unknown(event: object, *args: Any) -> None:
    """Anything else says nothing to us."""


@socketio.on_error_default
def failed(error: BaseException) -> bool:
    """Write an error down; a screen that was about to connect is refused, and comes back by itself."""
    log.error("a socket event failed", exc_info=error)
    return False


def _greet(dispatcher: RealTimeSyncManager, sockets: Sockets, connection: Connection, given: dict[str, Any]) -> None:
    # A moment later, so that the client has heard that it is connected.
    for _ in range(200):
        socketio.sleep(0.001)  # type: ignore[arg-type]
        if sockets.is_connected(connection.sid):
            break
    try:
        dispatcher.greet(connection, given.get("epoch"), given.get("cursor"))
    except Exception:
        # The screen asks by itself when it hears nothing.
        log.exception("a screen could not be greeted")


def _is_forged() -> bool:
    """Whether a client sent `connect` or `disconnect` as if they were events: it is cut off."""
    forged = _sockets().is_connected(_sid())
    if forged:
        _sockets().end(_sid())
    return forged


def _sockets() -> Sockets:
    found: Sockets = current_app.extensions["sockets"]
    return found


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]
