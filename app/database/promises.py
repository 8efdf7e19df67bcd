"""What must be true of a database before anybody's payment is entrusted to it."""

import threading
import time

from sqlalchemy import Connection

from app.database.backend import backend
from app.extensions import db

_PAUSE = 0.2
_TICK = 0.01


class DatabaseUnsafe(RuntimeError):
    """A reason not to start; the message is one sentence."""


def check_promises() -> None:
    """Raise DatabaseUnsafe when the server could lose what it acknowledged, or when waiting for it freezes the process.

    Needs an app context.
    """
    here = backend()
    with db.engine.connect() as connection:
        if wrong := here.refusals(connection):
            raise DatabaseUnsafe(f"this database could lose payments: {'; '.join(wrong)}.")
        if here.waits_outside() and _ticks_while_waiting(connection) < 3:
            raise DatabaseUnsafe("the database driver freezes the process while it waits; use another ASYNC_MODE.")


def _ticks_while_waiting(connection: Connection) -> int:
    """How often another thread, green or not, comes to run during a statement of a fifth of a second."""
    ticks, ended = 0, threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not ended.is_set():
            time.sleep(_TICK)
            ticks += 1

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    ticks = 0
    backend().wait(connection, _PAUSE)
    heard = ticks
    ended.set()
    ticker.join()
    return heard
