"""Every error has a page: what happened, what was kept, where to go on; also for strangers, and without a database."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.errors import DatabaseBusy
from app.web import templating
from app.web.error_pages import AGAIN, error_page
from app.web.styleguide import ERRORS
from tests.support.people import Person, sign_in

HEADINGS = {
    400: "Not understood",
    403: "Not for your role",
    404: "Nothing here",
    405: "Not possible here",
    409: "Not possible right now",
    413: "Too large",
    422: "Not accepted",
    429: "Please wait",
    500: "Something went wrong",
    503: "One moment",
    507: "Disk full",
}
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def admin(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin")


def test_every_error_of_the_style_guide_is_named() -> None:
    assert set(ERRORS) == set(HEADINGS)


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_has_a_heading_a_sentence_and_a_way_on(app: Flask, status: int) -> None:
    with app.test_request_context("/fees?status=unpaid"):
        page = error_page(status, "What happened.", "0123456789abcdef")
    assert f'<h1 class="page-title">{HEADINGS[status]}</h1>' in page
    assert f"<title>{HEADINGS[status]}" in page
    assert "What happened." in page
    assert "0123456789abcdef" in page
    assert 'href="/"' in page
    assert ('href="/fees?status=unpaid"' in page) == (status in AGAIN), (
        "what may be over in a moment can be asked again"
    )


def test_what_was_sent_is_never_asked_again_by_a_link(app: Flask) -> None:
    with app.test_request_context("/fees/new", method="POST"):
        assert 'href="/fees/new"' not in error_page(503, "One moment.")


def test_an_address_in_the_page_is_only_text(app: Flask) -> None:
    with app.test_request_context('/x"><script>alert(1)</script>?q="><script>'):
        assert "<script>alert" not in error_page(503, "One moment.")


@pytest.mark.parametrize("path", ["/nothing-here", "/students/999999"])
def test_an_error_is_in_the_frame_of_who_is_signed_in(admin: Person, client: FlaskClient, path: str) -> None:
    answer = admin.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert 'class="sidebar' in answer.text
    outside = client.get("/nothing-here", headers=BROWSER)
    assert outside.status_code == 404
    assert 'class="plain-card"' in outside.text
    assert 'class="sidebar' not in outside.text


@pytest.mark.parametrize("error", [OperationalError("SELECT", {}, Exception("gone")), DatabaseBusy()], ids=str)
def test_an_error_is_told_while_the_database_is_the_error(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail() -> dict[str, str]:
        raise error

    monkeypatch.setattr(templating, "all_settings", fail)
    app.testing = False
    answer = client.get("/nothing-here", headers=BROWSER)
    assert answer.status_code == 404
    assert "Nothing here" in answer.text
    assert "There is nothing at this address." in answer.text
    assert "SchoolPulse" in answer.text


def test_the_style_guide_is_for_admins(app: Flask, raw: Any, admin: Person) -> None:
    assert admin.get("/styleguide").status_code == 200
    assert admin.get("/styleguide/errors/503").status_code == 200
    assert admin.get("/styleguide/errors/999", headers=BROWSER).status_code == 404
    for role in ("principal", "bursar", "registrar", "teacher"):
        person = sign_in(app, raw, role)
        assert person.get("/styleguide").status_code == 403
        assert person.get("/styleguide/errors/503").status_code == 403


def test_the_style_guide_measures_the_school_colour(admin: Person) -> None:
    assert "readable" in admin.get("/styleguide").text
    admin.post("/settings/look", {"school_colour": "#ffd400"})
    page = admin.get("/styleguide").text
    assert "#ffd400" in page
    assert "too faint" not in page
