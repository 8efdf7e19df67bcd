"""`/api/v1/promotions` over HTTP, on a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.database import figures, insert, rows, value
from tests.support.people import Program, program
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("same_day")

TODAY = datetime.now(UTC).date().isoformat()
TOMORROW = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw, "registrar")


def test_a_promotion_moves_the_student_and_is_written_down(
    office: Program, school: School, raw: Any, check: Any
) -> None:
    answer = office.post("/promotions", {"student_id": school.asha, "to_class_id": school.gold})
    assert answer.status_code == 201
    body = answer.get_json()
    assert body == {
        "id": body["id"], "student_id": school.asha, "from_class_id": school.blue, "to_class_id": school.gold,
        "academic_year_id": None, "academic_year": "", "promoted_on": TODAY, "decision": "promoted",
    }  # fmt: skip
    assert office.get(f"/promotions/{body['id']}").get_json() == body
    assert office.get(f"/students/{school.asha}").get_json()["class_id"] == school.gold
    assert figures(raw)[f"class_{school.gold}_enrollment"] == 2
    assert figures(raw)[f"class_{school.gold}_fees_outstanding"] == School.TUITION + School.BOOKS
    check()


def test_the_year_before_ends_with_the_decision_and_the_new_one_begins(
    office: Program, school: School, raw: Any
) -> None:
    old = insert(raw, "academic_years", name="2024/25", starts_on="2000-01-01", ends_on="2025-09-01")
    new = insert(raw, "academic_years", name="2025/26", starts_on="2025-09-01", ends_on="2999-01-01")
    insert(raw, "enrolments", student_id=school.asha, academic_year_id=old, class_id=school.blue)
    moved = office.post("/promotions", {"student_id": school.asha, "to_class_id": school.gold}).get_json()
    assert (moved["academic_year_id"], moved["academic_year"]) == (new, "2025/26")
    assert rows(raw, "SELECT academic_year_id AS year, class_id, outcome FROM enrolments ORDER BY id") == [
        {"year": old, "class_id": school.blue, "outcome": "promoted"},
        {"year": new, "class_id": school.gold, "outcome": None},
    ]


def test_one_may_repeat_graduate_or_move_within_the_year(office: Program, school: School, raw: Any) -> None:
    repeated = office.post("/promotions", {"student_id": school.asha, "decision": "repeated"})
    assert (repeated.status_code, repeated.get_json()["to_class_id"]) == (201, school.blue)
    moved = office.post("/promotions", {"student_id": school.asha, "to_class_id": school.gold, "decision": "moved"})
    assert moved.status_code == 201
    graduated = office.post("/promotions", {"student_id": school.kofi, "decision": "graduated"})
    assert (graduated.status_code, graduated.get_json()["to_class_id"]) == (201, None)
    assert value(raw, "SELECT status FROM students WHERE id = ?", (school.kofi,)) == "graduated"
    assert figures(raw)["total_enrollment"] == 1


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"to_class_id": 1}, "to_class_id", "same_class"),
        ({"to_class_id": 99}, "to_class_id", "unknown_class"),
        ({"to_class_id": None}, "to_class_id", "required"),
        ({"student_id": 99}, "student_id", "unknown_student"),
        ({"decision": "skipped"}, "decision", "invalid"),
        ({"decision": "repeated"}, "to_class_id", "class_not_wanted"),
        ({"decision": "graduated"}, "to_class_id", "class_not_wanted"),
        ({"academic_year_id": 99}, "academic_year_id", "unknown_year"),
        ({"promoted_on": TOMORROW}, "promoted_on", "date_in_future"),
        ({"promoted_on": "1999-01-01"}, "promoted_on", "date_too_early"),
        ({"run_id": "x"}, "run_id", "unknown_field"),
    ],
)
def test_bad_moves_are_refused_and_change_nothing(
    office: Program, school: School, raw: Any, change: dict[str, object], param: str, code: str
) -> None:
    answer = office.post("/promotions", {"student_id": school.asha, "to_class_id": school.gold, **change})
    assert answer.status_code == 422
    assert (answer.get_json()["error"]["param"], answer.get_json()["error"]["code"]) == (param, code)
    assert rows(raw, "SELECT id FROM promotions") == []
    assert value(raw, "SELECT class_id FROM students WHERE id = ?", (school.asha,)) == school.blue


@pytest.mark.parametrize("status", ["withdrawn", "transferred", "graduated"])
def test_one_who_has_left_moves_nowhere(office: Program, school: School, raw: Any, status: str) -> None:
    raw.execute("UPDATE students SET status = ? WHERE id = ?", (status, school.asha))
    answer = office.post("/promotions", {"student_id": school.asha, "to_class_id": school.gold})
    assert answer.status_code == 422
    assert answer.get_json()["error"]["code"] == f"student_{status}"
    assert answer.get_json()["error"]["message"] == f"Asha Mensah is {status} and cannot change class."


def test_a_closed_class_takes_nobody(office: Program, school: School, raw: Any) -> None:
    raw.execute("UPDATE classes SET is_active = false WHERE id = ?", (school.gold,))
    answer = office.post("/promotions", {"student_id": school.asha, "to_class_id": school.gold})
    assert answer.get_json()["error"]["code"] == "class_closed"


def test_moves_are_listed_by_student_and_class(office: Program, school: School) -> None:
    first = office.post("/promotions", {"student_id": school.asha, "to_class_id": school.gold}).get_json()
    second = office.post("/promotions", {"student_id": school.kofi, "to_class_id": school.blue}).get_json()
    assert office.get("/promotions").get_json()["items"] == [second, first]
    assert office.get(f"/promotions?student_id={school.asha}").get_json()["items"] == [first]
    assert office.get(f"/promotions?class_id={school.blue}&limit=1").get_json()["items"] == [second]
    assert office.get("/promotions/99").status_code == 404


@pytest.mark.parametrize("role", ["principal", "bursar", "teacher"])
def test_only_who_keeps_the_records_promotes(app: Flask, raw: Any, school: School, role: str) -> None:
    somebody = program(app, raw, role)
    assert somebody.get("/promotions").status_code == 200
    assert somebody.post("/promotions", {"student_id": school.asha, "to_class_id": school.gold}).status_code == 403
