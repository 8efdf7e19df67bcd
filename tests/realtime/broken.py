"""The program with something broken in it, served like `python wsgi.py`: `python -m tests.realtime.broken deaf`.

`deaf`: every hint that somebody committed is lost, the process's own included, which fails besides.
`mortal`: SIGUSR1 ends the dispatcher and nothing else; pings and beacons come every second.
`counted`: each reading of all figures from the database is written down.
"""

import signal
import sys
from typing import Any

from greenlet import GreenletExit

import wsgi
from app.database import backend
from app.extensions import db, socketio
from app.realtime import manager
from app.realtime.manager import RealTimeSyncManager
from app.serve import serve

READING = "all figures are read"


class Deaf:
    """Watches, and notices nothing."""

    def __init__(self, watching: Any) -> None:
        self._watching = watching

    def changed(self) -> bool:
        self._watching.changed()
        return False

    def close(self) -> None:
        self._watching.close()


def deaf() -> None:
    def failing(self: RealTimeSyncManager, sender: object) -> None:
        raise RuntimeError("the hook is broken")

    RealTimeSyncManager._on_commit = failing  # type: ignore[method-assign]
    manager.watcher = lambda: Deaf(backend().watcher(db.engine))


class Mortal:
    """Watches until it is told to die; what it raises ends the loop, for it is no error."""

    def __init__(self, watching: Any) -> None:
        self._watching = watching
        self._told = False
        signal.signal(signal.SIGUSR1, self._die)

    def changed(self) -> bool:
        if self._told:
            raise GreenletExit
        return bool(self._watching.changed())

    def close(self) -> None:
        self._watching.close()

    def _die(self, number: int, frame: object) -> None:
        self._told = True


def mortal() -> None:
    manager.watcher = lambda: Mortal(backend().watcher(db.engine))
    manager.BEACON_EVERY = 1.0
    manager.POLL_EVERY = 0.3
    socketio.server.eio.ping_interval = 1  # type: ignore[attr-defined]


def counted() -> None:
    read = manager.figures_since

    def figures_since(version: int, day: Any) -> Any:
        if version < 0:
            print(READING, flush=True)
        return read(version, day)

    manager.figures_since = figures_since


if __name__ == "__main__":
    {"deaf": deaf, "mortal": mortal, "counted": counted}[sys.argv[1]]()
    serve(wsgi.app)
