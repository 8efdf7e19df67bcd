"""Screens that only do what they are told: the pages' own modules in one node process, with a clock of ours."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.frontend import node_command

SCRIPT = Path(__file__).with_name("fleet.mjs")


class Fleet:
    """Orders are gathered and sent with the next question: a schedule costs a few dozen turns, not hundreds."""

    def __init__(self) -> None:
        argv = [str(part) for part in (*node_command(), SCRIPT)]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._orders: list[str] = []

    def order(self, name: str, *details: object) -> None:
        """Something that a screen shall do; it is done before anything that is asked later."""
        self._orders.append(json.dumps([name, *details]))

    def hear(self, screen: int, message: str) -> None:
        """Let a screen's socket bring a message: its name and payload, as JSON."""
        self._orders.append(f'["hear",{screen},{message}]')

    def page(self, screen: int, question: int, status: int, etag: str | None = None, body: str = "null") -> None:
        """Answer a screen's question over HTTP; with status 0 the network is gone."""
        self._orders.append(f'["page",{screen},{question},{status},{json.dumps(etag)},{body}]')

    def done(self) -> Sequence[Sequence[Any]]:
        """What the screens did with all orders since the last call."""
        if not self._orders:
            return ()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"[{','.join(self._orders)}]\n")
        self._process.stdin.flush()
        self._orders.clear()
        line = self._process.stdout.readline()
        assert line, "the screens' process ended; what it said stands above"
        found: Sequence[Sequence[Any]] = json.loads(line)
        return found

    def close(self) -> None:
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
