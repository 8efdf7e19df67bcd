"""From a commit, whoever made it, to the screens of the running program."""

import json
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from app.domain.permissions import PERMISSIONS, ROLES, STATISTICS_ROOMS, statistics_room
from app.queries.statistics import is_shown
from app.realtime.announcements import TABLE_PERMISSIONS, WALL_TABLES
from tests.realtime.clients import JsClient, RawSocket, Screen, snapshot_of
from tests.support import school as a_school
from tests.support.database import hold_the_write_lock, insert, raw_connection, value
from tests.support.school import School
from tests.support.server import Server

Start = Callable[..., JsClient]


def enrol(server: Server, class_id: int, first_name: str = "Efua") -> int:
    """One more student, typed in by SQL."""
    return insert(
        server.raw, "students", admission_no=secrets.token_hex(5), first_name=first_name, last_name="Owusu",
        class_id=class_id,
    )  # fmt: skip


def key() -> str:
    return secrets.token_hex(8)


def told(server: Server, name: str, seconds: list[float]) -> None:
    in_order = sorted(seconds)
    p50, most = statistics.median(in_order) * 1000, in_order[-1] * 1000
    print(f"\n  {server}, {name}: median {p50:.0f} ms, most {most:.0f} ms of {len(in_order)}")


def test_a_commit_of_the_program_reaches_a_screen(server: Server, live_school: School, client: Start) -> None:
    program, js = server.program(), client(auth={"token": server.token()})
    income = js.wait_for("stats:snapshot")["metrics"].get("total_income", [0])[0]
    took = []
    for _ in range(10):
        sent = time.monotonic()
        answer = program.post("/payments", {"student_id": live_school.asha, "amount": 1}, key())
        assert answer.status == 201, answer.text
        income += 1
        took.append(heard_at(js, "total_income", income) - sent)
        time.sleep(0.26)
    told(server, "payment posted to figure at a client", took)
    assert js.figures() == snapshot_of(program)


def test_a_commit_of_another_program_reaches_a_screen(server: Server, live_school: School, client: Start) -> None:
    program, js = server.program(), client(auth={"token": server.token("teacher")})
    enrolled = js.wait_for("stats:snapshot")["metrics"]["total_enrollment"][0]
    took = []
    for _ in range(10):
        sent = time.monotonic()
        enrol(server, live_school.blue)
        enrolled += 1
        took.append(heard_at(js, "total_enrollment", enrolled) - sent)
        time.sleep(0.26)
    told(server, "commit of another program to figure at a client", took)
    # The promise is 300 ms; the limit only tells "late" from "broken" on a loaded machine.
    assert max(took) < 1.5
    assert js.figures()["total_enrollment"] == snapshot_of(program)["total_enrollment"]


def heard_at(js: JsClient, name: str, amount: int) -> float:
    """When a figure was first heard with this value."""
    index = js.index_of("stats:delta", lambda data: data["metrics"].get(name, [None])[0] == amount)
    return js.times[index]


def test_what_is_rolled_back_is_never_announced(server: Server, live_school: School, client: Start) -> None:
    program, js = server.program(), client(auth={"token": server.token()})
    js.wait_for("stats:snapshot")
    before = snapshot_of(program)
    seen = len(js.heard)
    hold_the_write_lock(server.raw)
    a_school.pay(server.raw, live_school.asha, 777, {live_school.tuition: 777})
    time.sleep(0.4)
    server.raw.execute("ROLLBACK")
    share = [{"fee_id": live_school.tuition, "amount": 50}, {"fee_id": 10**9, "amount": 50}]
    refused = program.post("/payments", {"student_id": live_school.asha, "amount": 100, "allocations": share}, key())
    assert 400 <= refused.status < 500
    insert(server.raw, "classes", name=f"Class {key()}")
    js.wait_for("changed", lambda data: data["table"] == "classes", since=seen)
    assert js.events("stats:delta", since=seen) == []
    # The client's own token may have been news yet.
    tables = {each["table"] for each in js.events("changed", since=seen)}
    assert tables <= {"api_tokens", "classes", "user_activity_log"}
    assert snapshot_of(program) == before


