"""Clients of the live server: the official JavaScript one, a page's own modules, and one that speaks in raw frames."""

import atexit
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import websocket

from tests.support.server import Caller, Server
from tools.frontend import node_command

HERE = Path(__file__).parent
WITHIN = 15.0
"""A failure limit, not a promise: a loaded machine may take long."""

Heard = Mapping[str, Any]


class Host:
    """The node process in which all clients of a test run live."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(part) for part in (*node_command(), HERE / "host.mjs")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._clients: dict[int, NodeClient] = {}
        self._numbers = count(1)
        self._sending = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        atexit.register(self.close)

    def enter(self, client: "NodeClient") -> int:
        """The number under which a client is spoken to."""
        number = next(self._numbers)
        self._clients[number] = client
        return number

    def leave(self, number: int) -> None:
        del self._clients[number]

    def say(self, number: int, **words: object) -> None:
        assert self._process.stdin is not None
        with self._sending:
            self._process.stdin.write(json.dumps({"id": number, **words}) + "\n")
            self._process.stdin.flush()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        if self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.wait(10)
            self._reader.join(10)
            self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            said = json.loads(line)
            if client := self._clients.get(said.pop("id")):
                client.hear(said)


class NodeClient:
    """A client in node that tells what it hears; every wait fails with all that was heard so far."""

    def __init__(self, kind: str, options: Mapping[str, object]) -> None:
        self.heard: list[Heard] = []
        self.times: list[float] = []
        self._news = threading.Condition()
        self._host = host()
        self._number = self._host.enter(self)
        self._host.say(self._number, open=kind, options=options)

    def hear(self, said: Heard) -> None:
        """What the host passes on."""
        with self._news:
            self.heard.append(said)
            self.times.append(time.monotonic())
            self._news.notify_all()

    def wait_for(
        self, event: str, fits: Callable[[Any], object] = lambda data: True, *, since: int = 0, within: float = WITHIN
    ) -> Any:
        """The data of the first such event heard after the first `since` ones."""
        index = self.index_of(event, fits, since=since, within=within)
        return self.heard[index]["data"]

    def index_of(
        self, event: str, fits: Callable[[Any], object] = lambda data: True, *, since: int = 0, within: float = WITHIN
    ) -> int:
        """Where in `heard` (and `times`) that event is."""
        deadline = time.monotonic() + within
        with self._news:
            while True:
                for index in range(since, len(self.heard)):
                    said = self.heard[index]
                    if said["event"] == event and fits(said["data"]):
                        return index
                rest = deadline - time.monotonic()
                assert rest > 0, f"no {event} within {within} s; heard {self.heard[since:]}"
                self._news.wait(rest)

    def events(self, name: str, since: int = 0) -> list[Any]:
        """The data of every such event so far."""
        return [said["data"] for said in list(self.heard)[since:] if said["event"] == name]

    def order(self, do: str, **more: object) -> None:
        """Tell the client to do something."""
        self._host.say(self._number, do=do, **more)

    def close(self) -> None:
        self._host.say(self._number, close=True)
        self.wait_for("closed")
        self._host.leave(self._number)


class JsClient(NodeClient):
    """The official Socket.IO client, with a copy of the figures that follows the rules of the design strictly."""

    def __init__(self, server: Server, **options: object) -> None:
        super().__init__("client", {"url": server.url, **options})

    def figures(self) -> dict[str, int]:
        """What a screen would show after everything heard so far. Fails on a delta that does not follow."""
        copy = Copy()
        for said in list(self.heard):
            copy.hear(said["event"], said["data"])
        return copy.values()

    def until(self, name: str, value: int, *, since: int = 0) -> None:
        """Wait until a figure has been sent with this value."""
        deadline = time.monotonic() + WITHIN
        while self.figures().get(name) != value:
            assert time.monotonic() < deadline, f"{name} is {self.figures().get(name)}, not {value}: {self.heard}"
            time.sleep(0.005)


class Screen(NodeClient):
    """A page's own live modules, without a page."""

    def __init__(self, server: Server, **options: object) -> None:
        super().__init__("screen", {"url": server.url, **options})

    def state(self) -> Any:
        """What it would show now."""
        since = len(self.heard)
        self.order("state")
        return self.wait_for("state", since=since)


