"""The pages of promotions over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("same_day")

NOW = datetime.now(UTC).date()
TOMORROW = (NOW + timedelta(days=1)).isoformat()


@pytest.fixture
def registrar(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "registrar", username="ato")


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_a_student_is_promoted_from_their_page(registrar: Person, school: School, raw: Any) -> None:
    page = text(registrar.get(f"/promotions/new?student={school.asha}"))
    assert 'value="Asha Mensah"' in page
    assert "Now in Blue." in page
    form = {"student_id": school.asha, "to_class_id": school.gold, "decision": "promoted"}
    answer = registrar.post("/promotions/new", form)
    assert answer.headers["Location"] == f"/students/{school.asha}"
    page = text(registrar.get(f"/students/{school.asha}"))
    assert "Asha Mensah is now in Gold." in page
    assert "Promoted from Blue to Gold" in page
    listed = text(registrar.get("/promotions"))
    assert ("Asha Mensah" in listed, "by ato" in listed) == (True, True)
    assert "No move matches" in text(registrar.get("/promotions?decision=graduated"))
    assert "Asha Mensah" in text(registrar.get("/promotions/1/row"))


def test_who_graduates_or_repeats_needs_no_class(registrar: Person, school: School, raw: Any) -> None:
    form = {"student_id": school.asha, "to_class_id": school.gold, "decision": "repeated"}
    assert registrar.post("/promotions/new", form).status_code == 302
    assert registrar.post("/promotions/new", {**form, "decision": "graduated"}).status_code == 302
    assert rows(raw, "SELECT status, class_id FROM students WHERE id = ?", (school.asha,)) == [
        {"status": "graduated", "class_id": None}
    ]


def test_the_next_year_is_proposed_when_it_is_near(registrar: Person, school: School, raw: Any) -> None:
    soon = NOW + timedelta(days=30)
    insert(raw, "academic_years", name="This", starts_on="2000-01-01", ends_on=soon.isoformat())
    coming = insert(raw, "academic_years", name="Next", starts_on=soon.isoformat(), ends_on="2999-01-01")
    page = text(registrar.get(f"/promotions/new?student={school.asha}"))
    assert f'<option value="{coming}" selected>Next</option>' in page
    form = {"student_id": school.asha, "to_class_id": school.gold, "academic_year_id": coming}
    registrar.post("/promotions/new", form)
    assert value(raw, "SELECT academic_year FROM promotions") == "Next"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"student_id": ""}, "The student must be chosen."),
        ({"student_id": "99"}, "This student does not exist."),
        ({"to_class_id": ""}, "The class to go to must be chosen."),
        ({"to_class_id": "1"}, "Asha Mensah is already in Blue."),
        ({"to_class_id": "99"}, "This class does not exist."),
        ({"promoted_on": TOMORROW}, "cannot be in the future"),
        ({"academic_year_id": "99"}, "This academic year does not exist."),
    ],
)
def test_a_bad_move_is_refused_and_what_was_chosen_stays(
    registrar: Person, school: School, raw: Any, change: dict[str, str], sentence: str
) -> None:
    form = {"student_id": str(school.asha), "to_class_id": str(school.gold), "decision": "moved", **change}
    answer = registrar.post("/promotions/new", form)
    assert (answer.status_code, sentence in text(answer)) == (422, True)
    assert 'value="moved" id="field-decision-moved" checked' in text(answer)
    assert value(raw, "SELECT count(*) FROM promotions") == 0


@pytest.mark.parametrize("role", ["principal", "bursar", "teacher"])
def test_only_who_keeps_the_records_promotes(app: Flask, raw: Any, school: School, role: str) -> None:
    somebody = sign_in(app, raw, role)
    assert somebody.get("/promotions").status_code == 200
    assert somebody.get("/promotions/new").status_code == 403
    assert somebody.post("/promotions/new", {"student_id": 1, "to_class_id": 2}).status_code == 403
