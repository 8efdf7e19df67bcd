"""Forgetting what nobody needs any more: passing notifications, ended sessions, keys of requests, empty figures."""

from app.clock import today
from app.services.notifications import forget_expired
from app.services.repeats import forget_request_keys
from app.services.sessions import forget_ended_sessions
from app.services.statistics import forget_empty_figures


def expire() -> float | None:
    """Remove a few hundred of each; come back at once while there are more."""
    removed = max(forget_expired(), forget_ended_sessions(), forget_request_keys(), forget_empty_figures(today()))
    return 0.1 if removed >= 500 else None
