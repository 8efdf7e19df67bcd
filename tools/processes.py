"""Starting the program's processes together, and ending them together.

Neither process is restarted in silence: when one dies, the others are stopped and its last lines are shown.
"""

import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.install import PYTHON, ROOT, Stop, say

START_SECONDS = 60
STOP_SECONDS = 10
DEMO = ROOT / "instance" / "demo"


@dataclass(frozen=True)
class Program:
    """One program to start; `extra` is added to its environment."""

    name: str
    argv: Sequence[str]
    extra: Mapping[str, str] = field(default_factory=dict)


# One process migrates and serves: starting Python twice would double the wait.
WEB = Program("web", ["wsgi.py", "--migrate"])
WORKER = Program("worker", ["sync_worker.py"])


class Child:
    """One process of the program; what it prints appears with its name in front, and the last lines are kept."""

    def __init__(self, program: Program, env: Mapping[str, str]) -> None:
        self.name = program.name
        self.last: deque[str] = deque(maxlen=20)
        self.link = ""
        # A group of its own: Ctrl-C reaches only this program, which then ends its children in order.
        own_group = {"creationflags": 0x200} if os.name == "nt" else {"start_new_session": True}
        self.process = subprocess.Popen(
            [str(PYTHON), *program.argv],
            cwd=ROOT,
            env={**env, **program.extra},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            **own_group,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            if line.startswith("/setup/"):
                self.link = line.strip()
                continue
            self.last.append(line.rstrip("\n"))
            say(f"{self.name:6} | {self.last[-1]}")

    def died(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def last_lines(self) -> str:
        """What it said last."""
        self._reader.join(timeout=1)
        return "\n".join(f"  {line}" for line in self.last) or "  (it said nothing)"


def run() -> int:
    """Prepare the database, start web process and worker, and stay until told to stop."""
    env = _environment({})
    _port_must_be_free(env)

    def announce(link: str) -> None:
        _announce(env, f"First sign-in, works once:  {_address(env)}{link}" if link else "")

    return _supervise(WEB, env, announce, [WORKER])


def serve(*, processes: int) -> int:
    """Web processes on as many ports from PORT on, and the worker, for a proxy in front (deploy/)."""
    env = _environment({})
    host, port = _host_and_port(env)
    if processes > 1 and not env.get("DATABASE_URL", "").startswith("postgresql"):
        raise Stop("Several web processes need PostgreSQL: set DATABASE_URL=postgresql://user:password@host/database")
    others = [str(port + number) for number in range(1, processes)]
    for each in (str(port), *others):
        _port_must_be_free({**env, "PORT": each})

    def announce(link: str) -> None:
        ports = f"{port} to {port + processes - 1}" if others else str(port)
        first = f"\nFirst sign-in, works once:  {link} at the address of the proxy" if link else ""
        _announce(env, f"Web processes on {host}, ports {ports}; a proxy in front: deploy/README.md{first}")

    more = [Program(f"web {each}", ["wsgi.py"], {"PORT": each}) for each in others]
    return _supervise(WEB, env, announce, [*more, WORKER])


def demo(*, students: int, years: int, rate: float, fresh: bool) -> int:
    """The same on a demo school of its own in instance/demo, with payments arriving."""
    env = _environment({"INSTANCE_PATH": str(DEMO)})
    env.pop("DATABASE_URL", None)
    _port_must_be_free(env)
    loaded = DEMO / "loaded"
    if fresh or not loaded.exists():  # a load that was interrupted begins again
        shutil.rmtree(DEMO, ignore_errors=True)
        DEMO.mkdir(parents=True)
    if not loaded.exists():
        say(f"Making a demo school of {students} students and {years} years ...")
        _flask(["prepare"], env)
        _flask(["demo", "load", "--students", str(students), "--years", str(years)], env)
        loaded.touch()

    def announce(_link: str) -> None:
        logins = DEMO / "logins.txt"
        _announce(env, logins.read_text(encoding="utf-8").rstrip() if logins.exists() else "")

    payments = Program("demo", ["-m", "flask", "--app", "app", "demo", "pay", "--rate", str(rate)])
    return _supervise(WEB, env, announce, [WORKER, payments])


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **extra}


def _host_and_port(env: Mapping[str, str]) -> tuple[str, int]:
    host, port = env.get("HOST") or "127.0.0.1", env.get("PORT") or "5000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Stop(f"PORT: {port!r} is not a port number (1 to 65535).")
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), int(port)


def _address(env: Mapping[str, str]) -> str:
    host, port = _host_and_port(env)
    return f"http{'s' if env.get('TLS_CERT') else ''}://{f'[{host}]' if ':' in host else host}:{port}"


def _port_must_be_free(env: Mapping[str, str]) -> None:
    host, port = _host_and_port(env)
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return
    raise Stop(f"Port {port} on {host} is taken by another program. Stop it, or choose another: PORT=5001 make run")


def _flask(argv: Sequence[str], env: Mapping[str, str]) -> str:
    command = [str(PYTHON), "-m", "flask", "--app", "app", *argv]
    done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Stop("\n".join([f"flask {' '.join(argv)} failed:", *said[-15:]]))
    return done.stdout


def _supervise(web: Program, env: Mapping[str, str], ready: Callable[[str], None], later: Sequence[Program]) -> int:
    """Start, wait until the web process answers, then stay; the exit code. `later` is started once it answers."""
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    children: list[Child] = []
    try:
        children.append(Child(web, env))
        deadline, is_ready = time.monotonic() + START_SECONDS, False
        while not stop.is_set():
            if dead := next((child for child in children if child.died()), None):
                say(f"\nThe {dead.name} process ended by itself (code {dead.process.returncode}). Its last lines:")
                say(dead.last_lines())
                return 1
            if not is_ready and _answers(env):
                is_ready = True
                children += [Child(program, env) for program in later]
                ready(next((child.link for child in children if child.link), ""))
            if not is_ready and time.monotonic() > deadline:
                say(f"\nThe web process did not become ready within {START_SECONDS} seconds.")
                return 1
            stop.wait(0.25 if is_ready else 0.03)
        return 0
    finally:
        _end(children)


def _end(children: Sequence[Child]) -> None:
    running = [child for child in children if not child.died()]
    for child in running:
        child.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in running:
        try:
            child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"The {child.name} process did not stop within {STOP_SECONDS} seconds and was ended.")
            child.process.kill()
            child.process.wait()


def _answers(env: Mapping[str, str]) -> bool:
    host, port = _host_and_port(env)
    if env.get("TLS_CERT"):
        # Only whether our own process is up; its certificate is for the school's name, not for this address.
        context = ssl._create_unverified_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=5, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _announce(env: Mapping[str, str], more: str) -> None:
    say(f"\nSchoolPulse is running:     {_address(env)}")
    if more:
        say(more)
    say("Stop with Ctrl-C.\n")
