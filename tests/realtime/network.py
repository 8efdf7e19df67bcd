"""Two web processes, a few screens, and a network between them that loses, repeats, reorders and holds things back.

Both ends are the program's own: the dispatcher and the handlers of app/realtime here, the pages' modules in fleet.mjs.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count
from typing import Any

from flask import Flask, request

from app.domain.permissions import STATISTICS_ROOMS
from app.realtime import handlers
from app.realtime.manager import RealTimeSyncManager
from app.realtime.messages import Message, StatsDelta, StatsHead, StatsSnapshot
from app.statistics.spec import METRICS
from tests.realtime.fleet import Fleet

CONNECT = "connect"
"""The server's word that a socket is open; everything else on a wire is a message as JSON."""
_NAMES = [(re.compile(re.sub(r"\{[^}]*\}", "[^_]+", metric.name)), metric.category) for metric in METRICS]


class Forbidden(AssertionError):
    """A screen was sent a figure that its role may not see."""


class Broken(Exception):
    """Sending failed in the middle of a room."""


@dataclass(frozen=True)
class Person:
    """Who sits before a screen, and how the screen proves it."""

    name: str
    token: str | None
    headers: Mapping[str, str]


@dataclass(eq=False)
class Wire:
    """One socket of a screen, from the moment it is dialled until it is cut."""

    screen: int
    sid: str
    process: "Process"
    room: str = ""
    rooms: set[str] = field(default_factory=set)
    coming: set[str] = field(default_factory=set)
    down: list[str] = field(default_factory=list)
    up: list[Any] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Read for this screen, and not on its way yet: a thread waits its turn."""
    greeting: Callable[[], None] | None = None
    is_open: bool = False
    is_reading: bool = False
    is_faithful: bool = True
    """Whether everything that was sent arrives, once and in its order."""

    is_greeted: bool = False

    @property
    def figures(self) -> Sequence[int]:
        """Where on the way down there are figures."""
        return [place for place, said in enumerate(self.down) if said != CONNECT]


class Process:
    """A web process: the application with a dispatcher, and for its handlers what they know as their sockets."""

    def __init__(self, app: Flask, network: "Network") -> None:
        self.app = app
        self.network = network
        self.start()

    def start(self) -> None:
        """Begin, or begin again with nothing remembered."""
        self.manager = RealTimeSyncManager(self.app, partial(self.network.emit, self), self.end)
        self.app.extensions.update(realtime=self.manager, sockets=self)

    def is_connected(self, sid: str) -> bool:
        wire = self.network.by_sid.get(sid)
        return wire is not None and wire.is_open

    def end(self, sid: str) -> None:
        """Send a screen away."""
        if wire := self.network.by_sid.get(sid):
            self.network.cut(wire, "io server disconnect")

    @contextmanager
    def asked_by(self, wire: Wire) -> Iterator[Person]:
        """The context in which a handler hears a socket's event."""
        person = self.network.people[wire.screen]
        with self.app.test_request_context("/socket.io/", headers=dict(person.headers)):
            request.sid, request.namespace = wire.sid, "/"  # type: ignore[attr-defined]
            yield person


