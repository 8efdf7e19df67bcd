"""Wall displays: paired by a link that works once, seeing the wall and nothing else, dead when revoked."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.database import rows, value
from tests.support.people import Person, sign_in


@pytest.fixture
def admin(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin")


def link_of(answer: Any) -> str:
    found = re.search(r"https?://[^/]+(/wall/pair/[a-z0-9]+)", answer.text)
    assert found, answer.text
    return found[1]


@pytest.fixture
def link(admin: Person) -> str:
    return link_of(admin.post("/displays", {"name": "Staff room"}))


@pytest.fixture
def wall(app: Flask, link: str) -> FlaskClient:
    client = app.test_client()
    assert client.get(link).status_code == 302
    return client


@pytest.mark.parametrize("role", ["principal", "bursar", "registrar", "teacher"])
def test_only_admins_manage_displays(app: Flask, raw: Any, role: str) -> None:
    person = sign_in(app, raw, role)
    assert person.get("/displays").status_code == 403
    assert person.post("/displays", {"name": "Mine"}).status_code == 403


def test_the_link_pairs_one_screen(app: Flask, link: str, raw: Any) -> None:
    answer = app.test_client().get(link)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/wall")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie, "plain HTTP on this machine"
    token = re.match(r"wall=([^;]+)", cookie)
    assert token
    assert token[1] not in str(rows(raw, "SELECT * FROM wall_displays"))
    assert link.rpartition("/")[2] not in str(rows(raw, "SELECT * FROM wall_displays"))
    assert app.test_client().get(link).status_code == 404, "it works once"


def test_an_old_or_invented_link_pairs_nothing(app: Flask, link: str, raw: Any) -> None:
    raw.execute("UPDATE wall_displays SET pairing_expires_at = '2020-01-01 00:00:00.000000'")
    assert app.test_client().get(link).status_code == 404
    assert app.test_client().get("/wall/pair/abc").status_code == 404


def test_a_wall_opens_the_wall_and_nothing_else(app: Flask, wall: FlaskClient, raw: Any) -> None:
    assert wall.get("/wall").status_code == 200
    for path in ("/students", "/dashboard", "/fees", "/users", "/activity", "/notifications", "/api/v1/students"):
        assert wall.get(path).status_code == 403


def test_revoking_ends_the_wall_at_once(admin: Person, wall: FlaskClient, raw: Any) -> None:
    display_id = value(raw, "SELECT id FROM wall_displays")
    assert admin.post(f"/displays/{display_id}/revoke").status_code == 302
    assert wall.get("/wall").status_code == 302
    assert "Revoked" in admin.get("/displays").text
    assert admin.post(f"/displays/{display_id}/link").status_code == 409


def test_a_new_link_moves_the_display_to_another_screen(app: Flask, admin: Person, wall: FlaskClient, raw: Any) -> None:
    display_id = value(raw, "SELECT id FROM wall_displays")
    newer = link_of(admin.post(f"/displays/{display_id}/link"))
    assert wall.get("/wall").status_code == 200, "the old screen goes on until the link is used"
    other = app.test_client()
    assert other.get(newer).status_code == 302
    assert other.get("/wall").status_code == 200
    assert wall.get("/wall").status_code == 302


def test_last_seen_is_written_at_most_once_a_minute(wall: FlaskClient, raw: Any) -> None:
    wall.get("/wall")
    first = value(raw, "SELECT last_seen_at FROM wall_displays")
    wall.get("/wall")
    assert value(raw, "SELECT last_seen_at FROM wall_displays") == first
    raw.execute("UPDATE wall_displays SET last_seen_at = '2026-01-01 00:00:00.000000'")
    wall.get("/wall")
    assert value(raw, "SELECT last_seen_at FROM wall_displays") > "2026-01-02"


def test_names_are_checked(admin: Person, link: str, raw: Any) -> None:
    for typed, sentence in (("", "must be filled in"), ("x" * 65, "at most 64"), ("Staff room", "already a display")):
        answer = admin.post("/displays", {"name": typed})
        assert answer.status_code == 422
        assert sentence in answer.text
    display_id = value(raw, "SELECT id FROM wall_displays")
    assert admin.post(f"/displays/{display_id}", {"name": "Hall"}).status_code == 302
    assert value(raw, "SELECT name FROM wall_displays") == "Hall"
    assert admin.post(f"/displays/{display_id}", {"name": ""}).status_code == 422
    assert value(raw, "SELECT name FROM wall_displays") == "Hall"
    for action in ("", "/link", "/code", "/revoke"):
        assert admin.post(f"/displays/99{action}", {"name": "x", "code": "123456"}).status_code == 404
