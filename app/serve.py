"""Starting and stopping the web process."""

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from app import create_app, green, realtime
from app.config import ConfigError, Settings
from app.database import DatabaseUnsafe, check_promises
from app.extensions import socketio
from app.jobs.prepare import prepare
from app.realtime.manager import RealTimeSyncManager
from app.web.security import SecurityLayer, StartResponse, WsgiApp

LONGEST_GOODBYE = 8.0

log = logging.getLogger(__name__)
_STOPPING = json.dumps(
    {
        "error": {
            "type": "unavailable",
            "code": "stopping",
            "message": "The program is being stopped; nothing was saved. Please try again in a moment.",
            "param": None,
            "request_id": None,
        }
    }
).encode()


def build() -> Flask:
    """The configured application; a setting that is wrong ends the process with its name."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Its lines name every address, links that work once included.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        green.use(Settings.load().async_mode)
        return create_app()
    except ConfigError as error:
        sys.exit(f"SchoolPulse cannot start: {error}")


class InFlight:
    """Counts the requests whose answer is not out yet, and lets nobody in once the end has begun.

    Sockets are not counted; their screens are told to come back.
    """

    def __init__(self, inner: WsgiApp) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._open = 0
        self._ending = False

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/socket.io"):
            return self._inner(environ, start_response)
        with self._lock:
            if self._ending:
                start_response("503 Service Unavailable", [("Retry-After", "5"), ("Content-Type", "application/json")])
                return [_STOPPING]
            self._open += 1
        try:
            return ClosingIterator(self._inner(environ, start_response), self._answered)
        except BaseException:
            self._answered()
            raise

    def _answered(self) -> None:
        with self._lock:
            self._open -= 1

    def end(self, within: float) -> None:
        """Let nobody in any more, and wait until every answer is out, at most `within` seconds."""
        with self._lock:
            self._ending = True
        deadline = time.monotonic() + within
        while self._open > 0 and time.monotonic() < deadline:
            time.sleep(0.02)


def serve(app: Flask, *, migrate: bool = False) -> None:
    """Serve until SIGTERM or SIGINT; then requests in progress are finished and screens told to come back."""
    settings: Settings = app.config["SCHOOLPULSE"]
    with app.app_context():
        try:
            check_promises()
        except DatabaseUnsafe as error:
            sys.exit(f"SchoolPulse cannot start: {error}")
        if migrate:
            if link := prepare():
                # The one who started this shows the address of the set-up page.
                print(link, flush=True)
    manager = realtime.start(app)
    outermost: SecurityLayer = app.wsgi_app  # type: ignore[assignment]
    outermost.inner = in_flight = InFlight(outermost.inner)

    def stop(number: int, frame: Any) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)
        green.spawn(_end, manager, in_flight)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    log.info("serving on %s:%s with %s", settings.host, settings.port, settings.async_mode)
    green.serve(
        app,
        socketio,
        host=settings.host,
        port=settings.port,
        cert=str(settings.tls_cert) if settings.tls_cert else None,
        key=str(settings.tls_key) if settings.tls_key else None,
    )


def _end(manager: RealTimeSyncManager, in_flight: InFlight) -> None:
    manager.stop()
    in_flight.end(LONGEST_GOODBYE)
    # For the last bytes of the answers, and for the word to the screens.
    time.sleep(0.2)
    logging.shutdown()
    # The server's loop has no end of its own; nothing is open that a commit has not made safe.
    os._exit(0)
