"""Writing the demo school into an empty database: set by set, in one transaction, with every trigger at work."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.clock import now, today
from app.database import Actor, atomic, backend
from app.demo.calendar import Calendar, DemoTerm, demo_calendar
from app.demo.money import Charge, Receipt, bill, other_rows, receive
from app.demo.people import Child, children, teachers
from app.demo.words import (
    CLASSES,
    EXPENSES,
    OTHER_INCOME,
    OWN_CATEGORY,
    PASSWORD_WORDS,
    PRICES,
    SCHOOL,
    SUBJECTS,
    price,
)
from app.domain.names import search_text
from app.domain.permissions import ROLES
from app.errors import Conflict
from app.models import (
    Attendance,
    BillingRun,
    Enrolment,
    Fee,
    FeeAdjustment,
    FeeStructure,
    FeeStructureItem,
    FeeType,
    FinancialCategory,
    FinancialTransaction,
    Guardian,
    Payment,
    PaymentAllocation,
    Promotion,
    SchoolClass,
    Student,
    StudentGuardian,
    Teacher,
    TeacherAssignment,
    Term,
    User,
)
from app.queries.sessions import user_named
from app.services.calendar import add_year
from app.services.counters import next_number
from app.services.displays import add_display
from app.services.notifications import notify
from app.services.passwords import hash_password
from app.services.settings import save_settings
from app.services.students import next_admission_numbers
from app.services.users import keep_user

SEED = 1957
REGISTER_DAYS = 60
THRESHOLD = "100000"
_CHUNK = 5_000


@dataclass(frozen=True)
class Login:
    """One way into the demo school."""

    role: str
    username: str
    password: str


@dataclass(frozen=True)
class Loaded:
    """What was made; `pairing_code` opens the wall on one screen."""

    students: int
    fees: int
    payments: int
    marks: int
    logins: Sequence[Login]
    pairing_code: str


@dataclass
class _School:
    """Ids of what was written so far."""

    session: Session
    dice: Random
    calendar: Calendar
    people: list[Child]
    users: dict[str, int] = field(default_factory=dict)
    classes: list[int] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    terms: dict[tuple[int, int], int] = field(default_factory=dict)
    fee_types: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    students: list[int] = field(default_factory=list)
    teachers: list[int] = field(default_factory=list)

    def write_as(self, role: str) -> None:
        """Let the activity log name the user of a role for what follows; the transaction began as somebody else."""
        name = self.session.scalar(select(User.username).where(User.id == self.users[role]))
        backend().name_writer(self.session, Actor(self.users[role], name or role))

    def write(self, model: Any, rows: Iterable[Mapping[str, object]]) -> list[int]:
        """Insert rows, giving them the next ids; return these."""
        listed = list(rows)
        first = (self.session.scalar(select(func.max(model.id))) or 0) + 1
        numbered = [{"id": number, **row} for number, row in zip(count(first), listed, strict=False)]
        for begin in range(0, len(numbered), _CHUNK):
            self.session.execute(insert(model.__table__), numbered[begin : begin + _CHUNK])
        backend().renumber(self.session, model.__table__)
        return list(range(first, first + len(numbered)))


def load_demo(*, students: int, years: int, seed: int = SEED) -> Loaded:
    """Make the demo school. Raises Conflict in a database that already holds students."""
    logins = [Login(role, role, _password()) for role in ROLES]
    hashes = {login.role: hash_password(login.password) for login in logins}
    dice, calendar = Random(seed), demo_calendar(today(), years)
    people = children(dice, calendar, students)
    charges = bill(calendar, people)
    receipts = receive(dice, calendar, people, charges)
    with atomic() as session:
        if session.scalar(select(Student.id).limit(1)) is not None:
            raise Conflict("This database already holds students; the demo school needs one of its own.")
        # While years of bills and payments pass by, nobody is to be told of each family that owed much for a week.
        save_settings({"school_name": SCHOOL, "arrears_alert_threshold": str(10**12)})
        school = _School(session, dice, calendar, people)
        logins = [_user(school, login, hashes[login.role]) for login in logins]
        school.write_as("registrar")
        _frame(school)
        _people(school)
        school.write_as("teacher")
        marks = _registers(school)
        school.write_as("bursar")
        fees = _charges(school, charges)
        _targets(school, charges)
        _receipts(school, receipts, charges, fees)
        _other_rows(school)
        school.write_as("admin")
        save_settings({"arrears_alert_threshold": THRESHOLD})
        _, code = add_display(name="Staff room", valid_for=timedelta(days=30))
        _tell(school)
    return Loaded(len(people), len(charges), len(receipts), marks, logins, code)


def _password() -> str:
    return "-".join(secrets.choice(PASSWORD_WORDS) for _ in range(3)) + f"-{secrets.randbelow(90) + 10}"


def _user(school: _School, login: Login, password_hash: str) -> Login:
    name = login.username if user_named(login.username) is None else f"demo-{login.username}"
    user = keep_user(username=name, role=login.role, password_hash=password_hash, full_name=f"Demo {login.role}")
    school.users[login.role] = user.id
    return Login(login.role, name, login.password)


def _frame(school: _School) -> None:
    """Years, classes, categories, kinds of fees, teachers."""
    session, calendar = school.session, school.calendar
    for number, year in enumerate(calendar.years):
        own = [term for term in calendar.terms if term.year == number]
        row = add_year(year=year, terms=[term.period for term in own])
        school.years.append(row.id)
        ids = session.scalars(select(Term.id).where(Term.academic_year_id == row.id).order_by(Term.starts_on))
        school.terms |= {(number, term.number): id for term, id in zip(own, ids, strict=True)}
    school.classes = school.write(
        SchoolClass,
        [{"name": name, "level": level, "capacity": 55} for level, name in enumerate(CLASSES, start=1)],
    )
    incomes = [*OWN_CATEGORY.values(), *(line[0] for line in OTHER_INCOME)]
    wanted = [(name, "income") for name in dict.fromkeys(incomes)]
    wanted += [(name, "expense") for name in dict.fromkeys(line[0] for line in EXPENSES)]
    known = dict(session.execute(select(FinancialCategory.name, FinancialCategory.id)).all())
    new = [{"name": name, "type": type} for name, type in wanted if name not in known]
    made = school.write(FinancialCategory, new)
    school.categories = known | {row["name"]: id for row, id in zip(new, made, strict=True)}
    kinds = [{"name": kind, "category_id": school.categories.get(OWN_CATEGORY.get(kind, ""))} for kind in PRICES]
    school.fee_types = dict(zip(PRICES, school.write(FeeType, kinds), strict=True))
    _teachers(school)


def _teachers(school: _School) -> None:
    year = school.calendar.years[-1]
    rows = [
        {
            "first_name": first,
            "last_name": last,
            "phone": phone,
            "staff_no": f"T-{number:03d}",
            "hired_on": school.calendar.years[0].starts_on - timedelta(days=school.dice.randrange(2500)),
            "user_id": school.users["teacher"] if number == 6 else None,
        }
        for number, (first, last, phone) in enumerate(teachers(school.dice, len(CLASSES) + len(SUBJECTS)), start=1)
    ]
    school.teachers = school.write(Teacher, rows)
    assignments: list[dict[str, object]] = []
    for number, period in enumerate(school.calendar.years):
        ended = None if number == len(school.calendar.years) - 1 else period.ends_on
        for place, class_id in enumerate(school.classes):
            # Most teachers keep their class; two change places each year.
            moved = (place + 1 if place == number else place - 1 if place == number + 1 else place) % len(CLASSES)
            assignments.append(
                {
                    "teacher_id": school.teachers[place if ended is None else moved],
                    "class_id": class_id,
                    "subject": "Class teacher",
                    "starts_on": period.starts_on,
                    "ends_on": ended,
                }
            )
    for place, subject in enumerate(SUBJECTS):
        for class_id in school.classes[-3:]:
            assignments.append(
                {
                    "teacher_id": school.teachers[len(CLASSES) + place],
                    "class_id": class_id,
                    "subject": subject,
                    "starts_on": year.starts_on,
                    "ends_on": None,
                }
            )
    school.write(TeacherAssignment, assignments)


def _people(school: _School) -> None:
    """Students with guardians, a row for each year, and the moves between the years."""
    people = school.people
    numbers = next_admission_numbers(len(people))
    school.students = school.write(
        Student,
        [
            {
                "admission_no": number,
                "first_name": child.first_name,
                "last_name": child.last_name,
                "class_id": None if child.status == "graduated" else school.classes[child.level - 1],
                "status": child.status,
                "gender": child.gender,
                "born_on": child.born_on,
                "admitted_on": child.admitted_on,
                "search_text": search_text(child.first_name, child.last_name, number),
            }
            for child, number in zip(people, numbers, strict=True)
        ],
    )
    families = list({id(child.family): child.family for child in people}.values())
    guardians = school.write(
        Guardian,
        [{"full_name": family.guardian, "phone": family.phone, "address": family.address} for family in families],
    )
    of_family = {id(family): number for family, number in zip(families, guardians, strict=True)}
    school.write(
        StudentGuardian,
        [
            {
                "student_id": student_id,
                "guardian_id": of_family[id(child.family)],
                "relationship_name": child.family.relation,
                "pays_fees": True,
            }
            for student_id, child in zip(school.students, people, strict=True)
        ],
    )
    school.write(Enrolment, _enrolments(school))
    school.write(Promotion, _promotions(school))


def _enrolments(school: _School) -> Iterable[dict[str, object]]:
    for student_id, child in zip(school.students, school.people, strict=True):
        for year, level in child.path.items():
            after = child.path.get(year + 1)
            left = {"graduated": "graduated"}.get(child.status)
            outcome = left if after is None else "repeated" if after == level else "promoted"
            yield {
                "student_id": student_id,
                "academic_year_id": school.years[year],
                "class_id": school.classes[level - 1],
                "outcome": outcome,
            }


def _promotions(school: _School) -> Iterable[dict[str, object]]:
    for year, period in enumerate(school.calendar.years):
        run = f"demo-{period.name}"
        for student_id, child in zip(school.students, school.people, strict=True):
            before, level = child.path.get(year - 1), child.path.get(year)
            row = {
                "student_id": student_id,
                "academic_year_id": school.years[year],
                "academic_year": period.name,
                "run_id": run,
                "promoted_by": school.users["registrar"],
            }
            if before is not None and level is not None:
                repeated = before == level
                yield {
                    **row,
                    "from_class_id": school.classes[before - 1],
                    "to_class_id": school.classes[level - 1],
                    "promoted_on": period.starts_on,
                    "decision": "repeated" if repeated else "promoted",
                }
            if child.status == "graduated" and year == max(child.path):
                yield {
                    **row,
                    "from_class_id": school.classes[child.level - 1],
                    "to_class_id": None,
                    "promoted_on": period.ends_on - timedelta(days=31),
                    "decision": "graduated",
                }


def _registers(school: _School) -> int:
    """A mark for each present student and day; today's registers of the upper classes are still to be taken."""
    dice, rows = school.dice, []
    for day in school.calendar.school_days(REGISTER_DAYS):
        bad_day = dice.random() < 0.12
        for student_id, child in zip(school.students, school.people, strict=True):
            still_to_come = day == school.calendar.today and child.level > 6
            if child.status != "active" or child.admitted_on > day or still_to_come:
                continue
            away = child.absent * (2.2 if bad_day else 1.0) * (1.3 if day.weekday() == 4 else 1.0)
            thrown = dice.random()
            status = "present" if thrown > away else dice.choices(("absent", "late", "excused"), (5, 4, 2))[0]
            rows.append(
                {
                    "student_id": student_id,
                    "date": day,
                    "status": status,
                    "class_id": school.classes[child.level - 1],
                    "recorded_by": school.users["teacher"],
                    "recorded_at": min(_moment(day, 8, dice.randrange(40)), now()),
                }
            )
    return len(school.write(Attendance, rows))


