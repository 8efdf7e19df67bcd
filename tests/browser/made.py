"""The school that the browser tests visit: made by the services, with more rows than a page shows and hostile names."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import create_app
from app.clock import today
from app.database import Actor, acting_as, atomic
from app.domain.calendar import usual_year
from app.domain.permissions import ROLES
from app.extensions import db
from app.models import FinancialCategory, PaymentAllocation, Term, User, UserSession
from app.queries.sessions import token_hash
from app.services.attendance import save_register
from app.services.backups import backups_folder
from app.services.billing_runs import bill
from app.services.billing_undo import take_back_billing
from app.services.calendar import add_year
from app.services.categories import add_category
from app.services.classes import add_class
from app.services.displays import add_display, pair
from app.services.fee_structures import Priced, add_fee_structure
from app.services.fee_types import add_fee_type
from app.services.fees import add_fee
from app.services.guardians import add_guardian_of
from app.services.notifications import notify
from app.services.payments import record_payment, void_payment
from app.services.promotions import promote_student
from app.services.settings import save_settings
from app.services.students import add_student, update_student
from app.services.teachers import add_teacher, assign_teacher
from app.services.transactions import add_transaction
from app.services.users import add_user
from app.transfer.backup import create_backup
from tests.support.database import Database, overrides

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = '"><script>alert(1)</script>'
PASSWORD = "a long password that only the tests use"
FIRST = "Abena Ama Akua Efua Esi Adwoa Yaa Afia Kofi Kwame Yaw Kojo Kwesi Fiifi Nana Selorm".split()
LAST = "Mensah Owusu Boateng Asante Darko Ofori Addo Agyeman Tetteh Quaye Amoah Lartey Dzokoto".split()
FEES = (("Tuition", 60_000), ("Books", 8_500))


@dataclass
class Made:
    """Ids of what the tests go to, and the cookies of everybody."""

    sessions: dict[str, str] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    wall: str = ""
    ids: dict[str, Any] = field(default_factory=dict)


@contextmanager
def application(database: Database) -> Iterator[Flask]:
    """The program's own services on a database that a server may be serving at the same time."""
    app = create_app(overrides(database))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def found(database: Database) -> Made:
    """A new school: one user per role, a wall display, nothing else."""
    made = Made()
    with application(database):
        save_settings({"school_name": "Hillside Preparatory School"})
        add_user(username="efua", role="bursar", password=PASSWORD, full_name="Efua Sarpong")
        with atomic() as session:
            for role in ROLES:
                name = "efua" if role == "bursar" else f"the-{role}"
                user = session.scalar(select(User).where(User.username == name)) or User(username=name, role=role)
                session.add(user)
                session.flush()
                made.users[role] = user.id
                made.sessions[role] = secrets.token_urlsafe(24)
                session.add(_session(user.id, made.sessions[role]))
            display, code = add_display(name="Staff room")
            made.wall, made.ids["display_id"] = pair(code=code), display.id
    return made


def filled(database: Database) -> Made:
    """A school in the middle of its term."""
    made = found(database)
    with application(database), acting_as(Actor(made.users["bursar"], "efua", "127.0.0.1")), atomic():
        _fill(made.ids)
    return made


def back_up(database: Database) -> None:
    """Two files that are listed as backups; one of them cannot be read."""
    with application(database):
        folder = backups_folder()
        folder.mkdir(parents=True)
        create_backup(folder)
        broken = folder / "schoolpulse-2025-01-31-170000.zip"
        broken.write_bytes(b"half of a file" * 2_000)
        os.utime(broken, (at := datetime(2025, 1, 31, 17, tzinfo=UTC).timestamp(), at))


def _fill(ids: dict[str, Any]) -> None:
    on = today()
    year, terms = usual_year(on)
    ids["year_id"] = add_year(year=year, terms=terms).id
    term_ids = list(db.session.scalars(select(Term.id).order_by(Term.starts_on)))
    classes = [add_class(name=name, level=level, capacity=35) for level, name in enumerate(
        ["Nursery 1", "Basic 1", "Basic 2", "Basic 3", f"Basic 4 {SCRIPT}"], start=1)]  # fmt: skip
    ids["class_id"] = classes[-1].id
    teachers = [
        add_teacher(first_name=first, last_name=last, phone="024 123 4567", email="someone@example.org")
        for first, last in [(IMAGE, SCRIPT), ("Grace", "Annan"), ("Daniel", "Kuma"), ("Mercy", "Appiah")]
    ]
    for teacher, school_class in zip(cycle(teachers), classes, strict=False):
        assign_teacher(teacher_id=teacher.id, class_id=school_class.id, subject="")
    ids["teacher_id"] = teachers[0].id
    own = add_category(name=f"Canteen {SCRIPT}", type="income", description=IMAGE)
    stationery = add_category(name=f"Stationery {IMAGE}", type="expense", description=SCRIPT)
    salaries = add_category(name="Salaries", type="expense")
    ids |= {"category_id": own.id, "salaries_id": salaries.id}
    meals = add_fee_type(name=f"Meals {SCRIPT}", category_id=own.id).id
    _students(ids, classes, term_ids, on)
    _billing(ids, meals, term_ids[0], on)
    _cash_book(ids, [stationery.id, salaries.id], on)
    notify(type="system", title=f"Hello {IMAGE}", message=SCRIPT, roles=ROLES, priority="high", action_url="/account")
    earlier, its_terms = usual_year(on.replace(year=on.year - 1, day=1))
    add_year(year=earlier, terms=its_terms)
    ids["notification_id"] = notify(type="system", title="A message", message="With words.", roles=ROLES).id


