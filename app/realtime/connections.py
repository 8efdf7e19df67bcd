"""The screens that this process serves, and whether each may still be here."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from app.queries.sessions import live_session_roles, live_token_roles, live_wall_pairings

MOST_SOCKETS = 30
"""Sockets that one user, token or display may hold open in one process."""


@dataclass(frozen=True)
class Connection:
    """One socket: who it belongs to, and the rooms it was given by the server."""

    sid: str
    kind: str
    key: int
    role: str
    room: str
    user_id: int | None = None
    session_id: int | None = None
    auth_version: int = 0

    @property
    def owner(self) -> tuple[str, int]:
        return self.kind, self.key

    @property
    def rooms(self) -> list[str]:
        """Its statistics room, the room of its role, and its own."""
        own = [f"user:{self.user_id}"] if self.user_id is not None else []
        return [self.room, f"role:{self.role}", *own]


class Connections:
    """All sockets of this process by their id."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Connection] = {}
        self._owned: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._by_sid)

    def add(self, connection: Connection) -> bool:
        """Admit a socket; False when its owner has too many."""
        with self._lock:
            if self._owned[connection.owner] >= MOST_SOCKETS or connection.sid in self._by_sid:
                return False
            self._by_sid[connection.sid] = connection
            self._owned[connection.owner] += 1
            return True

    def remove(self, sid: str) -> None:
        with self._lock:
            if held := self._by_sid.pop(sid, None):
                self._owned[held.owner] -= 1
                if not self._owned[held.owner]:
                    del self._owned[held.owner]

    def get(self, sid: str) -> Connection | None:
        return self._by_sid.get(sid)

    def all(self) -> list[Connection]:
        with self._lock:
            return list(self._by_sid.values())


def no_longer_allowed(held: Iterable[Connection]) -> list[Connection]:
    """Those whose session, token or display ended, or whose role is another one now."""
    held = list(held)
    users = live_session_roles({c.session_id or 0 for c in held if c.kind == "user"})
    tokens = live_token_roles({c.key for c in held if c.kind == "token"})
    walls = live_wall_pairings({c.key for c in held if c.kind == "wall"})

    def stays(c: Connection) -> bool:
        if c.kind == "wall":
            return walls.get(c.key) == c.auth_version
        return c.role == (users.get(c.session_id or 0) if c.kind == "user" else tokens.get(c.key))

    return [c for c in held if not stays(c)]
