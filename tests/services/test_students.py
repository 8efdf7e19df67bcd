"""Students at the level of the services: numbers, names, and figures that stay right through any mix of changes."""

import json
import random
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.database import Actor, acting_as
from app.errors import Conflict, Invalid, Missing
from app.models.attendance import ATTENDANCE_STATUSES
from app.models.promotions import DECISIONS
from app.models.students import STUDENT_STATUSES
from app.services.attendance import mark_attendance, save_register
from app.services.classes import add_class, update_class
from app.services.guardians import add_guardian_of, unlink_guardian
from app.services.promotions import promote_student
from app.services.students import add_student, update_student
from app.services.teachers import add_teacher, assign_teacher, update_teacher
from tests.support.database import figures, insert, rows, value
from tests.support.school import School
from tests.support.threads import at_once


def test_numbers_given_at_the_same_moment_are_all_different(app: Flask, school: School, raw: Any) -> None:
    def add() -> None:
        with app.app_context():
            for _ in range(5):
                add_student(first_name="Ama", last_name="Owusu")

    at_once([add] * 4)
    numbers = [row["admission_no"] for row in rows(raw, "SELECT admission_no FROM students WHERE id > 2 ORDER BY 1")]
    assert numbers == [f"S-{number:05d}" for number in range(1, 21)]


def test_a_refused_student_gives_the_number_back(in_app: Flask, school: School) -> None:
    with pytest.raises(Invalid):
        add_student(first_name="Ama", last_name="Owusu", class_id=99)
    assert add_student(first_name="Ama", last_name="Owusu").admission_no == "S-00001"


def test_who_changed_a_student_is_on_record_with_the_values_before_and_after(
    in_app: Flask, school: School, raw: Any
) -> None:
    with acting_as(Actor(username="ato", ip_address="192.0.2.7")):
        update_student(student_id=school.asha, last_name="Ofori")
    (change,) = rows(
        raw,
        "SELECT username, ip_address, activity_data FROM user_activity_log WHERE activity_type = 'students.update'",
    )
    said = json.loads(change["activity_data"])
    assert (change["username"], change["ip_address"]) == ("ato", "192.0.2.7")
    assert (said["before"]["last_name"], said["after"]["last_name"]) == ("Mensah", "Ofori")


def test_figures_stay_right_through_any_mix_of_changes(in_app: Flask, school: School, raw: Any, check: Any) -> None:
    dice = random.Random(2026)
    insert(raw, "academic_years", name="Now", starts_on="2000-01-01", ends_on="2999-01-01")
    classes = [school.blue, school.gold, add_class(name="Red").id]
    students, teachers = [school.asha, school.kofi], [add_teacher(first_name="Esi", last_name="Quaye").id]

    def some_class() -> int:
        return dice.choice(classes)

    def grow() -> None:
        student = add_student(first_name="Ama", last_name="Owusu", class_id=dice.choice([None, *classes]))
        students.append(student.id)

    def register() -> None:
        chosen = some_class()
        here = rows(raw, "SELECT id FROM students WHERE class_id = ? AND status = 'active'", (chosen,))
        marks = {row["id"]: dice.choice(ATTENDANCE_STATUSES) for row in here}
        save_register(class_id=chosen, day=in_the_past(), marks=marks)

    def in_the_past() -> date:
        return date(2026, 1, dice.randint(5, 9))

    def family() -> None:
        guardian = add_guardian_of(student_id=dice.choice(students), full_name="Yaa Owusu", phone="0245550101")
        if dice.random() < 0.5:
            unlink_guardian(guardian_id=guardian.id, student_id=dice.choice(students))

    def staff() -> None:
        teachers.append(add_teacher(first_name="Ato", last_name="Boadu").id)
        assign_teacher(teacher_id=dice.choice(teachers), class_id=some_class())
        update_teacher(teacher_id=dice.choice(teachers), status=dice.choice(["active", "left"]))

    actions = [
        grow,
        register,
        family,
        staff,
        lambda: update_student(student_id=dice.choice(students), status=dice.choice(STUDENT_STATUSES)),
        lambda: update_student(student_id=dice.choice(students), class_id=some_class(), last_name="Other"),
        lambda: mark_attendance(
            student_id=dice.choice(students), day=in_the_past(), status=dice.choice(ATTENDANCE_STATUSES)
        ),
        lambda: promote_student(
            student_id=dice.choice(students), to_class_id=some_class(), decision=dice.choice(DECISIONS)
        ),
        lambda: update_class(class_id=some_class(), is_active=dice.random() < 0.8),
    ]
    refused = 0
    for number in range(250):
        try:
            dice.choice(actions)()
        except (Conflict, Invalid, Missing):
            refused += 1
        if number % 50 == 0:
            check()
    check()
    assert 0 < refused < 200
    assert figures(raw)["total_enrollment"] == value(raw, "SELECT count(*) FROM students WHERE status = 'active'")
