"""Who writes, for the activity log."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A user, or the program itself."""

    user_id: int | None = None
    username: str = "system"
    ip_address: str | None = None


SYSTEM = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Name the writer of everything that is written inside the block."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def set_actor(actor: Actor | None) -> None:
    """Name the writer from now on, for a request whose end calls this again with None."""
    _actor.set(actor or SYSTEM)


def current_actor() -> Actor:
    return _actor.get()
