"""`/api/v1/attendance` over HTTP, on a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.database import figures, rows
from tests.support.people import Program, program
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("same_day")

TODAY = datetime.now(UTC).date().isoformat()
TOMORROW = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw, "teacher")


def test_the_first_mark_is_new_and_the_second_corrects_it(
    office: Program, school: School, raw: Any, check: Any
) -> None:
    mark = {"student_id": school.asha, "date": TODAY, "status": "present"}
    first = office.post("/attendance", mark)
    assert first.status_code == 201
    body = first.get_json()
    assert {name: body[name] for name in mark} == mark
    assert (body["class_id"], body["recorded_by"]) == (school.blue, None)
    assert office.get(f"/attendance/{body['id']}").get_json() == body
    assert figures(raw)[f"attendance_{TODAY}"] == 1
    second = office.post("/attendance", {**mark, "status": "late"})
    assert (second.status_code, second.get_json()["id"], second.get_json()["status"]) == (200, body["id"], "late")
    assert figures(raw).get(f"attendance_{TODAY}", 0) == 0
    assert figures(raw)[f"attendance_{TODAY}_late"] == 1
    check()


def test_a_mark_that_stays_the_same_leaves_no_trace(office: Program, school: School, raw: Any) -> None:
    mark = {"student_id": school.asha, "date": TODAY, "status": "absent"}
    first = office.post("/attendance", mark).get_json()
    before = rows(raw, "SELECT id FROM user_activity_log")
    again = office.post("/attendance", mark)
    assert (again.status_code, again.get_json()) == (200, first)
    assert rows(raw, "SELECT id FROM user_activity_log") == before


@pytest.mark.parametrize(
    ("change", "param", "sentence"),
    [
        ({"date": TOMORROW}, "date", f"The date cannot be in the future: {TODAY} at the latest."),
        ({"date": "1999-12-31"}, "date", "The date cannot be before 2000-01-01."),
        ({"date": "today"}, "date", "date must be a date such as 2026-11-22."),
        ({"status": "ill"}, "status", "status must be"),
        ({"student_id": 99}, "student_id", "This student does not exist."),
        ({"class_id": 1}, "class_id", "class_id is not known here."),
    ],
)
def test_bad_marks_are_refused(
    office: Program, school: School, raw: Any, change: dict[str, object], param: str, sentence: str
) -> None:
    answer = office.post("/attendance", {"student_id": school.asha, "date": TODAY, "status": "present", **change})
    assert answer.status_code == 422
    assert answer.get_json()["error"]["param"] == param
    assert answer.get_json()["error"]["message"].startswith(sentence)
    assert rows(raw, "SELECT id FROM attendance") == []


def test_a_withdrawn_student_is_not_on_the_register(office: Program, school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.asha,))
    answer = office.post("/attendance", {"student_id": school.asha, "date": TODAY, "status": "present"})
    assert answer.status_code == 422
    assert answer.get_json()["error"]["code"] == "student_withdrawn"
    assert answer.get_json()["error"]["message"] == "Asha Mensah has withdrawn and is not on the register."


def test_marks_are_listed_by_day_class_and_student(office: Program, school: School) -> None:
    for student, day, status in (
        (school.asha, "2026-01-12", "present"),
        (school.asha, "2026-01-13", "absent"),
        (school.kofi, "2026-01-13", "present"),
    ):
        assert office.post("/attendance", {"student_id": student, "date": day, "status": status}).status_code == 201

    def found(query: str) -> list[tuple[int, str]]:
        items = office.get(f"/attendance?{query}").get_json()["items"]
        return [(one["student_id"], one["date"]) for one in items]

    assert found("") == [(school.kofi, "2026-01-13"), (school.asha, "2026-01-13"), (school.asha, "2026-01-12")]
    assert found("date=2026-01-12") == [(school.asha, "2026-01-12")]
    assert found(f"class_id={school.gold}") == [(school.kofi, "2026-01-13")]
    assert found(f"student_id={school.asha}&status=absent") == [(school.asha, "2026-01-13")]
    assert found("from_date=2026-01-13&to_date=2026-01-13&limit=1") == [(school.kofi, "2026-01-13")]
    assert office.get("/attendance?date=13.1.2026").get_json()["error"]["param"] == "date"
    assert office.get("/attendance/99").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("bursar", 403), ("principal", 201), ("registrar", 201), ("admin", 201)])
def test_who_may_take_the_register(app: Flask, raw: Any, school: School, role: str, status: int) -> None:
    somebody = program(app, raw, role)
    assert somebody.get("/attendance").status_code == 200
    mark = {"student_id": school.asha, "date": TODAY, "status": "present"}
    assert somebody.post("/attendance", mark).status_code == status
