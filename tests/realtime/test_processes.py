"""Two web processes on one PostgreSQL: what one writes, the screens of the other show."""

import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.realtime.clients import JsClient, snapshot_of
from tests.support import school as a_school
from tests.support.database import Database, insert
from tests.support.school import School
from tests.support.server import Caller, Server, running

pytestmark = pytest.mark.postgresql

Pair = tuple[Server, Server]
PASSWORD = "a long enough password"


@pytest.fixture
def pair(database: Database, raw: Any) -> Iterator[Pair]:
    """Two servers of a school that has an admin."""
    insert(raw, "users", username="head", role="admin")
    with running(database) as one, running(database) as other:
        yield one, other
        for server in (one, other):
            assert "Traceback" not in server.logs(), server.logs()[-6000:]


@pytest.fixture
def screen_of() -> Iterator[Callable[[Server, str], JsClient]]:
    """The official client at a server, with a token."""
    opened: list[JsClient] = []

    def start(server: Server, token: str) -> JsClient:
        opened.append(JsClient(server, auth={"token": token}))
        opened[-1].wait_for("stats:snapshot")
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def pay(program: Caller, school: School, amount: int) -> None:
    answer = program.post("/payments", {"student_id": school.asha, "amount": amount}, secrets.token_hex(8))
    assert answer.status == 201, answer.text


@pytest.mark.parametrize("hint", ["on", "off"])
def test_a_payment_through_one_is_on_a_screen_of_the_other(
    pair: Pair, raw: Any, screen_of: Callable[..., JsClient], hint: str
) -> None:
    one, other = pair
    insert(raw, "settings", key="commit_hint", value=hint)
    school = a_school.found(raw)
    js, program = screen_of(other, other.token()), one.program()
    took, income = [], 0
    for _ in range(8):
        pay(program, school, 3)
        sent, income = time.monotonic(), income + 3
        index = js.index_of("stats:delta", lambda data, due=income: data["metrics"].get("total_income", [0])[0] == due)
        took.append(js.times[index] - sent)
        time.sleep(0.3)
    told = f"median {statistics.median(took) * 1000:.0f} ms, most {max(took) * 1000:.0f} ms"
    print(f"\n  hint {hint}: {told}")
    assert js.figures() == snapshot_of(program)
    # 150 ms with the hint and 1.2 s without are the goal; these limits only tell "late" from "broken".
    assert statistics.median(took) < (0.6 if hint == "on" else 2.5), told


def test_a_user_deactivated_through_one_loses_the_socket_at_the_other(
    pair: Pair, raw: Any, screen_of: Callable[..., JsClient]
) -> None:
    one, other = pair
    user_id, person = other.person("bursar", PASSWORD)
    js = JsClient(other, cookie=person.cookie, origin=other.url)
    try:
        js.wait_for("stats:snapshot")
        _, admin = one.person("admin", PASSWORD)
        assert admin.submit(f"/users/{user_id}/deactivate").status == 302
        assert js.wait_for("ctl") == {"auth_changed": True}
        js.wait_for("disconnect")
    finally:
        js.close()
    assert person.get("/dashboard").status == 302


def test_rows_and_notifications_of_both_reach_every_screen_once(
    pair: Pair, raw: Any, screen_of: Callable[..., JsClient]
) -> None:
    school = a_school.found(raw)
    screens = [screen_of(server, server.token()) for server in pair]
    programs = [server.program() for server in pair]
    for turn in range(6):
        pay(programs[turn % 2], school, 10 + turn)
    for js in screens:
        js.until("total_income", sum(10 + turn for turn in range(6)))
        deadline = time.monotonic() + 15
        while len(js.events("notify")) < 6:
            assert time.monotonic() < deadline, js.heard
            time.sleep(0.02)
        told = [each["id"] for each in js.events("notify")]
        assert len(told) == len(set(told)) == 6
        assert js.figures() == snapshot_of(pair[0].program())
