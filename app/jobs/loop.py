"""One turn of the worker: keep the lease, then run what is due."""

import logging
import time
from collections.abc import Sequence

from app.errors import DatabaseBusy
from app.extensions import db
from app.jobs import Task
from app.jobs.expire import expire
from app.jobs.seal import seal
from app.jobs.tables import TableWatch
from app.jobs.verify import verify
from app.services.worker import release_lease, take_lease

log = logging.getLogger(__name__)
BEAT_EVERY = 5.0


def all_tasks() -> list[Task]:
    """Everything that the worker does, with how often in seconds."""
    return [
        Task("seal the activity log", 20, seal),
        Task("verify the statistics", 60, verify),
        Task("count the tables", 60, TableWatch().look),
        Task("forget what has expired", 600, expire),
    ]


class Worker:
    """One worker process; of several, only the holder of the lease does anything."""

    def __init__(self, holder: str, tasks: Sequence[Task] | None = None) -> None:
        self.holder = holder
        self.tasks = list(tasks if tasks is not None else all_tasks())
        self.active: bool | None = None
        self._beat_at = 0.0

    def turn(self) -> None:
        """Do what is due now; an error of one task is written down and the others go on. Needs an app context."""
        try:
            if not self._has_lease():
                return
            for task in self.tasks:
                if time.monotonic() >= task.due_at:
                    self._run(task)
                    self._has_lease()
        finally:
            db.session.remove()

    def leave(self) -> None:
        """Let another worker take over."""
        try:
            release_lease(self.holder)
        finally:
            db.session.remove()

    def _has_lease(self) -> bool:
        if self.active and time.monotonic() - self._beat_at < BEAT_EVERY:
            return True
        try:
            had, self.active = self.active, take_lease(self.holder)
        except DatabaseBusy:
            return bool(self.active)
        self._beat_at = time.monotonic()
        if self.active != had:
            log.info("this worker is %s", "active" if self.active else "standing by: another one is active")
        return self.active

    def _run(self, task: Task) -> None:
        again: float | None = None
        try:
            again = task.run()
        except DatabaseBusy:
            again = 1.0
        except Exception:
            log.exception("could not %s", task.name)
            db.session.rollback()
        task.due_at = time.monotonic() + (task.every if again is None else again)
