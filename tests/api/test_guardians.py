"""`/api/v1/guardians` over HTTP, on a real database."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import rows, value
from tests.support.people import Program, program
from tests.support.school import School


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw, "registrar")


def test_a_guardian_is_added_for_a_student(office: Program, school: School) -> None:
    answer = office.post(
        "/guardians",
        {"full_name": "Yaa Mensah", "phone": "024 555 0101", "student_id": school.asha, "relationship": "Mother"},
    )
    assert answer.status_code == 201
    body = answer.get_json()
    assert body == {
        "id": body["id"], "full_name": "Yaa Mensah", "phone": "024 555 0101", "email": None, "address": None,
        "student_ids": [school.asha],
    }  # fmt: skip
    assert office.get(f"/guardians/{body['id']}").get_json() == body
    assert office.get(f"/guardians?student_id={school.asha}").get_json() == {"items": [body], "next": None}
    assert office.get(f"/guardians?student_id={school.kofi}").get_json()["items"] == []


def test_brothers_and_sisters_share_a_guardian(office: Program, school: School, raw: Any) -> None:
    first = office.post("/guardians", {"full_name": "Yaa Mensah", "phone": "024 555 0101", "student_id": school.asha})
    again = {"full_name": "yaa  MENSAH", "phone": "+233 24-555-0101", "student_id": school.kofi}
    assert office.post("/guardians", again).get_json()["id"] == first.get_json()["id"]
    assert value(raw, "SELECT count(*) FROM guardians") == 1
    assert office.get(f"/guardians/{first.get_json()['id']}").get_json()["student_ids"] == [school.asha, school.kofi]


def test_a_guardian_is_linked_changed_and_taken_off(office: Program, school: School, raw: Any) -> None:
    guardian = office.post("/guardians", {"full_name": "Yaa Mensah"}).get_json()["id"]
    link = {"student_id": school.asha, "relationship": "Aunt", "pays_fees": False}
    assert office.post(f"/guardians/{guardian}/students", link).get_json()["student_ids"] == [school.asha]
    office.post(f"/guardians/{guardian}/students", {**link, "pays_fees": True})
    assert rows(raw, "SELECT relationship_name, pays_fees FROM student_guardians") == [
        {"relationship_name": "Aunt", "pays_fees": 1}
    ]
    changed = office.send("PATCH", f"/guardians/{guardian}", {"phone": "020 555 0102"})
    assert changed.get_json()["phone"] == "020 555 0102"
    assert office.send("DELETE", f"/guardians/{guardian}/students/{school.asha}").status_code == 204
    assert office.get(f"/guardians/{guardian}").status_code == 404, "who answers for nobody is removed"
    assert office.send("DELETE", f"/guardians/{guardian}/students/{school.asha}").status_code == 404


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"full_name": " "}, "full_name"),
        ({"phone": "none"}, "phone"),
        ({"email": "x"}, "email"),
        ({"student_id": 99}, "student_id"),
        ({"child": 1}, "child"),
    ],
)
def test_bad_values_are_refused_and_change_nothing(
    office: Program, raw: Any, change: dict[str, object], param: str
) -> None:
    answer = office.post("/guardians", {"full_name": "Yaa Mensah", **change})
    assert answer.status_code == 422
    assert answer.get_json()["error"]["param"] == param
    assert value(raw, "SELECT count(*) FROM guardians") == 0


@pytest.mark.parametrize(("role", "status"), [("bursar", 200), ("principal", 200), ("teacher", 403)])
def test_telephone_numbers_are_not_for_everybody(app: Flask, raw: Any, school: School, role: str, status: int) -> None:
    somebody = program(app, raw, role)
    assert somebody.get("/guardians").status_code == status
    assert somebody.post("/guardians", {"full_name": "Yaa Mensah"}).status_code == 403
