"""`kill -9` exactly between a commit and the news of it: what was saved is on the screen after the restart."""

import http.client
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.realtime.clients import Screen, snapshot_of
from tests.support.database import Database, insert, value
from tests.support.school import School
from tests.support.server import Server

WITHIN = 30.0
"""A failure limit, not a promise: a loaded machine may take long."""


@pytest.fixture
def deadly(tmp_path: Path) -> Path:
    """While this file is there, the next commit of the server is its last act."""
    return tmp_path / "deadly"


@pytest.fixture
def server(database: Database, raw: Any, deadly: Path) -> Iterator[Server]:
    insert(raw, "users", username="head", role="admin")
    server = Server(database, web=("-m", "tests.durability.broken", "mortal", str(deadly)))
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def screen(server: Server) -> Iterator[Screen]:
    screen = Screen(server, auth={"token": server.token()})
    yield screen
    screen.close()


@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.long)])
def test_what_was_committed_and_not_yet_told_is_shown_after_the_restart(
    server: Server, screen: Screen, raw: Any, school: School, deadly: Path, kills: int
) -> None:
    took, income = [], 0
    for kill in range(kills):
        until_it_shows(screen, income)
        program = server.program()
        # A program's first request is a commit of its own.
        assert program.get("/api/v1/stats").status == 200
        key, amount = secrets.token_hex(8), 7 + kill
        deadly.touch()
        with pytest.raises((OSError, http.client.HTTPException)):
            program.post("/payments", {"student_id": school.asha, "amount": amount}, key)
        assert server.web is not None and server.web.wait(WITHIN) == -signal.SIGKILL
        assert value(raw, "SELECT count(*) FROM payments WHERE request_key = ?", (key,)) == 1, "it died too early"
        assert screen.state()["metrics"].get("total_income", 0) == income, "it died too late"
        server.kill()
        began = time.monotonic()
        server.start()
        income += amount
        until_it_shows(screen, income)
        took.append(time.monotonic() - began)
        assert screen.state()["metrics"] == snapshot_of(program)
        again = program.post("/payments", {"student_id": school.asha, "amount": amount}, key)
        assert (again.status, again.headers["Idempotent-Replayed"]) == (201, "true")
    print(f"\n  {kills} kills between commit and news: shown again at most {max(took):.1f} s after the process began")


def until_it_shows(screen: Screen, income: int) -> None:
    deadline = time.monotonic() + WITHIN
    while (state := screen.state())["status"] != "live" or state["metrics"].get("total_income", 0) != income:
        assert time.monotonic() < deadline, state
        time.sleep(0.02)
