"""The pages of classes over HTTP."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School


@pytest.fixture
def registrar(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "registrar")


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_classes_are_listed_by_level_then_as_people_count(registrar: Person, raw: Any) -> None:
    for name, level in (("Basic 10", 1), ("Basic 2", 1), ("KG", -1)):
        insert(raw, "classes", name=name, level=level)
    page = text(registrar.get("/classes"))
    places = [page.index(f">{name}</a>") for name in ("KG", "Blue", "Gold", "Basic 2", "Basic 10")]
    assert places == sorted(places)


def test_a_class_is_added_changed_and_closed(registrar: Person, raw: Any) -> None:
    assert registrar.post("/classes/new", {"name": "Red", "level": "3", "capacity": "30"}).status_code == 302
    red = value(raw, "SELECT id FROM classes WHERE name = 'Red'")
    changed = registrar.post(f"/classes/{red}/edit", {"name": "Red", "level": "4", "capacity": ""})
    assert changed.headers["Location"] == f"/classes/{red}"
    assert rows(raw, "SELECT level, capacity, is_active FROM classes WHERE id = ?", (red,)) == [
        {"level": 4, "capacity": None, "is_active": 0}
    ]
    assert ">Red</a>" not in text(registrar.get("/classes"))
    assert ">Red</a>" in text(registrar.get("/classes?closed=1"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "The name must be filled in."),
        ({"name": "blue"}, "There is already a class named Blue."),
        ({"level": "high"}, "The level must be a whole number."),
        ({"capacity": "0"}, "The capacity must be between 1 and 10,000."),
    ],
)
def test_a_bad_class_is_refused_and_what_was_typed_stays(
    registrar: Person, raw: Any, change: dict[str, str], sentence: str
) -> None:
    answer = registrar.post("/classes/new", {"name": "Red", "level": "3", "capacity": "31", **change})
    assert (answer.status_code, sentence in text(answer)) == (422, True)
    assert 'value="31"' in text(answer) or "capacity" in change
    assert value(raw, "SELECT count(*) FROM classes") == 2


def test_a_class_shows_its_students_and_teachers(registrar: Person, school: School, raw: Any) -> None:
    esi = insert(raw, "teachers", first_name="Esi", last_name="Quaye")
    added = registrar.post(f"/classes/{school.blue}/teachers", {"teacher_id": esi, "subject": "Maths"})
    assert added.headers["Location"] == f"/classes/{school.blue}"
    page = text(registrar.get(f"/classes/{school.blue}"))
    for shown in ("Mensah, Asha", "Esi Quaye", "Maths"):
        assert shown in page
    assert "Boateng" not in page
    again = registrar.post(f"/classes/{school.blue}/teachers", {"teacher_id": esi, "subject": "maths"})
    assert (again.status_code, "already teaches maths" in text(again)) == (422, True)
    nobody = registrar.post(f"/classes/{school.blue}/teachers", {"teacher_id": ""})
    assert (nobody.status_code, "The teacher must be chosen." in text(nobody)) == (422, True)
    assert registrar.get("/classes/99").status_code == 404
    assert registrar.get("/classes/99/row").status_code == 404


def test_what_a_class_owes_is_for_who_may_see_fees(app: Flask, raw: Any, school: School, registrar: Person) -> None:
    for path in ("/classes", f"/classes/{school.blue}", f"/classes/{school.blue}/row"):
        assert "650.00" not in text(registrar.get(path))
        assert "650.00" in text(sign_in(app, raw, "bursar").get(path))


@pytest.mark.parametrize("role", ["principal", "bursar", "teacher"])
def test_only_who_keeps_the_records_changes_classes(app: Flask, raw: Any, school: School, role: str) -> None:
    somebody = sign_in(app, raw, role)
    assert somebody.get("/classes").status_code == 200
    for path in ("/classes/new", f"/classes/{school.blue}/edit"):
        assert somebody.get(path).status_code == 403
        assert somebody.post(path, {"name": "Red"}).status_code == 403
    assert somebody.post(f"/classes/{school.blue}/teachers", {"teacher_id": 1}).status_code == 403
