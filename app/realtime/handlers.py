"""What a screen may say to the server: that it is here, and that it wants the figures. Nothing here writes."""

from collections.abc import Callable
from typing import Any

from flask import current_app, request
from flask_socketio import ConnectionRefusedError, disconnect, join_room

from app.domain.permissions import KNOWN_PERMISSIONS
from app.extensions import socketio
from app.realtime.connections import Connection
from app.realtime.manager import RealTimeSyncManager

Handler = Callable[..., None]
DECLARED: dict[str, str] = {}
"""Socket events and the permission that each asks for."""


def on(event: str, permission: str) -> Callable[[Handler], Handler]:
    """Handle a socket event of those who have a permission."""
    if permission not in KNOWN_PERMISSIONS:
        raise ValueError(f"unknown permission {permission}")
    DECLARED[event] = permission
    return socketio.on(event)  # type: ignore[no-any-return]


def check_declared() -> None:
    """Refuse to start while a socket event declares no permission. Raises RuntimeError naming it."""
    silent = sorted({name for name, _, _ in socketio.handlers} - set(DECLARED))
    if silent:
        raise RuntimeError(f"these socket events declare no permission: {', '.join(silent)}")


def manager() -> RealTimeSyncManager:
    """The dispatcher of this process."""
    found: RealTimeSyncManager = current_app.extensions["realtime"]
    return found


@on("connect", "stats.view")
def connect(auth: Any = None) -> None:
    """Recognise the screen, put it in its rooms, and only then read what it is to be shown."""
    given = auth if isinstance(auth, dict) else {}
    who = current_app.extensions["recognise"](given.get("token"))
    if who is None or not who.may(DECLARED["connect"]):
        raise ConnectionRefusedError("not_signed_in")
    connection = Connection(request.sid, who.kind, who.key, who.role, who.room, who.user_id, who.session_id)  # type: ignore[attr-defined]
    if not manager().connections.add(connection):
        raise ConnectionRefusedError("too_many_connections")
    for room in connection.rooms:
        join_room(room)
    socketio.start_background_task(_greet, manager(), connection, given.get("epoch"), given.get("cursor"))


@on("hello", "stats.view")
def hello(asked: Any = None) -> None:
    """Answer a screen that missed something."""
    connection = manager().connections.get(request.sid)  # type: ignore[attr-defined]
    if connection is None or not connection.allows_event():
        disconnect()
        return
    given = asked if isinstance(asked, dict) else {}
    for message in manager().welcome(connection, given.get("epoch"), given.get("cursor")):
        manager().tell(connection, message)


@on("disconnect", "stats.view")
def left(reason: object = None) -> None:
    manager().connections.remove(request.sid)  # type: ignore[attr-defined]


@on("*", "stats.view")
def unknown(event: str, *args: Any) -> None:
    """Anything else is not understood; a screen that goes on talking is cut off."""
    connection = manager().connections.get(request.sid)  # type: ignore[attr-defined]
    if connection is None or not connection.allows_event():
        disconnect()


def _greet(dispatcher: RealTimeSyncManager, connection: Connection, epoch: object, cursor: object) -> None:
    # A moment later, so that the client has heard that it is connected.
    socketio.sleep(0)
    # Only a screen that was here before has missed anything.
    missed = dispatcher.missed(connection) if epoch else []
    for message in [*dispatcher.welcome(connection, epoch, cursor), *missed]:
        dispatcher.tell(connection, message)
