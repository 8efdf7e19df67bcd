"""The running program ended in every way: killed, stopped in the middle of work, started with a hole in it."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT
from tests.realtime.clients import JsClient, Screen, snapshot_of
from tests.support import school as a_school
from tests.support.database import (
    NewDatabase,
    hold_the_write_lock,
    insert,
    overrides,
    raw_connection,
    sqlite_file,
    value,
)
from tests.support.server import Server
from tests.support.ways import Way


@pytest.fixture
def own_server(request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path: Path) -> Iterator[Server]:
    """A running program that this test may end."""
    way: Way = request.param
    with new_database(way.backend, tmp_path) as database:
        server = Server(database, mode=way.mode)
        a_school.found(server.raw)
        try:
            yield server.start()
        finally:
            server.close()


def test_screens_come_back_to_right_figures_after_a_kill(own_server: Server) -> None:
    shown = Screen(own_server, auth={"token": own_server.token()})
    polling = Screen(own_server, auth={"token": own_server.token("teacher")}, transports=["polling"])
    try:
        for each in (shown, polling):
            each.wait_for("status", lambda data: data["state"] == "live")
        own_server.kill()
        insert(own_server.raw, "students", admission_no="K1", first_name="Yaw", last_name="Antwi", class_id=1)
        shown.wait_for("status", lambda data: data["state"] == "offline")
        seen, began = len(shown.heard), time.monotonic()
        own_server.start()
        shown.wait_for("status", lambda data: data["state"] == "live", since=seen, within=30)
        polling.wait_for(
            "status", lambda data: data["state"] == "live", since=polling.index_of("disconnect"), within=30
        )
        print(f"\n  {own_server}: live again {time.monotonic() - began:.1f} s after the start")
        for each, role in ((shown, "admin"), (polling, "teacher")):
            fresh = snapshot_of(own_server.program(role))
            deadline = time.monotonic() + 15
            while each.state()["metrics"] != fresh:
                assert time.monotonic() < deadline, each.state()
                time.sleep(0.05)
            assert fresh["total_enrollment"] == 3
    finally:
        shown.close()
        polling.close()


@pytest.mark.sqlite
def test_a_client_is_not_fooled_by_an_older_copy_of_the_database(own_server: Server) -> None:
    token = own_server.token()
    kept = raw_connection(sqlite_file(Path(":memory:")))
    own_server.raw.backup(kept)
    for number in range(5):
        insert(own_server.raw, "teachers", first_name="Abena", last_name=f"Sarpong {number}")
    shown = Screen(own_server, auth={"token": token})
    try:
        shown.wait_for("status", lambda data: data["state"] == "live")
        assert shown.state()["metrics"]["total_teachers"] == 5
        # Under the running program, by the means of SQLite; the epoch of the copy is the same.
        kept.backup(own_server.raw)
        deadline = time.monotonic() + 15
        while shown.state()["metrics"].get("total_teachers"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert shown.state()["metrics"] == snapshot_of(own_server.program())
    finally:
        shown.close()
        kept.close()


def test_a_stop_finishes_what_it_began_and_sends_the_screens_home(own_server: Server) -> None:
    js = JsClient(own_server, auth={"token": own_server.token()})
    token = own_server.token()
    answers: list[Any] = []

    def pay(key: str) -> None:
        answers.append(own_server.caller(token).post("/payments", {"student_id": 1, "amount": 500}, key))

    try:
        js.wait_for("stats:snapshot")
        hold_the_write_lock(own_server.raw)
        threads = [threading.Thread(target=pay, args=(f"key {number}".replace(" ", "-"),)) for number in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        web = own_server.web
        assert web is not None
        web.send_signal(signal.SIGTERM)
        assert js.wait_for("ctl") == {"drain": {"max_delay_ms": 5000}}
        late = own_server.caller(token).post("/payments", {"student_id": 1, "amount": 7}, "late")
        assert (late.status, late.headers["Retry-After"], late.json()["error"]["code"]) == (503, "5", "stopping")
        assert "Content-Security-Policy" in late.headers
        own_server.raw.execute("ROLLBACK")
        for thread in threads:
            thread.join()
        assert web.wait(15) == 0
        own_server.web = None
        assert [answer.status for answer in answers] == [201] * 4
        assert value(own_server.raw, "SELECT count(*) FROM payments") == 4
        assert "Traceback" not in own_server.logs()
    finally:
        js.close()


PLANT = """
from app.{module} import {name}
def planted(*args):
    return ""
{line}
from app import create_app
create_app()
"""


@pytest.mark.parametrize(
    ("module", "name", "line", "said"),
    [
        ("web.auth", "bp", 'bp.get("/planted")(planted)', "auth.planted"),
        ("extensions", "socketio", 'socketio.on("planted")(planted)', "planted of /"),
        ("extensions", "socketio", 'socketio.on("hello", namespace="/planted")(planted)', "hello of /planted"),
    ],
)
def test_a_route_or_socket_event_that_declares_nothing_stops_the_start(
    tmp_path: Path, module: str, name: str, line: str, said: str
) -> None:
    environment = {key: str(value) for key, value in overrides(sqlite_file(tmp_path / "school.db")).items() if value}
    done = subprocess.run(
        [sys.executable, "-c", PLANT.format(module=module, name=name, line=line)],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "declare no permission" in done.stderr
    assert said in done.stderr
