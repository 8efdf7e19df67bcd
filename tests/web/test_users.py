"""Users and the account page: rights end at once, and the last admin stays."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import rows, value
from tests.support.people import CSRF, Person, sign_in

PASSWORD = "a rather long phrase"


@pytest.fixture
def admin(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin", username="ama")


@pytest.fixture
def bursar(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "bursar", username="esi")


def log_in(app: Flask, username: str, password: str) -> tuple[Person, Any]:
    person = Person(app, "nobody", 0)
    answer = person.post("/login", {"username": username, "password": password})
    with person.client.session_transaction() as session:
        session["csrf_token"] = CSRF
    return person, answer


@pytest.mark.parametrize("role", ["principal", "bursar", "registrar", "teacher"])
def test_only_admins_manage_users(app: Flask, raw: Any, role: str, admin: Person) -> None:
    person = sign_in(app, raw, role)
    for path in ("/users", "/users/new", f"/users/{admin.user_id}"):
        assert person.get(path).status_code == 403
    for path in ("/users/new", f"/users/{admin.user_id}/deactivate", f"/users/{admin.user_id}/password"):
        assert person.post(path, {"password": PASSWORD}).status_code == 403
    assert person.get("/account").status_code == 200


def test_a_new_user_can_sign_in(app: Flask, admin: Person, raw: Any) -> None:
    form = {"username": " Kofi.B ", "full_name": "Kofi Boateng", "role": "teacher", "password": PASSWORD}
    assert admin.post("/users/new", form).status_code == 302
    assert "kofi.b" in admin.get("/users").text
    person, answer = log_in(app, "KOFI.B", PASSWORD)
    assert answer.status_code == 302
    assert person.get("/account").status_code == 200
    logged = value(raw, "SELECT activity_data FROM user_activity_log WHERE description = 'users: kofi.b'")
    assert "argon2" not in logged
    assert "password_hash" not in logged


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("username", "x", "2 to 64 letters"),
        ("username", "<b>", "2 to 64 letters"),
        ("username", "AMA", "already a user named ama"),
        ("role", "owner", "must be one of"),
        ("role", "", "must be one of"),
        ("password", "1234567", "at least 8"),
        ("password", "password", "easy to guess"),
        ("password", "x" * 201, "at most 200"),
        ("full_name", "x" * 121, "at most 120"),
    ],
)
def test_bad_input_gets_a_sentence(admin: Person, raw: Any, field: str, typed: str, sentence: str) -> None:
    form = {"username": "kofi", "full_name": "Kofi", "role": "teacher", "password": PASSWORD, field: typed}
    answer = admin.post("/users/new", form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert value(raw, "SELECT count(*) FROM users") == 1


@pytest.mark.parametrize("role", ["teacher", "bursar"])
def test_only_another_role_ends_sessions(admin: Person, bursar: Person, role: str) -> None:
    assert bursar.get("/account").status_code == 200
    assert admin.post(f"/users/{bursar.user_id}", {"role": role, "full_name": "Esi M."}).status_code == 302
    expected = 200 if role == "bursar" else 302
    assert bursar.get("/account").status_code == expected


def test_a_deactivated_user_is_out_at_once_and_stays_out(app: Flask, admin: Person, raw: Any) -> None:
    admin.post("/users/new", {"username": "kofi", "role": "teacher", "password": PASSWORD})
    kofi, _ = log_in(app, "kofi", PASSWORD)
    user_id = value(raw, "SELECT id FROM users WHERE username = 'kofi'")
    assert kofi.get("/account").status_code == 200
    assert admin.post(f"/users/{user_id}/deactivate").status_code == 302
    assert kofi.get("/account").status_code == 302
    assert log_in(app, "kofi", PASSWORD)[1].status_code == 401
    assert admin.post(f"/users/{user_id}/activate").status_code == 302
    assert kofi.get("/account").status_code == 302, "the old session stays dead"
    assert log_in(app, "kofi", PASSWORD)[1].status_code == 302


def test_a_new_password_ends_every_session(app: Flask, admin: Person, bursar: Person) -> None:
    assert admin.post(f"/users/{bursar.user_id}/password", {"password": "short"}).status_code == 422
    assert bursar.get("/account").status_code == 200
    assert admin.post(f"/users/{bursar.user_id}/password", {"password": PASSWORD}).status_code == 302
    assert bursar.get("/account").status_code == 302
    assert log_in(app, "esi", PASSWORD)[1].status_code == 302


def test_the_last_admin_stays(app: Flask, admin: Person, raw: Any) -> None:
    answer = admin.post(f"/users/{admin.user_id}", {"role": "teacher", "full_name": ""})
    assert answer.status_code == 422
    assert "last admin" in answer.text
    admin.post(f"/users/{admin.user_id}/deactivate")
    assert rows(raw, "SELECT role, is_active FROM users") == [{"role": "admin", "is_active": 1}]
    other = sign_in(app, raw, "admin")
    assert other.post(f"/users/{admin.user_id}", {"role": "teacher", "full_name": ""}).status_code == 302
    assert value(raw, "SELECT role FROM users WHERE username = 'ama'") == "teacher"


def test_unknown_users_are_not_found(admin: Person) -> None:
    for path in ("/users/999", "/users/999/row"):
        assert admin.get(path).status_code == 404
    for path in ("/users/999", "/users/999/deactivate", "/users/999/activate", "/users/999/password"):
        form = {"role": "teacher", "full_name": "", "password": PASSWORD}
        assert admin.post(path, form).status_code == 404


def test_my_own_password_asks_for_the_present_one(app: Flask, admin: Person, raw: Any) -> None:
    admin.post("/users/new", {"username": "kofi", "role": "teacher", "password": PASSWORD})
    here, _ = log_in(app, "kofi", PASSWORD)
    there, _ = log_in(app, "kofi", PASSWORD)
    new = {"password": "quite another phrase", "password_again": "quite another phrase"}
    wrong = here.post("/account/password", {"present": "not it", **new})
    assert wrong.status_code == 422
    assert "present password is wrong" in wrong.text
    unlike = here.post("/account/password", {"present": PASSWORD, **new, "password_again": "typo"})
    assert "not the same" in unlike.text
    assert here.post("/account/password", {"present": PASSWORD, **new}).status_code == 302
    assert here.get("/account").status_code == 200, "the session that asked goes on"
    assert there.get("/account").status_code == 302, "the others have ended"
    assert log_in(app, "kofi", PASSWORD)[1].status_code == 401
    assert log_in(app, "kofi", "quite another phrase")[1].status_code == 302


def test_i_end_my_sessions_and_nobody_elses(app: Flask, admin: Person, bursar: Person, raw: Any) -> None:
    admin.post("/users/new", {"username": "kofi", "role": "teacher", "password": PASSWORD})
    here, _ = log_in(app, "kofi", PASSWORD)
    there, _ = log_in(app, "kofi", PASSWORD)
    mine = value(raw, "SELECT max(id) FROM user_sessions")
    theirs = value(raw, "SELECT id FROM user_sessions WHERE user_id = ?", (bursar.user_id,))
    assert here.post(f"/account/sessions/{theirs}/end").status_code == 404
    assert here.post(f"/account/sessions/{mine}/end").status_code == 302
    assert there.get("/account").status_code == 302
    assert here.get("/account").status_code == 200
    assert bursar.get("/account").status_code == 200
