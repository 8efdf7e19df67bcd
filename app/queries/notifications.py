"""What people were told, and what they have not read yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from app.domain.alerts import HIGH_ARREARS, alert_in_words
from app.domain.bookmark import Bookmark
from app.extensions import db
from app.models.sync import Notification, NotificationRead
from app.queries.paging import Page, beyond, fetch_page
from app.queries.settings import all_settings


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
    is_unread: bool


def reader() -> Callable[[Notification], tuple[str, str]]:
    """Gives title and message of one notification after the other as the school reads them."""
    settings: dict[str, str] = {}

    def told(found: Notification) -> tuple[str, str]:
        if found.type != HIGH_ARREARS:
            return found.title, found.message
        if not settings:
            settings.update(all_settings())
        return alert_in_words(found.title, found.message, locale=settings["locale"])

    return told


def for_role(role: str) -> ColumnElement[bool]:
    """Notifications that a role may see and that have not expired."""
    return and_(
        Notification.target_roles.contains(f",{role},", autoescape=True),
        or_(Notification.expires_at.is_(None), Notification.expires_at > datetime.now(UTC)),
    )


def is_unread(user_id: int | None) -> ColumnElement[bool]:
    """Notifications that stand, that a user has not read, and that are more than passing (priority low)."""
    read = select(NotificationRead.notification_id).where(NotificationRead.user_id == user_id)
    return and_(Notification.priority != "low", Notification.cleared_at.is_(None), Notification.id.not_in(read))


def unread_count(*, user_id: int, role: str) -> int:
    """How many notifications a user has not read; the passing ones (priority low) are not counted."""
    query = select(func.count()).select_from(Notification).where(for_role(role), is_unread(user_id))
    return db.session.scalar(query) or 0


def notifications_after(bookmark: Bookmark, *, limit: int) -> Sequence[Notification]:
    """Notifications that a bookmark has not passed, oldest first; the newest `limit` of them."""
    rows = db.session.scalars(
        select(Notification).where(beyond(Notification.id, bookmark)).order_by(Notification.id.desc()).limit(limit)
    ).all()
    return list(reversed(rows))


def notification_page(
    *,
    user_id: int | None,
    role: str,
    cursor: str | None = None,
    limit: int = 50,
    unread_only: bool = False,
    passing: bool = False,
) -> Page[NotificationRow]:
    """A user's notifications: the unread ones first, then the newest first; `passing` takes in those of priority low.

    Raises Invalid for a bad cursor.
    """
    read = NotificationRead.notification_id
    unread = case((is_unread(user_id), 1), else_=0)
    query = (
        select(Notification, read.is_not(None), unread)
        .outerjoin(NotificationRead, and_(read == Notification.id, NotificationRead.user_id == user_id))
        .where(for_role(role))
    )
    if unread_only:
        query = query.where(is_unread(user_id))
    if not passing:
        query = query.where(Notification.priority != "low")
    found = fetch_page(query, unread, Notification.id, cursor=cursor, limit=limit, newest_first=True)
    told = reader()
    return found.map(lambda row: _row(row[0], told(row[0]), is_read=bool(row[1]), is_unread=bool(row[2])))


def notification_for(*, notification_id: int, user_id: int | None, role: str) -> NotificationRow | None:
    """One notification as a user sees it."""
    read = select(NotificationRead.id).where(
        NotificationRead.user_id == user_id, NotificationRead.notification_id == notification_id
    )
    found = db.session.execute(
        select(Notification, case((is_unread(user_id), 1), else_=0)).where(
            Notification.id == notification_id, for_role(role)
        )
    ).one_or_none()
    if found is None:
        return None
    return _row(found[0], reader()(found[0]), is_read=db.session.scalar(read) is not None, is_unread=bool(found[1]))


def _row(found: Notification, told: tuple[str, str], *, is_read: bool, is_unread: bool) -> NotificationRow:
    return NotificationRow(
        found.id,
        found.type,
        *told,
        found.priority,
        found.action_url,
        found.created_at,
        found.cleared_at,
        is_read,
        is_unread,
    )