def test_a_storm_is_sent_as_a_few_messages_whose_last_is_exact(
    server: Server, live_school: School, client: Start
) -> None:
    program, js = server.program(), client(auth={"token": server.token("teacher")})
    enrolled = js.wait_for("stats:snapshot")["metrics"]["total_enrollment"][0]
    time.sleep(0.3)
    seen, began = len(js.heard), time.monotonic()
    for _ in range(1000):
        enrol(server, live_school.gold)
    lasted = time.monotonic() - began
    js.until("total_enrollment", enrolled + 1000)
    deltas = js.events("stats:delta", since=seen)
    first = js.times[js.index_of("stats:delta", since=seen)] - began
    lists = [each for each in js.events("changed", since=seen) if each["table"] == "students"]
    print(
        f"\n  {server}: 1000 commits in {lasted:.2f} s came as {len(deltas)} deltas and {len(lists)} words about "
        f"the list, the first after {first * 1000:.0f} ms"
    )
    # At most one in 250 ms, one at the beginning and one at the end.
    assert len(deltas) <= lasted / 0.25 + 2
    assert all(before["version"] == after["base"] for before, after in pairwise(deltas))
    assert js.figures() == snapshot_of(server.program("teacher"))
    assert snapshot_of(program)["total_enrollment"] == enrolled + 1000


def test_a_pages_own_modules_show_what_the_server_says(
    server: Server, live_school: School, screen: Callable[..., Screen]
) -> None:
    program = server.program()
    shown = screen(auth={"token": server.token()})
    shown.wait_for("status", lambda data: data["state"] == "live")
    assert shown.state()["metrics"] == snapshot_of(program)
    seen = len(shown.heard)
    shown.order("drop")
    shown.wait_for("disconnect", since=seen)
    for _ in range(3):
        enrol(server, live_school.blue)
    shown.wait_for("connect", since=seen)
    deadline = time.monotonic() + 15
    while shown.state()["metrics"] != snapshot_of(program):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert shown.wait_for("changed", lambda data: data["table"] == "students", since=seen)["id"] is None
    polling = screen(auth={"token": server.token("teacher")}, transports=["polling"])
    polling.wait_for("status", lambda data: data["state"] == "live")
    assert polling.state()["metrics"] == snapshot_of(server.program("teacher"))


def test_a_pages_own_modules_come_back_after_a_refusal(
    server: Server, live_school: School, screen: Callable[..., Screen]
) -> None:
    name = f"hall {key()}"
    token = server.wall_token(name)
    server.raw.execute("UPDATE wall_displays SET revoked_at = '2026-01-01 00:00:00' WHERE name = ?", (name,))
    wall = screen(cookie=f"wall={token}")
    wall.wait_for("connect_error", lambda data: data["message"] == "not_signed_in")
    server.raw.execute("UPDATE wall_displays SET revoked_at = NULL WHERE name = ?", (name,))
    wall.wait_for("status", lambda data: data["state"] == "live", within=40)
    assert "total_fees_billed" in wall.state()["metrics"]


def test_a_screen_that_was_away_for_fifty_toasts_is_told_the_last_twenty_once(
    server: Server, live_school: School, client: Start, screen: Callable[..., Screen]
) -> None:
    shown, stays = screen(auth={"token": server.token()}), client(auth={"token": server.token()})
    shown.wait_for("status", lambda data: data["state"] == "live")
    stays.wait_for("stats:snapshot")
    shown.order("leave")
    shown.wait_for("disconnect")
    away = len(shown.heard)
    told = [
        insert(
            server.raw, "system_notifications", type="note", title="Note", message=f"Number {number}",
            target_roles=",admin,", created_at=time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime()),
        )
        for number in range(50)
    ]  # fmt: skip
    stays.wait_for("notify", lambda data: data["id"] == told[-1])
    for _ in range(2):
        seen = len(shown.heard)
        shown.order("return")
        shown.wait_for("changed", lambda data: data["table"] == "system_notifications", since=seen)
        shown.order("leave")
        shown.wait_for("disconnect", since=seen)
    assert [each["id"] for each in shown.events("notify", since=away)] == told[-20:]


# ---- who may see what


def categories(server: Server) -> dict[str, str]:
    return dict(server.raw.execute("SELECT metric_name, category FROM statistics_cache").fetchall())


