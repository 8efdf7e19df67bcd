"""The two logs that screens follow, each from where it was read last: rows that changed, and notifications."""

import time
from collections.abc import Sequence

from app.database import backend
from app.domain.bookmark import Bookmark
from app.extensions import db
from app.models import Notification, UserActivity
from app.queries.notifications import notifications_after
from app.queries.statistics import newest_ids, row_changes_after
from app.realtime.announcements import changed_messages, everything_changed, notify_messages
from app.realtime.messages import Message

ROWS_A_TURN = 400
TOASTS_AT_ONCE = 20


class Logs:
    """Needs an app context for everything."""

    def __init__(self) -> None:
        self._rows = Bookmark()
        self._toasts = Bookmark()

    def begin(self) -> None:
        """Stand at the end of both."""
        self._rows = self._end_of(UserActivity)
        self._toasts = self._end_of(Notification)

    def news(self, at: str) -> Sequence[tuple[Message, str]]:
        """The messages, with their rooms, about what was added since the last call."""
        rows = row_changes_after(self._rows, limit=ROWS_A_TURN)
        toasts = notifications_after(self._toasts, limit=TOASTS_AT_ONCE)
        many = len(rows) == ROWS_A_TURN
        changes = everything_changed(at) if many else changed_messages(rows, at)
        # Reading on would keep today's payments waiting behind an import: every list is read again instead.
        self._rows = self._end_of(UserActivity) if many else self._note(self._rows, [row.id for row in rows])
        if len(toasts) == TOASTS_AT_ONCE:
            self._toasts = Bookmark(toasts[-1].id)
        else:
            self._note(self._toasts, [told.id for told in toasts])
        self._forget_gaps()
        return [*changes, *notify_messages(toasts)]

    def recent(self) -> Sequence[Notification]:
        """The last notifications that were told."""
        return notifications_after(Bookmark(max(0, self._toasts.last - TOASTS_AT_ONCE)), limit=TOASTS_AT_ONCE)

    def _end_of(self, log: type[UserActivity | Notification]) -> Bookmark:
        newest = newest_ids(log, ROWS_A_TURN)
        return self._note(Bookmark(newest[0] - 1 if newest else 0), newest)

    def _note(self, bookmark: Bookmark, ids: Sequence[int]) -> Bookmark:
        if ids:
            running = backend().running(db.session())
            bookmark.note(ids, until=running and running[1], now=time.monotonic())
        return bookmark

    def _forget_gaps(self) -> None:
        if (self._rows.gaps or self._toasts.gaps) and (running := backend().running(db.session())):
            for bookmark in (self._rows, self._toasts):
                bookmark.forget(oldest=running[0], now=time.monotonic())
