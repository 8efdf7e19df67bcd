"""What people were told, and what they have not read yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.extensions import db
from app.models.sync import Notification, NotificationRead


@dataclass(frozen=True)
class NotificationRow:
    """One notification as one user sees it."""

    id: int
    type: str
    title: str
    message: str
    priority: str
    action_url: str | None
    created_at: datetime
    cleared_at: datetime | None
    is_read: bool


def for_role(role: str) -> ColumnElement[bool]:
    """Notifications that a role may see and that have not expired."""
    return and_(
        Notification.target_roles.contains(f",{role},", autoescape=True),
        or_(Notification.expires_at.is_(None), Notification.expires_at > datetime.now(UTC)),
    )


def unread_count(*, user_id: int, role: str) -> int:
    """How many notifications a user has not read; the passing ones (priority low) are not counted."""
    read = select(NotificationRead.notification_id).where(NotificationRead.user_id == user_id)
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Notification)
            .where(
                for_role(role),
                Notification.priority != "low",
                Notification.cleared_at.is_(None),
                Notification.id.not_in(read),
            )
        )
        or 0
    )


def notifications_after(last_id: int, *, limit: int) -> Sequence[Notification]:
    """Notifications newer than `last_id`, oldest first; the newest `limit` of them."""
    rows = db.session.scalars(
        select(Notification).where(Notification.id > last_id).order_by(Notification.id.desc()).limit(limit)
    ).all()
    return list(reversed(rows))


def notification_page(
    *, user_id: int, role: str, before: int | None = None, limit: int = 50, unread_only: bool = False
) -> Sequence[NotificationRow]:
    """A user's notifications, newest first."""
    read = NotificationRead.notification_id
    query = (
        select(Notification, read.is_not(None))
        .outerjoin(NotificationRead, and_(read == Notification.id, NotificationRead.user_id == user_id))
        .where(for_role(role))
        .order_by(Notification.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Notification.id < before)
    if unread_only:
        query = query.where(read.is_(None), Notification.cleared_at.is_(None))
    return [
        NotificationRow(
            n.id, n.type, n.title, n.message, n.priority, n.action_url, n.created_at, n.cleared_at, bool(is_read)
        )
        for n, is_read in db.session.execute(query).all()
    ]
