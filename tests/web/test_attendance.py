"""The register over HTTP: nothing is saved until it is saved, and then all of it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.database import figures, insert, rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("same_day")

NOW = datetime.now(UTC).date()
TODAY = NOW.isoformat()
TOMORROW = (NOW + timedelta(days=1)).isoformat()


@pytest.fixture
def teacher(app: Flask, raw: Any, school: School) -> Person:
    insert(raw, "students", admission_no="S3", first_name="Ama", last_name="Owusu", class_id=school.blue)
    return sign_in(app, raw, "teacher", username="esi.quaye")


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def version(page: str) -> str:
    found = re.search(r'name="version" value="([^"]*)"', page)
    assert found
    return found[1]


def statuses(raw: Any) -> list[str]:
    return [row["status"] for row in rows(raw, "SELECT status FROM attendance ORDER BY id")]


def checked(page: str) -> dict[int, str]:
    found = re.findall(r'name="status_(\d+)" value="(\w+)"[^>]*\bchecked', page)
    return {int(student): status for student, status in found}


def test_everyone_is_present_until_somebody_says_otherwise_and_nothing_is_saved(
    teacher: Person, school: School, raw: Any
) -> None:
    page = text(teacher.get(f"/attendance?class_id={school.blue}"))
    assert checked(page) == {school.asha: "present", 3: "present"}
    assert "Not taken yet" in page
    assert value(raw, "SELECT count(*) FROM attendance") == 0


def test_the_whole_class_is_saved_at_once(teacher: Person, school: School, raw: Any, check: Any) -> None:
    page = text(teacher.get(f"/attendance?class_id={school.blue}&date={TODAY}"))
    form = {"class_id": school.blue, "date": TODAY, "version": version(page)}
    saved = teacher.post("/attendance", {**form, f"status_{school.asha}": "absent", "status_3": "present"})
    assert saved.headers["Location"] == f"/attendance?class_id={school.blue}&date={TODAY}"
    page = text(teacher.get(saved.headers["Location"]))
    assert "The register of Blue is saved: 1 present, 1 absent." in page
    assert "by esi.quaye" in page
    assert checked(page) == {school.asha: "absent", 3: "present"}
    assert rows(raw, "SELECT DISTINCT class_id, date, recorded_by FROM attendance") == [
        {"class_id": school.blue, "date": TODAY, "recorded_by": teacher.user_id}
    ]
    assert (figures(raw)[f"attendance_{TODAY}"], figures(raw)[f"attendance_{TODAY}_absent"]) == (1, 1)
    check()


def test_a_correction_leaves_the_other_marks_with_who_made_them(
    app: Flask, teacher: Person, school: School, raw: Any
) -> None:
    form = {"class_id": school.blue, "date": TODAY, f"status_{school.asha}": "absent", "status_3": "present"}
    teacher.post("/attendance", form)
    admin = sign_in(app, raw, "admin")
    admin.post("/attendance", {**form, f"status_{school.asha}": "excused"})
    assert rows(raw, "SELECT student_id, status, recorded_by FROM attendance ORDER BY student_id") == [
        {"student_id": school.asha, "status": "excused", "recorded_by": admin.user_id},
        {"student_id": 3, "status": "present", "recorded_by": teacher.user_id},
    ]


def test_who_saves_second_is_told_and_keeps_what_was_marked(
    app: Flask, teacher: Person, school: School, raw: Any
) -> None:
    before = version(text(teacher.get(f"/attendance?class_id={school.blue}")))
    admin = sign_in(app, raw, "admin", username="ato")
    form = {"class_id": school.blue, "date": TODAY, "version": before}
    assert admin.post("/attendance", {**form, f"status_{school.asha}": "late", "status_3": "late"}).status_code == 302
    mine = {f"status_{school.asha}": "absent", "status_3": "present"}
    refused = teacher.post("/attendance", {**form, **mine})
    assert refused.status_code == 409
    assert "ato saved this register while you had it open." in text(refused)
    assert checked(text(refused)) == {school.asha: "absent", 3: "present"}
    assert statuses(raw) == ["late", "late"]
    again = {**form, **mine, "version": version(text(refused))}
    assert teacher.post("/attendance", again).status_code == 302
    assert statuses(raw) == ["absent", "present"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"date": TOMORROW}, "The date cannot be in the future"),
        ({"date": "1999-12-31"}, "The date cannot be before 2000-01-01."),
        ({"date": "today"}, "The date must be a date written like 2026-11-22."),
        ({"status_1": "ill"}, "The status must be present, absent, late or excused."),
        ({"status_99": "present"}, "This student does not exist."),
        ({"status_2": "present"}, "Kofi Boateng is not in Blue."),
    ],
)
def test_a_bad_register_is_refused_and_changes_nothing(
    teacher: Person, school: School, raw: Any, change: dict[str, str], sentence: str
) -> None:
    form = {"class_id": school.blue, "date": TODAY, "status_1": "present", "status_3": "absent", **change}
    answer = teacher.post("/attendance", form)
    assert (answer.status_code, sentence in text(answer)) == (422, True)
    assert value(raw, "SELECT count(*) FROM attendance") == 0


def test_one_who_withdrew_meanwhile_is_refused_by_name(teacher: Person, school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.asha,))
    form = {"class_id": school.blue, "date": TODAY, f"status_{school.asha}": "present", "status_3": "absent"}
    answer = teacher.post("/attendance", form)
    assert answer.status_code == 422
    assert "Asha Mensah has withdrawn and is not on the register." in text(answer)
    assert checked(text(answer)) == {3: "absent"}
    assert value(raw, "SELECT count(*) FROM attendance") == 0


def test_who_left_the_class_keeps_the_old_marks(teacher: Person, school: School, raw: Any) -> None:
    form = {"class_id": school.blue, "date": "2026-01-12", f"status_{school.asha}": "late", "status_3": "present"}
    teacher.post("/attendance", form)
    raw.execute("UPDATE students SET class_id = ? WHERE id = ?", (school.gold, school.asha))
    page = text(teacher.get(f"/attendance?class_id={school.blue}&date=2026-01-12"))
    assert "no longer in this class" in page
    assert checked(page) == {3: "present"}


def test_the_day_shows_which_registers_are_missing(teacher: Person, school: School, raw: Any) -> None:
    assert "2 of 2 registers not taken today" in text(teacher.get("/attendance"))
    teacher.post("/attendance", {"class_id": school.blue, "date": TODAY, "status_3": "present"})
    page = text(teacher.get("/attendance"))
    assert "1 of 2 registers not taken today" in page
    assert "1 incomplete" in page
    teacher.post("/attendance", {"class_id": school.gold, "date": TODAY, f"status_{school.kofi}": "present"})
    assert "all registers are taken, <strong>1 of them incomplete</strong>." in text(teacher.get("/attendance"))
    teacher.post("/attendance", {"class_id": school.blue, "date": TODAY, f"status_{school.asha}": "absent"})
    assert "all registers are taken." in text(teacher.get("/attendance"))
    assert "2 of 2 registers not taken" in text(teacher.get("/attendance?date=2026-01-12"))


def test_one_who_came_from_another_class_today_is_not_missing(teacher: Person, school: School, raw: Any) -> None:
    teacher.post("/attendance", {"class_id": school.blue, "date": TODAY, "status_3": "present", "status_1": "late"})
    raw.execute("UPDATE students SET class_id = ? WHERE id = ?", (school.gold, school.asha))
    assert "Not taken yet" in text(teacher.get(f"/attendance?class_id={school.gold}"))
    assert "1 of 2 registers not taken today" in text(teacher.get("/attendance"))
    page = text(teacher.get(f"/attendance?class_id={school.gold}"))
    assert checked(page) == {school.asha: "late", school.kofi: "present"}
    form = {"class_id": school.gold, "date": TODAY, f"status_{school.kofi}": "present", "status_1": "late"}
    teacher.post("/attendance", {**form, "version": version(page)})
    assert "all registers are taken" in text(teacher.get("/attendance"))


def test_a_teacher_finds_their_own_class_first(teacher: Person, school: School, raw: Any) -> None:
    mine = insert(raw, "teachers", first_name="Esi", last_name="Quaye", user_id=teacher.user_id)
    insert(raw, "teacher_assignments", teacher_id=mine, class_id=school.gold, starts_on="2000-01-01")
    page = text(teacher.get("/attendance"))
    assert page.index("Gold") < page.index("Blue")
    assert "your class" in page


def test_an_open_page_can_ask_whether_somebody_else_saved(teacher: Person, school: School) -> None:
    shown = version(text(teacher.get(f"/attendance?class_id={school.blue}")))
    address = f"/attendance/version?class_id={school.blue}&date={TODAY}"
    assert teacher.get(address).get_json() == {"version": shown}
    teacher.post("/attendance", {"class_id": school.blue, "date": TODAY, "status_3": "present"})
    assert teacher.get(address).get_json() != {"version": shown}


def test_addresses_of_no_class_or_day_say_so(teacher: Person) -> None:
    assert teacher.get("/attendance?class_id=99").status_code == 404
    assert teacher.get(f"/attendance?date={TOMORROW}").status_code == 422
    assert teacher.post("/attendance", {"class_id": "99", "date": TODAY}).status_code == 404


@pytest.mark.parametrize(("role", "may"), [("bursar", False), ("principal", True), ("registrar", True)])
def test_who_may_not_mark_sees_the_marks(app: Flask, raw: Any, school: School, role: str, may: bool) -> None:
    somebody = sign_in(app, raw, role)
    page = text(somebody.get(f"/attendance?class_id={school.blue}"))
    assert ("Save register" in page) == may
    answer = somebody.post("/attendance", {"class_id": school.blue, "date": TODAY, f"status_{school.asha}": "late"})
    assert answer.status_code == (302 if may else 403)
