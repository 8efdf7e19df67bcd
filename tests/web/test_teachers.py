"""The pages of teachers over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("same_day")

NOW = datetime.now(UTC).date()


@pytest.fixture
def registrar(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "registrar")


@pytest.fixture
def esi(raw: Any, school: School) -> int:
    return insert(raw, "teachers", first_name="Esi", last_name="Quaye", staff_no="T-1")


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_a_teacher_is_added_found_and_leaves(registrar: Person, raw: Any) -> None:
    form = {"first_name": "Esi", "last_name": "Quaye", "phone": "024 555 0101", "hired_on": "2020-09-01"}
    answer = registrar.post("/teachers/new", form)
    teacher = value(raw, "SELECT id FROM teachers")
    assert answer.headers["Location"] == f"/teachers/{teacher}"
    assert "Quaye, Esi" in text(registrar.get("/teachers?q=esi"))
    assert "No teacher matches" in text(registrar.get("/teachers?q=nobody"))
    assert registrar.post(f"/teachers/{teacher}/edit", {**form, "status": "left"}).status_code == 302
    assert "Quaye, Esi" not in text(registrar.get("/teachers"))
    assert "Has left" in text(registrar.get("/teachers?status=left"))


def test_what_is_wrong_with_a_teacher_is_named_and_what_was_typed_stays(registrar: Person, esi: int, raw: Any) -> None:
    form = {"first_name": "Ato", "last_name": "Boadu"}
    for change, sentence in (
        ({"first_name": ""}, "The first name must be filled in."),
        ({"staff_no": "T-1"}, "The staff number T-1 belongs to Esi Quaye."),
        ({"phone": "call"}, "Phone must be a telephone number such as 024 123 4567."),
        ({"email": "x"}, "Email must be an address such as name@example.org."),
        ({"hired_on": "soon"}, "Hired on must be a date written like 2026-11-22."),
        ({"user_id": "99"}, "This user does not exist."),
    ):
        answer = registrar.post("/teachers/new", {**form, **change})
        assert (answer.status_code, sentence in text(answer)) == (422, True), sentence
        assert 'value="Boadu"' in text(answer)
    assert value(raw, "SELECT count(*) FROM teachers") == 1


def test_a_class_is_given_until_a_last_day_and_ends_early(
    registrar: Person, school: School, esi: int, raw: Any
) -> None:
    last = NOW + timedelta(days=30)
    form = {"class_id": school.blue, "starts_on": "2026-01-12", "last_on": last.isoformat()}
    assert registrar.post(f"/teachers/{esi}/assignments", form).status_code == 302
    assert value(raw, "SELECT ends_on FROM teacher_assignments") == (last + timedelta(days=1)).isoformat()
    assert "Class teacher" in text(registrar.get(f"/teachers/{esi}"))
    twice = registrar.post(f"/teachers/{esi}/assignments", form)
    assert (twice.status_code, "already teaches Blue in this time." in text(twice)) == (422, True)
    backwards = registrar.post(
        f"/teachers/{esi}/assignments", {**form, "class_id": school.gold, "last_on": "2026-01-01"}
    )
    assert "The assignment must end after it starts." in text(backwards)
    assert 'id="error-last_on"' in text(backwards)
    assert registrar.post(f"/teachers/{esi}/assignments/1/end").status_code == 302
    assert rows(raw, "SELECT ends_on FROM teacher_assignments") == [{"ends_on": NOW.isoformat()}]
    assert registrar.post(f"/teachers/{esi}/assignments/99/end").status_code == 404


def test_only_users_who_are_no_teacher_yet_can_be_linked(registrar: Person, esi: int, raw: Any) -> None:
    linked = insert(raw, "users", username="esi.q", role="teacher")
    insert(raw, "users", username="ato.b", role="teacher")
    raw.execute("UPDATE teachers SET user_id = ?", (linked,))
    assert "ato.b" in text(registrar.get("/teachers/new"))
    assert "esi.q" not in text(registrar.get("/teachers/new"))
    assert "esi.q" in text(registrar.get(f"/teachers/{esi}/edit"))


@pytest.mark.parametrize("role", ["principal", "bursar", "teacher"])
def test_only_who_keeps_the_records_changes_teachers(app: Flask, raw: Any, esi: int, role: str) -> None:
    somebody = sign_in(app, raw, role)
    assert somebody.get(f"/teachers/{esi}").status_code == 200
    for path in ("/teachers/new", f"/teachers/{esi}/edit"):
        assert somebody.get(path).status_code == 403
        assert somebody.post(path, {"first_name": "Ato", "last_name": "Boadu"}).status_code == 403
    assert somebody.post(f"/teachers/{esi}/assignments", {"class_id": 1}).status_code == 403
