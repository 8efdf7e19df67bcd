"""Comparing the figures with a recount of the tables, and putting them right."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.clock import now
from app.database import atomic
from app.extensions import db
from app.green import run_blocking
from app.models import SyncStatus
from app.queries.health import STATISTICS
from app.services.activity import record_activity
from app.services.notifications import clear_notification, notify
from app.statistics.install import is_current, rebuild
from app.statistics.verify import Difference, differences

log = logging.getLogger(__name__)
_DRIFT = "statistics_drift"


@dataclass(frozen=True)
class Verification:
    """What a comparison found, and how long it took."""

    differences: Sequence[Difference]
    seconds: float

    @property
    def words(self) -> str:
        """The result in one sentence."""
        if not self.differences:
            return "Every figure equals its recount."
        number = len(self.differences)
        named = ", ".join(found.name for found in self.differences[:3])
        return f"{number} {'figure differs' if number == 1 else 'figures differ'} from the recount: {named}" + (
            " and others." if number > 3 else "."
        )


def triggers_are_current() -> bool:
    """Whether the database carries exactly the triggers and views of this program."""
    return is_current(db.session.connection())


def verify_statistics() -> Verification:
    """Compare every figure with a recount, from one consistent read, and note the result for the health page."""
    db.session.rollback()
    began = time.monotonic()
    # Beside the sockets: the recount of a large school takes seconds.
    found = run_blocking(differences, db.session.connection())
    db.session.rollback()
    result = Verification(found, time.monotonic() - began)
    with atomic() as session:
        row = session.merge(SyncStatus(table_name=STATISTICS))
        row.last_verified_at = now()
        row.last_error = result.words if found else None
        if not found:
            clear_notification(dedupe_key=_DRIFT)
    return result


def rebuild_statistics() -> Verification:
    """Set every figure to its recount, and compare again."""
    with atomic() as session:
        run_blocking(rebuild, session.connection())
        record_activity("statistics.rebuild", "figures set to their recount", table_name=STATISTICS)
    return verify_statistics()


def verify_and_repair() -> Verification:
    """Compare; where figures differ, say so to the admins and put them right. Returns what was found at first."""
    found = verify_statistics()
    if not found.differences:
        return found
    log.error("statistics differ from their recount: %s", found.words)
    after = rebuild_statistics()
    rest = "They have been put right." if not after.differences else f"Not put right: {after.words}"
    notify(
        type="statistics_drift",
        title="Figures differed from the books",
        message=f"{found.words} {rest}",
        roles=("admin",),
        priority="high",
        action_url="/health",
        dedupe_key=_DRIFT if after.differences else None,
    )
    return found
