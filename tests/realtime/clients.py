"""Clients of the live server: the official JavaScript one, a page's own modules, and one that speaks in raw frames."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import websocket

from tests.support.server import Caller, Server
from tools.frontend import node_command

HERE = Path(__file__).parent
WITHIN = 15.0
"""A failure limit, not a promise: a loaded machine may take long."""

Heard = Mapping[str, Any]


class NodeClient:
    """A node process that prints what it hears; every wait fails with all that was heard so far."""

    def __init__(self, script: str, options: Mapping[str, object]) -> None:
        command = [*_node(), HERE / script, json.dumps(options)]
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.heard: list[Heard] = []
        self.times: list[float] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            try:
                said = json.loads(line)
            except ValueError:
                said = {"event": "stderr", "data": line}
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
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        if self._process.stdout:
            self._process.stdout.close()


class JsClient(NodeClient):
    """The official Socket.IO client, with a copy of the figures that follows the rules of the design strictly."""

    def __init__(self, server: Server, **options: object) -> None:
        super().__init__("client.mjs", {"url": server.url, **options})

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
        super().__init__("screen.mjs", {"url": server.url, **options})

    def state(self) -> Any:
        """What it would show now."""
        since = len(self.heard)
        self.order("state")
        return self.wait_for("state", since=since)


class Copy:
    """A client's copy of the figures: absolute values, the base chain, the higher version wins."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.cursor = -1
        self.metrics: dict[str, tuple[int, int]] = {}

    def hear(self, event: str, data: Any) -> None:
        """Take one message. Fails on a delta that does not follow what was heard before."""
        if event == "stats:snapshot":
            if data["epoch"] == self.epoch and data["version"] < self.cursor:
                self._merge(data["metrics"])
                return
            self.epoch, self.cursor, self.metrics = data["epoch"], data["version"], {}
            self._merge(data["metrics"])
        elif event == "stats:delta" and self.epoch is not None:
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
    """A client that sends whatever frames a test likes; it never answers pings by itself."""

    def __init__(self, server: Server, *, origin: str | None = None, cookie: str | None = None) -> None:
        self._socket = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket",
            timeout=WITHIN, origin=origin, cookie=cookie, suppress_origin=origin is None,
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


_node = cache(node_command)


def snapshot_of(caller: Caller) -> dict[str, int]:
    """A fresh snapshot over HTTP: name -> value."""
    return {name: value for name, (value, _) in caller.get("/api/v1/stats").json()["metrics"].items()}
