"""Archiving old activity, when the school wants it: a month at a time, once all of it is old enough."""

import threading
from datetime import date, datetime, timedelta

from app.clock import day_bounds, today
from app.queries.archive import archive_folder
from app.queries.settings import all_settings
from app.services.archive import archive_activity


class Archiving:
    """Stops between two files or two transactions when the worker must leave."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def run(self) -> float | None:
        """Write one file and empty the log of it; come back soon while there is more."""
        settings = all_settings()
        if settings["activity_archive"] != "on":
            return None
        before = keep_from(today(), int(settings["activity_archive_days"]))
        moved = archive_activity(archive_folder(), before=before, stopping=self._stopping.is_set)
        return 1.0 if moved else None


def keep_from(day: date, days: int) -> datetime:
    """The moment since which activity stays in the database: the first of the month `days` ago."""
    return day_bounds((day - timedelta(days=days)).replace(day=1))[0]
