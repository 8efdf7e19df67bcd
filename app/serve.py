"""Starting and stopping the web process."""

import logging
import os
import signal
import sys
import time
from typing import Any

from flask import Flask, request_started, request_tearing_down

from app import create_app, green, realtime
from app.config import ConfigError, Settings
from app.extensions import socketio
from app.jobs.prepare import prepare
from app.realtime.manager import RealTimeSyncManager

LONGEST_GOODBYE = 8.0

log = logging.getLogger(__name__)


def build() -> Flask:
    """The configured application; a setting that is wrong ends the process with its name."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        green.use(Settings.load().async_mode)
        return create_app()
    except ConfigError as error:
        sys.exit(f"SchoolPulse cannot start: {error}")


class InFlight:
    """How many requests are being answered."""

    def __init__(self, app: Flask) -> None:
        self.count = 0
        request_started.connect(self._begin, app)
        request_tearing_down.connect(self._end, app)

    def _begin(self, sender: Flask, **extra: Any) -> None:
        self.count += 1

    def _end(self, sender: Flask, **extra: Any) -> None:
        self.count -= 1


def serve(app: Flask, *, migrate: bool = False) -> None:
    """Serve until SIGTERM or SIGINT; then requests in progress are finished and screens told to come back."""
    settings: Settings = app.config["SCHOOLPULSE"]
    if migrate:
        with app.app_context():
            # The one who started this shows the address of the set-up page.
            print(prepare() or "", flush=True)
    manager = realtime.start(app)
    in_flight = InFlight(app)

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
    deadline = time.monotonic() + LONGEST_GOODBYE
    time.sleep(0.2)
    while in_flight.count > 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    logging.shutdown()
    # The server's loop has no end of its own; nothing is open that a commit has not made safe.
    os._exit(0)
