"""When somebody last looked at the dashboard, so that it can tell what happened since. Only they are told."""

from datetime import datetime, timedelta

from sqlalchemy import update

from app.clock import now
from app.database import atomic
from app.errors import Unavailable
from app.extensions import db
from app.models import User

AWAY_FROM = timedelta(hours=3)
"""How long nobody must have looked for it to be an absence."""
_NOTE_AFTER = timedelta(minutes=5)


def note_visit(*, user_id: int) -> datetime | None:
    """Remember that a user looks at the dashboard; since when they had been away, None when there is nothing to tell.

    What is told stays until it is put aside or the next absence ends. Never at the price of the request.
    """
    user = db.session.get(User, user_id)
    if user is None:
        return None
    moment, seen = now(), user.dashboard_seen_at
    away = seen if seen is not None and moment - seen >= AWAY_FROM else user.away_since
    if seen is None or moment - seen >= _NOTE_AFTER:
        _keep(user_id, dashboard_seen_at=moment, away_since=away)
    return away


def put_news_aside(*, user_id: int) -> None:
    """The user has read what happened while they were away."""
    with atomic() as session:
        session.execute(update(User).where(User.id == user_id).values(away_since=None))


def _keep(user_id: int, **values: datetime | None) -> None:
    try:
        with atomic(patience=0.05) as session:
            session.execute(update(User).where(User.id == user_id).values(**values))
    except Unavailable:
        # The next visit does it.
        return
