"""The set-up page: opened once by the printed link, it makes the school and its first admin."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from app.services.setup import new_setup_token
from tests.support.database import rows, value
from tests.support.people import CSRF, sign_in

FORM: Mapping[str, str] = {
    "school_name": "Blue Hill School",
    "currency": "NGN",
    "timezone": "Africa/Lagos",
    "arrears_alert_threshold": "2,500.50",
    "username": "Esi.Mensah",
    "full_name": "Esi Mensah",
    "password": "a rather long phrase",
    "password_again": "a rather long phrase",
    "with_year": "1",
    "name": "2026/2027",
    "starts_on": "2026-09-01",
    "ends_on": "2027-08-31",
    "term_1_name": "Term 1",
    "term_1_starts_on": "2026-09-08",
    "term_1_ends_on": "2026-12-18",
    "term_2_name": "Term 2",
    "term_2_starts_on": "2027-01-12",
    "term_2_ends_on": "2027-04-09",
}


@pytest.fixture
def token(app: Flask) -> str:
    with app.app_context():
        return str(new_setup_token())


def post(app: Flask, client: FlaskClient, token: str, **changes: str) -> Any:
    with client.session_transaction() as session:
        session["csrf_token"] = CSRF
    signed = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(CSRF)
    return client.post(f"/setup/{token}", data={**FORM, **changes, "csrf_token": signed})


def test_without_the_link_the_page_says_where_it_is(client: FlaskClient) -> None:
    assert client.get("/").headers["Location"] == "/setup"
    assert client.get("/login").headers["Location"] == "/setup"
    answer = client.get("/setup")
    assert answer.status_code == 200
    assert "printed where the program was started" in answer.text


def test_a_wrong_link_opens_nothing(app: Flask, client: FlaskClient, token: str, raw: Any) -> None:
    assert client.get("/setup/wrong").status_code == 404
    assert post(app, client, "wrong").status_code == 404
    assert value(raw, "SELECT count(*) FROM users") == 0


def test_a_newer_link_replaces_the_earlier_one(app: Flask, client: FlaskClient, token: str) -> None:
    with app.app_context():
        newer = new_setup_token()
    assert client.get(f"/setup/{token}").status_code == 404
    assert client.get(f"/setup/{newer}").status_code == 200


def test_the_link_is_kept_as_a_hash_and_not_in_the_activity_log(token: str, raw: Any) -> None:
    assert value(raw, "SELECT token_hash FROM setup_links") != token
    assert value(raw, "SELECT count(*) FROM user_activity_log") == 0


def test_the_form_makes_everything_and_signs_the_admin_in(
    app: Flask, client: FlaskClient, token: str, raw: Any
) -> None:
    page = client.get(f"/setup/{token}")
    assert page.status_code == 200
    assert 'value="Term 3"' in page.text
    answer = post(app, client, token)
    assert answer.status_code == 302
    settings = dict(raw.execute("SELECT key, value FROM settings").fetchall())
    assert settings == {
        "school_name": "Blue Hill School",
        "currency": "NGN",
        "timezone": "Africa/Lagos",
        "arrears_alert_threshold": "250050",
    }
    assert rows(raw, "SELECT username, role FROM users") == [{"username": "esi.mensah", "role": "admin"}]
    assert rows(raw, "SELECT name, starts_on, ends_on FROM terms ORDER BY starts_on") == [
        {"name": "Term 1", "starts_on": "2026-09-08", "ends_on": "2026-12-19"},
        {"name": "Term 2", "starts_on": "2027-01-12", "ends_on": "2027-04-10"},
    ]
    assert client.get("/users").status_code == 200, "the first admin is signed in"


def test_the_link_works_once(app: Flask, client: FlaskClient, token: str) -> None:
    assert post(app, client, token).status_code == 302
    other = app.test_client()
    for answer in (other.get(f"/setup/{token}"), other.get("/setup"), post(app, other, token)):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    with app.app_context():
        assert new_setup_token() is None


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("school_name", " ", "must be filled in"),
        ("currency", "XYZ", "must be one of the list"),
        ("timezone", "Mars/Base", "must be one of the list"),
        ("timezone", "../../etc/passwd", "must be one of the list"),
        ("arrears_alert_threshold", "1e9", "must be a plain number"),
        ("username", "a b", "no spaces"),
        ("password", "short", "at least 8 characters"),
        ("password_again", "another one", "not the same"),
        ("starts_on", "soon", "must be a date"),
        ("ends_on", "2026-08-01", "must end after it starts"),
        ("term_2_starts_on", "2026-12-01", "overlaps"),
        ("term_2_ends_on", "2027-12-01", "cannot end after"),
        ("term_1_name", "Term 2", "two terms"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    app: Flask, client: FlaskClient, token: str, raw: Any, field: str, typed: str, sentence: str
) -> None:
    changes = {field: typed, **({"password_again": typed} if field == "password" else {})}
    answer = post(app, client, token, **changes)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Esi.Mensah" in answer.text or field == "username", "what was typed is kept"
    assert value(raw, "SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM settings)") == 0
    assert client.get(f"/setup/{token}").status_code == 200, "the link still works"


def test_the_year_is_optional(app: Flask, client: FlaskClient, token: str, raw: Any) -> None:
    assert post(app, client, token, with_year="", starts_on="nonsense").status_code == 302
    assert value(raw, "SELECT count(*) FROM academic_years") == 0


def test_figures_carry_the_chosen_currency(app: Flask, client: FlaskClient, token: str, raw: Any) -> None:
    assert post(app, client, token).status_code == 302
    admin = sign_in(app, raw, "bursar")
    student = admin.send("POST", "/api/v1/students", {"first_name": "Yaa", "last_name": "Addo"})
    assert student.status_code in (201, 403)
    raw.execute(
        "INSERT INTO financial_transactions (transaction_date, category_id, type, amount) "
        "VALUES ('2026-11-01', (SELECT id FROM financial_categories), 'income', 5)"
    )
    assert value(raw, "SELECT unit FROM statistics_cache WHERE metric_name = 'total_income'") == "NGN"
