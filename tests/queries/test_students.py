"""The type-ahead finds a student however the name is typed, and the list pages through all of them."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.extensions import db
from app.queries.students import StudentFilter, search_students, student_count, student_page, students_found
from app.services.students import add_student, update_student
from tests.support.database import insert
from tests.support.school import School


@pytest.fixture
def office(in_app: Flask, school: School) -> School:
    return school


def names(query: str, limit: int = 10) -> list[str]:
    return [student.name for student in search_students(query, limit=limit)]


@pytest.mark.parametrize("query", ["Zoë Agbénu", "zoe agbenu", "AGBENU  zo", "agb ë", "z a z-7", "Z-7"])
def test_accents_case_and_word_order_do_not_count(office: School, query: str) -> None:
    add_student(first_name="Zoë", last_name="Agbénu", admission_no="Z-7")
    add_student(first_name="Zita", last_name="Owusu", admission_no="Q-1")
    assert names(query) == ["Zoë Agbénu"]


def test_all_words_must_be_found(office: School) -> None:
    assert names("asha mensah") == ["Asha Mensah"]
    assert names("asha boateng") == []
    assert names("") == names("  ") == []
    assert names("%") == names("_") == names("'; DROP TABLE students; --") == []


def test_who_is_here_and_begins_with_it_comes_first(office: School) -> None:
    for first, last in (("Akosua", "Kwarteng"), ("Kwame", "Addo"), ("Kwaku", "Left"), ("Efua", "Takwa")):
        add_student(first_name=first, last_name=last)
    leaver = search_students("kwaku left")[0]
    update_student(student_id=leaver.id, status="withdrawn")
    assert names("kwa") == ["Kwame Addo", "Akosua Kwarteng", "Efua Takwa", "Kwaku Left"]
    assert names("kwa", limit=2) == ["Kwame Addo", "Akosua Kwarteng"]


def test_a_student_typed_in_by_sql_is_found_too(office: School, raw) -> None:
    insert(raw, "students", admission_no="X1", first_name="Typed", last_name="In")
    assert names("in typed") == ["Typed In"]
    assert db.session.scalars(students_found("typed x1")).all() != []


def test_class_and_arrears_come_along(office: School) -> None:
    (asha,) = search_students("asha")
    assert (asha.class_name, asha.arrears) == ("Blue", School.TUITION + School.BOOKS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_whatever_is_typed_is_answered(office: School, text: str) -> None:
    assert len(search_students(text)) <= 10


def test_the_list_shows_each_student_once_in_order(office: School) -> None:
    for number in range(23):
        add_student(first_name=f"A{number % 3}", last_name=f"Same{number % 2}")
    seen = []
    cursor = None
    for _ in range(10):
        page = student_page(StudentFilter(), cursor=cursor, limit=4)
        seen += [(row.last_name, row.first_name, row.id) for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == sorted(set(seen))
    assert len(seen) == student_count(StudentFilter()) == 25


def test_the_list_is_narrowed_down(office: School) -> None:
    def found(**wanted) -> list[str]:
        rows = [row.name for row in student_page(StudentFilter(**wanted)).items]
        assert len(rows) == student_count(StudentFilter(**wanted))
        return rows

    add_student(first_name="Ama", last_name="Owusu", status="graduated")
    assert found(class_id=office.gold) == ["Kofi Boateng"]
    assert found(class_id=0) == ["Ama Owusu"]
    assert found(status="graduated") == ["Ama Owusu"]
    assert found(in_arrears=True) == ["Asha Mensah"]
    assert found(search="o b", status="active") == ["Kofi Boateng"]
