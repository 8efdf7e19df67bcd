"""The real program as a process of its own, for tests of what only a running server shows.

with running(database, mode="threading") as server:
    office = server.program("bursar")
    office.post("/payments", {"student_id": 1, "amount": 500}, key="k1")
    server.kill(); server.start()
"""

import http.client
import json
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from typing import Any
from urllib.parse import urlencode

from app.config import ROOT
from app.queries.sessions import token_hash
from app.services.passwords import hash_password
from tests.support.database import SECRET_KEY, Database, insert, raw_connection

START_SECONDS = 60
MODES = ("eventlet", "threading")
_OWN = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HOST", "PORT", "ASYNC_MODE", "INSTANCE_PATH", "ALLOW_PLAIN_HTTP"}
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Answer:
    """What the server answered."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Somebody who talks HTTP to the server over one connection at a time: a browser with cookies, or a program."""

    def __init__(self, server: "Server", token: str | None = None) -> None:
        self.server = server
        self.token = token
        self.cookies: dict[str, str] = {}
        self._csrf = ""
        self._connection: http.client.HTTPConnection | None = None

    @property
    def cookie(self) -> str:
        """The value of its Cookie header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        *, timeout: float = 30,
    ) -> Answer:  # fmt: skip
        """One request; an OSError or HTTPException says that its outcome is unknown."""
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.cookies:
            sent["Cookie"] = self.cookie
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout)
        self._connection = None
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._connection = connection
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("GET", path, None, headers)

    def send(self, method: str, path: str, content: object = None, key: str | None = None, **options: Any) -> Answer:
        """A JSON request below /api/v1; `key` is its Idempotency-Key."""
        headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
        body = json.dumps(content).encode() if content is not None else None
        return self.request(method, f"/api/v1{path}", body, headers, **options)

    def post(self, path: str, content: object = None, key: str | None = None, **options: Any) -> Answer:
        return self.send("POST", path, content, key, **options)

    def submit(self, path: str, form: Mapping[str, object] | None = None) -> Answer:
        """A form of a page, with its CSRF token."""
        fields = {**(form or {}), "csrf_token": self.csrf()}
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.server.url}
        return self.request("POST", path, urlencode(fields).encode(), kind)

    def csrf(self) -> str:
        """The CSRF token of this browser's session."""
        if not self._csrf:
            page = self.get("/login") if not self.cookies else self.get("/account")
            found = _CSRF.search(page.text)
            assert found, f"no form with a CSRF token: {page.status}"
            self._csrf = found[1]
        return self._csrf

    def sign_in(self, username: str, password: str) -> "Caller":
        """Sign in as a person does. Fails the test when refused."""
        answer = self.submit("/login", {"username": username, "password": password})
        assert answer.status == 302, answer.text
        self._csrf = ""
        return self

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None


class Server:
    """`python wsgi.py`, and the worker beside it when asked for, on one database and one port.

    `web` is what Python runs instead: the program with something broken in it.
    """

    def __init__(
        self, database: Database, *, mode: str = "eventlet", worker: bool = False, env: Mapping[str, str] | None = None,
        web: Sequence[str] = ("wsgi.py",),
    ) -> None:  # fmt: skip
        self.database = database
        self.mode = mode
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.raw = raw_connection(database)
        self.log = database.folder / f"server-{mode}.log"
        self._with_worker = worker
        self.environment = {name: value for name, value in os.environ.items() if name not in _OWN} | {
            "DATABASE_URL": database.url,
            "INSTANCE_PATH": str(database.folder / "instance"),
            "SECRET_KEY": SECRET_KEY,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "ASYNC_MODE": mode,
            "PYTHONUNBUFFERED": "1",
            **(env or {}),
        }
        self._program = web
        self._callers: list[Caller] = []
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def __str__(self) -> str:
        return f"{self.mode} on {'SQLite' if self.database.is_sqlite else 'PostgreSQL'}"

    # ---- its life

    def start(self) -> "Server":
        """Start what is not running, and wait until it serves."""
        self.web = self.web or self._spawn(*self._program)
        if self._with_worker and self.worker is None:
            self.worker = self._spawn("sync_worker.py")
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.web.poll() is None, f"the program ended:\n{self.logs()[-4000:]}"
            assert time.monotonic() < deadline, f"the program does not answer:\n{self.logs()[-4000:]}"
            time.sleep(0.02)
        return self

    def answers(self) -> bool:
        """Whether it serves requests now."""
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def kill(self, *, web_only: bool = False) -> None:
        """`kill -9` of every process, or of the web process alone."""
        self._signal(signal.SIGKILL, web_only=web_only)

    def stop(self) -> int:
        """SIGTERM, and the exit code of the web process."""
        web = self.web
        self._signal(signal.SIGTERM)
        return web.returncode if web else 0

    def logs(self) -> str:
        """Everything that its processes have printed."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def close(self) -> None:
        """End it, whatever state it is in."""
        self.kill()
        for caller in self._callers:
            caller.close()
        self.raw.close()

    def _spawn(self, *program: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen([sys.executable, *program], cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def _signal(self, number: int, *, web_only: bool = False) -> None:
        ending = [process for process in (self.web, None if web_only else self.worker) if process is not None]
        self.web, self.worker = None, self.worker if web_only else None
        for process in ending:
            process.send_signal(number)
        for process in ending:
            process.wait(30)

    # ---- who talks to it

    def caller(self, token: str | None = None) -> Caller:
        """A browser that has not signed in, or the program of a token."""
        self._callers.append(Caller(self, token))
        return self._callers[-1]

    def token(self, role: str = "admin", name: str | None = None) -> str:
        """A new bearer token."""
        token = secrets.token_urlsafe(24)
        insert(self.raw, "api_tokens", name=name or f"{role}-{token[:8]}", token_hash=token_hash(token), role=role)
        return token

    def wall_token(self, name: str | None = None) -> str:
        """The token of a new wall display that is paired."""
        token = secrets.token_urlsafe(24)
        insert(self.raw, "wall_displays", name=name or f"hall {token[:8]}", token_hash=token_hash(token))
        return token

    def program(self, role: str = "admin") -> Caller:
        """Another program with a token of its own."""
        return self.caller(self.token(role))

    def person(self, role: str = "bursar", password: str = "a long enough password") -> tuple[int, Caller]:
        """A new user who has signed in at a browser; with the user's id."""
        username = f"{role}-{secrets.token_hex(4)}"
        user_id = insert(self.raw, "users", username=username, role=role, password_hash=_hashed(password))
        return user_id, self.caller().sign_in(username, password)


@contextmanager
def running(database: Database, **options: Any) -> Iterator[Server]:
    """A server that is ended with the block."""
    server = Server(database, **options)
    try:
        yield server.start()
    finally:
        server.close()


@cache
def _hashed(password: str) -> str:
    return hash_password(password)


def free_ports_in_a_row(wanted: int) -> int:
    """The first of some neighbouring ports that nobody uses, below those that connections of this machine are given."""
    while True:
        first = random.randrange(20_000, 30_000)
        with ExitStack() as stack, suppress(OSError):
            for port in range(first, first + wanted):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
