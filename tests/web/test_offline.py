"""What a browser keeps for the time without a line: nothing of anybody, and no longer than it is right."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.support.database import set_setting
from tests.support.people import sign_in

COOKIE = "Set-Cookie"


def kept(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/offline/kept")
    assert answer.status_code == 200 and answer.is_json
    assert answer.headers["Cache-Control"] == "no-cache" and COOKIE not in answer.headers
    found: dict[str, Any] = answer.json
    return found


def test_the_offline_page_is_the_same_for_everybody(app: Flask, client: FlaskClient, raw: Any) -> None:
    admin = sign_in(app, raw, "admin")
    before, after = client.get("/offline"), admin.get("/offline")
    assert before.status_code == 200 and before.text == after.text
    assert COOKIE not in before.headers and "csrf" not in before.text


def test_only_files_for_everybody_are_kept_and_all_that_the_page_needs(client: FlaskClient, raw: Any) -> None:
    set_setting(raw, "school_colour", "#7b1e3a")
    files = kept(client)["files"]
    assert any(file.startswith("/brand.css?v=") for file in files)
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"], file
        answer.close()
    page = client.get("/offline").text
    assert {found for found in re.findall(r'(?:href|src)="(/[^"#]*)', page)} == set(files)


def test_a_new_name_or_colour_is_a_new_list_and_no_new_script(client: FlaskClient, raw: Any) -> None:
    names, script = [kept(client)["name"]], client.get("/service-worker.js")
    assert script.status_code == 200 and script.content_type.startswith("text/javascript")
    assert script.headers["Cache-Control"] == "no-cache" and COOKIE not in script.headers
    assert kept(client)["name"] == names[0]
    for key, value in (("school_name", "Hillside"), ("school_colour", "#7b1e3a"), ("locale", "fr_CI")):
        set_setting(raw, key, value)
        names.append(kept(client)["name"])
    assert len(set(names)) == 4
    for path, etag in (("/service-worker.js", script.headers["ETag"]), ("/offline/kept", f'"{names[-1]}"')):
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304, path