def _students(ids: dict[str, Any], classes: list[Any], term_ids: list[int], on: date) -> None:
    names = [(first, last) for last in LAST for first in FIRST][:66]
    asha = add_student(first_name="Asha", last_name="Mensah", class_id=classes[1].id, gender="F")
    hostile = add_student(first_name=IMAGE, last_name=SCRIPT, class_id=classes[-1].id, born_on=date(2018, 5, 1))
    guardian = add_guardian_of(
        student_id=hostile.id, full_name=f"Parent {IMAGE}", relationship=SCRIPT[:32], phone="024 765 4321",
        email="parent@example.org", address=SCRIPT,
    )  # fmt: skip
    ids |= {"asha": asha.id, "student_id": hostile.id, "guardian_id": guardian.id}
    students = [asha, hostile]
    students += [
        add_student(first_name=first, last_name=last, class_id=school_class.id)
        for (first, last), school_class in zip(names, cycle(classes), strict=False)
    ]
    for number, student in enumerate(students):
        for days, (words, amount) in zip((40, -20), FEES, strict=True):
            fee = add_fee(
                student_id=student.id, amount_due=amount, description=words, due_on=on - timedelta(days=days),
                term_id=term_ids[0],
            ).fee  # fmt: skip
            if student is asha and fee is not None:
                ids[f"asha_{words.lower()}"] = fee.id
        if number % 4 and student is not asha:
            record_payment(student_id=student.id, amount=25_000, method=("cash", "momo")[number % 2])
    hostile_fee = add_fee(student_id=hostile.id, amount_due=33_300, description=f"Trip {IMAGE}").fee
    paid = record_payment(
        student_id=hostile.id, amount=11_100, note=f"{SCRIPT} said the parent", external_reference=IMAGE, method="momo"
    ).payment
    voided = record_payment(student_id=hostile.id, amount=500).payment
    ids |= {"payment_id": paid.id, "receipt_no": paid.receipt_no, "fee_id": hostile_fee.id if hostile_fee else 0}
    void_payment(payment_id=voided.id, reason=f"typed twice {IMAGE}")
    shared = db.session.scalar(select(PaymentAllocation.fee_id).where(PaymentAllocation.payment_id == paid.id))
    ids |= {"voided_receipt_no": voided.receipt_no, "paid_fee_id": shared}
    marks = {student.id: ("present", "present", "late", "absent")[student.id % 4] for student in students}
    for school_class in classes:
        own = {student.id: marks[student.id] for student in students if student.class_id == school_class.id}
        save_register(class_id=school_class.id, day=on, marks=own)
    promote_student(student_id=students[5].id, to_class_id=classes[2].id)
    update_student(student_id=students[-1].id, status="withdrawn")


def _billing(ids: dict[str, Any], meals: int, term_id: int, on: date) -> None:
    """A price list that is billed for one student and taken back, one that stands, one that nobody is billed by yet."""
    bus = add_fee_type(name=f"Bus {IMAGE}").id
    given = {"class_id": ids["class_id"], "term_id": term_id}
    lists = [
        add_fee_structure(**given, items=[Priced(meals, 1_500, on), Priced(bus, 700)]),
        add_fee_structure(**given, items=[Priced(bus, 700)], name=f"Bus {SCRIPT}", is_optional=True),
    ]
    taken_back = bill(fee_structure_ids=[lists[0].id], student_ids=[ids["student_id"]])
    take_back_billing(taken_back.runs[0].id)
    ids["billing_run_id"] = bill(fee_structure_ids=[lists[1].id], student_ids=[ids["student_id"]]).runs[0].id
    ids |= {"fee_structure_id": lists[0].id, "bus_list_id": lists[1].id, "term_id": term_id}
    ids |= {"meals_id": meals}


def _cash_book(ids: dict[str, Any], expenses: list[int], on: date) -> None:
    donation = db.session.scalar(select(FinancialCategory.id).where(FinancialCategory.type == "income"))
    for number in range(60):
        add_transaction(
            type="expense", category_id=expenses[number % 2], amount=12_345 + number,
            transaction_date=on - timedelta(days=number), description=f"Chalk and paper {number}",
        )  # fmt: skip
    row = add_transaction(
        type="income", category_id=ids["category_id"] or donation or 0, amount=70_000, description=f"Gift {SCRIPT}",
        reference=IMAGE,
    )  # fmt: skip
    ids["transaction_id"] = row.id


def _session(user_id: int, token: str) -> UserSession:
    moment = datetime.now(UTC)
    return UserSession(
        token_hash=token_hash(token), user_id=user_id, auth_version=1, ip_address="127.0.0.1",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0", created_at=moment, last_seen_at=moment,
        expires_at=moment + timedelta(hours=12),
    )  # fmt: skip


def cookies(database: Database, made: Made, role: str) -> list[dict[str, Any]]:
    """What the browser of a role keeps after signing in, or the wall after pairing."""
    if role == "nobody":
        return []
    if role == "wall":
        return [_cookie("wall", made.wall)]
    client = create_app(overrides(database)).test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = made.sessions[role], True
    kept = client.get_cookie("sid")
    assert kept is not None
    return [_cookie("sid", kept.value)]


def _cookie(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True,
            "secure": False, "sameSite": "Lax" if name == "sid" else "Strict"}  # fmt: skip
