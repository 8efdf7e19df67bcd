"""Notifications on the page and over JSON: a role sees its own, unread first; reading is each user's own."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, value
from tests.support.people import Person, program, sign_in


def tell(raw: Any, title: str, *, roles: str = ",bursar,", priority: str = "normal", **more: object) -> int:
    return insert(
        raw, "system_notifications", type="test", title=title, message=f"About {title}", priority=priority,
        target_roles=roles, **more,
    )  # fmt: skip


@pytest.fixture
def bursar(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "bursar")


def unread(person: Person) -> int:
    return int(person.get("/notifications/unread").get_json()["unread"])


def test_a_role_sees_its_own(app: Flask, bursar: Person, raw: Any) -> None:
    tell(raw, "For the bursar")
    other = tell(raw, "For the teacher", roles=",teacher,")
    page = bursar.get("/notifications").text
    assert "For the bursar" in page
    assert "For the teacher" not in page
    assert bursar.get(f"/notifications/{other}/row").status_code == 404
    assert bursar.post(f"/notifications/{other}/read").status_code == 404
    assert (unread(bursar), unread(sign_in(app, raw, "teacher"))) == (1, 1)


def test_reading_is_each_users_own(app: Flask, bursar: Person, raw: Any) -> None:
    first = tell(raw, "One")
    tell(raw, "Two")
    colleague = sign_in(app, raw, "bursar")
    assert bursar.post(f"/notifications/{first}/read").headers["Location"] == "/notifications"
    bursar.post(f"/notifications/{first}/read")
    assert (unread(bursar), unread(colleague)) == (1, 2)
    assert bursar.post("/notifications/read").status_code == 302
    assert (unread(bursar), unread(colleague)) == (0, 2)
    assert value(raw, "SELECT count(*) FROM notification_reads") == 2


def test_unread_ones_come_first_then_the_newest(bursar: Person, raw: Any) -> None:
    for title in ("Oldest", "Middle", "Newest"):
        number = tell(raw, title)
    bursar.post(f"/notifications/{number}/read")
    page = bursar.get("/notifications").text
    assert page.index("Middle") < page.index("Oldest") < page.index("Newest")
    only = bursar.get("/notifications?show=unread").text
    assert "Newest" not in only


def test_passing_and_expired_ones_are_not_counted(bursar: Person, raw: Any) -> None:
    tell(raw, "Payment received", priority="low")
    tell(raw, "Old news", expires_at="2020-01-01 00:00:00.000000")
    tell(raw, "Settled", cleared_at="2026-01-01 00:00:00.000000")
    assert unread(bursar) == 0
    page = bursar.get("/notifications").text
    assert "Payment received" not in page
    assert "Old news" not in page
    assert "Settled" in page
    assert "Payment received" in bursar.get("/notifications?show=all").text


def test_opening_marks_as_read_and_stays_on_this_site(bursar: Person, raw: Any) -> None:
    good = tell(raw, "Good", action_url="/students/5")
    evil = tell(raw, "Evil", action_url="https://evil.example/")
    assert bursar.post(f"/notifications/{good}/read", {"open": "1"}).headers["Location"] == "/students/5"
    assert bursar.post(f"/notifications/{evil}/read", {"open": "1"}).headers["Location"] == "/"
    assert unread(bursar) == 0


def test_long_lists_have_pages(bursar: Person, raw: Any) -> None:
    for number in range(120):
        tell(raw, f"Number {number:03d}")
    seen, address = [], "/notifications"
    while address:
        page = bursar.get(address).text
        seen += [number for number in range(120) if f"Number {number:03d}" in page]
        found = page.partition('rel="next" href="')[2].partition('"')[0]
        address = found.replace("&amp;", "&")
    assert seen == sorted(seen, reverse=False) or sorted(seen) == list(range(120))
    assert len(seen) == 120
    assert bursar.get("/notifications?cursor=nonsense").status_code == 422


def test_what_was_typed_is_shown_as_text(bursar: Person, raw: Any) -> None:
    tell(raw, "<script>alert(1)</script>")
    assert "<script>alert(1)" not in bursar.get("/notifications").text


def test_the_api_lists_and_marks(app: Flask, bursar: Person, raw: Any) -> None:
    first, second = tell(raw, "One"), tell(raw, "Two", action_url="/fees")
    body = bursar.send("GET", "/api/v1/notifications").get_json()
    assert [item["id"] for item in body["items"]] == [second, first]
    assert set(body["items"][0]) == {
        "id", "type", "title", "message", "priority", "action_url", "created_at", "cleared_at", "is_read"
    }  # fmt: skip
    assert bursar.send("POST", f"/api/v1/notifications/{second}/read").status_code == 204
    body = bursar.send("GET", "/api/v1/notifications?unread=true").get_json()
    assert [item["id"] for item in body["items"]] == [first]
    assert bursar.send("POST", "/api/v1/notifications/read").get_json() == {"marked": 1}
    assert bursar.send("POST", "/api/v1/notifications/999/read").status_code == 404
    assert bursar.send("GET", "/api/v1/notifications?colour=red").status_code == 422


def test_a_program_lists_but_does_not_read(app: Flask, raw: Any) -> None:
    number = tell(raw, "One")
    reader = program(app, raw, "bursar")
    assert len(reader.get("/notifications").get_json()["items"]) == 1
    assert reader.post(f"/notifications/{number}/read").status_code == 403
    assert app.test_client().get("/api/v1/notifications").status_code == 401
