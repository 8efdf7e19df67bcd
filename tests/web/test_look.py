"""The school's logo and colour: kept with the school, served as a picture and a style sheet, changed by admins only."""

import json
import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.pictures import LARGEST_FILE, read_picture
from tests.support.database import rows, set_setting, value
from tests.support.people import Person, sign_in
from tests.support.pictures import JPEG, WEBP_ALPHA, png

LOGO = png(64, 48)
OTHER = png(64, 48, ink=200)


@pytest.fixture
def admin(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin")


def save(person: Person, logo: bytes | None = None, *, name: str = "logo.png", **form: object) -> Any:
    sent: dict[str, object] = {"school_colour": "", **form}
    if logo is not None:
        sent["logo"] = (BytesIO(logo), name)
    return person.post("/settings/look", sent, content_type="multipart/form-data")


def kept(raw: Any) -> dict[str, str]:
    found = raw.execute("SELECT key, value FROM settings WHERE key IN ('school_logo', 'school_colour')").fetchall()
    return {key: value for key, value in found if value}


def address_of_logo(page: str) -> str:
    found = re.search(r'<img class="school-logo[^>]* src="(/logo/[^"]+)"', page)
    assert found, "the page shows no logo"
    return found[1]


def sheet(page: str) -> str | None:
    found = re.search(r'<link rel="stylesheet" href="(/brand\.css[^"]*)"', page)
    return found[1] if found else None


@pytest.mark.parametrize("role", ["principal", "bursar", "registrar", "teacher"])
def test_only_admins_change_the_look(app: Flask, raw: Any, role: str) -> None:
    person = sign_in(app, raw, role)
    assert save(person, LOGO, school_colour="#7b1e3a").status_code == 403
    assert person.get("/settings/look/preview?colour=%237b1e3a").status_code == 403
    assert kept(raw) == {}
    assert value(raw, "SELECT count(*) FROM school_pictures") == 0


@pytest.mark.parametrize(
    ("data", "type", "size"),
    [(LOGO, "image/png", "64x48"), (JPEG, "image/jpeg", "20x16"), (WEBP_ALPHA, "image/webp", "20x16")],
)
def test_a_logo_is_served_as_a_picture_and_nothing_else(
    admin: Person, client: FlaskClient, data: bytes, type: str, size: str
) -> None:
    assert save(admin, data).status_code == 302
    address = address_of_logo(admin.get("/settings").text)
    assert size in address
    answer = client.get(address)
    assert answer.status_code == 200, "the sign-in page shows it, too"
    assert answer.data == read_picture(data).data
    assert answer.headers["Content-Type"] == type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in answer.headers["Cache-Control"]
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_logo_is_on_the_pages_of_everybody(app: Flask, raw: Any, admin: Person, client: FlaskClient) -> None:
    assert "school-logo" not in client.get("/login").text
    save(admin, LOGO)
    address = address_of_logo(client.get("/login").text)
    assert address_of_logo(sign_in(app, raw, "teacher").get("/attendance").text) == address


def test_another_logo_takes_the_place_of_the_first(admin: Person, client: FlaskClient, raw: Any) -> None:
    save(admin, LOGO)
    first = address_of_logo(admin.get("/settings").text)
    save(admin, OTHER)
    second = address_of_logo(admin.get("/settings").text)
    assert first != second, "browsers keep an address for good"
    assert client.get(second).data == read_picture(OTHER).data
    assert client.get(first).status_code == 404
    assert value(raw, "SELECT count(*) FROM school_pictures") == 1


def test_saving_the_colour_keeps_the_logo_and_removing_the_logo_the_colour(admin: Person, raw: Any) -> None:
    save(admin, LOGO, school_colour="#7B1E3A")
    both = kept(raw)
    assert both["school_colour"] == "#7b1e3a"
    save(admin, school_colour="#1e4fc8")
    assert kept(raw) == {**both, "school_colour": "#1e4fc8"}
    save(admin, school_colour="#1e4fc8", remove_logo="1")
    assert kept(raw) == {"school_colour": "#1e4fc8"}
    assert value(raw, "SELECT count(*) FROM school_pictures") == 0
    save(admin)
    assert kept(raw) == {}


def test_the_same_logo_twice_is_one(admin: Person, raw: Any) -> None:
    save(admin, LOGO)
    assert save(admin, LOGO).status_code == 302
    assert value(raw, "SELECT count(*) FROM school_pictures") == 1


def test_every_change_is_in_the_activity_log(admin: Person, raw: Any) -> None:
    save(admin, LOGO, school_colour="#7b1e3a")
    logged = rows(
        raw,
        "SELECT user_id, description, activity_data FROM user_activity_log WHERE table_name = 'settings' ORDER BY id",
    )
    assert [row["description"] for row in logged] == ["settings: school_colour", "settings: school_logo"]
    assert {row["user_id"] for row in logged} == {admin.user_id}
    data = logged[1]["activity_data"]
    assert len(data if isinstance(data, str) else json.dumps(data)) < 300, (
        "the log names the picture, it does not hold it"
    )


@pytest.mark.parametrize(
    ("logo", "form", "field", "sentence"),
    [
        (
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
            {},
            "logo",
            "An SVG file can carry scripts",
        ),
        (b"<!doctype html><script>1</script>", {}, "logo", "must be a PNG, JPEG or WebP"),
        (LOGO[:70], {}, "logo", "damaged"),
        (LOGO + b"\0" * LARGEST_FILE, {}, "logo", "smaller than 500 kB"),
        (b"", {}, "logo", "The file is empty"),
        (LOGO, {"school_colour": "red"}, "school_colour", "must be # and six"),
        (LOGO, {"school_colour": "#7b1e3a;}body{display:none"}, "school_colour", "must be # and six"),
    ],
)
def test_what_is_refused_changes_nothing(
    admin: Person, raw: Any, logo: bytes, form: dict[str, str], field: str, sentence: str
) -> None:
    answer = save(admin, logo, **form)
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text
    assert sentence in answer.text
    assert kept(raw) == {}
    assert value(raw, "SELECT count(*) FROM school_pictures") == 0


def test_a_file_says_nothing_by_its_name_or_type(admin: Person, client: FlaskClient) -> None:
    """What is kept and served is decided by the content alone."""
    save(admin, JPEG, name="../../logo.svg")
    address = address_of_logo(admin.get("/settings").text)
    assert re.fullmatch(r"/logo/[0-9a-f]{16}-20x16\.jpg", address)
    assert client.get(address).headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("name", ["x", "../settings", "0123456789abcdef-20x16.png", "%00", "a" * 300])
def test_there_is_no_other_picture(client: FlaskClient, name: str) -> None:
    assert client.get(f"/logo/{name}").status_code == 404


@pytest.mark.parametrize("written", ["x", '"><script>1</script>', "/../x", "0123456789abcdef-0x16.png"])
def test_a_logo_setting_that_the_program_did_not_write_shows_none(
    admin: Person, client: FlaskClient, raw: Any, written: str
) -> None:
    set_setting(raw, "school_logo", written)
    page = client.get("/login")
    assert page.status_code == 200
    assert "school-logo" not in page.text
    assert "<script>1" not in page.text


def test_the_colour_is_a_style_sheet_of_its_own(admin: Person, client: FlaskClient) -> None:
    assert sheet(client.get("/login").text) is None
    save(admin, school_colour="#7b1e3a")
    address = sheet(client.get("/login").text)
    assert address
    answer = client.get(address)
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert '[data-bs-theme="dark"]' in answer.text
    assert "--color-primary: #7b1e3a;" in answer.text
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    plain = client.get("/brand.css?v=another")
    assert plain.headers["Cache-Control"] == "no-cache", "an address without its version is asked for again"
    save(admin, school_colour="#1e4fc8")
    assert sheet(client.get("/login").text) != address


@pytest.mark.parametrize("written", ["red", "#12", "#7b1e3a;}*{display:none}", "</style><script>"])
def test_a_colour_that_the_program_did_not_write_is_not_followed(
    admin: Person, client: FlaskClient, raw: Any, written: str
) -> None:
    set_setting(raw, "school_colour", written)
    page = client.get("/login")
    assert page.status_code == 200
    assert sheet(page.text) is None
    assert client.get("/brand.css").text == ""


def test_a_colour_is_shown_before_it_is_saved(admin: Person, raw: Any) -> None:
    found = admin.get("/settings/look/preview?colour=%237b1e3a", headers={"Accept": "application/json"})
    assert found.json is not None
    assert found.json["light"]["--color-primary"] == "#7b1e3a"
    assert set(found.json) == {"light", "dark"}
    assert kept(raw) == {}
    assert admin.get("/settings/look/preview?colour=red", headers={"Accept": "application/json"}).status_code == 422
