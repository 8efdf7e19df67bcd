"""One turn of the worker: keep the lease, then run what is due."""

import logging
import threading
import time
from collections.abc import Sequence

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.database import release
from app.errors import DatabaseBusy, DatabaseGone
from app.jobs import Task
from app.jobs.age import LOOK_EVERY, Ageing
from app.jobs.archive import Archiving
from app.jobs.expire import expire
from app.jobs.seal import seal
from app.jobs.tables import TableWatch
from app.jobs.verify import Drift
from app.services.worker import Lease

log = logging.getLogger(__name__)
BEAT_EVERY = 5.0
LONGEST_TASK = 900.0
"""A task that takes longer hangs: its worker lets the lease run out."""


def all_tasks(stopping: threading.Event | None = None) -> list[Task]:
    """Everything that the worker does, with how often in seconds; a task in many steps ends soon after `stopping`."""
    drift = Drift()
    return [
        Task("age what is overdue", LOOK_EVERY, Ageing().look),
        Task("seal the activity log", 20, seal),
        Task("verify a month", 60, drift.month),
        Task("verify the statistics", 60, drift.all),
        Task("count the tables", 60, TableWatch().look),
        Task("forget what has expired", 600, expire),
        Task("archive old activity", 3600, Archiving(stopping or threading.Event()).run),
    ]


class Worker:
    """One worker process; of several, only the holder of the lease does anything."""

    def __init__(
        self, holder: str, tasks: Sequence[Task] | None = None, stopping: threading.Event | None = None
    ) -> None:
        self.stopping = stopping or threading.Event()
        self.tasks = list(tasks if tasks is not None else all_tasks(self.stopping))
        self.active: bool | None = None
        self.busy_since: float | None = None
        self._lease = Lease(holder)
        self._beat_at = 0.0

    def turn(self) -> None:
        """Do what is due now; an error of one task is written down and the others go on. Needs an app context."""
        try:
            if not self._has_lease():
                return
            for task in self.tasks:
                if self.stopping.is_set():
                    return
                if time.monotonic() >= task.due_at:
                    self._run(task)
                    if not self._has_lease():
                        return
        finally:
            release()

    def leave(self) -> None:
        """Let another worker take over."""
        try:
            self._lease.release()
        except (DatabaseBusy, DatabaseGone, DBAPIError):
            log.info("the lease could not be given back; it runs out by itself")
        finally:
            release()

    def keep_beating(self, app: Flask) -> None:
        """Renew the lease while a task takes long, until the worker stops; for a thread of its own."""
        while not self.stopping.wait(1.0):
            busy_since = self.busy_since
            if busy_since is None or time.monotonic() - busy_since > LONGEST_TASK:
                continue
            with app.app_context():
                try:
                    self._has_lease()
                finally:
                    release()

    def _has_lease(self) -> bool:
        if self.active and time.monotonic() - self._beat_at < BEAT_EVERY:
            return True
        try:
            had, self.active = self.active, self._lease.take()
        except DatabaseBusy:
            return bool(self.active)
        except Exception:
            # A server that restarts: this worker is nobody until it answers again.
            log.warning("the database does not answer", exc_info=self.active is not False)
            self.active = False
            return False
        self._beat_at = time.monotonic()
        if self.active != had:
            log.info("this worker is %s", "active" if self.active else "standing by: another one is active")
        return self.active

    def _run(self, task: Task) -> None:
        again: float | None = None
        self.busy_since = time.monotonic()
        try:
            again = task.run()
        except DatabaseBusy:
            again = 1.0
        except Exception:
            if self.stopping.is_set():
                log.info("stopped in the middle: %s", task.name)
            else:
                log.exception("could not %s", task.name)
        finally:
            # Each task reads what is there when it begins, and holds nothing afterwards.
            release()
            self.busy_since = None
        task.due_at = time.monotonic() + (task.every if again is None else again)