def _charges(school: _School, charges: Sequence[Charge]) -> list[int]:
    """Price lists, billing runs and the fees themselves; the ids of the fees."""
    lists = list(dict.fromkeys(_list_of(charge) for charge in charges))
    structures = school.write(
        FeeStructure,
        [
            {
                "name": some or f"{CLASSES[level - 1]}, {term.period.name} {school.calendar.years[term.year].name}",
                "class_id": school.classes[level - 1],
                "term_id": school.terms[term.year, term.number],
                "is_optional": bool(some),
            }
            for level, term, some in lists
        ],
    )
    kinds = dict.fromkeys((_list_of(charge), charge.kind, charge.due_on) for charge in charges)
    of_list = dict(zip(lists, structures, strict=True))
    school.write(
        FeeStructureItem,
        [
            {
                "fee_structure_id": of_list[one],
                "fee_type_id": school.fee_types[kind],
                "amount": price(kind, one[0], one[1].year),
                "due_on": due_on,
            }
            for one, kind, due_on in kinds
        ],
    )
    totals = {key: (0, 0) for key in lists}
    for charge in charges:
        number, total = totals[_list_of(charge)]
        totals[_list_of(charge)] = number + 1, total + charge.amount
    runs = school.write(
        BillingRun,
        [
            {
                "fee_structure_id": of_list[level, term, some],
                "term_id": school.terms[term.year, term.number],
                "fee_count": totals[level, term, some][0],
                "total": totals[level, term, some][1],
                "created_by": school.users["bursar"],
                "created_at": _moment(term.period.starts_on, 9, level),
            }
            for level, term, some in lists
        ],
    )
    run_of = dict(zip(lists, runs, strict=True))
    fees = school.write(
        Fee,
        [
            {
                "student_id": school.students[charge.child],
                "fee_type_id": school.fee_types[charge.kind],
                "term_id": school.terms[charge.term.year, charge.term.number],
                "billing_run_id": run_of[_list_of(charge)],
                "year": charge.term.period.starts_on.year,
                "month": charge.term.period.starts_on.month,
                "description": f"{charge.kind}, {charge.term.period.name}",
                "due_on": charge.due_on,
                "amount_due": charge.amount,
                "amount_adjusted": charge.adjusted,
                "created_by": school.users["bursar"],
                "created_at": _moment(charge.term.period.starts_on, 9, charge.level),
            }
            for charge in charges
        ],
    )
    school.write(
        FeeAdjustment,
        [
            {
                "fee_id": fees[charge.number],
                "kind": "discount",
                "amount": charge.adjusted,
                "reason": "Child of a member of staff",
                "approved_by": school.users["principal"],
            }
            for charge in charges
            if charge.adjusted
        ],
    )
    return fees


