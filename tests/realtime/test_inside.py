"""What app/realtime/sockets.py relies on inside the Socket.IO server: an update that breaks it fails here."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

import engineio
import pytest
from engineio import packet
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.test import EnvironBuilder

from app.clock import today
from app.extensions import socketio
from app.queries.statistics import figures_since, of_room
from app.realtime import sockets as module
from app.realtime.connections import MOST_SOCKETS
from app.realtime.manager import RealTimeSyncManager
from app.realtime.messages import Message, StatsHead, StatsSnapshot
from app.realtime.sockets import FRAMES_A_MINUTE, MOST_WAITING, SIGN_IN_WITHIN, Sockets
from tests.realtime.clients import Copy
from tests.support.database import insert
from tests.support.office import everything
from tests.support.people import program
from tests.support.school import School

HEAD = StatsHead("e", 1, "2026-11-22T10:00:00Z", None)


class Wire:
    """One socket of the server without a network: what would be sent stays in its queue."""

    def __init__(self, app: Flask, number: int, token: str | None = None) -> None:
        self.sid = f"wire-{number}"
        self.engine = socketio.server.eio
        self.socket = engineio.socket.Socket(self.engine, self.sid)
        self.socket.connected = True
        self.engine.sockets[self.sid] = self.socket
        environ = EnvironBuilder("/socket.io/").get_environ()
        environ["flask.app"] = app
        self.engine.handlers["connect"](self.sid, environ)
        if token:
            self.say("40" + json.dumps({"token": token}))

    def say(self, frame: str | bytes) -> None:
        """What the network would bring in."""
        self.socket.receive(packet.Packet(encoded_packet=frame))

    def got(self) -> list[str]:
        """What would be sent now."""
        sent = []
        while not self.socket.queue.empty():
            each = self.socket.queue.get()
            sent.append("(end)" if each is None else each.encode())
        return sent

    def wait_for(self, start: str) -> str:
        return self.heard_until(start)[-1]

    def heard_until(self, start: str) -> list[str]:
        """Everything up to the first frame that starts so; what was sent together with it is lost."""
        heard = []
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for frame in self.got():
                heard.append(frame)
                if frame.startswith(start):
                    return heard
            time.sleep(0.005)
        raise AssertionError(f"no {start} in {heard}")


Plug = Callable[..., Wire]


@pytest.fixture
def plug(app: Flask, raw: Any, school: School) -> Plug:
    """Open sockets that are signed in with a token of their own, unless told otherwise."""
    numbers = iter(range(10_000))

    def opened(role: str | None = "admin", token: str | None = None) -> Wire:
        return Wire(app, next(numbers), token or (program(app, raw, role).token if role else None))

    return opened


@pytest.fixture
def held(app: Flask) -> Sockets:
    found: Sockets = app.extensions["sockets"]
    return found


@pytest.fixture
def dispatcher(app: Flask) -> RealTimeSyncManager:
    found: RealTimeSyncManager = app.extensions["realtime"]
    return found


def test_a_message_reaches_its_room_and_nobody_else_and_is_encoded_once(
    plug: Plug, held: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires = {role: plug(role) for role in ("admin", "bursar", "teacher")}
    for wire in wires.values():
        wire.wait_for('42["stats:snapshot"')
    encodings: list[object] = []
    encode = Sockets._encode
    monkeypatch.setattr(Sockets, "_encode", lambda self, message: encodings.append(message) or encode(self, message))
    held.send(HEAD, "finance")
    expected = '42["stats:head",{"epoch":"e","version":1,"at":"2026-11-22T10:00:00Z","worker_age":null}]'
    assert {role: wire.got() for role, wire in wires.items()} == {
        "admin": [expected], "bursar": [expected], "teacher": [],
    }  # fmt: skip
    assert len(encodings) == 1
    held.send(HEAD, "a room that nobody is in")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_change_between_coming_in_and_the_first_figures_is_not_lost(
    app: Flask, plug: Plug, raw: Any, school: School, dispatcher: RealTimeSyncManager,
    monkeypatch: pytest.MonkeyPatch, moment: str,
) -> None:  # fmt: skip
    """Somebody enrols before or after the figures are read for a screen that has come in, and all others are told."""
    read = RealTimeSyncManager.welcome

    def enrol_and_tell() -> None:
        insert(raw, "students", admission_no="E1", first_name="Efua", last_name="Owusu", class_id=school.blue)
        assert dispatcher.publish()

    def welcome(self: RealTimeSyncManager, *given: Any) -> Message:
        if moment == "before":
            enrol_and_tell()
            return read(self, *given)
        made = read(self, *given)
        enrol_and_tell()
        return made

    dispatcher.publish()
    monkeypatch.setattr(RealTimeSyncManager, "welcome", welcome)
    copy = Copy()
    for frame in plug("teacher").heard_until('42["stats:snapshot"'):
        if frame.startswith("42"):
            copy.hear(*json.loads(frame[2:]))
    assert copy.values()["total_enrollment"] == 3
    with app.app_context():
        assert copy.metrics == of_room(figures_since(-1, today()), "people")


def test_a_snapshot_is_encoded_once_for_a_crowd(plug: Plug, held: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    wires = [plug() for _ in range(3)]
    encodings: list[object] = []
    encode = Sockets._encode
    monkeypatch.setattr(Sockets, "_encode", lambda self, message: encodings.append(message) or encode(self, message))
    first, second = (StatsSnapshot("e", version, "", {"total_income": (1, 1)}) for version in (1, 2))
    for wire in wires:
        held.send(first, wire.sid)
    held.send(second, wires[0].sid)
    assert encodings == [first, second]


def test_one_closed_socket_does_not_keep_the_message_from_the_others(
    plug: Plug, held: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires = [plug() for _ in range(3)]
    for wire in wires:
        wire.wait_for('42["stats:snapshot"')

    def closed_a_moment_ago(pkt: object) -> None:
        raise engineio.exceptions.SocketIsClosedError

    monkeypatch.setattr(wires[1].socket, "send", closed_a_moment_ago)
    held.send(HEAD, "finance")
    assert [len(wire.got()) for wire in wires] == [1, 0, 1]


def test_a_queue_that_is_not_read_ends_its_socket_and_frees_its_place(
    plug: Plug, held: Sockets, dispatcher: RealTimeSyncManager
) -> None:
    reader, sleeper = plug(), plug()
    for wire in (reader, sleeper):
        wire.wait_for('42["stats:snapshot"')
    for _ in range(MOST_WAITING):
        held.send(HEAD, "finance")
    held.sweep()
    assert (sleeper.socket.closed, len(dispatcher.connections)) == (False, 2)
    reader.got()
    held.send(HEAD, "finance")
    held.sweep()
    assert (reader.socket.closed, sleeper.socket.closed) == (False, True)
    assert len(dispatcher.connections) == 1


def test_a_socket_that_does_not_sign_in_is_closed(plug: Plug, held: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in, stranger = plug(), plug(role=None)
    held.sweep()
    real = time.monotonic
    monkeypatch.setattr(module.time, "monotonic", lambda: real() + SIGN_IN_WITHIN + 1)
    held.sweep()
    assert (signed_in.socket.closed, stranger.socket.closed) == (False, True)


def test_a_socket_that_vanished_without_a_word_is_forgotten(
    plug: Plug, held: Sockets, dispatcher: RealTimeSyncManager
) -> None:
    wire = plug()
    wire.wait_for('42["stats:snapshot"')
    del wire.engine.sockets[wire.sid]
    (gone,) = held.sweep()
    assert dispatcher.connections.get(gone) is not None
    assert not held.is_connected(gone)
    assert held.sweep() == []


def test_a_screen_is_sent_away_at_once_and_cut_off_later(
    plug: Plug, held: Sockets, dispatcher: RealTimeSyncManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GOODBYE", 0.05)
    wire = plug()
    wire.wait_for('42["stats:snapshot"')
    (connection,) = dispatcher.connections.all()
    held.end(connection.sid)
    assert (wire.got(), len(dispatcher.connections), wire.socket.closed) == (["41"], 0, False)
    held.send(HEAD, "finance")
    assert wire.got() == []
    wire.wait_for("(end)")
    assert wire.socket.closed


def test_frames_are_counted(plug: Plug) -> None:
    wire = plug()
    for _ in range(FRAMES_A_MINUTE - 1):
        wire.say('42["noise"]')
    assert not wire.socket.closed
    wire.say('42["noise"]')
    assert wire.socket.closed


def test_closing_waits_for_nobody(plug: Plug) -> None:
    wire = plug(role=None)
    assert wire.socket.queue.unfinished_tasks == 0
    wire.socket.send(packet.Packet(packet.NOOP))
    wire.engine.disconnect(wire.sid)
    assert wire.socket.closed


def test_a_client_is_refused_when_the_database_does_not_answer_and_the_error_is_written_down(
    app: Flask, plug: Plug, caplog: pytest.LogCaptureFixture, dispatcher: RealTimeSyncManager
) -> None:
    def broken(token: object) -> None:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    app.extensions["recognise"] = broken
    assert plug().wait_for("44")
    assert [record.message for record in caplog.records] == ["a socket event failed"]
    assert len(dispatcher.connections) == 0


def test_a_place_is_counted_once(plug: Plug, app: Flask, raw: Any, dispatcher: RealTimeSyncManager) -> None:
    token = program(app, raw).token
    wires = [plug(token=token) for _ in range(MOST_SOCKETS)]
    assert plug(token=token).wait_for('44{"message":"too_many_connections"}')
    for wire in wires:
        wire.say('42["disconnect"]')
        wire.say("41")
        wire.say("1")
    assert len(dispatcher.connections) == 0
    assert plug(token=token).wait_for("40")


def test_random_frames_raise_nothing_and_write_nothing(
    plug: Plug, raw: Any, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "FRAMES_A_MINUTE", 10**9)
    chance = random.Random(20261122)
    token = program(app, raw).token
    before = everything(raw)
    seeds = [
        '42["hello",{"epoch":"a","cursor":1}]',
        "40",
        "41",
        '451-["hello",{"_placeholder":true,"num":0}]',
        '431["x"]',
    ]
    alphabet = '0123456789[]{}",:-/\\helo\u00e9\u0663 abntrufs'
    wire = plug(token=token)
    for _ in range(600):
        frame = list(chance.choice(seeds))
        for _ in range(chance.randint(0, 4)):
            place = chance.randrange(len(frame) + 1)
            frame[place : place + chance.randint(0, 2)] = chance.choices(alphabet, k=chance.randint(0, 3))
        if wire.socket.closed or wire.socket.queue.qsize() > 1000:
            wire.socket.close()
            wire = plug(token=token)
        try:
            wire.say("".join(frame))
        except engineio.exceptions.UnknownPacketError:
            wire.socket.close()
    assert everything(raw) == before
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR", "CRITICAL")] == []
