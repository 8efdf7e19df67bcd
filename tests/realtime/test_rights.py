"""A right that ends, ends at once: for the sockets that are open, the next connect and the next request."""

import secrets
import time
from collections.abc import Callable

import pytest

from tests.realtime.clients import JsClient
from tests.support.database import insert, value
from tests.support.school import School
from tests.support.server import Caller, Server

PASSWORD = "a long enough password"
Start = Callable[..., JsClient]
End = Callable[[Server, Caller, Caller, int], object]


def sign_in_again(server: Server, user_id: int) -> Caller:
    name = value(server.raw, "SELECT username FROM users WHERE id = ?", (user_id,))
    return server.caller().sign_in(name, PASSWORD)


def end_other_sessions(server: Server, admin: Caller, user: Caller, user_id: int) -> None:
    session_id = value(server.raw, "SELECT max(id) FROM user_sessions WHERE user_id = ?", (user_id,))
    assert sign_in_again(server, user_id).submit(f"/account/sessions/{session_id}/end").status == 302


def change_own_password(server: Server, admin: Caller, user: Caller, user_id: int) -> None:
    form = {"present": PASSWORD, "password": "quite another one", "password_again": "quite another one"}
    assert sign_in_again(server, user_id).submit("/account/password", form).status == 302


def sql(statement: str) -> End:
    return lambda server, admin, user, user_id: server.raw.execute(statement, (user_id,))


ENDS: dict[str, End] = {
    "signing out": lambda server, admin, user, user_id: user.submit("/logout"),
    "ending the session elsewhere": end_other_sessions,
    "changing the own password elsewhere": change_own_password,
    "a new password by the admin": lambda server, admin, user, user_id: admin.submit(
        f"/users/{user_id}/password", {"password": "quite another one"}
    ),
    "another role": lambda server, admin, user, user_id: admin.submit(
        f"/users/{user_id}", {"role": "teacher", "full_name": ""}
    ),
    "deactivating": lambda server, admin, user, user_id: admin.submit(f"/users/{user_id}/deactivate"),
    "SQL: deactivated": sql("UPDATE users SET is_active = false WHERE id = ?"),
    "SQL: another role": sql("UPDATE users SET role = 'teacher' WHERE id = ?"),
    "SQL: another version": sql("UPDATE users SET auth_version = auth_version + 1 WHERE id = ?"),
    "SQL: session removed": sql("DELETE FROM user_sessions WHERE user_id = ?"),
    "SQL: session idle": sql("UPDATE user_sessions SET last_seen_at = '2026-01-01 00:00:00' WHERE user_id = ?"),
    "SQL: session too old": sql("UPDATE user_sessions SET expires_at = '2026-01-01 00:00:00' WHERE user_id = ?"),
}
KEEPS_THE_SESSION = {"SQL: another role"}


@pytest.fixture(scope="module")
def admin(server: Server) -> Caller:
    return server.person("admin")[1]


@pytest.mark.parametrize("how", ENDS)
def test_a_user_whose_right_ends_hears_nothing_more(
    server: Server, live_school: School, admin: Caller, client: Start, how: str, record_property: Callable[..., None]
) -> None:
    user_id, user = server.person("bursar")
    js = client(cookie=user.cookie, origin=server.url)
    other = client(auth={"token": server.token("bursar")})
    js.wait_for("stats:snapshot")
    other.wait_for("stats:snapshot")
    ENDS[how](server, admin, user, user_id)
    ended = time.monotonic()
    index = js.index_of("disconnect")
    took = js.times[index] - ended
    record_property("seconds_to_end", took)
    print(f"\n  {server}, {how}: socket ended after {took * 1000:.0f} ms")
    assert js.heard[index]["data"] == {"reason": "io server disconnect", "active": False}
    assert js.heard[index - 1] == {"event": "ctl", "data": {"auth_changed": True}}
    seen = len(js.heard)
    enrolled = other.figures()["total_enrollment"] + 1
    number = secrets.token_hex(4)
    insert(server.raw, "students", admission_no=number, first_name="Esi", last_name="Addo", class_id=live_school.blue)
    other.until("total_enrollment", enrolled)
    assert js.heard[seen:] == []
    js.order("connect")
    if how in KEEPS_THE_SESSION:
        metrics = js.wait_for("stats:snapshot", since=seen)["metrics"]
        assert "total_enrollment" in metrics
        assert not [name for name in metrics if "fees" in name or "income" in name]
        return
    js.wait_for("connect_error", lambda data: data["message"] == "not_signed_in", since=seen)
    assert user.get("/api/v1/stats").status == 401