def _list_of(charge: Charge) -> tuple[int, DemoTerm, str]:
    """Which price list a charge is of: that of the class and term, or the one of those who ride with the bus."""
    return charge.level, charge.term, charge.kind if charge.kind == "Transport" else ""


def _targets(school: _School, charges: Sequence[Charge]) -> None:
    """What each term should collect: what it bills, in round thousands."""
    billed: dict[int, int] = {}
    for charge in charges:
        term = school.terms[charge.term.year, charge.term.number]
        billed[term] = billed.get(term, 0) + charge.amount - charge.adjusted
    for term, amount in billed.items():
        target = amount // 100_000 * 100_000
        school.session.execute(update(Term).where(Term.id == term).values(collection_target=target))


def _receipts(school: _School, receipts: Sequence[Receipt], charges: Sequence[Charge], fees: Sequence[int]) -> None:
    """Receipts in the order of time, their shares, and their rows of the cash book."""
    first = next_number("receipt", block=max(1, len(receipts)))
    bursar, default = school.users["bursar"], school.categories["School Fees"]
    written = [min(receipt.at, now()) for receipt in receipts]
    numbers = [f"R-{number:06d}" for number in range(first, first + len(receipts))]
    payments = school.write(
        Payment,
        [
            {
                "receipt_no": number,
                "student_id": school.students[receipt.child],
                "amount": receipt.amount,
                "method": receipt.method,
                "external_reference": receipt.reference,
                "paid_on": receipt.at.date(),
                "received_by": bursar,
                "created_at": at,
            }
            for receipt, number, at in zip(receipts, numbers, written, strict=True)
        ],
    )
    shares = [(place, share) for place, receipt in enumerate(receipts) for share in receipt.shares]
    allocations = school.write(
        PaymentAllocation,
        [
            {"payment_id": payments[place], "fee_id": fees[share.fee_id], "amount": share.amount}
            for place, share in shares
        ],
    )
    rows = []
    for (place, share), allocation_id in zip(shares, allocations, strict=True):
        receipt, charge = receipts[place], charges[share.fee_id]
        child = school.people[charge.child]
        what = f"{child.first_name} {child.last_name}: {charge.kind}, {charge.term.period.name} ({numbers[place]})"
        rows.append(
            {
                "type": "income",
                "category_id": school.categories.get(OWN_CATEGORY.get(charge.kind, ""), default),
                "amount": share.amount,
                "transaction_date": receipt.at.date(),
                "description": what,
                "reference": f"FEE-{fees[share.fee_id]}",
                "payment_method": receipt.method,
                "payment_id": payments[place],
                "allocation_id": allocation_id,
                "created_by": bursar,
                "created_at": written[place],
            }
        )
    school.write(FinancialTransaction, rows)


def _other_rows(school: _School) -> None:
    active = sum(child.status == "active" for child in school.people)
    school.write(
        FinancialTransaction,
        [
            {
                "type": row.type,
                "category_id": school.categories[row.category],
                "amount": row.amount,
                "transaction_date": row.on,
                "description": row.description,
                "payment_method": row.method,
                "created_by": school.users["bursar"],
                "created_at": _moment(row.on, 10, 15),
            }
            for row in other_rows(school.dice, school.calendar, active)
        ],
    )


def _tell(school: _School) -> None:
    roles = ("admin", "principal", "bursar", "registrar", "teacher")
    notify(
        type="welcome",
        title="Welcome to the demo school",
        message="Everything here is invented. Try anything: make demo ARGS=--fresh makes it anew.",
        roles=roles,
    )
    notify(
        type="promotion",
        title="Promotions are done",
        message=f"All classes have moved up for {school.calendar.years[-1].name}.",
        roles=("admin", "principal", "registrar"),
        action_url="/promotions",
    )


def _moment(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)
