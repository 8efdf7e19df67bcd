"""Students: the list, the type-ahead, one student's page, adding and changing."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import today
from app.domain.dates import EARLIEST_BIRTH, parse_optional_date
from app.errors import Missing
from app.queries.attendance import marks_of_student
from app.queries.classes import class_choices
from app.queries.fees import FeeFilter, fee_page
from app.queries.guardians import guardians_of
from app.queries.payments import PaymentFilter, payment_page
from app.queries.promotions import PromotionFilter, promotion_page
from app.queries.students import (
    StudentFilter,
    StudentRow,
    changes_of,
    enrolments_of,
    owed_by,
    search_students,
    student_count,
    student_page,
    student_row,
)
from app.services.students import add_student, update_student
from app.web.access import can, requires
from app.web.fingerprint import request_hash
from app.web.forms import Problems
from app.web.listing import is_filtered, page_urls
from app.web.money_forms import Typed, filter_day, filter_moment, filter_number, filter_word, key_after, new_request_key
from app.web.templating import money
from app.web.undo import flash_saved
from app.words import say

bp = Blueprint("students", __name__)
STATUSES = [
    ("active", say("Active")),
    ("graduated", say("Graduated")),
    ("transferred", say("Transferred")),
    ("withdrawn", say("Withdrawn")),
]
_GENDERS = [("F", say("Girl")), ("M", say("Boy"))]
_SHOWN = 12
_ATTENDANCE_OF = timedelta(days=90)


@bp.get("/students")
@requires("students.view")
def index() -> str:
    args = request.args
    q, class_id = args.get("q", "").strip(), filter_number(args.get("class"))
    status = args.get("status", "active")
    in_arrears = args.get("balance") == "arrears" and can("fees.view")
    wanted = StudentFilter(
        search=q,
        class_id=class_id,
        status=filter_word(status, dict(STATUSES)),
        in_arrears=in_arrears,
        admitted_from=filter_day(args.get("admitted_from")),
        admitted_to=filter_day(args.get("admitted_to")),
        added_since=filter_moment(args.get("added_since")),
    )
    by_date = is_filtered(wanted.admitted_from, wanted.admitted_to, wanted.added_since)
    filtered = is_filtered(q, in_arrears) or class_id is not None or status != "active" or by_date
    page = student_page(wanted, cursor=args.get("cursor"))
    return render_template(
        "students/list.html",
        students=page.items,
        count=student_count(wanted),
        owed=owed_by(wanted) if in_arrears else None,
        wanted=wanted,
        by_date=by_date,
        q=q,
        class_id="" if class_id is None else class_id,
        status=status,
        balance="arrears" if in_arrears else "",
        classes=class_choices(),
        statuses=STATUSES,
        filtered=filtered,
        **page_urls(page),
    )


@bp.get("/students/<int:student_id>/row")
@requires("students.view")
def row(student_id: int) -> str:
    return render_template("_fragment.html", row="students/_row.html", student=_student(student_id))


@bp.get("/students/search")
@requires("students.view")
def search() -> ResponseReturnValue:
    """The type-ahead: at most ten students, with what they owe for those who may see it."""
    with_money = can("fees.view")
    found = search_students(request.args.get("q", ""))
    return jsonify({"items": [_item(student, with_money) for student in found]})


@bp.get("/students/<int:student_id>")
@requires("students.view")
def show(student_id: int) -> str:
    student = _student(student_id)
    with_money, with_payments = can("fees.view"), can("payments.view")
    return render_template(
        "students/show.html",
        student=student,
        today=today(),
        fees=fee_page(FeeFilter(student_id=student_id), limit=_SHOWN) if with_money else None,
        payments=payment_page(PaymentFilter(student_id=student_id), limit=_SHOWN) if with_payments else None,
        guardians=guardians_of(student_id) if can("guardians.view") else [],
        marks=marks_of_student(student_id, since=today() - _ATTENDANCE_OF) if can("attendance.view") else None,
        enrolments=enrolments_of(student_id),
        moves=promotion_page(PromotionFilter(student_id=student_id), limit=_SHOWN).items,
        changes=changes_of(student_id) if can("activity.view") else [],
    )


@bp.get("/students/new")
@requires("students.edit")
def new() -> str:
    values = {"class_id": request.args.get("class", ""), "admitted_on": today().isoformat()}
    return _new(values, {}, new_request_key())


@bp.post("/students/new")
@requires("students.edit")
def create() -> ResponseReturnValue:
    problems = Problems()
    given = _given(problems)
    key = Typed(request.form, problems).key() or new_request_key()
    if not problems:
        with problems.noted():
            student = add_student(**given, request_key=key, request_hash=request_hash(given))
            flash(
                gettext(
                    "%(name)s is student %(number)s.",
                    name=f"{student.first_name} {student.last_name}",
                    number=student.admission_no,
                ),
                "success",
            )
            if request.form.get("then") == "new":
                return redirect(f"{url_for('students.new')}?class={student.class_id or ''}")
            return redirect(url_for("students.show", student_id=student.id))
    return _new(request.form, problems, key_after(key, problems)), 422


@bp.get("/students/<int:student_id>/edit")
@requires("students.edit")
def edit(student_id: int) -> str:
    student = _student(student_id)
    return _edit(student, _values(student), {})


@bp.post("/students/<int:student_id>/edit")
@requires("students.edit")
def update(student_id: int) -> ResponseReturnValue:
    problems = Problems()
    given = _given(problems)
    student = _student(student_id)
    if not problems:
        with problems.noted():
            saved = update_student(student_id=student_id, status=request.form.get("status", student.status), **given)
            flash_saved(
                gettext("%(name)s is saved.", name=f"{saved.first_name} {saved.last_name}"),
                action=url_for("students.update", student_id=student_id),
                before=_values(student),
                after=_values(_student(student_id)),
            )
            return redirect(url_for("students.show", student_id=student_id))
    return _edit(student, request.form, problems), 422


def _values(student: StudentRow) -> dict[str, str]:
    """A student as the form draws it."""
    names = ("first_name", "last_name", "admission_no", "class_id", "status", "gender", "born_on", "admitted_on")
    return {name: _text(getattr(student, name)) for name in names}


def _given(problems: Problems) -> dict[str, Any]:
    """The student of the form, read; what is wrong is noted."""
    typed = Typed(request.form, problems)
    return {
        "first_name": typed.text("first_name"),
        "last_name": typed.text("last_name"),
        "admission_no": typed.text("admission_no") or None,
        "class_id": typed.number("class_id", "The class"),
        "gender": typed.text("gender") or None,
        "born_on": _day(problems, "born_on", "The date of birth"),
        "admitted_on": _day(problems, "admitted_on", "The day of admission"),
    }


def _day(problems: Problems, name: str, label: str) -> date | None:
    with problems.noted():
        earliest = {"earliest": EARLIEST_BIRTH} if name == "born_on" else {}
        return parse_optional_date(request.form.get(name), param=name, label=label, latest=today(), **earliest)
    return None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _item(student: StudentRow, with_money: bool) -> dict[str, Any]:
    left = None if student.status == "active" else student.status.capitalize()
    item = {
        "id": student.id,
        "label": student.name,
        "note": " · ".join(filter(None, (left, student.class_name, student.admission_no))),
    }
    return {**item, "end": money(student.arrears)} if with_money else item


def _student(student_id: int) -> StudentRow:
    student = student_row(student_id)
    if student is None:
        raise Missing("This student does not exist.", param="student_id")
    return student


def _new(values: Mapping[str, str], errors: Mapping[str, str], key: str) -> str:
    return render_template(
        "students/new.html",
        values=values,
        errors=errors,
        request_key=key,
        classes=class_choices(),
        genders=_GENDERS,
    )


def _edit(student: StudentRow, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "students/edit.html",
        student=student,
        values=values,
        errors=errors,
        classes=class_choices(include=student.class_id),
        genders=_GENDERS,
        statuses=STATUSES,
    )
