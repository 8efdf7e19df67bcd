"""Pushing what changed: the messages, the dispatcher and the socket's few handlers."""

import logging
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from app import green
from app.extensions import socketio
from app.realtime import handlers
from app.realtime.manager import RealTimeSyncManager
from app.realtime.sockets import Sockets

OPTIONS: dict[str, Any] = {
    # In the order they came, and an error is caught where they came in.
    "async_handlers": False,
    "manage_session": False,
    "max_http_buffer_size": 65_536,
    "ping_interval": 25,
    "ping_timeout": 20,
    "http_compression": False,
    "transports": ["websocket", "polling"],
}


def own_origin(origin: str | None, environ: dict[str, Any]) -> bool:
    """Whether a browser's request comes from our own pages; forwarding headers do not count, for anybody sends them."""
    parts = urlsplit(origin or "")
    # A proxy in front may add TLS that we do not see; plain pages never speak for a server with TLS.
    known = parts.scheme in ("https", environ.get("wsgi.url_scheme"))
    return known and bool(parts.netloc) and parts.netloc == environ.get("HTTP_HOST")


def init_app(app: Flask) -> None:
    """Bind the socket server and the dispatcher; `start` begins to send."""
    options = {**OPTIONS, "async_mode": green.mode(), "cors_allowed_origins": own_origin}
    socketio.init_app(app, **options)
    server = socketio.server  # type: ignore[attr-defined]
    handlers.check_declared(server)
    # Its own complaints are about what strangers send; whatever goes wrong in our handlers is written down by us.
    logging.getLogger("engineio.server").setLevel(logging.CRITICAL)
    green.limit_messages(server, OPTIONS["max_http_buffer_size"])
    sockets = Sockets(server)
    app.extensions["sockets"] = sockets
    app.extensions["realtime"] = RealTimeSyncManager(app, sockets.send, sockets.end, sockets.sweep)


def start(app: Flask) -> RealTimeSyncManager:
    """Start the dispatcher of this process."""
    manager: RealTimeSyncManager = app.extensions["realtime"]
    socketio.start_background_task(manager.run)
    return manager