class Network:
    """All that is between the processes and the screens. Nothing moves by itself."""

    def __init__(self, apps: Sequence[Flask], fleet: Fleet, people: Sequence[Person], *, joins_late: bool) -> None:
        self.fleet = fleet
        self.people = people
        self.joins_late = joins_late
        self.wires: dict[int, Wire] = {}
        self.by_sid: dict[str, Wire] = {}
        self.questions: list[tuple[int, int, str]] = []
        """Over HTTP, on the way to a server: the screen, the question's number, the ETag that it has."""
        self.pages: list[tuple[int, int, int, str | None, str]] = []
        """Answers on the way back."""
        self.breaks_for: str | None = None
        self.breaks_after = 0
        """The room for which sending fails, and how many of it hear the message all the same."""
        self.sent: Counter[str] = Counter()
        self.heads: dict[tuple[Process, str], StatsHead] = {}
        """The last beacon of each process to each room."""
        self._numbers = count(1)
        self.processes = [Process(app, self) for app in apps]

    # ---- what the handlers and the dispatcher call instead of Socket.IO

    def join(self, room: str) -> None:
        wire = self.by_sid[request.sid]  # type: ignore[attr-defined]
        (wire.coming if self.joins_late else wire.rooms).add(room)

    def put_off(self, task: Callable[..., None], *details: Any) -> None:
        self.by_sid[request.sid].greeting = partial(task, *details)  # type: ignore[attr-defined]

    def emit(self, process: Process, message: Message, to: str) -> None:
        """What a dispatcher sends: to a room of its process, or to one socket."""
        if not isinstance(message, StatsSnapshot | StatsDelta | StatsHead):
            return
        wires = [wire for wire in self.wires.values() if wire.process is process and to in (wire.sid, *wire.rooms)]
        for wire in wires:
            _check(message, wire)
            self.sent[message.name] += 1
        if isinstance(message, StatsHead):
            self.heads[process, to] = message
        breaks = self.breaks_for == to
        said = json.dumps([message.name, message.payload()])
        for wire in wires[: self.breaks_after] if breaks else wires:
            (wire.held if wire.is_reading else wire.down).append(said)
        if breaks:
            self._break(process, message)

    def _break(self, process: Process, message: Message) -> None:
        self.breaks_for = None
        if isinstance(message, StatsHead):
            # A change is sent again with the next turn, a beacon ten seconds later: to these screens it is lost.
            for wire in self.wires.values():
                wire.is_faithful = wire.is_faithful and wire.process is not process
        raise Broken

    # ---- a socket's life

    def connect(self, screen: int, process: Process) -> bool:
        """Open a socket if the screen wants one: it is recognised and joins its rooms; what it is shown comes later."""
        self.fleet.order("dial", screen)
        ((_, _, told),) = self.heard()
        if told is None:
            return False
        wire = Wire(screen, f"socket-{next(self._numbers)}", process)
        self.wires[screen] = self.by_sid[wire.sid] = wire
        with process.asked_by(wire) as person:
            handlers.connect({**told, **({"token": person.token} if person.token else {})})
        connection = process.manager.connections.get(wire.sid)
        assert connection is not None
        wire.room, wire.is_open = connection.room, True
        wire.down.append(CONNECT)
        if self.joins_late:
            self._read_greeting(wire)
        return True

    def greet(self, wire: Wire) -> None:
        """Read what the screen is shown first, once."""
        self._read_greeting(wire)
        wire.rooms |= wire.coming
        wire.is_greeted = True

    def _read_greeting(self, wire: Wire) -> None:
        task, wire.greeting = wire.greeting, None
        if task:
            wire.is_reading = True
            task()
            wire.is_reading = False

    def tell(self, wire: Wire) -> None:
        """Put what was read on its way."""
        wire.down += wire.held
        wire.held = []

    def cut(self, wire: Wire, reason: str = "transport close") -> None:
        """The socket ends on both sides, and with it all that was on its way."""
        self.forget(wire)
        with wire.process.asked_by(wire):
            handlers.left(reason)
        self.fleet.order("cut", wire.screen, reason)

    def forget(self, wire: Wire) -> None:
        wire.is_open = False
        self.by_sid.pop(wire.sid, None)
        if self.wires.get(wire.screen) is wire:
            del self.wires[wire.screen]

    def restart(self, process: Process) -> None:
        """A process is gone and another is in its place."""
        for wire in [each for each in self.wires.values() if each.process is process]:
            self.forget(wire)
            self.fleet.order("cut", wire.screen, "transport close")
        process.start()

    # ---- what is on its way

    def deliver(self, wire: Wire, place: int = 0) -> None:
        """Bring one message to the screen; what lies before it is overtaken."""
        if place and any(place > each for each in wire.figures):
            wire.is_faithful = False
        said = wire.down.pop(place)
        if said == CONNECT:
            self.fleet.order("accept", wire.screen)
        else:
            self.fleet.hear(wire.screen, said)

    def lose(self, wire: Wire, place: int) -> None:
        del wire.down[place]
        wire.is_faithful = False

    def repeat(self, wire: Wire, place: int) -> None:
        """The same message once more, behind everything else."""
        wire.down.append(wire.down[place])
        wire.is_faithful = False

    def answer(self, wire: Wire) -> None:
        """The server hears a question and reads the answer; those of one socket are heard one after the other."""
        self.tell(wire)
        question = wire.up.pop(0)
        self.sent["hello"] += 1
        wire.is_reading = True
        with wire.process.asked_by(wire):
            handlers.hello(question)
        wire.is_reading = False

    def lose_question(self, wire: Wire) -> None:
        del wire.up[0]
        wire.is_faithful = False

    def serve(self, process: Process) -> None:
        """Answer the oldest question over HTTP; any process may be asked."""
        screen, number, etag = self.questions.pop(0)
        headers = {**self.people[screen].headers, "If-None-Match": etag}
        answer = process.app.test_client(use_cookies=False).get("/api/v1/stats", headers=headers)
        assert answer.status_code in (200, 304), answer.text
        self.pages.append((screen, number, answer.status_code, answer.headers["ETag"], answer.text.strip() or "null"))

    def lose_page(self) -> None:
        screen, number, _ = self.questions.pop(0)
        self.pages.append((screen, number, 0, None, "null"))

    def bring_page(self) -> None:
        self.fleet.page(*self.pages.pop(0))

    def heard(self) -> Sequence[Any]:
        """Let the screens do what they were told; what they were asked."""
        answers = []
        for event in self.fleet.done():
            what, screen, *details = event
            wire = self.wires.get(screen)
            if what == "hello":
                # Said into a socket that is cut already, it is lost.
                if wire:
                    wire.up.append(details[0])
            elif what == "poll":
                self.questions.append((screen, *details))
            elif what == "left":
                if wire:
                    self.forget(wire)
                    with wire.process.asked_by(wire):
                        handlers.left("client namespace disconnect")
            else:
                answers.append(event)
        return answers


def _check(message: Message, wire: Wire) -> None:
    seen = STATISTICS_ROOMS[wire.room] if wire.room else frozenset()
    for name in getattr(message, "metrics", ()):
        if category_of(name) not in seen:
            raise Forbidden(f"{wire.room or 'somebody in no room'} was sent {name}")


@cache
def category_of(name: str) -> str:
    """The category of a figure, from the page where all are declared."""
    (category,) = {category for pattern, category in _NAMES if pattern.fullmatch(name)}
    return category
