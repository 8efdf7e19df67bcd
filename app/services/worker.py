"""The worker's lease and heartbeat, and what it notes about each table."""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from app.clock import now
from app.database import atomic
from app.database.postgresql import LOCKS
from app.database.postgresql import WORKER as WORKER_LOCK
from app.extensions import db
from app.models import SyncStatus
from app.queries.worker import WORKER

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=20)
"""How long a worker that stopped without a word keeps the others from taking over."""


class Lease:
    """The right to be the one worker that does something; whoever holds it renews it with each heartbeat.

    On SQLite it is a row that runs out. On PostgreSQL it is a lock of a connection, which ends with the process or the
    connection, and the row only carries the heartbeat.
    """

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self._lock = SessionLock()

    def take(self) -> bool:
        """Become the active worker, or go on being it; False while another one is. Also the heartbeat."""
        by_server = db.engine.dialect.name == "postgresql"
        if by_server and not self._lock.hold():
            return False
        moment = now()
        with atomic() as session:
            row = session.get(SyncStatus, WORKER)
            if row is None:
                row = SyncStatus(table_name=WORKER)
                session.add(row)
            elif not by_server and self._is_kept_from(row, moment):
                return False
            row.holder = self.holder
            row.lease_until = moment + LEASE
            row.last_change_at = moment
            return True

    def release(self) -> None:
        """Let another worker take over at once."""
        try:
            with atomic(patience=1.0) as session:
                row = session.get(SyncStatus, WORKER)
                if row is not None and row.holder == self.holder:
                    row.lease_until = None
        finally:
            self._lock.drop()

    def _is_kept_from(self, row: SyncStatus, moment: datetime) -> bool:
        # An end further away than a lease lasts was written before the clock was set back.
        return (
            row.holder != self.holder and row.lease_until is not None and moment < row.lease_until <= moment + 2 * LEASE
        )


class SessionLock:
    """A lock that PostgreSQL keeps as long as one connection lives."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._turn = threading.Lock()

    def hold(self) -> bool:
        """Whether the lock is ours, taking it if it is free. Raises what the database raises when it is gone."""
        with self._turn:
            try:
                if self._connection is None:
                    self._connection = self._try()
                else:
                    self._connection.exec_driver_sql("SELECT 1")
            except BaseException:
                self._close()
                raise
            return self._connection is not None

    def drop(self) -> None:
        """Give the lock back."""
        with self._turn:
            if self._connection is not None:
                # A server notices a closed connection only a moment later.
                with suppress(Exception):
                    self._connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
            self._close()

    def _try(self) -> Connection | None:
        connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.scalar(text("SELECT pg_try_advisory_lock(:locks, :worker)"), _LOCK):
            # A connection of its own: the pool would hand the lock to whoever comes next.
            connection.detach()
            return connection
        connection.close()
        return None

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                self._connection.close()
            self._connection = None


_LOCK = {"locks": LOCKS, "worker": WORKER_LOCK}


def note_tables(counts: Mapping[str, int], changed: Mapping[str, datetime]) -> None:
    """Note how many rows tables have, and when they changed last."""
    moment = now()
    with atomic() as session:
        for name, rows in counts.items():
            row = session.merge(SyncStatus(table_name=name))
            row.row_count = rows
            row.last_verified_at = moment
            row.last_change_at = changed.get(name, row.last_change_at)
