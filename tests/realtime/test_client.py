"""The official Socket.IO client against the running program, however it connects and whatever happens to it."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.realtime.clients import JsClient, RawSocket, snapshot_of
from tests.support.database import insert
from tests.support.school import School
from tests.support.server import Server

Start = Callable[..., JsClient]
POLLING = ["polling"]
WEBSOCKET = ["websocket"]


def enrol(server: Server, class_id: int) -> None:
    """One more student, typed in by SQL."""
    number = server.raw.execute("SELECT count(*) FROM students").fetchone()[0]
    insert(server.raw, "students", admission_no=f"N{number}", first_name="Efua", last_name="Owusu", class_id=class_id)


@pytest.mark.parametrize("transports", [WEBSOCKET, POLLING], ids=["websocket", "polling"])
def test_a_client_is_sent_the_figures_and_then_every_change(
    server: Server, live_school: School, client: Start, transports: list[str]
) -> None:
    program = server.program()
    js = client(auth={"token": server.token()}, transports=transports)
    first = js.wait_for("stats:snapshot")
    assert js.wait_for("connect")["transport"] == transports[0]
    assert {name: value for name, (value, _) in first["metrics"].items()} == snapshot_of(program)
    answer = program.post("/payments", {"student_id": live_school.asha, "amount": 100}, key=f"client-{time.time()}")
    assert answer.status == 201, answer.text
    js.until("total_income", first["metrics"].get("total_income", [0])[0] + 100)
    assert js.figures() == snapshot_of(program)
    assert js.wait_for("changed", lambda data: data["table"] == "payments")["op"] == "insert"


def test_a_session_cookie_and_a_wall_cookie_are_identities(server: Server, live_school: School, client: Start) -> None:
    _, teacher = server.person("teacher")
    js = client(cookie=teacher.cookie, origin=server.url)
    metrics = js.wait_for("stats:snapshot")["metrics"]
    assert "total_enrollment" in metrics
    assert not [name for name in metrics if "fees" in name]
    wall = client(cookie=f"wall={server.wall_token()}", origin=server.url)
    assert "total_fees_billed" in wall.wait_for("stats:snapshot")["metrics"]


def test_a_client_that_drops_comes_back_to_what_it_missed(server: Server, live_school: School, client: Start) -> None:
    program = server.program()
    js = client(auth={"token": server.token()})
    js.wait_for("stats:snapshot")
    seen = len(js.heard)
    js.order("drop")
    js.wait_for("disconnect", since=seen)
    enrol(server, live_school.blue)
    js.wait_for("connect", since=seen)
    js.until("total_enrollment", snapshot_of(program)["total_enrollment"])
    assert js.figures() == snapshot_of(program)


def test_a_client_that_missed_nothing_gets_only_the_beacon(server: Server, live_school: School, client: Start) -> None:
    js = client(auth={"token": server.token()})
    first = js.wait_for("stats:snapshot")
    js.order("auth", auth={"token": server.token(), "epoch": first["epoch"], "cursor": first["version"]})
    seen = len(js.heard)
    js.order("drop")
    head = js.wait_for("stats:head", since=js.index_of("connect", since=seen))
    assert (head["epoch"], js.events("stats:snapshot", since=seen)) == (first["epoch"], [])
    assert head["version"] <= first["version"]


@pytest.mark.parametrize(
    "asked", [None, {}, {"epoch": None, "cursor": 0}, {"epoch": "other", "cursor": 10**9}, {"cursor": True}, [], 7]
)
def test_hello_is_answered_with_everything_unless_the_client_has_it(
    server: Server, live_school: School, client: Start, asked: Any
) -> None:
    js = client(auth={"token": server.token()})
    js.wait_for("stats:snapshot")
    seen = len(js.heard)
    js.order("emit", event="hello", data=[asked])
    assert js.wait_for("stats:snapshot", since=seen)["metrics"]


def test_hello_of_a_client_that_is_up_to_date_is_answered_with_the_beacon(
    server: Server, live_school: School, client: Start
) -> None:
    js = client(auth={"token": server.token()})
    first = js.wait_for("stats:snapshot")
    seen = len(js.heard)
    js.order("emit", event="hello", data=[{"epoch": first["epoch"], "cursor": first["version"]}])
    js.wait_for("stats:head", since=seen)
    assert js.events("stats:snapshot", since=seen) == []


def test_many_who_ask_at_once_do_not_wait_for_each_other(
    server: Server, live_school: School, raw_socket: Callable[..., RawSocket]
) -> None:
    """More than there are connections to the database, as after a beacon that came late."""
    token = server.token()
    sockets = [raw_socket() for _ in range(24)]
    for socket in sockets:
        socket.sign_in(token)
        assert socket.until(('42["stats:snapshot"',))
    for _ in range(3):
        for socket in sockets:
            socket.send('42["hello",{}]')
        for socket in sockets:
            assert socket.until(('42["stats:snapshot"',))
    assert "QueuePool limit" not in server.logs()


def test_a_refused_client_is_told_and_comes_in_once_its_token_counts_again(
    server: Server, live_school: School, client: Start
) -> None:
    token = server.token(name="clock in the hall")
    server.raw.execute("UPDATE api_tokens SET revoked_at = '2026-01-01 00:00:00' WHERE name = 'clock in the hall'")
    js = client(auth={"token": token})
    assert js.wait_for("connect_error") == {"message": "not_signed_in", "active": False}
    server.raw.execute("UPDATE api_tokens SET revoked_at = NULL WHERE name = 'clock in the hall'")
    js.order("connect")
    assert js.wait_for("stats:snapshot")["metrics"]


@pytest.mark.parametrize("auth", [None, {}, {"token": "no such token"}, {"token": 5}, {"token": ["a"]}, "text"])
def test_nobody_comes_in_without_an_identity(server: Server, client: Start, auth: Any) -> None:
    js = client(auth=auth)
    assert js.wait_for("connect_error") == {"message": "not_signed_in", "active": False}
    assert js.events("stats:snapshot") == []


def test_the_beacon_comes_by_itself(server: Server, client: Start) -> None:
    js = client(auth={"token": server.token()})
    seen = js.index_of("stats:snapshot")
    head = js.wait_for("stats:head", since=seen)
    assert set(head) == {"epoch", "version", "at", "worker_age"}


def test_one_owner_holds_a_limited_number_of_sockets(server: Server, raw_socket: Callable[..., Any]) -> None:
    token = server.token()
    sockets = [raw_socket() for _ in range(31)]
    answers = [each.sign_in(token)[:2] for each in sockets]
    assert answers == ["40"] * 30 + ["44"]
    sockets[0].close()
    deadline = time.monotonic() + 10
    while (again := raw_socket().sign_in(token)[:2]) != "40":
        assert time.monotonic() < deadline, again
        time.sleep(0.1)
