"""The program on a phone's home screen, in the school's name and colour, told to everybody and telling nothing."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.domain.colours import WHITE, contrast
from tests.support.database import set_setting
from tests.support.people import sign_in
from tests.support.pictures import png
from tests.web.test_look import save


def manifest(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/manifest.webmanifest")
    assert answer.status_code == 200 and answer.content_type.startswith("application/manifest+json")
    found: dict[str, Any] = answer.get_json()
    return found


def test_the_manifest_has_the_schools_name_and_colour(client: FlaskClient, raw: Any) -> None:
    set_setting(raw, "school_name", "Hillside Preparatory School")
    found = manifest(client)
    assert (found["name"], found["short_name"]) == ("Hillside Preparatory School", "Hillside")
    assert found["lang"] == "en-GH" and found["display"] == "standalone" and found["start_url"] == "/"
    before = found["theme_color"]
    set_setting(raw, "school_colour", "#f2d544")
    coloured = manifest(client)
    assert coloured["theme_color"] != before
    assert contrast(coloured["theme_color"], WHITE) >= 4.5, "the mark is white on it"
    addresses = [{icon["src"] for icon in of["icons"]} for of in (found, coloured)]
    assert not addresses[0] & addresses[1], "a phone would keep the old ones"


def test_the_icons_are_what_the_manifest_says(client: FlaskClient) -> None:
    for icon in manifest(client)["icons"]:
        answer = client.get(icon["src"])
        assert answer.status_code == 200 and answer.content_type == icon["type"] == "image/png"
        assert "immutable" in answer.headers["Cache-Control"]
        width = int.from_bytes(answer.data[16:20])
        assert icon["sizes"] == f"{width}x{width}"
    assert "immutable" not in client.get("/icon/icon-192.png?v=of-another-colour").headers["Cache-Control"]
    assert client.get("/icon/other.png").status_code == 404


def test_a_logo_with_the_form_of_an_icon_is_one(app: Flask, client: FlaskClient, raw: Any) -> None:
    admin = sign_in(app, raw, "admin")
    save(admin, png(200, 160))
    assert not any("/logo/" in icon["src"] for icon in manifest(client)["icons"])
    save(admin, png(160, 160))
    first, *others = manifest(client)["icons"]
    assert first["src"].startswith("/logo/") and first["sizes"] == "160x160"
    assert client.get(first["src"]).content_type == first["type"]
    assert others, "a phone may want a larger one"


def test_pages_name_the_manifest_and_a_colour_for_each_theme(client: FlaskClient) -> None:
    page = client.get("/setup").text
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    touch = re.search(r'<link rel="apple-touch-icon" href="([^"]+)">', page)
    assert touch and client.get(touch[1]).content_type == "image/png"
    bars = re.findall(r'<meta name="theme-color" content="(#\w+)" media="\(prefers-color-scheme: (\w+)\)"', page)
    assert {name for _, name in bars} == {"light", "dark"} and len({colour for colour, _ in bars}) == 2
