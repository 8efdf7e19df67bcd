"""The search box of every page: students, receipts, classes and teachers, as far as the role may see them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import today
from app.domain.money import parse_amount
from app.domain.names import fold, search_words
from app.domain.receipts import receipt_numbers
from app.errors import Invalid
from app.queries.classes import class_choices
from app.queries.payments import PaymentRow
from app.queries.receipts import receipt_numbered
from app.queries.search import receipts_found
from app.queries.settings import setting
from app.queries.students import StudentRow, search_students, student_row
from app.queries.teachers import TeacherFilter, TeacherRow, teacher_page, teacher_row
from app.web.access import can, requires
from app.web.templating import day, money, school_of_request

bp = Blueprint("search", __name__)
_STUDENTS, _OTHERS, _RECENT = 8, 5, 8
_PLACE = re.compile(r"/(?P<kind>students|classes|teachers|receipts)/(?P<key>[^/?#]{1,64})")


@dataclass(frozen=True)
class Item:
    """One thing that was found: where it is, what it is called, what tells it from others."""

    href: str
    label: str
    note: str = ""
    end: str = ""
    icon: str = "search"


@dataclass(frozen=True)
class Group:
    """Things of one kind."""

    name: str
    title: str
    items: Sequence[Item]


@bp.get("/search")
@requires("home.view")
def show() -> str:
    """The same as a page of its own, for browsers that run no scripts."""
    q = request.args.get("q", "").strip()
    return render_template("search/show.html", q=q, groups=_found(q))


@bp.get("/search/items")
@requires("home.view")
def items() -> ResponseReturnValue:
    """What `q` finds; without it the places named by `recent`, as they are called now."""
    q = request.args.get("q", "").strip()
    groups = _found(q) if q else _visited(request.args.getlist("recent")[:_RECENT])
    return jsonify(groups=[asdict(group) for group in groups])


def _found(q: str) -> list[Group]:
    if not q:
        return []
    students = Group("students", gettext("Students"), list(_students(q)))
    receipts = Group("receipts", gettext("Receipts"), list(_receipts(q)))
    classes = Group("classes", gettext("Classes"), list(_classes(q)))
    teachers = Group("teachers", gettext("Teachers"), list(_teachers(q)))
    # Whoever types a number has a receipt in the hand.
    first = [receipts, students] if q[-1].isdigit() else [students, receipts]
    return [group for group in (*first, classes, teachers) if group.items]


def _visited(paths: Sequence[str]) -> list[Group]:
    found = [item for path in paths if (item := _item_at(path)) is not None]
    return [Group("recent", gettext("Lately"), found)] if found else []


def _item_at(path: str) -> Item | None:
    place = _PLACE.fullmatch(path)
    if place is None:
        return None
    kind, key = place["kind"], place["key"]
    if kind == "receipts":
        receipt = receipt_numbered(key) if can("payments.view") else None
        return _receipt(receipt.payment) if receipt else None
    number = int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else 0
    if kind == "students" and can("students.view"):
        student = student_row(number)
        return _student(student) if student else None
    if kind == "classes" and can("classes.view"):
        return next((_class(each, name) for each, name in class_choices(include=number) if each == number), None)
    if kind == "teachers" and can("teachers.view"):
        teacher = teacher_row(number, on=today())
        return _teacher(teacher) if teacher else None
    return None


def _students(q: str) -> Iterator[Item]:
    if can("students.view"):
        yield from map(_student, search_students(q, limit=_STUDENTS))


def _receipts(q: str) -> Iterator[Item]:
    if can("payments.view"):
        numbers = receipt_numbers(q, prefix=setting("receipt_prefix"))
        yield from map(_receipt, receipts_found(numbers=numbers, reference=q, amount=_amount(q), limit=_OTHERS))


def _classes(q: str) -> Iterator[Item]:
    if can("classes.view"):
        words = search_words(q)
        found = [(key, name) for key, name in class_choices() if words and all(word in fold(name) for word in words)]
        yield from (_class(key, name) for key, name in found[:_OTHERS])


def _teachers(q: str) -> Iterator[Item]:
    if can("teachers.view"):
        yield from map(_teacher, teacher_page(TeacherFilter(search=q), on=today(), limit=_OTHERS).items)


def _student(row: StudentRow) -> Item:
    left = None if row.status == "active" else gettext(row.status.capitalize())
    note = " · ".join(filter(None, (left, row.class_name, row.admission_no)))
    owed = money(row.arrears) if can("fees.view") else ""
    return Item(url_for("students.show", student_id=row.id), row.name, note, owed, "person")


def _receipt(row: PaymentRow) -> Item:
    parts = (gettext("Voided") if row.voided_at else None, row.method_name, day(row.paid_on), row.external_reference)
    return Item(
        url_for("receipts.show", receipt_no=row.receipt_no),
        f"{row.receipt_no} · {row.student_name}",
        " · ".join(filter(None, parts)),
        money(row.amount),
        "receipt",
    )


def _class(class_id: int, name: str) -> Item:
    return Item(url_for("classes.show", class_id=class_id), name, icon="mortarboard")


def _teacher(row: TeacherRow) -> Item:
    return Item(url_for("teachers.show", teacher_id=row.id), row.name, ", ".join(row.classes), icon="person-badge")


def _amount(q: str) -> int | None:
    try:
        return parse_amount(q, currency=school_of_request().currency)
    except Invalid:
        return None
