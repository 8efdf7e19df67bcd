"""A class is promoted as a whole and taken back as a whole; whatever is refused changes nobody."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask

from app import progress
from app.errors import Conflict, Invalid, Missing
from app.progress import Cancelled
from app.services.promotion_runs import RunRefused, promote_class
from app.services.promotion_undo import take_back_promotion, take_back_run
from app.services.promotions import promote_student
from app.services.students import update_student
from tests.support.database import figures, insert, rows, value
from tests.support.office import working
from tests.support.school import School

KEPT = {
    "students": "id, class_id, status",
    "enrolments": "student_id, academic_year_id, class_id, outcome",
    "student_balances": "student_id, class_id, arrears",
}


@pytest.fixture(autouse=True)
def office(in_app: Flask, school: School) -> Iterator[None]:
    with working(school.bursar):
        yield


@pytest.fixture
def pupils(school: School, raw: Any) -> list[int]:
    """Asha and two others of Blue, in the second of two years; one is already noted for the new year."""
    old = insert(raw, "academic_years", name="2024/25", starts_on="2024-09-01", ends_on="2025-09-01")
    new = insert(raw, "academic_years", name="2025/26", starts_on="2025-09-01", ends_on="2026-09-01")
    others = [
        insert(raw, "students", admission_no=f"P{n}", first_name="Ama", last_name=f"Owusu {n}", class_id=school.blue)
        for n in range(2)
    ]
    found = [school.asha, *others]
    for student in found:
        insert(raw, "enrolments", student_id=student, academic_year_id=old, class_id=school.blue)
    insert(raw, "enrolments", student_id=others[0], academic_year_id=new, class_id=school.blue)
    return found


def as_it_is(raw: Any) -> dict[str, list[dict[str, Any]]]:
    kept = {table: rows(raw, f"SELECT {names} FROM {table} ORDER BY 1, 2") for table, names in KEPT.items()}
    shown = {name: number for name, number in figures(raw).items() if number}
    return {**kept, "figures": [shown]}


def decided(pupils: list[int], *decisions: str) -> Mapping[int, str]:
    return dict(zip(pupils, decisions, strict=True))


def test_a_class_moves_at_once_each_as_decided_and_comes_back_exactly(
    school: School, pupils: list[int], raw: Any, check: Any
) -> None:
    before = as_it_is(raw)
    how = decided(pupils, "promoted", "repeated", "graduated")
    assert promote_class(class_id=school.blue, decisions=how, to_class_id=school.gold, run_id="r1") == 3
    assert rows(raw, "SELECT class_id, status FROM students WHERE id <> ? ORDER BY id", (school.kofi,)) == [
        {"class_id": school.gold, "status": "active"},
        {"class_id": school.blue, "status": "active"},
        {"class_id": None, "status": "graduated"},
    ]
    assert value(raw, "SELECT count(*) FROM enrolments WHERE outcome IS NOT NULL") == 4
    assert as_it_is(raw) != before
    check()

    assert len(take_back_run("r1")) == 3
    assert as_it_is(raw) == before
    check()
    assert value(raw, "SELECT count(*) FROM promotions WHERE undone_at IS NULL") == 0
    with pytest.raises(Missing):
        take_back_run("r1")


def test_a_run_that_arrives_twice_moves_everybody_once(school: School, pupils: list[int], raw: Any) -> None:
    how = dict.fromkeys(pupils, "promoted")
    for _ in range(2):
        assert promote_class(class_id=school.blue, decisions=how, to_class_id=school.gold, run_id="r1") == 3
    assert value(raw, "SELECT count(*) FROM promotions") == 3
    take_back_run("r1")
    with pytest.raises(Conflict, match="taken back already"):
        promote_class(class_id=school.blue, decisions=how, to_class_id=school.gold, run_id="r1")
    assert value(raw, "SELECT count(*) FROM promotions WHERE undone_at IS NULL") == 0
    told = rows(
        raw, "SELECT activity_type, user_id FROM user_activity_log WHERE activity_type LIKE 'class.%' ORDER BY id"
    )
    assert told == [{"activity_type": f"class.{act}", "user_id": school.bursar} for act in ("promoted", "taken_back")]


def test_who_left_meanwhile_is_named_and_nobody_moves(school: School, pupils: list[int], raw: Any) -> None:
    promote_student(student_id=pupils[1], to_class_id=school.gold, decision="moved")
    update_student(student_id=pupils[2], status="withdrawn")
    before = as_it_is(raw)
    with pytest.raises(RunRefused) as refused:
        promote_class(
            class_id=school.blue, decisions=dict.fromkeys(pupils, "promoted"), to_class_id=school.gold, run_id="r1"
        )
    assert {key: str(words) for key, words in refused.value.problems.items()} == {
        pupils[1]: "Ama Owusu 0 is not in Blue any more.",
        pupils[2]: "Ama Owusu 1 is withdrawn and cannot change class.",
    }
    assert as_it_is(raw) == before
    assert value(raw, "SELECT count(*) FROM promotions WHERE run_id = 'r1'") == 0


def test_what_is_wrong_with_the_class_or_the_choice_is_said(school: School, pupils: list[int]) -> None:
    how = dict.fromkeys(pupils, "promoted")
    for given, param in (
        ({"decisions": {}}, "students"),
        ({"to_class_id": None}, "to_class_id"),
        ({"to_class_id": school.blue}, "to_class_id"),
        ({"class_id": 999}, "class_id"),
    ):
        wanted: dict[str, Any] = {"class_id": school.blue, "decisions": how, "to_class_id": school.gold, **given}
        with pytest.raises(Invalid) as refused:
            promote_class(**wanted, run_id="r1")
        assert refused.value.param == param


def test_a_run_is_not_taken_back_over_what_happened_since(school: School, pupils: list[int], raw: Any) -> None:
    how = dict.fromkeys(pupils, "promoted")
    promote_class(class_id=school.blue, decisions=how, to_class_id=school.gold, run_id="r1")
    promote_student(student_id=pupils[1], to_class_id=school.blue, decision="moved")
    before = as_it_is(raw)
    with pytest.raises(Conflict, match="Ama Owusu 0 has changed since"):
        take_back_run("r1")
    assert as_it_is(raw) == before
    raw.execute("UPDATE enrolments SET outcome = 'withdrawn' WHERE student_id = ? AND outcome IS NULL", (school.asha,))
    with pytest.raises(Conflict, match="Asha Mensah, Ama Owusu 0 have changed since"):
        take_back_run("r1")
    raw.execute("UPDATE enrolments SET outcome = NULL WHERE student_id = ? AND outcome = 'withdrawn'", (school.asha,))
    take_back_promotion(value(raw, "SELECT max(id) FROM promotions"))
    assert len(take_back_run("r1")) == 3


def test_a_run_that_is_cancelled_moves_nobody(
    school: School, pupils: list[int], raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = as_it_is(raw)
    monkeypatch.setattr(progress._File, "is_cancelled", lambda self: True)
    with pytest.raises(Cancelled):
        promote_class(
            class_id=school.blue, decisions=dict.fromkeys(pupils, "promoted"), to_class_id=school.gold, run_id="r1"
        )
    assert as_it_is(raw) == before
    assert value(raw, "SELECT count(*) FROM promotions") == 0


@pytest.mark.parametrize("decision", ["promoted", "repeated", "graduated", "moved"])
def test_one_move_comes_back_exactly(school: School, pupils: list[int], raw: Any, check: Any, decision: str) -> None:
    before = as_it_is(raw)
    target = school.gold if decision in ("promoted", "moved") else None
    moved = promote_student(student_id=pupils[1], to_class_id=target, decision=decision)
    take_back_promotion(moved.id)
    assert as_it_is(raw) == before
    with pytest.raises(Missing):
        take_back_promotion(moved.id)
    check()
