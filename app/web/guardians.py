"""A student's guardians: adding, changing, taking off."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import Missing
from app.queries.guardians import GuardianOfStudent, guardians_of, students_of_guardian
from app.queries.students import StudentRow, student_row
from app.services.guardians import add_guardian_of, link_guardian, unlink_guardian, update_guardian_of
from app.web.access import requires
from app.web.fingerprint import request_hash
from app.web.forms import Problems
from app.web.money_forms import Typed, key_after, new_request_key
from app.web.undo import flash_done

bp = Blueprint("guardians", __name__)


@bp.get("/students/<int:student_id>/guardians/new")
@requires("guardians.edit")
def new(student_id: int) -> str:
    return _form(_student(student_id), None, {"pays_fees": "1"}, {}, new_request_key())


@bp.post("/students/<int:student_id>/guardians/new")
@requires("guardians.edit")
def create(student_id: int) -> ResponseReturnValue:
    student = _student(student_id)
    problems = Problems()
    given, key = _given(), Typed(request.form, problems).key() or new_request_key()
    with problems.noted():
        guardian = add_guardian_of(student_id=student_id, **given, request_key=key, request_hash=request_hash(given))
        flash(
            gettext(
                "%(guardian)s is now a guardian of %(student)s.", guardian=guardian.full_name, student=student.name
            ),
            "success",
        )
        return redirect(url_for("students.show", student_id=student_id))
    return _form(student, None, request.form, problems, key_after(key, problems)), 422


@bp.get("/students/<int:student_id>/guardians/<int:guardian_id>")
@requires("guardians.edit")
def edit(student_id: int, guardian_id: int) -> str:
    guardian = _guardian(student_id, guardian_id)
    return _form(_student(student_id), guardian, _values(guardian), {})


@bp.post("/students/<int:student_id>/guardians/<int:guardian_id>")
@requires("guardians.edit")
def update(student_id: int, guardian_id: int) -> ResponseReturnValue:
    guardian = _guardian(student_id, guardian_id)
    problems = Problems()
    with problems.noted():
        update_guardian_of(student_id=student_id, guardian_id=guardian_id, **_given())
        flash(gettext("%(name)s is saved.", name=guardian.full_name), "success")
        return redirect(url_for("students.show", student_id=student_id))
    return _form(_student(student_id), guardian, request.form, problems), 422


@bp.post("/students/<int:student_id>/guardians/<int:guardian_id>/remove")
@requires("guardians.edit")
def remove(student_id: int, guardian_id: int) -> ResponseReturnValue:
    guardian, student = _guardian(student_id, guardian_id), _student(student_id)
    shared = len(students_of_guardian(guardian_id)) > 1
    unlink_guardian(guardian_id=guardian_id, student_id=student_id)
    told = gettext(
        "%(guardian)s is no longer a guardian of %(student)s.", guardian=guardian.full_name, student=student.name
    )
    # One who has no other student is gone, and comes back as a new one.
    back = (
        url_for("guardians.put_back", student_id=student_id, guardian_id=guardian_id)
        if shared
        else url_for("guardians.create", student_id=student_id)
    )
    flash_done(told, action=back, fields=_values(guardian))
    return redirect(url_for("students.show", student_id=student_id))


@bp.post("/students/<int:student_id>/guardians/<int:guardian_id>/put-back")
@requires("guardians.edit")
def put_back(student_id: int, guardian_id: int) -> ResponseReturnValue:
    """A guardian who was taken off is one of the student's again."""
    student = _student(student_id)
    link_guardian(
        guardian_id=guardian_id,
        student_id=student_id,
        relationship=request.form.get("relationship", ""),
        pays_fees=request.form.get("pays_fees") == "1",
    )
    guardian = _guardian(student_id, guardian_id)
    flash(
        gettext("%(guardian)s is now a guardian of %(student)s.", guardian=guardian.full_name, student=student.name),
        "success",
    )
    return redirect(url_for("students.show", student_id=student_id))


def _values(guardian: GuardianOfStudent) -> dict[str, str]:
    """A guardian as the form draws them."""
    return {
        "full_name": guardian.full_name,
        "phone": guardian.phone or "",
        "email": guardian.email or "",
        "address": guardian.address or "",
        "relationship": guardian.relationship,
        "pays_fees": "1" if guardian.pays_fees else "",
    }


def _given() -> dict[str, Any]:
    names = ("full_name", "phone", "email", "address", "relationship")
    return {**{name: request.form.get(name, "") for name in names}, "pays_fees": request.form.get("pays_fees") == "1"}


def _student(student_id: int) -> StudentRow:
    student = student_row(student_id)
    if student is None:
        raise Missing("This student does not exist.", param="student_id")
    return student


def _guardian(student_id: int, guardian_id: int) -> GuardianOfStudent:
    found = next((one for one in guardians_of(student_id) if one.id == guardian_id), None)
    if found is None:
        raise Missing("This guardian is not one of this student's.", param="guardian_id")
    return found


def _form(
    student: StudentRow,
    guardian: GuardianOfStudent | None,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    key: str | None = None,
) -> str:
    others = students_of_guardian(guardian.id) if guardian else []
    return render_template(
        "students/guardian.html",
        student=student,
        guardian=guardian,
        request_key=key,
        others=[(key, name) for key, name in others if key != student.id],
        values=values,
        errors=errors,
    )