class Herd(NodeClient):
    """Many screens in one process."""

    def __init__(self, server: Server, **options: object) -> None:
        super().__init__("herd", {"url": server.url, **options})


class Copy:
    """A client's copy of the figures: absolute values, the base chain, the higher version wins."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.cursor = -1
        self.metrics: dict[str, tuple[int, int]] = {}
        self._early: list[Any] = []

    def hear(self, event: str, data: Any) -> None:
        """Take one message; deltas before the first snapshot wait for it. Fails on one that does not follow."""
        if event == "stats:snapshot":
            if data["epoch"] == self.epoch and data["version"] < self.cursor:
                self._merge(data["metrics"])
                return
            self.epoch, self.cursor, self.metrics = data["epoch"], data["version"], {}
            self._merge(data["metrics"])
            early, self._early = self._early, []
            for delta in early:
                self.hear("stats:delta", delta)
        elif event == "stats:delta" and self.epoch is None:
            self._early.append(data)
        elif event == "stats:delta":
            assert data["epoch"] == self.epoch, f"a delta of another epoch: {data}"
            assert data["base"] <= self.cursor, f"a delta that does not follow {self.cursor}: {data}"
            self._merge(data["metrics"])
            self.cursor = max(self.cursor, data["version"])

    def _merge(self, metrics: Mapping[str, tuple[int, int]]) -> None:
        for name, (value, version) in metrics.items():
            if name not in self.metrics or version > self.metrics[name][1]:
                self.metrics[name] = (value, version)

    def values(self) -> dict[str, int]:
        return {name: value for name, (value, _) in self.metrics.items()}


class RawSocket:
    """A client that sends whatever frames a test likes; it never answers pings by itself.

    Little has room on the way to a `narrow` one that does not read.
    """

    def __init__(
        self, server: Server, *, origin: str | None = None, cookie: str | None = None, narrow: bool = False
    ) -> None:
        self._socket = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket",
            timeout=WITHIN, origin=origin, cookie=cookie, suppress_origin=origin is None,
            socket=_narrow_line(server.port) if narrow else None,
        )  # fmt: skip
        self.opened = self.frame()

    def frame(self) -> str:
        """The next frame; an empty one when the server closed."""
        try:
            return str(self._socket.recv())
        except (websocket.WebSocketException, ConnectionError):
            return ""

    def send(self, frame: str | bytes) -> None:
        try:
            if isinstance(frame, bytes):
                self._socket.send_binary(frame)
            else:
                self._socket.send(frame)
        except (websocket.WebSocketException, OSError):
            return

    def send_part(self, part: str, *, first: bool) -> None:
        """A piece of a message that goes on."""
        code = websocket.ABNF.OPCODE_TEXT if first else websocket.ABNF.OPCODE_CONT
        try:
            self._socket.send_frame(websocket.ABNF.create_frame(part, code, fin=0))
        except (websocket.WebSocketException, OSError):
            return

    def sign_in(self, token: str | None = None) -> str:
        """Connect the namespace; the server's answer."""
        self.send("40" + (json.dumps({"token": token}) if token else ""))
        return self.until(("40", "44"))

    def until(self, starts: tuple[str, ...]) -> str:
        """The first frame that starts so; an empty one when the server closed."""
        while (frame := self.frame()) and not frame.startswith(starts):
            pass
        return frame

    def close(self) -> None:
        self._socket.close()
        # After the server's own close frame the line above leaves the connection open.
        self._socket.shutdown()


def _narrow_line(port: int) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    # What the sender keeps for itself grows with the size of a segment.
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    line.settimeout(WITHIN)
    line.connect(("127.0.0.1", port))
    return line


_hosts: list[Host] = []


def host() -> Host:
    """The host of this run; another one after it died."""
    if not (_hosts and _hosts[-1].is_alive()):
        _hosts.append(Host())
    return _hosts[-1]


def snapshot_of(caller: Caller) -> dict[str, int]:
    """A fresh snapshot over HTTP: name -> value."""
    return {name: value for name, (value, _) in caller.get("/api/v1/stats").json()["metrics"].items()}
