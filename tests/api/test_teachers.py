"""`/api/v1/teachers` over HTTP, on a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.database import figures, insert, value
from tests.support.people import Program, program
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("same_day")

TODAY = datetime.now(UTC).date()
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()
TOMORROW = (TODAY + timedelta(days=1)).isoformat()


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw, "registrar")


@pytest.fixture
def esi(office: Program) -> int:
    return int(office.post("/teachers", {"first_name": "Esi", "last_name": "Quaye"}).get_json()["id"])


def test_a_teacher_is_added_and_counted(office: Program, raw: Any, check: Any) -> None:
    answer = office.post("/teachers", {"first_name": "Esi", "last_name": "Quaye", "phone": "+233 24 555 0101"})
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["first_name"], body["status"], body["classes"]) == ("Esi", "active", [])
    assert figures(raw)["total_teachers"] == 1
    office.send("PATCH", f"/teachers/{body['id']}", {"status": "left"})
    assert figures(raw).get("total_teachers", 0) == 0
    check()


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"first_name": ""}, "first_name"),
        ({"phone": "call me"}, "phone"),
        ({"email": "esi at home"}, "email"),
        ({"status": "away"}, "status"),
        ({"user_id": 99}, "user_id"),
        ({"salary": 1}, "salary"),
    ],
)
def test_bad_values_are_refused(office: Program, esi: int, raw: Any, change: dict[str, object], param: str) -> None:
    for answer in (
        office.post("/teachers", {"first_name": "Ato", "last_name": "Boadu", **change}),
        office.send("PATCH", f"/teachers/{esi}", change),
    ):
        assert answer.status_code == 422
        assert answer.get_json()["error"]["param"] == param
    assert value(raw, "SELECT count(*) FROM teachers") == 1


def test_a_staff_number_and_a_user_belong_to_one_teacher(office: Program, esi: int, raw: Any) -> None:
    user = insert(raw, "users", username="esi.q", role="teacher")
    assert office.send("PATCH", f"/teachers/{esi}", {"staff_no": "T-1", "user_id": user}).status_code == 200
    other = {"first_name": "Ato", "last_name": "Boadu"}
    taken = office.post("/teachers", {**other, "staff_no": "T-1"}).get_json()["error"]
    assert (taken["param"], taken["message"]) == ("staff_no", "The staff number T-1 belongs to Esi Quaye.")
    assert office.post("/teachers", {**other, "user_id": user}).get_json()["error"]["param"] == "user_id"


def test_a_class_is_taught_from_a_day_to_a_day(office: Program, esi: int, school: School) -> None:
    answer = office.post(
        f"/teachers/{esi}/assignments", {"class_id": school.blue, "subject": "Maths", "starts_on": YESTERDAY}
    )
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["class_id"], body["starts_on"], body["last_on"]) == (school.blue, YESTERDAY, None)
    assert office.get(f"/teachers/{esi}").get_json()["classes"] == ["Blue"]
    ended = office.post(f"/teachers/{esi}/assignments/{body['id']}/end", {})
    assert ended.get_json()["last_on"] == YESTERDAY
    assert office.get(f"/teachers/{esi}").get_json()["classes"] == []
    assert len(office.get(f"/teachers/{esi}/assignments").get_json()["items"]) == 1


def test_an_assignment_that_never_began_is_removed(office: Program, esi: int, school: School) -> None:
    made = office.post(f"/teachers/{esi}/assignments", {"class_id": school.blue}).get_json()
    assert office.post(f"/teachers/{esi}/assignments/{made['id']}/end", {}).status_code == 200
    assert office.get(f"/teachers/{esi}/assignments").get_json()["items"] == []


def test_the_same_lesson_is_not_taught_twice_at_a_time(office: Program, esi: int, school: School) -> None:
    lesson = {"class_id": school.blue, "subject": "Maths", "starts_on": "2026-01-01", "ends_on": "2026-04-01"}
    assert office.post(f"/teachers/{esi}/assignments", lesson).status_code == 201
    refused = office.post(f"/teachers/{esi}/assignments", {**lesson, "starts_on": "2026-03-31"})
    assert refused.status_code == 409
    assert refused.get_json()["error"]["code"] == "assignment_exists"
    for change in ({"subject": "Science"}, {"starts_on": "2026-04-01", "ends_on": None}, {"class_id": school.gold}):
        assert office.post(f"/teachers/{esi}/assignments", {**lesson, **change}).status_code == 201


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"class_id": 99}, "class_id"),
        ({"ends_on": YESTERDAY}, "ends_on"),
        ({"starts_on": "1999-01-01"}, "starts_on"),
        ({"term": 1}, "term"),
    ],
)
def test_a_bad_assignment_is_refused(
    office: Program, esi: int, school: School, change: dict[str, object], param: str
) -> None:
    answer = office.post(f"/teachers/{esi}/assignments", {"class_id": school.blue, **change})
    assert answer.status_code == 422
    assert answer.get_json()["error"]["param"] == param


def test_one_who_leaves_teaches_no_class_any_more(office: Program, esi: int, school: School) -> None:
    office.post(f"/teachers/{esi}/assignments", {"class_id": school.blue, "starts_on": YESTERDAY})
    office.post(f"/teachers/{esi}/assignments", {"class_id": school.gold, "starts_on": TOMORROW})
    office.send("PATCH", f"/teachers/{esi}", {"status": "left"})
    assert [one["last_on"] for one in office.get(f"/teachers/{esi}/assignments").get_json()["items"]] == [YESTERDAY]
    refused = office.post(f"/teachers/{esi}/assignments", {"class_id": school.blue})
    assert refused.get_json()["error"]["message"] == "Esi Quaye has left and takes no class."


def test_teachers_are_searched_and_unknown_ones_not_found(office: Program, esi: int) -> None:
    assert [one["id"] for one in office.get("/teachers?q=quaye%20esi").get_json()["items"]] == [esi]
    assert office.get("/teachers?q=nobody").get_json()["items"] == []
    assert office.get("/teachers?status=left").get_json()["items"] == []
    assert office.get("/teachers/99").status_code == 404
    assert office.send("PATCH", "/teachers/99", {"first_name": "Ato"}).status_code == 404
    assert office.post("/teachers/99/assignments", {"class_id": 1}).status_code == 404


@pytest.mark.parametrize("role", ["principal", "bursar", "teacher"])
def test_only_who_keeps_the_records_changes_teachers(app: Flask, raw: Any, school: School, role: str) -> None:
    somebody = program(app, raw, role)
    assert somebody.get("/teachers").status_code == 200
    assert somebody.post("/teachers", {"first_name": "Ato", "last_name": "Boadu"}).status_code == 403
