"""Is anybody there? Asked by monitors, and by every screen again and again while its line is bad.

Answered before anything else of the program: three hundred screens ask at once when a server comes back, and what they
take from it, it lacks for letting them in.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

PATH = "/healthz"


class LivenessLayer:
    """A WSGI layer that answers one address: 200, or 503 while the dispatcher has not read the database for a while.

    `X-Was-Away: 1` says that the process stood still a moment ago: an open socket of it is slow and not lost.
    """

    def __init__(
        self, inner: Callable[..., Iterable[bytes]], is_alive: Callable[[], bool], was_away: Callable[[], bool]
    ) -> None:
        self.inner = inner
        self.is_alive = is_alive
        self.was_away = was_away

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH or environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return self.inner(environ, start_response)
        alive = self.is_alive()
        body = json.dumps({"status": "ok" if alive else "dispatcher stopped"}).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *([("X-Was-Away", "1")] if self.was_away() else []),
        ]
        start_response("200 OK" if alive else "503 Service Unavailable", headers)
        return [body] if environ["REQUEST_METHOD"] == "GET" else []


def init_app(app: Flask) -> None:
    """Wrap the application; call it after everything that serves, before the headers."""

    def is_alive() -> bool:
        dispatcher = app.extensions.get("realtime")
        return dispatcher is None or dispatcher.last_read_at is None or dispatcher.is_alive()

    def was_away() -> bool:
        dispatcher = app.extensions.get("realtime")
        return dispatcher is not None and dispatcher.was_away()

    app.wsgi_app = LivenessLayer(app.wsgi_app, is_alive, was_away)  # type: ignore[method-assign]
