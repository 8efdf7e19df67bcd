"""People who are signed in, and programs with a token, on the application of a test."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from app.queries.sessions import token_hash
from tests.support.database import insert

CSRF = "0123456789abcdef0123456789abcdef01234567"


class Person:
    """Somebody at a browser of their own; every form they send carries its CSRF token."""

    def __init__(self, app: Flask, session_token: str, user_id: int) -> None:
        self.user_id = user_id
        self.client: FlaskClient = app.test_client()
        self.csrf = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(CSRF)
        with self.client.session_transaction() as session:
            session["_user_id"], session["_fresh"], session["csrf_token"] = session_token, True, CSRF

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, form: Mapping[str, object] | None = None, **options: Any) -> TestResponse:
        sent = {name: value for name, value in (form or {}).items() if value is not None}
        return self.client.post(path, data={**sent, "csrf_token": self.csrf}, **options)

    def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        """A JSON request of a page's script."""
        more = {"X-CSRFToken": self.csrf, **(headers or {})}
        return self.client.open(path, method=method, json=body, headers=more)


class Program:
    """Another program with a bearer token."""

    def __init__(self, app: Flask, token: str) -> None:
        self.client: FlaskClient = app.test_client(use_cookies=False)
        self.token = token

    def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        more = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        sent = {} if body is None else {"json": body}
        return self.client.open(f"/api/v1{path}", method=method, headers=more, **sent)

    def get(self, path: str) -> TestResponse:
        return self.send("GET", path)

    def post(self, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> TestResponse:
        return self.send("POST", path, body, headers)


class Screen:
    """A television's browser that nobody has signed in at: it shows a code and waits."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.csrf = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(CSRF)
        with self.client.session_transaction() as session:
            session["csrf_token"] = CSRF

    def _post(self, path: str, **options: Any) -> TestResponse:
        return self.client.post(path, headers={"X-CSRFToken": self.csrf, "Accept": "application/json"}, **options)

    def ask(self, **options: Any) -> TestResponse:
        """Ask for a code."""
        return self._post("/wall/pair", **options)

    def code(self, **options: Any) -> str:
        """The six digits that it shows."""
        answer = self.ask(**options)
        assert answer.status_code == 200, answer.text
        return str(answer.json["code"])

    def standing(self) -> str:
        """What it hears when it asks how it stands."""
        return str(self.client.get("/wall/pair/standing").json["standing"])

    def enter(self) -> TestResponse:
        """Go in with the secret that it holds."""
        return self._post("/wall/pair/enter")


def sign_in(app: Flask, raw: Any, role: str = "bursar", *, username: str | None = None) -> Person:
    """A new user of a role at a browser, signed in without the price of a password."""
    token = secrets.token_urlsafe(16)
    user_id = insert(raw, "users", username=username or f"{role}-{token[:6].lower()}", role=role)
    insert(
        raw, "user_sessions", token_hash=token_hash(token), user_id=user_id, auth_version=1,
        expires_at="2999-01-01 00:00:00.000000",
    )  # fmt: skip
    return Person(app, token, user_id)


def program(app: Flask, raw: Any, role: str = "admin") -> Program:
    """A program with a token of a role."""
    token = secrets.token_urlsafe(16)
    insert(raw, "api_tokens", name=f"{role}-{token[:6]}", token_hash=token_hash(token), role=role)
    return Program(app, token)
