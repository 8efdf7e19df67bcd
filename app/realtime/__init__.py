"""Pushing what changed: the messages, the dispatcher and the socket's few handlers."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from app import green
from app.extensions import socketio
from app.realtime import handlers
from app.realtime.manager import RealTimeSyncManager
from app.realtime.messages import Message


def own_origin(origin: str | None, environ: dict[str, Any]) -> bool:
    """Whether a browser's request comes from our own pages; forwarding headers, which anybody can send, do not count."""
    return bool(origin) and urlsplit(str(origin)).netloc == environ.get("HTTP_HOST")


def init_app(app: Flask) -> None:
    """Bind the socket server and the dispatcher; `start` begins to send."""
    handlers.check_declared()
    socketio.init_app(
        app,
        async_mode=green.mode(),
        cors_allowed_origins=own_origin,
        manage_session=False,
        max_http_buffer_size=65_536,
        ping_interval=25,
        ping_timeout=20,
        http_compression=False,
        transports=["websocket", "polling"],
    )

    def emit(message: Message, room: str) -> None:
        socketio.emit(message.name, message.payload(), to=room)

    def disconnect(sid: str) -> None:
        socketio.server.disconnect(sid)

    app.extensions["realtime"] = RealTimeSyncManager(app, emit, disconnect)


def start(app: Flask) -> RealTimeSyncManager:
    """Start the dispatcher of this process."""
    manager: RealTimeSyncManager = app.extensions["realtime"]
    socketio.start_background_task(manager.run)
    return manager
