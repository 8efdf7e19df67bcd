"""Overdue ageing: at once when the school's day changes, soon after fees changed."""

import time
from datetime import date

from app.clock import today
from app.services.ageing import age_overdue

LOOK_EVERY = 2.0
SHARE = 0.02
SOON, LATEST = 5.0, 60.0


class Ageing:
    """Counts again after changes, but not all the time: 5 s after a count of a tenth of a second at the earliest.

    However large the school, a change of the fees shows within a minute.
    """

    def __init__(self) -> None:
        self._on: date | None = None
        self._rest_until = 0.0

    def look(self) -> float | None:
        """Count again if it is time to."""
        began = time.monotonic()
        if today() == self._on and began < self._rest_until:
            return None
        done = age_overdue()
        self._on = done.on
        if done.counted:
            ended = time.monotonic()
            self._rest_until = ended + max(SOON, min(LATEST, (ended - began) / SHARE))
        return None
