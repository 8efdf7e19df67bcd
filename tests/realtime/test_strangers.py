"""What somebody with a program of their own may try on the socket of the running server."""

import http.client
import json
import random
import re
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.realtime.clients import JsClient, RawSocket
from tests.support.database import insert
from tests.support.school import School
from tests.support.server import Server

# Whatever comes through the door is turned away before anybody asks a database.
pytestmark = pytest.mark.sqlite

Open = Callable[..., RawSocket]
HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


def ask(server: Server, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    """One request without cookies or token: status and text."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.read().decode()


def handshake(server: Server) -> str:
    """Open a socket by polling; its id."""
    status, text = ask(server, "GET", HANDSHAKE)
    assert status == 200, text
    return str(json.loads(text[1:])["sid"])


def foreign_origins(server: Server) -> list[str]:
    host = f"127.0.0.1:{server.port}"
    return [
        "null",
        "http://evil.example",
        f"http://{host}.evil.example",
        f"http://evil{host}",
        f"http://evil.example/{host}",
        f"http://evil.example#{host}",
        f"http://{host}@evil.example",
        f"http://evil.example@{host}",
        f"http://127.0.0.1:{server.port + 1}",
        f"http://127.0.0.1:{server.port}0",
        f"http://localhost:{server.port}",
        f"file://{host}",
        f"//{host}",
        host,
        "http://",
    ]


def test_foreign_null_and_look_alike_origins_are_refused(server: Server) -> None:
    for origin in foreign_origins(server):
        status, text = ask(server, "GET", HANDSHAKE, Origin=origin)
        assert (status, text) == (400, '"Not an accepted origin."'), origin
        spoofed = {"Origin": origin, "X_Forwarded_Host": origin.partition("://")[2], "X_Forwarded_Proto": "http"}
        assert ask(server, "GET", HANDSHAKE, **spoofed)[0] == 400, origin
    assert ask(server, "GET", HANDSHAKE, Origin=server.url)[0] == 200


def test_a_foreign_page_cannot_use_a_signed_in_browser(server: Server, client: Callable[..., JsClient]) -> None:
    _, bursar = server.person("bursar")
    js = client(cookie=bursar.cookie, origin="http://evil.example", transports=["websocket"])
    assert js.wait_for("connect_error")
    assert js.events("stats:snapshot") == []


def test_a_missing_origin_needs_an_identity(server: Server, raw_socket: Open) -> None:
    assert raw_socket().sign_in() == '44{"message":"not_signed_in"}'
    assert raw_socket().sign_in(server.token()).startswith("40")
    _, bursar = server.person("bursar")
    assert raw_socket(cookie=bursar.cookie).sign_in().startswith("40")


def test_a_token_in_the_address_is_worth_nothing(server: Server) -> None:
    sid = handshake(server)
    path = f"{HANDSHAKE}&sid={sid}&token={server.token()}"
    assert ask(server, "POST", path, b"40") == (200, "OK")
    assert "not_signed_in" in ask(server, "GET", path)[1]


@pytest.mark.parametrize("query", ["j=0", "%6a=0", "j", "j=", "t=1&j=5"])
def test_jsonp_is_refused(server: Server, query: str) -> None:
    assert ask(server, "GET", f"{HANDSHAKE}&{query}")[0] == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(server: Server, method: str) -> None:
    assert ask(server, method, HANDSHAKE)[0] == 405


def test_sixty_kilobytes_are_read_and_seventy_close_the_socket(server: Server, raw_socket: Open) -> None:
    def hello_of(size: int) -> str:
        return "42" + json.dumps(["hello", {"epoch": "x" * size}])

    socket = raw_socket()
    socket.sign_in(server.token())
    socket.until(('42["stats:snapshot"',))
    socket.send(hello_of(60_000))
    assert socket.until(('42["stats:snapshot"',))
    socket.send(hello_of(70_000))
    assert socket.until(("never",)) == ""


@pytest.mark.parametrize(("size", "parts"), [(30_000, 10), (1, 20_000)])
def test_a_message_that_never_ends_is_not_kept(server: Server, raw_socket: Open, size: int, parts: int) -> None:
    socket = raw_socket()
    for number in range(parts if server.mode == "eventlet" or size > 1 else 80_000):
        socket.send_part("x" * size, first=number == 0)
    assert socket.until(("never",)) == ""


def test_a_polling_client_may_not_post_more_either(server: Server) -> None:
    sid = handshake(server)
    assert ask(server, "POST", f"{HANDSHAKE}&sid={sid}", b"4" + b"x" * 70_000)[0] == 400
    assert ask(server, "GET", f"{HANDSHAKE}&sid={sid}")[0] == 400


BAD_FRAMES = [
    "", "x", "9", "4", "49", "4x", "42", "42{", "42[", "42[]", "42{}", "427", '42"a"', "42null", "42[[1]]",
    '42[{"a":1}]', "4" + "[" * 50_000, "42" + "[" * 50_000, '42["hello",' + "[" * 20_000, "44{}", "45", "451-",
    '451-["hello",{}]', '45999999999-["a"]', '4599999999999-["a"]', "46", "43", "431[]", '4299999["hello"]',
    '42/other,["hello"]', "40/other,", "40/*,", "40", "bAAAA", "b!!!", "\u0663", "5", "1",
    b"", b"\x00\xff", b"4", b"x" * 30_000,
]  # fmt: skip


def test_frames_that_are_none_end_their_socket_and_nothing_else(
    server: Server, live_school: School, raw_socket: Open, client: Callable[..., JsClient]
) -> None:
    watching = client(auth={"token": server.token()})
    first = watching.wait_for("stats:snapshot")["metrics"]["total_enrollment"][0]
    token = server.token()
    for frame in BAD_FRAMES:
        for signed_in in (False, True):
            socket = raw_socket()
            if signed_in:
                assert socket.sign_in(token).startswith("40")
            socket.send(frame)
            socket.close()
    insert(
        server.raw, "students", admission_no=f"F{server.port}", first_name="Yaw", last_name="Antwi",
        class_id=live_school.blue,
    )  # fmt: skip
    watching.until("total_enrollment", first + 1)


def test_frames_that_are_none_are_refused_by_post_too(server: Server) -> None:
    for frame in BAD_FRAMES:
        body = frame.encode() if isinstance(frame, str) else frame
        assert ask(server, "POST", f"{HANDSHAKE}&sid={handshake(server)}", body)[0] in (200, 400), frame


def test_binary_messages_end_the_socket(server: Server, raw_socket: Open) -> None:
    socket = raw_socket()
    socket.sign_in(server.token())
    socket.send(b"\x04hello")
    assert socket.until(("never",)) == ""


@pytest.mark.parametrize(
    "forged", ['42["disconnect"]', '42["disconnect","bye",1]', '42["connect"]', '42["connect",1,{"token":"x"}]']
)
def test_a_forged_event_ends_the_socket_that_sent_it(server: Server, raw_socket: Open, forged: str) -> None:
    socket = raw_socket()
    socket.sign_in(server.token())
    socket.send(forged)
    assert socket.until(("41",)) == "41"
    assert socket.until(("never",)) == ""


def test_a_socket_that_talks_too_much_is_cut_off(server: Server, raw_socket: Open) -> None:
    socket = raw_socket()
    socket.sign_in(server.token())
    for _ in range(101):
        socket.send('42["noise"]')
    assert socket.until(("never",)) == ""


def test_a_thousand_random_events_change_nothing_and_raise_nothing(server: Server, raw_socket: Open) -> None:
    chance = random.Random(5)
    token = server.token()
    before = tables(server)

    def value(depth: int = 0) -> Any:
        kinds = [None, True, -1, 10**30, 1.5, "", "x", "__proto__", "stats:snapshot", "\u0000", "finance"]
        if depth < 3 and chance.random() < 0.5:
            if chance.random() < 0.5:
                return [value(depth + 1) for _ in range(chance.randint(0, 4))]
            return {str(chance.choice(kinds)): value(depth + 1) for _ in range(chance.randint(0, 4))}
        return chance.choice(kinds)

    names = [
        "hello",
        "join",
        "room",
        "subscribe",
        "stats:snapshot",
        "ctl",
        "*",
        "error",
        "message",
        "json",
        5,
        None,
        "",
    ]
    for _ in range(16):
        socket = raw_socket()
        socket.sign_in(token)
        for _ in range(60):
            number = str(chance.randint(0, 99)) if chance.random() < 0.2 else ""
            arguments = [value() for _ in range(chance.randint(0, 3))]
            socket.send(f"42{number}{json.dumps([chance.choice(names), *arguments])}")
        socket.close()
    assert tables(server) == before


def tables(server: Server) -> list[Any]:
    names = ("payments", "fees", "students", "users", "user_activity_log", "statistics_cache", "system_notifications")
    return [server.raw.execute(f"SELECT count(*) FROM {name}").fetchone() for name in names]


def test_rooms_and_other_peoples_sockets_cannot_be_reached(
    server: Server, live_school: School, raw_socket: Open
) -> None:
    socket = raw_socket()
    sid = json.loads(socket.sign_in(server.token("teacher"))[2:])["sid"]
    other = raw_socket()
    other.sign_in(server.token())
    for event in ("join", "join_room", "enter_room", "subscribe"):
        socket.send("42" + json.dumps([event, "finance"]))
    snapshot = socket.until(('42["stats:snapshot"',))
    assert "total_income" not in snapshot
    # The id that is told is the name of a room; it opens no door of the transport.
    assert ask(server, "GET", f"{HANDSHAKE}&sid={sid}")[0] == 400


def test_a_screen_that_does_not_read_is_dropped_and_the_others_are_not(
    server: Server, live_school: School, client: Callable[..., JsClient]
) -> None:
    reader = client(auth={"token": server.token()})
    reader.wait_for("stats:snapshot")
    sid = handshake(server)
    ask(server, "POST", f"{HANDSHAKE}&sid={sid}", b'40{"token":"%s"}' % server.token().encode())
    deadline = time.monotonic() + 30
    number = 0
    while not re.search(rf"socket {sid} is cut off: \d+ packets wait for it", server.logs()):
        assert time.monotonic() < deadline
        for _ in range(5):
            number += 1
            insert(server.raw, "classes", name=f"Class {server.port}-{number}")
            insert(server.raw, "guardians", full_name=f"Ama {number}")
            insert(server.raw, "teachers", first_name="Abena", last_name=f"Sarpong {number}")
        time.sleep(0.1)
    assert ask(server, "GET", f"{HANDSHAKE}&sid={sid}")[0] == 400
    assert reader.events("disconnect") == []
    reader.until("total_teachers", server.raw.execute("SELECT count(*) FROM teachers").fetchone()[0])


def memory_of(server: Server) -> int:
    """Bytes that the web process holds."""
    assert server.web is not None
    status = Path(f"/proc/{server.web.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]


def test_a_websocket_that_stops_reading_costs_the_others_nothing(
    server: Server, raw_socket: Open, client: Callable[..., JsClient]
) -> None:
    reader, stuck = client(auth={"token": server.token()}), raw_socket(narrow=True)
    reader.wait_for("stats:snapshot")
    stuck.sign_in(server.token())
    sid = json.loads(stuck.opened[1:])["sid"]
    before, waits, number = memory_of(server), [], 0
    words = {"title": "Note", "message": "x" * 4_000, "target_roles": ",admin,"}
    deadline = time.monotonic() + 60
    while not (cut := re.search(rf"socket {sid} is cut off: (\d+) packets wait for it", server.logs())):
        assert time.monotonic() < deadline
        server.raw.execute("BEGIN")
        for _ in range(15):
            number += 1
            insert(server.raw, "system_notifications", type=f"flood {number}", **words)
        server.raw.execute("COMMIT")
        committed = time.monotonic()
        index = reader.index_of("notify", lambda data, last=f"flood {number}": data["type"] == last)
        waits.append(reader.times[index] - committed)
    median, most = statistics.median(waits) * 1000, max(waits) * 1000
    print(f"\n  {server}: a toast beside a stuck screen: median {median:.0f} ms, most {most:.0f} ms of {len(waits)}")
    print(f"  the stuck one was cut off with {cut[1]} packets waiting")
    assert statistics.median(waits) < 1
    assert reader.events("disconnect") == []
    assert memory_of(server) - before < 64 * 2**20
    # What was on its way is read, and then the line is closed.
    assert stuck.until(("never",)) == ""
    insert(server.raw, "classes", name=f"Class {server.port} after the flood")
    reader.wait_for("changed", lambda data: data["table"] == "classes")