def test_no_frame_carries_what_its_reader_may_not_see(
    server: Server, live_school: School, client: Start, raw_socket: Callable[..., RawSocket]
) -> None:
    office, secret = server.program(), f"Nhyira{key()}"
    listeners: dict[str, JsClient] = {role: client(auth={"token": server.token(role)}) for role in ROLES}
    listeners["wall"] = client(cookie=f"wall={server.wall_token()}", origin=server.url)
    for js in listeners.values():
        js.wait_for("stats:snapshot")
    child = enrol(server, live_school.blue, secret)
    fee = {"student_id": child, "amount_due": 300_000, "description": f"Fees of {secret}", "amount_paid": 500}
    assert office.post("/fees", fee).status == 201
    today = time.strftime("%Y-%m-%d")
    register = {"student_id": child, "date": today, "status": "absent"}
    assert office.post("/attendance", register).status in (200, 201)
    category = value(server.raw, "SELECT id FROM financial_categories WHERE name = 'School Fees'")
    income = {
        "type": "income",
        "category_id": category,
        "amount": 900,
        "transaction_date": today,
        "description": secret,
    }
    assert office.post("/transactions", income | {"description": secret}).status == 201
    marker = f"Class {key()}"
    insert(server.raw, "classes", name=marker)
    marker_id = value(server.raw, "SELECT id FROM classes WHERE name = ?", (marker,))
    for js in listeners.values():
        js.wait_for("changed", lambda data: data["table"] == "classes" and data["id"] in (marker_id, None))
    # Of one turn, the notifications come after the rows.
    listeners["bursar"].wait_for("notify", lambda data: secret in json.dumps(data))
    kinds = categories(server)
    for role, js in listeners.items():
        room = "wall" if role == "wall" else statistics_room(role)
        heard = {name for said in js.heard for name in (said["data"] or {}).get("metrics", ())}
        seen = {name for name, kind in kinds.items() if kind in STATISTICS_ROOMS[room]}
        assert heard == {name for name in seen if is_shown(name, datetime.now(UTC).date())}, role
        allowed = {table for table, needed in TABLE_PERMISSIONS.items() if needed in PERMISSIONS[role]}
        allowed |= {"user_activity_log"} if "activity.view" in PERMISSIONS[role] else set()
        assert {each["table"] for each in js.events("changed")} <= (WALL_TABLES if role == "wall" else allowed), role
        for each in js.events("notify"):
            assert role in ("admin", "principal", "bursar") or secret not in json.dumps(each), role
    assert secret not in json.dumps(listeners["wall"].heard)
    assert all(each["action_url"] is None for each in listeners["wall"].events("notify"))
    for role in ("teacher", "registrar"):
        assert not {each["table"] for each in listeners[role].events("changed")} & {"fees", "payments", "users"}


# ---- another program holds the database


@contextmanager
def lock_held(server: Server) -> Iterator[None]:
    """Somebody else, outside the program, is writing and takes his time."""
    other = raw_connection(server.database)
    hold_the_write_lock(other)
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_database_that_is_held_neither_stops_the_sockets_nor_is_half_written(
    server: Server, live_school: School, raw_socket: Callable[..., RawSocket]
) -> None:
    token = server.token()
    socket = raw_socket()
    socket.sign_in(token)
    socket.until(('42["stats:snapshot"',))
    before = value(server.raw, "SELECT count(*) FROM payments"), value(server.raw, "SELECT version FROM sync_clock")
    answers: dict[str, Any] = {}

    def post(name: str) -> None:
        sent = time.monotonic()
        answers[name] = server.caller(token).post("/payments", {"student_id": live_school.asha, "amount": 5}, key())
        answers[name].took = time.monotonic() - sent

    threads = [threading.Thread(target=post, args=(name,)) for name in ("refused", "refused too", "patient")]
    gaps = []
    with lock_held(server):
        held = time.monotonic()
        for thread in threads[:2]:
            thread.start()
        while time.monotonic() - held < 3:
            asked = time.monotonic()
            socket.send('42["hello",{}]')
            assert socket.until(('42["stats:snapshot"',))
            gaps.append(time.monotonic() - asked)
            time.sleep(0.05)
        threads[2].start()
        for thread in threads[:2]:
            thread.join()
        after = value(server.raw, "SELECT count(*) FROM payments"), value(server.raw, "SELECT version FROM sync_clock")
    threads[2].join()
    for name in ("refused", "refused too"):
        answer = answers[name]
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert answer.json()["error"]["code"] == "database_busy"
    assert after == before
    assert answers["patient"].status == 201
    told(server, "hello answered while another process holds the write lock", gaps)
    waits = ", ".join(f"{name} after {answer.took:.1f} s" for name, answer in answers.items())
    print(f"  {waits}")
    assert max(gaps) < 1


@pytest.mark.parametrize("path", ["/dashboard", "/students"])
def test_reading_goes_on_while_the_database_is_held(server: Server, live_school: School, path: str) -> None:
    _, head = server.person("principal")
    with lock_held(server):
        answer = head.get(path)
    assert answer.status == 200
