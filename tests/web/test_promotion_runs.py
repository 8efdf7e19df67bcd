"""Promoting a class in the browser: what is proposed, what is refused, and the way back."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("same_day")


@pytest.fixture
def registrar(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "registrar", username="ato")


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def proposed(page: str) -> tuple[str | None, set[str]]:
    """The class that is chosen for those who are promoted, and the decisions that are ticked."""
    target = re.search(r'name="to_class_id".*?</select>', page, re.S)
    assert target
    chosen = re.search(r'<option value="\d+" selected>([^<]+)', target[0])
    return chosen[1] if chosen else None, set(re.findall(r'name="decision_\d+" value="(\w*)"[^>]* checked', page))


def test_a_class_is_promoted_listed_and_taken_back(registrar: Person, school: School, raw: Any, check: Any) -> None:
    assert "Which class ends its year?" in text(registrar.get("/promotions/run"))
    page = text(registrar.get(f"/promotions/run?class={school.blue}"))
    assert ("Mensah, Asha" in page, "Boateng, Kofi" in page) == (True, False)
    form = {"class_id": school.blue, "to_class_id": school.gold, f"decision_{school.asha}": "promoted"}
    form["request_key"] = re.findall(r'name="request_key" value="([^"]+)"', page)[0]
    answers = [registrar.post("/promotions/run", form) for _ in range(2)]
    (listed,) = {answer.headers["Location"] for answer in answers}
    assert value(raw, "SELECT count(*) FROM promotions") == 1
    page = text(registrar.get(listed))
    assert "1 student has moved." in page
    assert "1 move of one run." in page
    back = re.findall(r'action="(/promotions/runs/[^"]+/take-back)"', page)[-1]
    answer = registrar.post(back)
    assert "Taken back: 1 student is as before." in text(registrar.get(answer.headers["Location"]))
    assert value(raw, "SELECT class_id FROM students WHERE id = ?", (school.asha,)) == school.blue
    assert registrar.post(back).status_code == 404
    check()


def test_the_next_class_of_the_stream_is_proposed_and_the_last_one_graduates(registrar: Person, raw: Any) -> None:
    ids = {}
    for name, level in (("Basic 1 Red", 1), ("Basic 1 Lime", 1), ("Basic 2 Red", 2), ("Basic 2 Lime", 2), ("JHS", 3)):
        ids[name] = insert(raw, "classes", name=name, level=level)
        insert(raw, "students", admission_no=name, first_name="Ama", last_name="Owusu", class_id=ids[name])
    for name, target, decision in (
        ("Basic 1 Lime", "Basic 2 Lime", "promoted"),
        ("Basic 2 Red", "JHS", "promoted"),
        ("JHS", None, "graduated"),
    ):
        assert proposed(text(registrar.get(f"/promotions/run?class={ids[name]}"))) == (target, {decision})


def test_without_levels_nothing_is_guessed(registrar: Person, school: School) -> None:
    assert proposed(text(registrar.get(f"/promotions/run?class={school.blue}"))) == (None, {"promoted"})


def test_what_is_refused_is_said_at_its_place_and_what_was_chosen_stays(
    registrar: Person, school: School, raw: Any
) -> None:
    other = insert(raw, "students", admission_no="P1", first_name="Ama", last_name="Owusu", class_id=school.blue)
    form = {"class_id": school.blue, f"decision_{school.asha}": "repeated", f"decision_{other}": "promoted"}
    answer = registrar.post("/promotions/run", form)
    assert answer.status_code == 422
    assert "Choose the class to go to." in text(answer)
    assert proposed(text(answer))[1] == {"repeated", "promoted"}
    gone = registrar.post(
        "/promotions/run", {**form, "to_class_id": school.gold, f"decision_{school.kofi}": "repeated"}
    )
    assert (gone.status_code, "Kofi Boateng is not in Blue any more." in text(gone)) == (422, True)
    nobody = registrar.post("/promotions/run", {"class_id": school.blue, f"decision_{school.asha}": ""})
    assert (nobody.status_code, "Choose what becomes of at least one student." in text(nobody)) == (422, True)
    assert value(raw, "SELECT count(*) FROM promotions") == 0


def test_a_run_over_which_something_happened_is_kept(registrar: Person, school: School, raw: Any) -> None:
    form = {"class_id": school.blue, "to_class_id": school.gold, f"decision_{school.asha}": "promoted"}
    registrar.post("/promotions/run", form)
    registrar.post("/promotions/new", {"student_id": school.asha, "decision": "moved", "to_class_id": school.blue})
    run = value(raw, "SELECT run_id FROM promotions WHERE run_id IS NOT NULL")
    answer = registrar.post(f"/promotions/runs/{run}/take-back")
    assert "Asha Mensah has changed since: correct this student alone." in text(
        registrar.get(answer.headers["Location"])
    )
    assert len(rows(raw, "SELECT id FROM promotions WHERE undone_at IS NULL")) == 2