def test_the_session_that_changes_its_own_password_goes_on(server: Server, live_school: School, client: Start) -> None:
    _, user = server.person("bursar")
    js = client(cookie=user.cookie, origin=server.url)
    js.wait_for("stats:snapshot")
    form = {"present": PASSWORD, "password": "quite another one", "password_again": "quite another one"}
    assert user.submit("/account/password", form).status == 302
    seen = len(js.heard)
    insert(server.raw, "classes", name=f"Class {secrets.token_hex(4)}")
    js.wait_for("changed", lambda data: data["table"] == "classes", since=seen)
    assert js.events("disconnect") == []


def test_a_revoked_token_and_a_revoked_display_are_cut_off(
    server: Server, live_school: School, admin: Caller, client: Start
) -> None:
    program = client(auth={"token": server.token(name=f"clock {server.mode}")})
    wall = client(cookie=f"wall={server.wall_token(f'hall {server.mode}')}", origin=server.url)
    for js in (program, wall):
        js.wait_for("stats:snapshot")
    display = value(server.raw, "SELECT id FROM wall_displays WHERE name = ?", (f"hall {server.mode}",))
    assert admin.submit(f"/displays/{display}/revoke").status == 302
    wall.wait_for("disconnect")
    server.raw.execute(
        "UPDATE api_tokens SET revoked_at = '2026-01-01 00:00:00' WHERE name = ?", (f"clock {server.mode}",)
    )
    program.wait_for("disconnect")
    for js in (program, wall):
        assert js.events("ctl") == [{"auth_changed": True}]


def test_a_display_that_another_screen_took_over_is_cut_off(
    server: Server, live_school: School, admin: Caller, client: Start
) -> None:
    token = server.wall_token(f"gate {server.mode}")
    old = client(cookie=f"wall={token}", origin=server.url)
    old.wait_for("stats:snapshot")
    display = value(server.raw, "SELECT id FROM wall_displays WHERE name = ?", (f"gate {server.mode}",))
    page = admin.submit(f"/displays/{display}/link").text
    screen = server.caller()
    screen.get("/wall/pair/" + page.split("/wall/pair/")[1].split('"')[0].split("<")[0].strip())
    new = client(cookie=screen.cookie, origin=server.url)
    new.wait_for("stats:snapshot")
    old.wait_for("disconnect")
    assert new.events("disconnect") == []


def test_a_role_that_changed_is_sent_other_figures_and_never_the_beacon_alone(
    server: Server, live_school: School, admin: Caller, client: Start
) -> None:
    user_id, user = server.person("bursar")
    js = client(cookie=user.cookie, origin=server.url)
    first = js.wait_for("stats:snapshot")
    assert "total_fees_billed" in first["metrics"]
    admin.submit(f"/users/{user_id}", {"role": "teacher", "full_name": ""})
    js.wait_for("disconnect")
    again = sign_in_again(server, user_id)
    js = client(cookie=again.cookie, origin=server.url, auth={"epoch": first["epoch"], "cursor": first["version"] + 1})
    metrics = js.wait_for("stats:snapshot")["metrics"]
    assert "total_enrollment" in metrics
    assert not [name for name in metrics if "fees" in name]
