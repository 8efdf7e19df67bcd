"""Arrears grow older at the school's midnight: the worker counts `overdue_{bucket}` anew."""

import logging
from dataclasses import dataclass
from datetime import date

from app.clock import day_bounds, now, today
from app.database import atomic
from app.extensions import db
from app.statistics import overdue
from app.statistics.install import currency

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ageing:
    """What one look at the arrears did."""

    on: date
    counted: bool
    changed: bool


def age_overdue() -> Ageing:
    """Bring the overdue figures to the school's date and to the fees as they are; quick when neither has moved.

    The count is a read of its own, so that no payment waits for it; figures that a newer count has written stay.
    """
    db.session.rollback()
    on = today()
    connection = db.session.connection()
    since = overdue.state(connection, on)
    if overdue.counted_from(connection) == since:
        return Ageing(on, counted=False, changed=False)
    unit = currency(connection)
    counted = overdue.count(connection, on, unit)
    _, ends_at = day_bounds(on)
    with atomic() as session:
        changed = overdue.write(session.connection(), counted, since, currency=unit, moment=now(), expires_at=ends_at)
    if changed:
        log.debug("arrears aged for %s", on)
    return Ageing(on, counted=True, changed=changed)
