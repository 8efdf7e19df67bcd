"""Ending a statement that runs: what lets a worker in the middle of a long recount leave within seconds."""

from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, event


class Running:
    """The connections that are in use, so that another thread can end what they are doing."""

    def __init__(self, engine: Engine) -> None:
        self._raw: dict[int, Any] = {}
        event.listen(engine, "checkout", lambda raw, record, proxy: self._raw.__setitem__(id(raw), raw))
        event.listen(engine, "checkin", lambda raw, record: self._raw.pop(id(raw), None))

    def interrupt(self) -> None:
        """Make every statement that runs now fail; its transaction is rolled back, as if the process had died."""
        for raw in list(self._raw.values()):
            # SQLite calls it interrupt, PostgreSQL cancel; both are made for being called from elsewhere.
            with suppress(Exception):
                (raw.interrupt if hasattr(raw, "interrupt") else raw.cancel)()
