"""Every action of the application that may write, with the rooms whose figures it changes.

An action prepares what it needs and then acts: everything before its `yield` has happened before the screens look.
A new route, command or task has to be entered here, or the tests fail.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask
from werkzeug.test import TestResponse

from app.database import Actor, acting_as
from app.jobs import Task
from app.jobs.loop import all_tasks
from app.progress import jobs_of, long_work
from app.services.passwords import hash_password
from app.services.setup import new_setup_token
from app.words import say
from tests.support import school as a_school
from tests.support.database import insert, rows, value
from tests.support.people import Person, Program, Screen, program, sign_in
from tests.support.school import School

MONEY = frozenset({"finance", "wall"})
DETAIL = frozenset({"finance"})
EVERYBODY = frozenset({"finance", "people", "wall"})
NOBODY: frozenset[str] = frozenset()
TODAY = datetime.now(UTC).date()
PASSWORD = "a long enough password"


class Office:
    """A school with an admin at a browser and a program with a token; it makes what an action needs."""

    school: School
    admin: Person
    program: Program

    def __init__(self, app: Flask, raw: Any, folder: Path, *, empty: bool = False) -> None:
        self.app = app
        self.raw = raw
        self.folder = folder
        if not empty:
            self.school = a_school.found(raw)
            self.admin = sign_in(app, raw, "admin", username="head")
            self.program = program(app, raw)

    # ---- what there is

    def name(self, word: str = "New") -> str:
        return f"{word} {secrets.token_hex(3)}"

    def student(self, **values: object) -> int:
        given = {"first_name": "Efua", "last_name": "Owusu", "class_id": self.school.blue, **values}
        return insert(self.raw, "students", admission_no=secrets.token_hex(4).upper(), **given)

    def class_(self) -> int:
        return insert(self.raw, "classes", name=self.name("Class"))

    def fee(self, paid: int = 0) -> int:
        student = self.student()
        fee = insert(self.raw, "fees", student_id=student, description="Books", amount_due=9_000, year=2026, month=1)
        if paid:
            a_school.pay(self.raw, student, paid, {fee: paid}, on=TODAY.isoformat())
        return fee

    def payment(self) -> int:
        self.fee(paid=500)
        return int(value(self.raw, "SELECT max(id) FROM payments"))

    def teacher(self) -> int:
        return insert(self.raw, "teachers", first_name="Abena", last_name="Sarpong")

    def assignment(self) -> tuple[int, int]:
        teacher = self.teacher()
        start = (TODAY - timedelta(days=9)).isoformat()
        return teacher, insert(
            self.raw, "teacher_assignments", teacher_id=teacher, class_id=self.class_(), starts_on=start
        )

    def guardian(self) -> tuple[int, int]:
        student, guardian = self.student(), insert(self.raw, "guardians", full_name="Ama Mensah", phone="0244123456")
        insert(self.raw, "student_guardians", student_id=student, guardian_id=guardian)
        return student, guardian

    def category(self, type: str = "expense") -> int:
        return insert(self.raw, "financial_categories", name=self.name("Category"), type=type)

    def transaction(self) -> int:
        return insert(
            self.raw, "financial_transactions", transaction_date=TODAY.isoformat(), category_id=self.category(),
            type="expense", amount=700, description="Chalk", payment_method="cash",
        )  # fmt: skip

    def fee_type(self) -> int:
        return insert(self.raw, "fee_types", name=self.name("Type"))

    def prices(self) -> tuple[int, int]:
        """A price list of a term for a class with a student, and its fee type."""
        year = value(self.raw, "SELECT coalesce(max(id), 0) + 1 FROM academic_years")
        starts, ends = f"{2100 + year}-01-01", f"{2101 + year}-01-01"
        year_id = insert(self.raw, "academic_years", name=self.name("Year"), starts_on=starts, ends_on=ends)
        term = insert(self.raw, "terms", academic_year_id=year_id, name="Term 1", starts_on=starts, ends_on=ends)
        student, kind = self.student(class_id=self.class_()), self.fee_type()
        class_id = value(self.raw, "SELECT class_id FROM students WHERE id = ?", (student,))
        made = insert(self.raw, "fee_structures", name=self.name("List"), class_id=class_id, term_id=term)
        insert(self.raw, "fee_structure_items", fee_structure_id=made, fee_type_id=kind, amount=15_000)
        return made, kind

    def billing_run(self) -> int:
        return int(self.api("POST", "/billing-runs", {"fee_structure_id": self.prices()[0]}).get_json()["id"])

    def budget(self) -> int:
        return insert(
            self.raw, "budget_plans", category_id=self.category(), starts_on="2026-01-01", ends_on="2027-01-01",
            amount=100_000,
        )  # fmt: skip

    def notification(self) -> int:
        return insert(
            self.raw, "system_notifications", type="note", title="Note", message="Read this.", target_roles=",admin,"
        )

    def display(self) -> int:
        return insert(self.raw, "wall_displays", name=self.name("Hall"), token_hash=secrets.token_hex(8))

    def user(self, role: str = "teacher") -> Person:
        """Somebody with a password who is signed in."""
        person = sign_in(self.app, self.raw, role)
        hashed = hash_password(PASSWORD)
        self.raw.execute("UPDATE users SET password_hash = ? WHERE id = ?", (hashed, person.user_id))
        return person

    def drift(self) -> None:
        """A figure that is not what the tables say."""
        self.raw.execute(
            "UPDATE statistics_cache SET metric_value = metric_value + 5 WHERE metric_name = 'total_income'"
        )

    def file(self, text: str) -> Path:
        made = self.folder / f"{secrets.token_hex(4)}.csv"
        made.write_text(text, encoding="utf-8")
        return made

    # ---- what is done

    def page(self, path: str, **form: object) -> TestResponse:
        return self.admin.post(path, form)

    def api(self, method: str, path: str, body: Mapping[str, object] | None = None, **headers: str) -> TestResponse:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.program.send(method, path, body, more)

    def run(self, *arguments: object) -> Result:
        """A command of `flask --app app`."""
        return self.app.test_cli_runner().invoke(args=[str(each) for each in arguments])

    def task(self, name: str) -> object:
        """A task of the worker."""
        task: Task = next(each for each in all_tasks() if each.name == name)
        with self.app.app_context():
            return task.run()


Doing = Callable[[Office], Iterator[Any]]


@dataclass(frozen=True)
class Action:
    """One thing that can be done; `changes` are the rooms whose figures are others afterwards.

    With `or_more` chance decides about the others; `empty` asks for a database without a school.
    """

    do: Doing
    changes: frozenset[str]
    empty: bool = False
    or_more: bool = False


ROUTES: dict[str, Action] = {}
"""`METHOD endpoint` -> what a browser or program sends there."""
COMMANDS: dict[str, Action] = {}
TASKS: dict[str, Action] = {}


Enter = Callable[[Doing], Doing]


def route(method_and_endpoint: str, changes: frozenset[str] = NOBODY, *, empty: bool = False) -> Enter:
    return _into(ROUTES, method_and_endpoint, changes, empty)


def command(words: str, changes: frozenset[str] = NOBODY, *, empty: bool = False, or_more: bool = False) -> Enter:
    return _into(COMMANDS, words, changes, empty, or_more)


def task(name: str, changes: frozenset[str] = NOBODY) -> Enter:
    return _into(TASKS, name, changes)


def _into(
    table: dict[str, Action], name: str, changes: frozenset[str], empty: bool = False, or_more: bool = False
) -> Enter:
    def enter(do: Doing) -> Doing:
        assert name not in table, name
        table[name] = Action(do, changes, empty, or_more)
        return do

    return enter


# ---- students and their people


@route("POST api.students.add", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.api("POST", "/students", {"first_name": "Yaw", "last_name": "Antwi", "class_id": o.school.gold})


@route("PATCH api.students.change", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    yield
    yield o.api("PATCH", f"/students/{student}", {"status": "withdrawn"})


@route("POST students.create", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/students/new", first_name="Yaw", last_name="Antwi", class_id=o.school.blue)


@route("POST students.update", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    number = value(o.raw, "SELECT admission_no FROM students WHERE id = ?", (student,))
    yield
    given = {"first_name": "Efua", "last_name": "Owusu", "admission_no": number, "class_id": o.school.gold}
    yield o.page(f"/students/{student}/edit", **given)


@route("POST student_import.take", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    yield
    data = b"first_name,last_name,class,guardian_name\nYaw,Antwi,Blue,Ama Antwi\nEsi,Addo,Gold,\n"
    form = {"mode": "import", "file": (BytesIO(data), "students.csv"), "csrf_token": o.admin.csrf}
    yield o.admin.client.post("/students/import", data=form, content_type="multipart/form-data")


@route("POST backups.make")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/settings/backups")


@route("GET backups.download")
def _(o: Office) -> Iterator[Any]:
    o.page("/settings/backups")
    made = max((Path(o.app.instance_path) / "backups").glob("*.zip"))
    yield
    yield o.admin.get(f"/settings/backups/{made.name}")


@route("POST api.guardians.add")
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    yield
    yield o.api("POST", "/guardians", {"full_name": "Ama Antwi", "student_id": student})


@route("PATCH api.guardians.change")
def _(o: Office) -> Iterator[Any]:
    _, guardian = o.guardian()
    yield
    yield o.api("PATCH", f"/guardians/{guardian}", {"phone": "0244000111"})


@route("POST api.guardians.link")
def _(o: Office) -> Iterator[Any]:
    (_, guardian), student = o.guardian(), o.student()
    yield
    yield o.api("POST", f"/guardians/{guardian}/students", {"student_id": student})


@route("DELETE api.guardians.unlink")
def _(o: Office) -> Iterator[Any]:
    student, guardian = o.guardian()
    yield
    yield o.api("DELETE", f"/guardians/{guardian}/students/{student}")


@route("POST guardians.create")
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    yield
    yield o.page(f"/students/{student}/guardians/new", full_name="Ama Antwi")


@route("POST guardians.update")
def _(o: Office) -> Iterator[Any]:
    student, guardian = o.guardian()
    yield
    yield o.page(f"/students/{student}/guardians/{guardian}", full_name="Ama Antwi", phone="0244000111")


@route("POST guardians.remove")
def _(o: Office) -> Iterator[Any]:
    student, guardian = o.guardian()
    yield
    yield o.page(f"/students/{student}/guardians/{guardian}/remove")


# ---- classes, teachers, registers, promotions


@route("POST api.classes.add")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.api("POST", "/classes", {"name": o.name("Class")})


@route("PATCH api.classes.change")
def _(o: Office) -> Iterator[Any]:
    class_id = o.class_()
    yield
    yield o.api("PATCH", f"/classes/{class_id}", {"capacity": 30})


@route("POST classes.create")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/classes/new", name=o.name("Class"), level=3)


@route("POST classes.update")
def _(o: Office) -> Iterator[Any]:
    class_id = o.class_()
    yield
    yield o.page(f"/classes/{class_id}/edit", name=o.name("Class"), level=4, is_active=1)


@route("POST classes.assign")
def _(o: Office) -> Iterator[Any]:
    class_id, teacher = o.class_(), o.teacher()
    yield
    yield o.page(f"/classes/{class_id}/teachers", teacher_id=teacher, subject="Mathematics")


@route("POST api.teachers.add", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.api("POST", "/teachers", {"first_name": "Abena", "last_name": "Sarpong"})


@route("PATCH api.teachers.change", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    teacher = o.teacher()
    yield
    yield o.api("PATCH", f"/teachers/{teacher}", {"status": "left"})


@route("POST api.teachers.assign")
def _(o: Office) -> Iterator[Any]:
    teacher, class_id = o.teacher(), o.class_()
    yield
    yield o.api("POST", f"/teachers/{teacher}/assignments", {"class_id": class_id})


@route("POST api.teachers.end")
def _(o: Office) -> Iterator[Any]:
    teacher, assignment = o.assignment()
    yield
    yield o.api("POST", f"/teachers/{teacher}/assignments/{assignment}/end", {})


@route("POST teachers.create", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/teachers/new", first_name="Abena", last_name="Sarpong")


@route("POST teachers.update", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    teacher = o.teacher()
    yield
    yield o.page(f"/teachers/{teacher}/edit", first_name="Abena", last_name="Sarpong", status="left")


@route("POST teachers.assign")
def _(o: Office) -> Iterator[Any]:
    teacher, class_id = o.teacher(), o.class_()
    yield
    yield o.page(f"/teachers/{teacher}/assignments", class_id=class_id, starts_on=TODAY)


@route("POST teachers.end")
def _(o: Office) -> Iterator[Any]:
    teacher, assignment = o.assignment()
    yield
    yield o.page(f"/teachers/{teacher}/assignments/{assignment}/end")


@route("POST api.attendance.mark", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    yield
    yield o.api("POST", "/attendance", {"student_id": student, "date": TODAY.isoformat(), "status": "late"})


@route("POST attendance.save", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    class_id = o.class_()
    students = [o.student(class_id=class_id) for _ in range(3)]
    page = o.admin.get(f"/attendance?class_id={class_id}&date={TODAY}").text
    version = page.partition('name="version" value="')[2].partition('"')[0]
    yield
    marks = {
        f"status_{student}": status for student, status in zip(students, ("present", "absent", "late"), strict=True)
    }
    yield o.page("/attendance", class_id=class_id, date=TODAY, version=version, **marks)


@route("POST api.promotions.add", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    yield
    yield o.api("POST", "/promotions", {"student_id": student, "to_class_id": o.school.gold})


@route("POST promotions.create", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    yield
    yield o.page("/promotions/new", student_id=student, to_class_id=o.school.gold, decision="promoted")


@route("POST promotion_runs.create", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    class_id = value(o.raw, "SELECT class_id FROM students WHERE id = ?", (student,))
    target = o.school.gold if class_id != o.school.gold else o.school.blue
    yield
    decision = {f"decision_{student}": "promoted"}
    yield o.page("/promotions/run", class_id=class_id, to_class_id=target, **decision)


@route("POST promotion_runs.take_back", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    class_id = value(o.raw, "SELECT class_id FROM students WHERE id = ?", (student,))
    decision = {f"decision_{student}": "graduated"}
    o.page("/promotions/run", class_id=class_id, request_key="r" * 20, **decision)
    yield
    yield o.page(f"/promotions/runs/{'r' * 20}/take-back")


@route("POST promotion_runs.take_back_one", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    o.page("/promotions/new", student_id=student, decision="graduated")
    promotion = value(o.raw, "SELECT max(id) FROM promotions")
    yield
    yield o.page(f"/promotions/{promotion}/take-back")


@route("POST guardians.put_back")
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    guardian = insert(o.raw, "guardians", full_name="Yaa Owusu")
    yield
    yield o.page(f"/students/{student}/guardians/{guardian}/put-back", relationship="Aunt")


# ---- fees, payments, the cash book


@route("POST api.fees.add", MONEY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    yield
    yield o.api("POST", "/fees", {"student_id": student, "amount_due": 5_000, "amount_paid": 2_000})


@route("PATCH api.fees.change", MONEY)
def _(o: Office) -> Iterator[Any]:
    fee = o.fee(paid=500)
    version = value(o.raw, "SELECT version FROM fees WHERE id = ?", (fee,))
    yield
    yield o.api("PATCH", f"/fees/{fee}", {"amount_paid": 300}, If_Match=f'"{version}"')


@route("DELETE api.fees.remove", MONEY)
def _(o: Office) -> Iterator[Any]:
    fee = o.fee(paid=500)
    yield
    yield o.api("DELETE", f"/fees/{fee}")


@route("POST fees.create", MONEY)
def _(o: Office) -> Iterator[Any]:
    student = o.student()
    yield
    yield o.page("/fees/new", student_id=student, amount_due="50.00", amount_paid="20.00", description="Books")


@route("POST fees.update", MONEY)
def _(o: Office) -> Iterator[Any]:
    fee = o.fee()
    version = value(o.raw, "SELECT version FROM fees WHERE id = ?", (fee,))
    yield
    drawn = {"drawn_amount_due": "90.00", "drawn_description": "Books", "drawn_year": "2026", "drawn_month": "1"}
    kept = {"description": "Books", "year": 2026, "month": 1, "drawn_amount_paid": "0.00", "amount_paid": "0.00"}
    yield o.page(f"/fees/{fee}/edit", amount_due="120.00", version=version, **kept, **drawn)


@route("POST fees.delete", MONEY)
def _(o: Office) -> Iterator[Any]:
    fee = o.fee(paid=500)
    yield
    yield o.page(f"/fees/{fee}/delete", reason="Charged twice")


@route("POST api.payments.add", MONEY)
def _(o: Office) -> Iterator[Any]:
    fee = o.fee()
    student = value(o.raw, "SELECT student_id FROM fees WHERE id = ?", (fee,))
    yield
    yield o.api("POST", "/payments", {"student_id": student, "amount": 400}, Idempotency_Key=secrets.token_hex(8))


@route("POST api.payments.void", MONEY)
def _(o: Office) -> Iterator[Any]:
    payment = o.payment()
    yield
    yield o.api("POST", f"/payments/{payment}/void", {"reason": "Typed twice"})


@route("POST payments.void", MONEY)
def _(o: Office) -> Iterator[Any]:
    payment = o.payment()
    yield
    yield o.page(f"/payments/{payment}/void", reason="Typed twice")


@route("POST desk_undo.undo", MONEY)
def _(o: Office) -> Iterator[Any]:
    fee = o.fee()
    student = value(o.raw, "SELECT student_id FROM fees WHERE id = ?", (fee,))
    o.page("/desk", student_id=student, amount="5", method="cash", request_key=secrets.token_hex(12))
    yield
    number = value(o.raw, "SELECT receipt_no FROM payments ORDER BY id DESC LIMIT 1")
    yield o.page(f"/desk/undo/{number}")


@route("POST desk.pay", MONEY)
def _(o: Office) -> Iterator[Any]:
    fee = o.fee()
    student = value(o.raw, "SELECT student_id FROM fees WHERE id = ?", (fee,))
    yield
    yield o.page("/desk", student_id=student, amount="4.00", method="cash", request_key=secrets.token_urlsafe(18))


@route("POST receipts.print_it")
def _(o: Office) -> Iterator[Any]:
    payment = o.payment()
    number = value(o.raw, "SELECT receipt_no FROM payments WHERE id = ?", (payment,))
    yield
    yield o.page(f"/receipts/{number}/print")


@route("POST api.transactions.add", MONEY)
def _(o: Office) -> Iterator[Any]:
    category = o.category()
    yield
    yield o.api("POST", "/transactions", {"type": "expense", "category_id": category, "amount": 800})


@route("PATCH api.transactions.change", MONEY)
def _(o: Office) -> Iterator[Any]:
    transaction = o.transaction()
    yield
    yield o.api("PATCH", f"/transactions/{transaction}", {"amount": 900})


@route("DELETE api.transactions.remove", MONEY)
def _(o: Office) -> Iterator[Any]:
    transaction = o.transaction()
    yield
    yield o.api("DELETE", f"/transactions/{transaction}")


@route("POST transactions.create", MONEY)
def _(o: Office) -> Iterator[Any]:
    category = o.category("income")
    yield
    given = {"type": "income", "category_id": category, "amount": "8.00", "description": "Canteen"}
    yield o.page("/transactions/new", transaction_date=TODAY, **given)


@route("POST transactions.update", MONEY)
def _(o: Office) -> Iterator[Any]:
    transaction = o.transaction()
    category = value(o.raw, "SELECT category_id FROM financial_transactions WHERE id = ?", (transaction,))
    yield
    given = {"type": "expense", "category_id": category, "amount": "9.00", "description": "Chalk"}
    yield o.page(f"/transactions/{transaction}/edit", transaction_date=TODAY - timedelta(days=1), **given)


@route("POST transactions.delete", MONEY)
def _(o: Office) -> Iterator[Any]:
    transaction = o.transaction()
    yield
    yield o.page(f"/transactions/{transaction}/delete")


@route("POST api.categories.add")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.api("POST", "/categories", {"name": o.name("Category"), "type": "income"})


@route("PATCH api.categories.change")
def _(o: Office) -> Iterator[Any]:
    category = o.category()
    yield
    yield o.api("PATCH", f"/categories/{category}", {"description": "Chalk and paper"})


@route("POST categories.create")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/categories", name=o.name("Category"), type="expense")


@route("POST categories.update")
def _(o: Office) -> Iterator[Any]:
    category = o.category()
    yield
    yield o.page(f"/categories/{category}", name=o.name("Category"), type="expense")


@route("POST categories.switch")
def _(o: Office) -> Iterator[Any]:
    category = o.category()
    yield
    yield o.page(f"/categories/{category}/deactivate")


@route("POST api.fee_structures.add")
def _(o: Office) -> Iterator[Any]:
    made, kind = o.prices()
    row = rows(o.raw, "SELECT class_id, term_id FROM fee_structures WHERE id = ?", (made,))[0]
    yield
    yield o.api("POST", "/fee-structures", {**row, "name": "Two", "items": [{"fee_type_id": kind, "amount": 500}]})


@route("PATCH api.fee_structures.change")
def _(o: Office) -> Iterator[Any]:
    made, kind = o.prices()
    yield
    yield o.api("PATCH", f"/fee-structures/{made}", {"items": [{"fee_type_id": kind, "amount": 500}]})


@route("DELETE api.fee_structures.remove")
def _(o: Office) -> Iterator[Any]:
    made, _kind = o.prices()
    yield
    yield o.api("DELETE", f"/fee-structures/{made}")


@route("POST fee_structures.create")
def _(o: Office) -> Iterator[Any]:
    made, kind = o.prices()
    term = value(o.raw, "SELECT term_id FROM fee_structures WHERE id = ?", (made,))
    yield
    form = {"term_id": term, f"class_{o.school.blue}": "1", f"class_{o.school.gold}": "1", f"amount_{kind}": "150.00"}
    yield o.page("/fee-structures/new", **form)


@route("POST fee_structures.update")
def _(o: Office) -> Iterator[Any]:
    made, kind = o.prices()
    yield
    yield o.page(f"/fee-structures/{made}", **{"name": "Another", f"amount_{kind}": "99.00"})


@route("POST fee_structures.delete")
def _(o: Office) -> Iterator[Any]:
    made, _kind = o.prices()
    yield
    yield o.page(f"/fee-structures/{made}/delete")


@route("POST api.billing_runs.add", MONEY)
def _(o: Office) -> Iterator[Any]:
    made, _kind = o.prices()
    yield
    yield o.api("POST", "/billing-runs", {"fee_structure_id": made})


@route("POST api.billing_runs.take_back", MONEY)
def _(o: Office) -> Iterator[Any]:
    run = o.billing_run()
    yield
    yield o.api("POST", f"/billing-runs/{run}/take-back")


@route("POST billing_runs.create", MONEY)
def _(o: Office) -> Iterator[Any]:
    made, _kind = o.prices()
    yield
    yield o.page("/billing/new", **{f"list_{made}": "1"})


@route("POST billing_runs.take_back", MONEY)
def _(o: Office) -> Iterator[Any]:
    run = o.billing_run()
    yield
    yield o.page(f"/billing/{run}/take-back")


@route("POST api.fee_types.add")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.api("POST", "/fee-types", {"name": o.name("Type")})


@route("PATCH api.fee_types.change")
def _(o: Office) -> Iterator[Any]:
    fee_type = o.fee_type()
    yield
    yield o.api("PATCH", f"/fee-types/{fee_type}", {"is_active": False})


@route("POST categories.create_fee_type")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/fee-types", name=o.name("Type"))


@route("POST categories.switch_fee_type")
def _(o: Office) -> Iterator[Any]:
    fee_type = o.fee_type()
    yield
    yield o.page(f"/fee-types/{fee_type}/deactivate")


@route("POST api.budgets.add")
def _(o: Office) -> Iterator[Any]:
    category = o.category()
    yield
    period = {"starts_on": "2026-01-01", "ends_on": "2027-01-01"}
    yield o.api("POST", "/budgets", {"category_id": category, "amount": 90_000, **period})


@route("PATCH api.budgets.change")
def _(o: Office) -> Iterator[Any]:
    budget = o.budget()
    yield
    yield o.api("PATCH", f"/budgets/{budget}", {"amount": 80_000})


@route("DELETE api.budgets.remove")
def _(o: Office) -> Iterator[Any]:
    budget = o.budget()
    yield
    yield o.api("DELETE", f"/budgets/{budget}")


# ---- the system


@route("POST auth.log_in")
def _(o: Office) -> Iterator[Any]:
    user = o.user()
    name = value(o.raw, "SELECT username FROM users WHERE id = ?", (user.user_id,))
    yield
    yield user.post("/login", {"username": name, "password": PASSWORD})


@route("POST auth.logout")
def _(o: Office) -> Iterator[Any]:
    user = o.user()
    yield
    yield user.post("/logout")


@route("POST account.password")
def _(o: Office) -> Iterator[Any]:
    user = o.user()
    yield
    new = {"password": "quite another one", "password_again": "quite another one"}
    yield user.post("/account/password", {"present": PASSWORD, **new})


@route("POST account.end")
def _(o: Office) -> Iterator[Any]:
    user = o.user()
    session = value(o.raw, "SELECT max(id) FROM user_sessions WHERE user_id = ?", (user.user_id,))
    yield
    yield user.post(f"/account/sessions/{session}/end")


@route("POST users.create")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/users/new", username=f"esi{secrets.token_hex(3)}", role="bursar", password=PASSWORD)


@route("POST users.update")
def _(o: Office) -> Iterator[Any]:
    user = o.user()
    yield
    yield o.page(f"/users/{user.user_id}", role="registrar", full_name="Esi Addo")


@route("POST users.password")
def _(o: Office) -> Iterator[Any]:
    user = o.user()
    yield
    yield o.page(f"/users/{user.user_id}/password", password="quite another one")


@route("POST users.deactivate")
def _(o: Office) -> Iterator[Any]:
    user = o.user()
    yield
    yield o.page(f"/users/{user.user_id}/deactivate")


@route("POST users.activate")
def _(o: Office) -> Iterator[Any]:
    user = o.user()
    o.raw.execute("UPDATE users SET is_active = false WHERE id = ?", (user.user_id,))
    yield
    yield o.page(f"/users/{user.user_id}/activate")


@route("POST first_steps.show")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/first-steps", shown="off", next="/settings")


@route("POST settings.save", MONEY)
def _(o: Office) -> Iterator[Any]:
    o.fee()
    yield
    lower = f"{secrets.randbelow(4_000) / 100 + 1:.2f}"
    yield o.page("/settings", school_name=o.name("School"), arrears_alert_threshold=lower)


@route("POST look.save")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/settings/look", school_colour=f"#{secrets.token_hex(3)}")


@route("POST years.create")
def _(o: Office) -> Iterator[Any]:
    yield
    term = {"term_1_name": "Term 1", "term_1_starts_on": "2031-09-01", "term_1_ends_on": "2031-12-15"}
    yield o.page("/settings/years/new", name="2031/2032", starts_on="2031-09-01", ends_on="2032-07-31", **term)


@route("POST years.update")
def _(o: Office) -> Iterator[Any]:
    year = insert(o.raw, "academic_years", name="2035/2036", starts_on="2035-09-01", ends_on="2036-08-01")
    yield
    yield o.page(f"/settings/years/{year}", name="2035/36", starts_on="2035-09-01", ends_on="2036-07-31")


@route("POST displays.create")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/displays", name=o.name("Hall"))


@route("POST displays.update")
def _(o: Office) -> Iterator[Any]:
    display = o.display()
    yield
    yield o.page(f"/displays/{display}", name=o.name("Gate"), boards="money", seconds="20", theme="light")


@route("POST displays.move")
def _(o: Office) -> Iterator[Any]:
    display, screen = o.display(), Screen(o.app)
    yield
    yield o.page(f"/displays/{display}/code", code=screen.code())


@route("POST wall.code")
def _(o: Office) -> Iterator[Any]:
    screen = Screen(o.app)
    yield
    yield screen.ask()


@route("POST wall.come_in")
def _(o: Office) -> Iterator[Any]:
    screen = Screen(o.app)
    o.page("/displays", name=o.name("Hall"), code=screen.code())
    yield
    yield screen.enter()


@route("POST displays.renew")
def _(o: Office) -> Iterator[Any]:
    display = o.display()
    yield
    yield o.page(f"/displays/{display}/link")


@route("POST displays.revoke")
def _(o: Office) -> Iterator[Any]:
    display = o.display()
    yield
    yield o.page(f"/displays/{display}/revoke")


@route("POST notifications.read")
def _(o: Office) -> Iterator[Any]:
    notification = o.notification()
    yield
    yield o.page(f"/notifications/{notification}/read")


@route("POST notifications.read_all")
def _(o: Office) -> Iterator[Any]:
    o.notification()
    yield
    yield o.page("/notifications/read")


@route("POST dashboard.put_aside")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/dashboard/news/aside")


@route("POST api.notifications.read")
def _(o: Office) -> Iterator[Any]:
    notification = o.notification()
    yield
    yield o.admin.send("POST", f"/api/v1/notifications/{notification}/read")


@route("POST api.notifications.read_all")
def _(o: Office) -> Iterator[Any]:
    o.notification()
    yield
    yield o.admin.send("POST", "/api/v1/notifications/read")


@route("POST health.verify")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/health/verify")


@route("POST health.rebuild", MONEY)
def _(o: Office) -> Iterator[Any]:
    o.transaction()
    o.fee(paid=500)
    o.drift()
    yield
    yield o.page("/health/rebuild")


@route("POST health.audit")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.page("/health/audit")


@route("POST progress.stop")
def _(o: Office) -> Iterator[Any]:
    with ExitStack() as working:
        with o.app.app_context(), acting_as(Actor(user_id=o.admin.user_id)):
            working.enter_context(long_work(say("Counting the chairs")))
            job = jobs_of(o.admin.user_id)[-1]
        yield
        yield o.admin.send("POST", f"/progress/{job.id}/cancel")


@route("POST setup.set_up", empty=True)
def _(o: Office) -> Iterator[Any]:
    with o.app.app_context():
        token = new_setup_token()
    yield
    year = {"with_year": 1, "name": "2026/2027", "starts_on": "2026-09-01", "ends_on": "2027-07-31"}
    school = {"school_name": "Hill School", "currency": "GHS", "timezone": "Africa/Accra"}
    admin = {"username": "head", "password": PASSWORD, "password_again": PASSWORD, "arrears_alert_threshold": "900.00"}
    visitor = Person(o.app, "nobody", 0)
    yield visitor.post(f"/setup/{token}", {**school, **admin, **year})


# ---- commands


@command("users create")
def _(o: Office) -> Iterator[Any]:
    yield
    runner = o.app.test_cli_runner()
    arguments = ["users", "create", f"esi{secrets.token_hex(3)}", "--role", "bursar", "--password-stdin"]
    yield runner.invoke(args=arguments, input=f"{PASSWORD}\n")


@command("tokens create")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.run("tokens", "create", o.name("clock"), "--role", "bursar")


@command("tokens revoke")
def _(o: Office) -> Iterator[Any]:
    name = o.name("clock")
    program(o.app, o.raw, "bursar")
    o.raw.execute("UPDATE api_tokens SET name = ? WHERE id = (SELECT max(id) FROM api_tokens)", (name,))
    yield
    yield o.run("tokens", "revoke", name)


@command("import students", EVERYBODY)
def _(o: Office) -> Iterator[Any]:
    file = o.file("first_name,last_name,class\nAkosua,Frimpong,Blue\n")
    yield
    yield o.run("import", "students", file)


@command("import payments", MONEY)
def _(o: Office) -> Iterator[Any]:
    fee = o.fee()
    query = "SELECT admission_no FROM students WHERE id = (SELECT student_id FROM fees WHERE id = ?)"
    file = o.file(f"admission_no,amount,paid_on\n{value(o.raw, query, (fee,))},5.00,{TODAY}\n")
    yield
    yield o.run("import", "payments", file)


@command("stats rebuild", MONEY)
def _(o: Office) -> Iterator[Any]:
    o.fee(paid=500)
    o.drift()
    yield
    yield o.run("stats", "rebuild")


@command("audit seal")
def _(o: Office) -> Iterator[Any]:
    o.fee()
    yield
    yield o.run("audit", "seal")


@command("stats verify")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.run("stats", "verify")


@command("prepare")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.run("prepare")


@command("demo load", EVERYBODY, empty=True)
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.run("demo", "load", "--students", 12, "--years", 1)


@command("demo pay", MONEY, empty=True, or_more=True)
def _(o: Office) -> Iterator[Any]:
    assert o.run("demo", "load", "--students", 12, "--years", 1).exit_code == 0
    yield
    yield o.run("demo", "pay", "--rate", 20, "--seconds", 1)


# ---- the worker's tasks


@task("seal the activity log")
def _(o: Office) -> Iterator[Any]:
    o.fee()
    yield
    yield o.task("seal the activity log")


@task("verify the statistics", MONEY)
def _(o: Office) -> Iterator[Any]:
    o.fee(paid=500)
    o.drift()
    yield
    yield o.task("verify the statistics")


@task("age what is overdue", MONEY)
def _(o: Office) -> Iterator[Any]:
    o.fee()
    yield
    yield o.task("age what is overdue")


@task("verify a month", MONEY)
def _(o: Office) -> Iterator[Any]:
    o.fee(paid=500)
    first = value(o.raw, "SELECT min(transaction_date) FROM financial_transactions")
    before = (date.fromisoformat(f"{first[:7]}-01") - timedelta(days=1)).isoformat()[:7]
    o.raw.execute(
        "INSERT INTO sync_status (table_name, holder) VALUES ('statistics_months', ?) "
        "ON CONFLICT (table_name) DO UPDATE SET holder = excluded.holder",
        (before,),
    )
    o.raw.execute(
        "UPDATE statistics_cache SET metric_value = metric_value + 5 WHERE metric_name = ?",
        (f"monthly_income_{first[:7]}",),
    )
    yield
    yield o.task("verify a month")


@task("archive old activity")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.task("archive old activity")


@task("count the tables")
def _(o: Office) -> Iterator[Any]:
    yield
    yield o.task("count the tables")


@task("forget what has expired")
def _(o: Office) -> Iterator[Any]:
    notification = o.notification()
    o.raw.execute("UPDATE system_notifications SET expires_at = '2026-01-01 00:00:00' WHERE id = ?", (notification,))
    yield
    yield o.task("forget what has expired")


@route("GET displays.pair_screen")
def _(o: Office) -> Iterator[Any]:
    page = o.page(f"/displays/{o.display()}/link").text
    code = page.partition("/wall/pair/")[2][:16]
    yield
    yield o.app.test_client().get(f"/wall/pair/{code}")


WRITING_GETS = {"GET displays.pair_screen", "GET backups.download"}
"""A television opens the link that pairs it; who takes a backup away is written down."""
READING = {"audit verify", "backup create", "move", "openapi", "stats docs", "tokens list", "users list"}
"""Commands that write nothing here."""
ANEW = {"backup restore"}
"""Commands after which every screen asks for everything; tests/cli/test_backup.py follows one on a running server."""
