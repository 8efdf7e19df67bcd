"""`/api/v1/students` over HTTP, on a real database."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import figures, insert, rows, value
from tests.support.people import Program, program
from tests.support.school import School


@pytest.fixture
def office(app: Flask, raw: Any, school: School) -> Program:
    return program(app, raw)


def error(answer: Any) -> Any:
    return answer.get_json()["error"]


def test_a_student_is_added_with_only_a_name(office: Program, raw: Any, check: Any) -> None:
    answer = office.post("/students", {"first_name": "Ama", "last_name": "Owusu"})
    assert answer.status_code == 201
    body = answer.get_json()
    assert body == {
        "id": body["id"], "admission_no": "S-00001", "first_name": "Ama", "last_name": "Owusu", "class_id": None,
        "class_name": None, "status": "active", "gender": None, "born_on": None, "admitted_on": body["admitted_on"],
        "balance": {"billed": 0, "adjusted": 0, "paid": 0, "arrears": 0, "credit": 0},
    }  # fmt: skip
    assert answer.headers["Location"] == f"/api/v1/students/{body['id']}"
    assert office.get(f"/students/{body['id']}").get_json() == body
    assert figures(raw)["total_enrollment"] == 3
    check()


def test_given_admission_numbers_step_over_those_that_are_taken(office: Program, raw: Any) -> None:
    raw.execute("INSERT INTO settings VALUES ('admission_prefix', 'ADM')")
    insert(raw, "students", admission_no="ADM-00001", first_name="Yaw", last_name="Addo")
    answer = office.post("/students", {"first_name": "Ama", "last_name": "Owusu"})
    assert answer.get_json()["admission_no"] == "ADM-00002"


def test_a_student_in_a_class_is_enrolled_for_the_current_year(office: Program, school: School, raw: Any) -> None:
    year = insert(raw, "academic_years", name="Now", starts_on="2000-01-01", ends_on="2999-01-01")
    student = office.post("/students", {"first_name": "Ama", "last_name": "Owusu", "class_id": school.blue}).get_json()
    assert (student["class_id"], student["class_name"]) == (school.blue, "Blue")
    assert rows(raw, "SELECT student_id, academic_year_id, class_id, outcome FROM enrolments") == [
        {"student_id": student["id"], "academic_year_id": year, "class_id": school.blue, "outcome": None}
    ]
    office.send("PATCH", f"/students/{student['id']}", {"class_id": school.gold})
    office.send("PATCH", f"/students/{student['id']}", {"status": "transferred"})
    assert rows(raw, "SELECT class_id, outcome FROM enrolments") == [
        {"class_id": school.gold, "outcome": "transferred"}
    ]


@pytest.mark.parametrize(
    ("change", "param", "sentence"),
    [
        ({"first_name": "  "}, "first_name", "The first name must be filled in."),
        ({"last_name": "x" * 65}, "last_name", "last_name can have at most 64 characters."),
        ({"last_name": None}, "last_name", "last_name must be text."),
        ({"class_id": 999}, "class_id", "This class does not exist."),
        ({"class_id": 10**30}, "class_id", "class_id must be at most 9223372036854775807."),
        ({"class_id": "1"}, "class_id", "class_id must be a whole number."),
        ({"admission_no": "S1"}, "admission_no", "The admission number S1 belongs to Asha Mensah."),
        ({"born_on": "2999-01-01"}, "born_on", "The date of birth cannot be in the future"),
        ({"born_on": "31/12/2015"}, "born_on", "born_on must be a date such as 2026-11-22."),
        ({"admitted_on": "1999-12-31"}, "admitted_on", "The day of admission cannot be before 2000-01-01."),
        ({"gender": "x"}, "gender", "gender must be 'F' or 'M'."),
        ({"status": "gone"}, "status", "status must be"),
        ({"arrears": 5}, "arrears", "arrears is not known here."),
        ({"first_name": "A\u0000b"}, "first_name", "first_name must not contain control characters."),
    ],
)
def test_bad_values_are_refused_with_one_sentence_and_change_nothing(
    office: Program, raw: Any, change: dict[str, object], param: str, sentence: str
) -> None:
    for answer in (
        office.post("/students", {"first_name": "Ama", "last_name": "Owusu", **change}),
        office.send("PATCH", "/students/2", change),
    ):
        assert answer.status_code == 422
        assert error(answer)["param"] == param
        assert error(answer)["message"].startswith(sentence)
    assert value(raw, "SELECT count(*) FROM students") == 2
    assert value(raw, "SELECT count(*) FROM counters") == 0
    assert value(raw, "SELECT last_name FROM students WHERE id = 2") == "Boateng"


def test_unknown_students_are_not_found(office: Program) -> None:
    for answer in (office.get("/students/99"), office.send("PATCH", "/students/99", {"first_name": "Ama"})):
        assert answer.status_code == 404
        assert error(answer)["message"] == "This student does not exist."
    assert office.get(f"/students/{10**30}").status_code == 404


def test_one_who_withdraws_leaves_the_enrolment_and_keeps_the_money(
    office: Program, school: School, raw: Any, check: Any
) -> None:
    answer = office.send("PATCH", f"/students/{school.asha}", {"status": "withdrawn"})
    assert answer.status_code == 200
    assert answer.get_json()["balance"]["arrears"] == School.TUITION + School.BOOKS
    assert figures(raw)["total_enrollment"] == 1
    assert figures(raw)["total_outstanding_fees"] == School.TUITION + School.BOOKS
    check()


def test_a_new_name_is_found_and_the_old_one_is_not(office: Program, school: School) -> None:
    office.send("PATCH", f"/students/{school.asha}", {"last_name": "Ofori-Atta", "admission_no": "K7"})
    assert [one["id"] for one in office.get("/students?q=atta%20asha").get_json()["items"]] == [school.asha]
    assert [one["id"] for one in office.get("/students?q=k7").get_json()["items"]] == [school.asha]
    assert office.get("/students?q=mensah").get_json()["items"] == []


def test_a_list_is_read_page_by_page(office: Program, school: School, raw: Any) -> None:
    for number in range(5):
        insert(
            raw,
            "students",
            admission_no=f"N{number}",
            first_name="Esi",
            last_name=f"Name{number}",
            class_id=school.gold,
        )
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        page = office.get(f"/students?limit=2&class_id={school.gold}&cursor={cursor}").get_json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == value_list(raw, f"SELECT id FROM students WHERE class_id = {school.gold} ORDER BY id")
    assert office.get("/students?status=withdrawn").get_json() == {"items": [], "next": None}
    assert error(office.get("/students?cursor=nonsense"))["param"] == "cursor"
    assert error(office.get("/students?kind=x"))["param"] == "kind"
    assert [one["id"] for one in office.get("/students?admission_no=S2").get_json()["items"]] == [school.kofi]


def value_list(raw: Any, sql: str) -> list[Any]:
    return [row[0] for row in raw.execute(sql).fetchall()]


@pytest.mark.parametrize(
    ("role", "may_view_money", "may_edit"),
    [
        ("admin", True, True),
        ("principal", True, False),
        ("bursar", True, False),
        ("registrar", False, True),
        ("teacher", False, False),
    ],
)
def test_each_role_sees_and_does_what_it_may(
    app: Flask, raw: Any, school: School, role: str, may_view_money: bool, may_edit: bool
) -> None:
    somebody = program(app, raw, role)
    shown = somebody.get(f"/students/{school.asha}")
    assert shown.status_code == 200
    assert (shown.get_json()["balance"] is not None) == may_view_money
    added = somebody.post("/students", {"first_name": "Ama", "last_name": "Owusu"})
    assert added.status_code == (201 if may_edit else 403)
    changed = somebody.send("PATCH", f"/students/{school.asha}", {"first_name": "Ama"})
    assert changed.status_code == (200 if may_edit else 403)


def test_nobody_without_a_token_reads_a_name(client: Any, school: School) -> None:
    answer = client.get(f"/api/v1/students/{school.asha}")
    assert answer.status_code == 401
    assert "Asha" not in answer.get_data(as_text=True)
