"""The dispatcher: reads what is newer than it sent last, and sends it to the screens of its own process."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask

from app.clock import now, today
from app.database import Watcher, committed, watcher
from app.domain.permissions import STATISTICS_ROOMS
from app.progress import News, folder
from app.queries.statistics import Clock, clock, figures_since, of_room
from app.queries.worker import worker_age
from app.realtime.announcements import everything_changed, notify_messages
from app.realtime.connections import Connection, Connections, no_longer_allowed
from app.realtime.logs import Logs
from app.realtime.messages import Control, Message, Notify, Progress, StatsDelta, StatsHead, StatsSnapshot

log = logging.getLogger(__name__)

WATCH_EVERY = 0.1
POLL_EVERY = 1.0
COALESCE = 0.25
BEACON_EVERY = 10.0
AWAY = timedelta(seconds=3 * POLL_EVERY)
"""A loop that has not read for so long stood still."""
AWAY_REMEMBERED = timedelta(seconds=20)
"""So long screens are told of it: as long as what waited may take to have its turn."""

Emit = Callable[[Message, str], None]


class RealTimeSyncManager:
    """One per web process. Everything that wakes it is a hint: what it sends, it reads from the database.

    A hint that is lost costs at most POLL_EVERY seconds. `emit` sends one message to one room of this process (a
    socket's id is the room of that socket), `disconnect` sends a screen away, and `sweep` cuts off those that do not
    read and returns the ids of sockets that are gone.
    """

    def __init__(
        self,
        app: Flask,
        emit: Emit,
        disconnect: Callable[[str], None],
        sweep: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._app = app
        self._emit = emit
        self._disconnect = disconnect
        self._sweep = sweep
        self._wake = threading.Event()
        self._stopping = False
        self._turn = threading.Lock()
        # Part of every epoch: what a screen heard before a restart or a restored backup, it asks for again.
        self._life = secrets.token_hex(4)
        self._snapshots: dict[str, tuple[date, StatsSnapshot]] = {}
        self._reading = threading.Lock()
        self.connections = Connections()
        self.clock: Clock | None = None
        self.sent: dict[str, int] = {}
        self._logs = Logs()
        with app.app_context():
            self._jobs = News(folder())
        self.last_read_at: datetime | None = None
        self._returned_at: datetime | None = None
        self.last_sent_at: datetime | None = None

    # ---- the loop

    def run(self) -> None:
        """Watch and send until `stop`; an error is written down and the loop goes on."""
        watching: Watcher | None = None
        next_poll = next_beacon = quiet_until = 0.0
        committed.connect(self._on_commit)
        while not self._stopping:
            woken = self._wake.wait(WATCH_EVERY)
            try:
                self.tell_progress()
                watching = watching or self._watcher()
                moment = time.monotonic()
                polling = moment >= next_poll
                if not (watching.changed() or woken or polling):
                    continue
                if moment < quiet_until:
                    time.sleep(quiet_until - moment)
                self._wake.clear()
                if polling:
                    self._tidy()
                    next_poll = time.monotonic() + POLL_EVERY
                if self.publish():
                    quiet_until = time.monotonic() + COALESCE
                if time.monotonic() >= next_beacon:
                    self.beat()
                    next_beacon = time.monotonic() + BEACON_EVERY
            except Exception:
                log.exception("the dispatcher could not read or send; it tries again")
                if watching is not None:
                    with suppress(Exception):
                        watching.close()
                watching = None
                time.sleep(POLL_EVERY)
        committed.disconnect(self._on_commit)
        if watching is not None:
            watching.close()

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
            return watcher()

    def _tidy(self) -> None:
        for sid in self._sweep():
            self.connections.remove(sid)

    # ---- sending

    def publish(self) -> bool:
        """Send every room what changed since its last message; True when something did. Safe to call at any time."""
        with self._turn, self._app.app_context():
            self._send_away(no_longer_allowed(self.connections.all()))
            here = clock()
            self._note_reading(now())
            if self.clock is None:
                self._begin(here)
                return False
            if here.epoch != self.clock.epoch or here.version < self.clock.version:
                self._begin_anew(here)
                return True
            moved = self._send_figures(here)
            moved = self._send_rows() or moved
            if moved:
                self.last_sent_at = now()
            return moved

    def tell_progress(self) -> None:
        """Tell each user how far his long work is. Asks no database, which that work may keep busy."""
        for job in self._jobs.take():
            self._emit(Progress(job.id, job.done, job.total, job.at), f"user:{job.user_id}")

    def beat(self) -> None:
        """Send every room the beacon; call it only after the database answered."""
        with self._turn, self._app.app_context():
            self._send_heads()

    def _send_heads(self) -> None:
        age = worker_age()
        for room in STATISTICS_ROOMS:
            self._emit(self._head(room, age), room)

    def _begin(self, here: Clock) -> None:
        self.sent = dict.fromkeys(STATISTICS_ROOMS, here.version)
        self._logs.begin()
        self.clock = here

    def _begin_anew(self, here: Clock) -> None:
        # Versions began anew (a backup was restored): the new epoch makes every screen ask for everything.
        self._life = secrets.token_hex(4)
        self._begin(here)
        self._send_heads()

    def _send_figures(self, here: Clock) -> bool:
        assert self.clock is not None
        if here.version == self.clock.version:
            return False
        newer = figures_since(self.clock.version, today())
        for room in STATISTICS_ROOMS:
            if metrics := of_room(newer, room):
                epoch = self._epoch(here, room)
                self._emit(StatsDelta(epoch, self.sent[room], here.version, _at(), metrics), room)
                self.sent[room] = here.version
        # Last, so that after an error everything since then is sent again.
        self.clock = here
        return bool(newer)

    def _send_rows(self) -> bool:
        messages = self._logs.news(_at())
        for message, room in messages:
            self._emit(message, room)
        return bool(messages)

    # ---- one screen

    def greet(self, connection: Connection, epoch: object, cursor: object) -> None:
        """Bring a screen that has just joined its rooms up to date."""
        self.tell(connection, self.welcome(connection, epoch, cursor))
        # Only a screen that was here before has missed anything.
        for message in self.missed(connection) if epoch else ():
            self.tell(connection, message)

    def welcome(self, connection: Connection, epoch: object, cursor: object) -> Message:
        """All figures of the screen's room, or only the beacon when the screen has them already."""
        with self._app.app_context():
            with self._turn:
                if self.clock is None:
                    self._begin(clock())
            room = connection.room
            # bool is an int in Python, not on a screen.
            if epoch == self._epoch(self.clock, room) and isinstance(cursor, int) and not isinstance(cursor, bool):
                if self.sent[room] <= cursor <= clock().version:
                    return self._head(room, worker_age())
            return self.snapshot(room)

    def missed(self, connection: Connection) -> Sequence[Message]:
        """What a screen that was away did not hear: that any list may be another now, and the last minutes' toasts."""
        with self._app.app_context():
            young = [n for n in self._logs.recent() if (now() - n.created_at).total_seconds() < 600]
            toasts = [told for told in notify_messages(young) if isinstance(told[0], Notify)]
            told = [*everything_changed(_at()), *toasts]
            return [message for message, room in told if room == f"role:{connection.role}"]

    def tell(self, connection: Connection, message: Message) -> None:
        """Send one message to one screen."""
        self._emit(message, connection.sid)

    def snapshot(self, room: str) -> StatsSnapshot:
        """All figures of a room, kept until the database moves on: a crowd that comes back asks once."""
        here, day = clock(), today()
        epoch = self._epoch(here, room)
        # One at a time: while a server reads, everybody else of the crowd would begin to read the same.
        with self._reading:
            kept_on, kept = self._snapshots.get(room, (None, None))
            metrics: dict[str, tuple[int, int]] = {}
            since = -1
            if kept is not None and kept_on == day and kept.epoch == epoch:
                if kept.version >= here.version:
                    return kept
                metrics, since = {**kept.metrics}, kept.version
            metrics |= of_room(figures_since(since, day), room)
            made = StatsSnapshot(epoch, here.version, _at(), metrics)
            self._snapshots[room] = (day, made)
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

    def was_away(self) -> bool:
        """Whether the loop stood still a moment ago: the process was frozen or had no turn, and its sockets wait."""
        moment = now()
        if self._returned_at is not None and moment - self._returned_at < AWAY_REMEMBERED:
            return True
        return self.last_read_at is not None and moment - self.last_read_at > AWAY

    def _note_reading(self, moment: datetime) -> None:
        if self.last_read_at is not None and moment - self.last_read_at > AWAY:
            self._returned_at = moment
        self.last_read_at = moment

    def is_alive(self) -> bool:
        """Whether the loop has read the database within the last ten polls."""
        return self.last_read_at is not None and (now() - self.last_read_at).total_seconds() < 10 * POLL_EVERY

    def _epoch(self, here: Clock | None, room: str) -> str:
        # Names the room, for a cursor says nothing about the figures of another one: a role may change.
        return f"{here.epoch if here else ''}.{self._life}.{room}"

    def _head(self, room: str, age: float | None) -> StatsHead:
        return StatsHead(self._epoch(self.clock, room), self.sent[room], _at(), age)

    def _send_away(self, unwelcome: list[Connection]) -> None:
        for connection in unwelcome:
            self._emit(Control(auth_changed=True), connection.sid)
            # One that is only just coming in cannot be sent away yet; it stays on the list for the next turn.
            self._disconnect(connection.sid)


def _at() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
