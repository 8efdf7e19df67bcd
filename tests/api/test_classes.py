"""`/api/v1/classes` over HTTP, on a real database."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import value
from tests.support.people import Program, program
from tests.support.school import School


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw, "registrar")


def test_a_class_is_added_with_only_a_name(office: Program) -> None:
    answer = office.post("/classes", {"name": " Basic  4 "})
    assert answer.status_code == 201
    body = answer.get_json()
    assert body == {"id": body["id"], "name": "Basic 4", "level": 0, "capacity": None, "is_active": True}
    assert office.get(f"/classes/{body['id']}").get_json() == body
    assert answer.headers["Location"] == f"/api/v1/classes/{body['id']}"


@pytest.mark.parametrize("name", ["Blue", "BLUE", " blue ", "Blüe"])
def test_a_name_belongs_to_one_class_however_it_is_written(office: Program, raw: Any, name: str) -> None:
    answer = office.post("/classes", {"name": name})
    assert answer.status_code == 422
    assert answer.get_json()["error"]["message"] == "There is already a class named Blue."
    assert answer.get_json()["error"]["param"] == "name"
    assert value(raw, "SELECT count(*) FROM classes") == 2


@pytest.mark.parametrize(
    ("change", "param"),
    [({"name": ""}, "name"), ({"capacity": 0}, "capacity"), ({"level": 1.5}, "level"), ({"teacher": 1}, "teacher")],
)
def test_bad_values_are_refused(office: Program, change: dict[str, object], param: str) -> None:
    for answer in (office.post("/classes", {"name": "Red", **change}), office.send("PATCH", "/classes/1", change)):
        assert answer.status_code == 422
        assert answer.get_json()["error"]["param"] == param


def test_a_class_is_renamed_to_itself_and_closed(office: Program, school: School, raw: Any) -> None:
    answer = office.send("PATCH", f"/classes/{school.blue}", {"name": "BLUE", "capacity": 30, "is_active": False})
    assert answer.get_json() == {
        "id": school.blue, "name": "BLUE", "level": 0, "capacity": 30, "is_active": False
    }  # fmt: skip
    assert [one["name"] for one in office.get("/classes?is_active=true").get_json()["items"]] == ["Gold"]
    refused = office.post("/students", {"first_name": "Ama", "last_name": "Owusu", "class_id": school.blue})
    assert refused.get_json()["error"]["message"] == "BLUE is closed and takes no students."
    assert office.send("PATCH", f"/students/{school.asha}", {"class_id": school.blue}).status_code == 200, (
        "who is in a closed class may stay"
    )


def test_unknown_classes_are_not_found(office: Program) -> None:
    assert office.get("/classes/99").status_code == 404
    assert office.send("PATCH", "/classes/99", {"name": "Red"}).status_code == 404


@pytest.mark.parametrize("role", ["principal", "bursar", "teacher"])
def test_only_who_keeps_the_records_changes_classes(app: Flask, raw: Any, school: School, role: str) -> None:
    somebody = program(app, raw, role)
    assert somebody.get("/classes").status_code == 200
    assert somebody.post("/classes", {"name": "Red"}).status_code == 403
    assert somebody.send("PATCH", "/classes/1", {"name": "Red"}).status_code == 403
