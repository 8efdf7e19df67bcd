"""Pairing a screen by the six digits that it shows: they say which screen is meant, and let nobody in."""

import hashlib
import json
import re
from typing import Any

import pytest
from flask import Flask

from app.services.wall_pairing import MOST_OF_A_SOURCE, MOST_WAITING
from tests.support.database import insert, rows, value
from tests.support.people import Person, Screen, sign_in


@pytest.fixture
def admin(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin")


@pytest.fixture
def screen(app: Flask) -> Screen:
    return Screen(app)


def other(code: str) -> str:
    """Six digits that this screen does not show."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_screen_becomes_the_display_that_the_admin_named(screen: Screen, admin: Person, raw: Any) -> None:
    assert screen.client.get("/wall").headers["Location"] == "/wall/pair"
    code = screen.code()
    assert re.fullmatch(r"\d{6}", code)
    assert screen.standing() == "waiting"
    typed = {"code": f" {code[:3]} {code[3:]} ", "name": "Staff room", "boards": ["money", "classes"]}
    assert admin.post("/displays", {**typed, "seconds": "20", "theme": "light"}).status_code == 302
    assert screen.standing() == "admitted"
    assert screen.client.get("/wall").status_code == 302, "not before it went in"
    entered = screen.enter()
    assert entered.json == {"url": "/wall"}
    page = screen.client.get("/wall")
    assert page.status_code == 200
    assert re.findall(r'data-board="(\w+)"', page.text) == ["money", "classes"]
    assert 'data-seconds="20"' in page.text
    assert 'data-bs-theme="light"' in page.text
    assert screen.client.get("/students").status_code == 403
    assert "Live now" in admin.get("/displays").text
    assert value(raw, "SELECT count(*) FROM wall_pairings") == 0


def test_what_the_browsers_keep_is_out_of_reach_of_scripts_and_other_sites(screen: Screen, admin: Person) -> None:
    asked = screen.ask()
    secret = asked.headers["Set-Cookie"]
    assert asked.headers["Cache-Control"] == "no-store"
    admin.post("/displays", {"code": asked.json["code"], "name": "Hall"})
    token = screen.enter().headers.getlist("Set-Cookie")[0]
    assert secret.startswith("wall-pairing=") and token.startswith("wall=")
    for cookie in (secret, token):
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert "Path=/wall" in secret
    assert asked.json.keys() == {"code", "seconds"}


def test_neither_the_digits_nor_the_secret_can_be_read_from_the_table(screen: Screen, raw: Any) -> None:
    code = screen.code()
    secret = screen.client.get_cookie("wall-pairing", path="/wall")
    assert secret is not None
    kept = json.dumps(rows(raw, "SELECT * FROM wall_pairings"), default=str)
    assert secret.value not in kept
    hashes = {row["code_hash"] for row in rows(raw, "SELECT code_hash FROM wall_pairings")}
    assert code not in hashes
    assert hashlib.sha256(code.encode()).hexdigest() not in hashes, "a million hashes are made in a second"


def test_the_digits_alone_give_nothing_to_another_browser(app: Flask, screen: Screen, admin: Person) -> None:
    code = screen.code()
    stranger = Screen(app)
    stranger.client.set_cookie("wall-pairing", code, path="/wall")
    admin.post("/displays", {"code": code, "name": "Hall"})
    assert stranger.standing() == "gone"
    assert stranger.enter().status_code == 404
    waiting = Screen(app)
    waiting.code()
    assert waiting.standing() == "waiting"
    assert waiting.enter().status_code == 404, "another screen was admitted"
    assert screen.enter().status_code == 200


def test_digits_are_typed_once_and_a_secret_is_used_once(screen: Screen, admin: Person) -> None:
    code = screen.code()
    assert admin.post("/displays", {"code": code, "name": "Hall"}).status_code == 302
    again = admin.post("/displays", {"code": code, "name": "Library"})
    assert again.status_code == 422
    assert "No screen shows this code now" in again.text
    secret = screen.client.get_cookie("wall-pairing", path="/wall")
    assert secret is not None
    assert screen.enter().status_code == 200
    screen.client.set_cookie("wall-pairing", secret.value, path="/wall")
    assert screen.enter().status_code == 404


def test_a_screen_that_asks_again_shows_other_digits_and_the_old_ones_are_worth_nothing(
    screen: Screen, admin: Person, raw: Any
) -> None:
    first = screen.code()
    second = screen.code()
    assert value(raw, "SELECT count(*) FROM wall_pairings") == 1
    assert first == second or admin.post("/displays", {"code": first, "name": "Hall"}).status_code == 422
    assert admin.post("/displays", {"code": second, "name": "Hall"}).status_code == 302


def test_digits_last_ten_minutes(screen: Screen, admin: Person, raw: Any) -> None:
    code = screen.code()
    raw.execute("UPDATE wall_pairings SET expires_at = '2026-01-01 00:00:00'")
    assert screen.standing() == "gone"
    assert admin.post("/displays", {"code": code, "name": "Hall"}).status_code == 422
    assert value(raw, "SELECT count(*) FROM wall_displays") == 0
    code = screen.code()
    assert value(raw, "SELECT count(*) FROM wall_pairings") == 1, "what expired is forgotten"
    admin.post("/displays", {"code": code, "name": "Hall"})
    raw.execute("UPDATE wall_pairings SET expires_at = '2026-01-01 00:00:00'")
    assert screen.enter().status_code == 404


def test_guessing_ends_after_ten_wrong_codes(app: Flask, screen: Screen, admin: Person, raw: Any) -> None:
    code = screen.code()
    display = insert(raw, "wall_displays", name="Gate")
    for number in range(10):
        assert admin.post("/displays", {"code": other(code), "name": f"Hall {number}"}).status_code == 422
    assert admin.post("/displays", {"code": code, "name": "Hall"}).status_code == 429
    assert admin.post(f"/displays/{display}/code", {"code": code}).status_code == 429, "by no other door"
    assert value(raw, "SELECT count(*) FROM wall_displays") == 1
    assert screen.standing() == "waiting"
    colleague = sign_in(app, raw, "admin")
    assert colleague.post("/displays", {"code": code, "name": "Hall"}).status_code == 302


def test_one_machine_guesses_no_more_for_having_several_admins(app: Flask, screen: Screen, raw: Any) -> None:
    code = screen.code()
    for _ in range(3):
        admin = sign_in(app, raw, "admin")
        for _ in range(10):
            assert admin.post("/displays", {"code": other(code), "name": "Hall"}).status_code == 422
    assert sign_in(app, raw, "admin").post("/displays", {"code": code, "name": "Hall"}).status_code == 429


def test_other_mistakes_are_no_guesses(screen: Screen, admin: Person) -> None:
    code = screen.code()
    for _ in range(12):
        assert admin.post("/displays", {"code": code, "name": ""}).status_code == 422
        assert admin.post("/displays", {"code": "12 34", "name": "Hall"}).status_code == 422
    assert admin.post("/displays", {"code": code, "name": "Hall"}).status_code == 302


@pytest.mark.parametrize("role", ["principal", "bursar", "registrar", "teacher"])
def test_only_admins_admit_screens(app: Flask, raw: Any, screen: Screen, role: str) -> None:
    person = sign_in(app, raw, role)
    assert person.post("/displays", {"code": screen.code(), "name": "Hall"}).status_code == 403
    assert screen.standing() == "waiting"


def test_only_a_few_screens_wait_at_once(app: Flask, raw: Any) -> None:
    for _ in range(MOST_OF_A_SOURCE):
        Screen(app).code()
    refused = Screen(app).ask()
    assert refused.status_code == 409
    assert refused.json["error"]["code"] == "too_many_waiting"
    assert Screen(app).ask(environ_base={"REMOTE_ADDR": "192.168.1.7"}).status_code == 200
    raw.execute("UPDATE wall_pairings SET ip_address = 'x' || id")
    for number in range(MOST_WAITING - MOST_OF_A_SOURCE - 1):
        assert Screen(app).ask(environ_base={"REMOTE_ADDR": f"192.168.2.{number}"}).status_code == 200
    assert Screen(app).ask(environ_base={"REMOTE_ADDR": "192.168.1.8"}).status_code == 409


def test_another_site_cannot_make_a_browser_wait_or_go_in(app: Flask) -> None:
    browser = app.test_client()
    for path in ("/wall/pair", "/wall/pair/enter"):
        assert browser.post(path).status_code == 403
        assert browser.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_display_moves_to_another_screen(app: Flask, screen: Screen, admin: Person, raw: Any) -> None:
    admin.post("/displays", {"code": screen.code(), "name": "Hall"})
    screen.enter()
    display = value(raw, "SELECT id FROM wall_displays")
    newer = Screen(app)
    assert admin.post(f"/displays/{display}/code", {"code": newer.code()}).status_code == 302
    assert screen.client.get("/wall").status_code == 200, "the old screen goes on until the new one is in"
    assert newer.enter().status_code == 200
    assert newer.client.get("/wall").status_code == 200
    assert screen.client.get("/wall").status_code == 302
    assert value(raw, "SELECT count(*) FROM wall_displays") == 1


def test_of_two_screens_admitted_as_one_display_the_later_one_goes_in(
    app: Flask, screen: Screen, admin: Person, raw: Any
) -> None:
    admin.post("/displays", {"code": screen.code(), "name": "Hall"})
    display, later = value(raw, "SELECT id FROM wall_displays"), Screen(app)
    admin.post(f"/displays/{display}/code", {"code": later.code()})
    assert screen.enter().status_code == 404
    assert later.enter().status_code == 200


def test_a_revoked_display_admits_nobody(app: Flask, screen: Screen, admin: Person, raw: Any) -> None:
    admin.post("/displays", {"code": screen.code(), "name": "Hall"})
    display = value(raw, "SELECT id FROM wall_displays")
    admin.post(f"/displays/{display}/revoke")
    assert screen.enter().status_code == 404
    assert admin.post(f"/displays/{display}/code", {"code": screen.code()}).status_code == 422


def test_a_screen_hears_that_it_was_revoked_and_can_be_paired_anew(screen: Screen, admin: Person, raw: Any) -> None:
    admin.post("/displays", {"code": screen.code(), "name": "Hall"})
    screen.enter()
    admin.post(f"/displays/{value(raw, 'SELECT id FROM wall_displays')}/revoke")
    page = screen.client.get("/wall", follow_redirects=True)
    assert "This display was revoked" in page.text
    assert "data-figures" not in page.text
    admin.post("/displays", {"code": screen.code(), "name": "Hall 2"})
    assert screen.enter().status_code == 200
    assert screen.client.get("/wall").status_code == 200


def test_somebody_who_may_see_the_wall_is_not_asked_to_pair(app: Flask, raw: Any) -> None:
    assert sign_in(app, raw, "principal").get("/wall/pair").headers["Location"] == "/wall"
    assert sign_in(app, raw, "teacher").get("/wall").status_code == 403
    assert sign_in(app, raw, "teacher").get("/wall/pair").status_code == 200
