"""The dispatcher: reads what is newer than it sent last, and sends it to the screens of its own process."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from app.clock import now, today
from app.database import Watcher, committed
from app.domain.permissions import STATISTICS_ROOMS
from app.queries.notifications import notifications_after
from app.queries.statistics import Clock, Position, clock, figures_since, log_position, of_room, row_changes_after
from app.queries.worker import worker_age
from app.realtime.announcements import changed_messages, notify_messages
from app.realtime.connections import Connection, Connections
from app.realtime.messages import Control, Message, StatsDelta, StatsHead, StatsSnapshot

log = logging.getLogger(__name__)

WATCH_EVERY = 0.1
POLL_EVERY = 1.0
COALESCE = 0.25
BEACON_EVERY = 10.0
ROWS_A_TURN = 400
TOASTS_AT_ONCE = 20

Emit = Callable[[Message, str], None]


class RealTimeSyncManager:
    """One per web process. Everything that wakes it is a hint: what it sends, it reads from the database.

    A hint that is lost costs at most POLL_EVERY seconds. `emit` sends one message to one room of this process.
    """

    def __init__(self, app: Flask, emit: Emit, disconnect: Callable[[str], None]) -> None:
        self._app = app
        self._emit = emit
        self._disconnect = disconnect
        self._wake = threading.Event()
        self._stopping = False
        self._turn = threading.Lock()
        self._restarts = 0
        self._snapshots: dict[str, StatsSnapshot] = {}
        self.connections = Connections()
        self.clock: Clock | None = None
        self.sent: dict[str, int] = {}
        self.logs = Position(0, 0)
        self.last_read_at: datetime | None = None
        self.last_sent_at: datetime | None = None

    # ---- the loop

    def run(self) -> None:
        """Watch and send until `stop`; an error is written down and the loop goes on."""
        watcher: Watcher | None = None
        next_poll = next_beacon = quiet_until = 0.0
        committed.connect(self._on_commit)
        while not self._stopping:
            woken = self._wake.wait(WATCH_EVERY)
            try:
                watcher = watcher or self._watcher()
                moment = time.monotonic()
                if not (watcher.changed() or woken or moment >= next_poll):
                    continue
                if moment < quiet_until:
                    time.sleep(quiet_until - moment)
                self._wake.clear()
                if self.publish():
                    quiet_until = time.monotonic() + COALESCE
                next_poll = time.monotonic() + POLL_EVERY
                if time.monotonic() >= next_beacon:
                    self.beat()
                    next_beacon = time.monotonic() + BEACON_EVERY
            except Exception:
                log.exception("the dispatcher could not read or send; it tries again")
                if watcher is not None:
                    with suppress(Exception):
                        watcher.close()
                watcher = None
                time.sleep(POLL_EVERY)
        committed.disconnect(self._on_commit)
        if watcher is not None:
            watcher.close()

    def stop(self) -> None:
        """End the loop soon; screens are told to come back a little later, each at its own moment."""
        self._stopping = True
        for room in STATISTICS_ROOMS:
            self._emit(Control(drain={"max_delay_ms": 5_000}), room)
        self.wake()

    def wake(self) -> None:
        """Say that something may have changed. Never blocks, never fails."""
        self._wake.set()

    def _on_commit(self, sender: object) -> None:
        self.wake()

    def _watcher(self) -> Watcher:
        with self._app.app_context():
            return Watcher.open()

    # ---- sending

    def publish(self) -> bool:
        """Send every room what changed since its last message; True when something did. Safe to call at any time."""
        with self._turn, self._app.app_context():
            self._kick(self.connections.no_longer_allowed())
            before, here = self.clock, clock()
            self.last_read_at = now()
            if before is None:
                self._begin(here)
                return False
            if here.epoch != before.epoch.partition(".")[0] or here.version < before.version:
                self._restart(here)
                return True
            moved = self._send_figures(Clock(before.epoch, here.version), before.version)
            moved = self._send_rows() or moved
            if moved:
                self.last_sent_at = now()
            return moved

    def beat(self) -> None:
        """Send every room the beacon; call it only after the database answered."""
        with self._turn, self._app.app_context():
            age = worker_age()
            for room in STATISTICS_ROOMS:
                self._emit(self._head(room, age), room)

    def _begin(self, here: Clock) -> None:
        self.clock = here
        self.sent = dict.fromkeys(STATISTICS_ROOMS, here.version)
        self.logs = log_position()

    def _restart(self, here: Clock) -> None:
        # Versions began anew (a backup was restored): the new epoch makes every screen ask for everything.
        self._restarts += 1
        same = self.clock is not None and here.epoch == self.clock.epoch.partition(".")[0]
        self._begin(Clock(f"{here.epoch}.{self._restarts}" if same else here.epoch, here.version))
        self._snapshots.clear()
        for room in STATISTICS_ROOMS:
            self._emit(self._head(room, worker_age()), room)

    def _send_figures(self, here: Clock, since: int) -> bool:
        if here.version == since:
            return False
        newer = figures_since(since, today())
        self.clock = here
        for room in STATISTICS_ROOMS:
            if metrics := of_room(newer, room):
                self._emit(StatsDelta(here.epoch, self.sent[room], here.version, _at(), metrics), room)
                self.sent[room] = here.version
        return bool(newer)

    def _send_rows(self) -> bool:
        rows = row_changes_after(self.logs.activity, limit=ROWS_A_TURN)
        told = notifications_after(self.logs.notification, limit=TOASTS_AT_ONCE)
        if not rows and not told:
            return False
        self.logs = Position(
            rows[-1].id if rows else self.logs.activity, told[-1].id if told else self.logs.notification
        )
        for message, room in [*changed_messages(rows, _at()), *notify_messages(told)]:
            self._emit(message, room)
        if len(rows) == ROWS_A_TURN:
            self.wake()
        return True

    # ---- one screen

    def welcome(self, connection: Connection, epoch: object, cursor: object) -> list[Message]:
        """What a screen that has just joined its rooms is sent: a head when it is up to date, else everything."""
        with self._app.app_context():
            with self._turn:
                if self.clock is None:
                    self._begin(clock())
            assert self.clock is not None
            up_to_date = (
                epoch == self.clock.epoch
                and isinstance(cursor, int)
                and not isinstance(cursor, bool)
                and self.sent[connection.room] <= cursor <= clock().version
            )
            if up_to_date:
                return [self._head(connection.room, worker_age())]
            return [self.snapshot(connection.room)]

    def missed(self, connection: Connection) -> list[Message]:
        """The toasts of the last minutes, for a screen that was away."""
        with self._app.app_context():
            recent = notifications_after(max(0, self.logs.notification - TOASTS_AT_ONCE), limit=TOASTS_AT_ONCE)
            young = [n for n in recent if (now() - n.created_at).total_seconds() < 600]
            return [message for message, room in notify_messages(young) if room == f"role:{connection.role}"]

    def tell(self, connection: Connection, message: Message) -> None:
        """Send one message to one screen."""
        self._emit(message, connection.sid)

    def snapshot(self, room: str) -> StatsSnapshot:
        """All figures of a room, kept until the database moves on: a crowd that comes back asks once."""
        epoch = self.clock.epoch if self.clock else None
        here = clock()
        day = today()
        kept = self._snapshots.get(room)
        if kept and (kept.epoch, kept.version) == (epoch or here.epoch, here.version) and kept.at[:10] == _at()[:10]:
            return kept
        metrics = of_room(figures_since(-1, day), room)
        made = StatsSnapshot(epoch or here.epoch, here.version, _at(), metrics)
        self._snapshots[room] = made
        return made

    def status(self) -> dict[str, Any]:
        """What the health page shows of this process."""
        return {
            "epoch": self.clock.epoch if self.clock else None,
            "last_version": self.clock.version if self.clock else None,
            "last_read_at": self.last_read_at,
            "last_sent_at": self.last_sent_at,
            "clients": len(self.connections),
        }

    def is_alive(self) -> bool:
        """Whether the loop has read the database within the last ten polls."""
        return self.last_read_at is not None and (now() - self.last_read_at).total_seconds() < 10 * POLL_EVERY

    def _head(self, room: str, age: float | None) -> StatsHead:
        assert self.clock is not None
        return StatsHead(self.clock.epoch, self.sent[room], _at(), age)

    def _kick(self, unwelcome: list[Connection]) -> None:
        for connection in unwelcome:
            self._emit(Control(auth_changed=True), connection.sid)
            self.connections.remove(connection.sid)
            self._disconnect(connection.sid)


def _at() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
