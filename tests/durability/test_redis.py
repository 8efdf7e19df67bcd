"""Redis only counts sign-ins for all processes together: without it every request is answered all the same."""

from contextlib import ExitStack

import pytest

from tests.support.database import insert
from tests.support.redis import serving_redis
from tests.support.server import running

WRONG = {"username": "esi", "password": "not this one"}


@pytest.fixture
def redis(tmp_path):
    with serving_redis(tmp_path) as server:
        yield server


@pytest.fixture
def two_servers(database, raw, school, redis):
    """Two web processes on one database, with one Redis, of a school that has an admin."""
    insert(raw, "users", username="ama", role="admin", password_hash="never right")
    with ExitStack() as stack:
        yield [stack.enter_context(running(database, env={"REDIS_URL": redis.url})) for _ in range(2)]


def sign_in(server):
    return server.caller().submit("/login", WRONG).status


def pays(server, school, key):
    answer = server.program("bursar").post("/payments", {"student_id": school.asha, "amount": 100}, key=key)
    assert answer.status == 201, answer.text
    return answer


def test_wrong_passwords_are_counted_for_both_processes_together(two_servers):
    one, other = two_servers
    assert [sign_in(one) for _ in range(3)] + [sign_in(other) for _ in range(2)] == [401] * 5
    assert sign_in(one) == sign_in(other) == 429


@pytest.mark.parametrize("trouble", ["freeze", "kill"])
def test_a_redis_that_is_away_stops_nobody(two_servers, redis, school, trouble):
    one, other = two_servers
    assert sign_in(one) == 401
    getattr(redis, trouble)()
    pays(one, school, "while-it-is-away")
    # Each process goes on counting by itself.
    assert [sign_in(one) for _ in range(6)][-1] == 429
    assert [sign_in(other) for _ in range(6)][-1] == 429
    if trouble == "freeze":
        redis.thaw()
    else:
        redis.start()
    pays(other, school, "when-it-is-back")
    assert sign_in(one) in (401, 429)
    assert not [line for server in two_servers for line in server.logs().splitlines() if "Traceback" in line]
