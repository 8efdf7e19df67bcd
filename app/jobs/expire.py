"""Forgetting what nobody needs any more: passing notifications and sessions long ended."""

from app.services.notifications import forget_expired
from app.services.sessions import forget_ended_sessions


def expire() -> float | None:
    """Remove a few hundred of each; come back at once while there are more."""
    removed = max(forget_expired(), forget_ended_sessions())
    return 0.1 if removed >= 500 else None
