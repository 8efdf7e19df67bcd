"""A bad line on loopback, between a screen and the program: it is slow, is cut, or swallows everything, and comes back.

with Line(server.port, delay=0.3) as line:
    page.goto(line.url)
    line.swallow(); ...; line.mend()
"""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

Result = TypeVar("Result")
ABRUPTLY = struct.pack("ii", 1, 0)
"""SO_LINGER with which closing a socket sends a RST."""


class Wire:
    """One connection through the line: the screen's end, the program's end, and what is on its way between them."""

    def __init__(self, screen: asyncio.StreamWriter) -> None:
        self.screen = screen
        self.program: asyncio.StreamWriter | None = None
        self.is_dead = False

    def ends(self) -> list[asyncio.StreamWriter]:
        return [end for end in (self.screen, self.program) if end is not None]


class Line:
    """A TCP proxy in a thread of its own. Each direction takes `delay` seconds; every connection has the same trouble.

    cut("rst" | "fin", refuses=...)  all connections end; new ones are refused, or end as soon as they are made
    swallow(kills=..., down_only=...)  nothing passes, nothing ends, new connections are accepted and hear nothing;
        with `kills` what was connected before or meanwhile stays silent for ever (another router, a lost table of
        addresses), without it what was sent meanwhile arrives when the line is mended; with `down_only` the program
        goes on hearing the screens
    mend()  all is well again for what is new; returns the moment
    """

    def __init__(self, target: int, *, delay: float = 0.0) -> None:
        self.target = target
        self.delay = delay
        self.latest = 0.0
        """The most that the line's own thread was late, in seconds: a measure of how busy the machine is."""
        self._wires: set[Wire] = set()
        self._state = "works"
        self._kills = self._down_only = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._place: socket.socket | None = _taken_port()
        """Holds the port while nobody listens there, so that it is refused and no one else's."""
        self.port: int = self._place.getsockname()[1]

    def __enter__(self) -> "Line":
        self._thread.start()
        self._do(self._open())
        self._loop.call_soon_threadsafe(self._start, self._watch())
        return self

    def __exit__(self, *error: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # ---- the trouble

    def cut(self, how: str, *, refuses: bool = True) -> float:
        return self._do(self._cut(how, refuses))

    def swallow(self, *, kills: bool = False, down_only: bool = False) -> float:
        return self._do(self._swallow(kills, down_only))

    def mend(self) -> float:
        return self._do(self._mend())

    async def _cut(self, how: str, refuses: bool) -> float:
        self._state = "cut"
        if refuses:
            await self._refuse()
        for wire in list(self._wires):
            self._end(wire, how)
        return time.time()

    async def _swallow(self, kills: bool, down_only: bool) -> float:
        self._state, self._kills, self._down_only = "swallows", kills, down_only
        return time.time()

    async def _mend(self) -> float:
        if self._state == "swallows" and self._kills:
            for wire in self._wires:
                wire.is_dead = True
        await self._open()
        self._state = "works"
        return time.time()

    # ---- what passes

    async def _open(self) -> None:
        if self._place is not None:
            self._listener = await asyncio.start_server(self._accept, sock=self._place)
            self._place = None

    async def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            # As soon as the loop has let go of the listener.
            while self._place is None:
                with suppress(OSError):
                    self._place = _taken_port(self.port)
                await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(writer)
        if self._state == "cut":
            self._end(wire, "fin")
            return
        self._wires.add(wire)
        up: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        down: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._start(self._read(reader, up))
        try:
            program, wire.program = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            self._end(wire, "rst")
            return
        if wire not in self._wires:
            wire.program.close()
            return
        self._start(self._read(program, down))
        self._start(self._write(wire, wire.program, up, lambda: self._state == "swallows" and not self._down_only))
        self._start(self._write(wire, wire.screen, down, lambda: self._state == "swallows"))

    async def _read(self, reader: asyncio.StreamReader, way: "asyncio.Queue[tuple[float, bytes]]") -> None:
        data = b"."
        while data:
            try:
                data = await reader.read(65_536)
            except OSError:
                data = b""
            way.put_nowait((time.monotonic() + self.delay, data))

    async def _write(
        self, wire: Wire, writer: asyncio.StreamWriter, way: "asyncio.Queue[tuple[float, bytes]]",
        is_stopped: Callable[[], bool],
    ) -> None:  # fmt: skip
        """Bring what one side sent to the other, and its end last."""
        while True:
            due, data = await way.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            while is_stopped() or wire.is_dead:
                await asyncio.sleep(0.01)
            if not data:
                self._end(wire, "fin")
                return
            with suppress(OSError):
                writer.write(data)
                await writer.drain()

    def _end(self, wire: Wire, how: str) -> None:
        self._wires.discard(wire)
        for end in wire.ends():
            if how == "rst":
                # The other side may have ended it already.
                with suppress(OSError):
                    end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPTLY)
                end.transport.abort()
            else:
                end.close()

    # ---- its own life

    async def _watch(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.05)
            self.latest = max(self.latest, time.monotonic() - began - 0.05)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self) -> None:
        await self._refuse()
        if self._place is not None:
            self._place.close()
        for wire in list(self._wires):
            self._end(wire, "rst")
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.05)

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


def _taken_port(port: int = 0) -> socket.socket:
    """A socket that holds a port of this machine, and does not listen."""
    place = socket.socket()
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", port))
    except OSError:
        place.close()
        raise
    return place
