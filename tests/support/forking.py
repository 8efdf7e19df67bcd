"""A process that has loaded the program and forks for each line it is given: `kill -9` at any moment, and often.

Run as `python -m tests.support.forking module:function argument`; each line on standard input starts
`function(argument, line)` in a new process, whose number is printed; an empty line starts nothing.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from types import TracebackType
from typing import Self

from app.config import ROOT


class Forks:
    """Starts a function of a test module again and again, in processes that may be killed."""

    def __init__(self, work: str, argument: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forking", work, argument],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        """Wait until everything is loaded."""
        self.wait(self.start(""))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def start(self, line: str) -> int:
        """Start the function; its process's number."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def kill_after(self, pid: int, seconds: float) -> bool:
        """Kill a process a while later; whether it was still at work."""
        time.sleep(seconds)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.wait(pid)
        return True

    def wait(self, pid: int, seconds: float = 60) -> None:
        """Wait until a process is gone."""
        deadline = time.monotonic() + seconds
        with suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.kill(pid, 0)
                time.sleep(0.002)
            raise AssertionError(f"process {pid} does not end")


def main() -> None:
    """Fork for each line of standard input."""
    name, _, function = sys.argv[1].partition(":")
    work, argument = getattr(import_module(name), function), sys.argv[2]
    # Nobody waits for the children: they leave no zombies behind.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if pid := os.fork():
            print(pid, flush=True)
            continue
        try:
            if line.strip():
                work(argument, line.strip())
        finally:
            sys.stderr.flush()
            os._exit(0)


if __name__ == "__main__":
    main()
