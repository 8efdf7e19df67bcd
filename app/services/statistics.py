"""Comparing the figures with a recount of the tables, and putting them right."""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select

from app.clock import now
from app.database import atomic
from app.extensions import db
from app.green import run_blocking
from app.models import Statistic, SyncStatus
from app.progress import long_work
from app.queries.health import MONTHS, STATISTICS
from app.queries.settings import in_school_words
from app.queries.statistics import is_shown
from app.services.activity import record_activity
from app.services.notifications import clear_notification, notify
from app.statistics.generate import generator
from app.statistics.install import currency, is_current, rebuild
from app.statistics.months import month_differences, next_month, repair_month
from app.statistics.verify import Difference, differences
from app.words import say, say_many

log = logging.getLogger(__name__)
_DRIFT = "statistics_drift"
_TRIGGERS = "statistics_triggers"
_CHUNK = 500


@dataclass(frozen=True)
class Verification:
    """What a comparison found, and how long it took."""

    differences: Sequence[Difference]
    seconds: float

    @property
    def words(self) -> str:
        """The result in one sentence."""
        if not self.differences:
            return say("Every figure equals its recount.")
        number = len(self.differences)
        names = ", ".join(found.name for found in self.differences[:3])
        if number > 3:
            return say("{number} figures differ from the recount: {names} and others.", number=number, names=names)
        return say_many(
            "{n} figure differs from the recount: {names}.",
            "{n} figures differ from the recount: {names}.",
            number,
            names=names,
        )


def triggers_are_current() -> bool:
    """Whether the database carries exactly the triggers and views of this program."""
    return is_current(db.session.connection())


def fingerprint() -> str:
    """Names what this program generates and recounts by; another one after an upgrade that changed either."""
    connection = db.session.connection()
    made, unit = generator(connection.dialect.name), currency(connection)
    parts = [*made.triggers(unit), *made.views(), made.recount(unit), made.recount_balances()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_of_another_program() -> bool:
    """Whether the last comparison of everything was made by a version of the program that counted otherwise."""
    row = db.session.get(SyncStatus, STATISTICS)
    return row is None or row.holder != fingerprint()


def verify_statistics() -> Verification:
    """Compare every figure with a recount, from one consistent read, and note the result for the health page."""
    with long_work(say("Comparing the figures with the books"), can_cancel=False) as work:
        result = _verify()
        work.result = result.words
        return result


def _verify() -> Verification:
    db.session.rollback()
    began = time.monotonic()
    made_by = fingerprint()
    # Beside the sockets: the recount of a large school takes seconds.
    found = run_blocking(differences, db.session.connection())
    db.session.rollback()
    result = Verification(found, time.monotonic() - began)
    with atomic() as session:
        row = session.merge(SyncStatus(table_name=STATISTICS))
        row.last_verified_at = now()
        row.last_error = in_school_words(result.words) if found else None
        row.holder = made_by
        if not found:
            clear_notification(dedupe_key=_DRIFT)
    return result


def rebuild_statistics() -> Verification:
    """Set every figure to its recount, and compare again."""
    with long_work(say("Rebuilding the figures"), can_cancel=False):
        with atomic() as session:
            # First, because the overdue figures say up to which row of the log they count.
            record_activity("statistics.rebuild", "figures set to their recount", table_name=STATISTICS)
            session.flush()
            run_blocking(rebuild, session.connection())
        return verify_statistics()


def verify_and_repair() -> Verification:
    """Compare; where figures differ, say so to the admins and put them right. Returns what was found at first."""
    found = verify_statistics()
    _watch_triggers()
    if not found.differences:
        return found
    log.error("statistics differ from their recount: %s", found.words)
    after = rebuild_statistics()
    if after.differences:
        words = say("{found} Not put right: {left}", found=found.words, left=after.words)
    else:
        words = say("{found} They have been put right.", found=found.words)
    _tell_of_drift(words, dedupe_key=_DRIFT if after.differences else None)
    return found


def verify_next_month() -> str | None:
    """Compare the next month that has rows, the first one after the last; repair and tell like for everything.

    Returns the month (`2026-01`), or None for a school without any.
    """
    db.session.rollback()
    connection = db.session.connection()
    row = db.session.get(SyncStatus, MONTHS)
    month = next_month(connection, (row and row.holder) or "") or next_month(connection, "")
    if month is None:
        return None
    found = Verification(run_blocking(month_differences, connection, month), 0.0)
    with atomic() as session:
        if found.differences:
            record_activity("statistics.repair", f"figures of {month} set to their recount", table_name=STATISTICS)
            repair_month(session.connection(), month, now())
        note = session.merge(SyncStatus(table_name=MONTHS))
        note.holder, note.last_verified_at = month, now()
        note.last_error = in_school_words(found.words) if found.differences else None
    if found.differences:
        log.error("statistics of %s differ from their recount: %s", month, found.words)
        _tell_of_drift(say("{found} They have been put right.", found=found.words))
    return month


def forget_empty_figures(today: date) -> int:
    """Remove zeros that no screen shows, at most 500 at once; how many went.

    Nothing else expires: the triggers add to a figure when a row of an old day changes, so it must be there. A zero may
    be absent, and a screen would not hear that a figure it shows is gone.
    """
    empty = Statistic.metric_value == 0
    with atomic() as session:
        dated = select(Statistic.metric_name).where(empty, Statistic.metric_name.contains("_20"))
        gone = [name for name in session.scalars(dated) if not is_shown(name, today)][:_CHUNK]
        if gone:
            session.execute(delete(Statistic).where(Statistic.metric_name.in_(gone), empty))
        return len(gone)


def _watch_triggers() -> None:
    """Without our triggers every figure would drift from now on: the admins hear of it, once."""
    if triggers_are_current():
        clear_notification(dedupe_key=_TRIGGERS)
        return
    log.error("the database does not carry the triggers of this program")
    notify(
        type="statistics_triggers",
        title=say("The database is not as the program made it"),
        message=say("Triggers are missing or changed, so figures may drift. Restart the program: it makes them again."),
        roles=("admin",),
        priority="high",
        action_url="/health",
        dedupe_key=_TRIGGERS,
    )


def _tell_of_drift(message: str, *, dedupe_key: str | None = None) -> None:
    notify(
        type="statistics_drift",
        title=say("Figures differed from the books"),
        message=message,
        roles=("admin",),
        priority="high",
        action_url="/health",
        dedupe_key=dedupe_key,
    )
