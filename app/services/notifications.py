"""Telling people, and remembering what they have read."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update

from app.clock import now
from app.database import atomic
from app.domain.permissions import ROLES
from app.errors import Missing
from app.models import Notification, NotificationRead
from app.queries.notifications import for_role, is_unread
from app.queries.settings import in_school_words, setting

_CHUNK = 500


def notify(
    *, type: str, title: str, message: str, roles: tuple[str, ...], priority: str = "normal",
    action_url: str | None = None, dedupe_key: str | None = None,
) -> Notification | None:  # fmt: skip
    """Tell some roles something; nothing happens while an earlier one with the same `dedupe_key` still stands.

    It is kept in the school's language, as it will be read.
    """
    with atomic() as session:
        standing = select(Notification.id).where(
            Notification.dedupe_key == dedupe_key, Notification.cleared_at.is_(None)
        )
        if dedupe_key and session.scalar(standing):
            return None
        told = Notification(
            type=type,
            title=in_school_words(title)[:120],
            message=in_school_words(message)[:300],
            priority=priority,
            target_roles=f",{','.join(roles)},",
            action_url=action_url,
            dedupe_key=dedupe_key,
        )
        session.add(told)
        session.flush()
        return told


def clear_notification(*, dedupe_key: str) -> None:
    """Say that the reason of a notification is gone."""
    with atomic() as session:
        session.execute(
            update(Notification)
            .where(Notification.dedupe_key == dedupe_key, Notification.cleared_at.is_(None))
            .values(cleared_at=now())
        )


def mark_read(*, user_id: int, role: str, notification_id: int) -> Notification:
    """Remember that a user has read a notification. Raises Missing for one that the role does not see."""
    with atomic() as session:
        seen = select(Notification).where(Notification.id == notification_id, for_role(role))
        found: Notification | None = session.scalar(seen)
        if found is None:
            raise Missing("This notification does not exist.", param="notification_id")
        known = select(NotificationRead.id).where(
            NotificationRead.user_id == user_id, NotificationRead.notification_id == notification_id
        )
        if session.scalar(known) is None:
            session.add(NotificationRead(user_id=user_id, notification_id=notification_id))
            session.flush()
        return found


def mark_all_read(*, user_id: int, role: str) -> int:
    """Remember that a user has read everything that was unread; how many that were."""
    with atomic() as session:
        ids = session.scalars(select(Notification.id).where(for_role(role), is_unread(user_id))).all()
        session.add_all(NotificationRead(user_id=user_id, notification_id=each) for each in ids)
        return len(ids)


def forget_expired(*, moment: datetime | None = None) -> int:
    """Remove notifications whose time is over, at most 500 at once; how many went.

    That is their own end, or for those without one the setting `notification_days` after they were cleared, or told for
    what nothing clears. An alert that still stands stays.
    """
    moment = moment or datetime.now(UTC)
    before = moment - timedelta(days=int(setting("notification_days")))
    over = or_(
        Notification.expires_at <= moment,
        Notification.cleared_at <= before,
        and_(Notification.expires_at.is_(None), Notification.dedupe_key.is_(None), Notification.created_at <= before),
    )
    with atomic() as session:
        ids = session.scalars(select(Notification.id).where(over).order_by(Notification.id).limit(_CHUNK)).all()
        if ids:
            session.execute(delete(Notification).where(Notification.id.in_(ids)))
        return len(ids)


EVERYBODY = ROLES
"""For `roles=` of a notification that everybody should see."""
