"""Life at the demo school: families pay, the school spends, registers are taken, each through its service."""

import logging
import secrets
import time
from datetime import timedelta
from random import Random

from sqlalchemy import func, select

from app.clock import today
from app.database import Actor, acting_as, release
from app.demo.money import FIVE_CEDIS, method_and_reference
from app.demo.words import EXPENSES
from app.errors import SchoolError
from app.extensions import db
from app.models import Attendance, FinancialCategory, Student, StudentBalance, User
from app.services.attendance import mark_attendance
from app.services.fees import add_fee
from app.services.payments import record_payment
from app.services.transactions import add_transaction

log = logging.getLogger(__name__)
EXPENSE_EVERY = 25
"""Payments between two expenses, on average."""


def live(*, rate: float, seconds: float | None) -> int:
    """Let about `rate` payments a second arrive for `seconds`, or without end; return how many did."""
    dice = Random(secrets.randbits(64))
    bursar, teacher = _somebody("bursar"), _somebody("teacher")
    ends_at = None if seconds is None else time.monotonic() + seconds
    paid = 0
    while True:
        pause = dice.expovariate(rate)
        if ends_at is not None and time.monotonic() + pause > ends_at:
            time.sleep(max(0.0, ends_at - time.monotonic()))
            return paid
        time.sleep(pause)
        try:
            with acting_as(bursar):
                paid += _payment(dice)
                if dice.random() < 1 / EXPENSE_EVERY:
                    _expense(dice)
            if dice.random() < 0.5:
                with acting_as(teacher):
                    _mark(dice)
        except SchoolError as refusal:
            # Somebody else was faster, or the database is busy: life goes on.
            log.info("not this time: %s", refusal.message)
        finally:
            release()


def _somebody(role: str) -> Actor:
    user = db.session.scalar(select(User).where(User.role == role, User.is_active).order_by(User.id).limit(1))
    return Actor(user.id, user.username) if user else Actor(username="demo")


def _payment(dice: Random) -> bool:
    found = db.session.execute(
        select(StudentBalance.student_id, StudentBalance.arrears)
        .join(Student, Student.id == StudentBalance.student_id)
        .where(StudentBalance.arrears > 0, Student.status == "active")
        .order_by(func.random())
        .limit(1)
    ).one_or_none()
    if found is None or dice.random() < 0.02:
        _excursion()
        return False
    student_id, arrears = found
    part = dice.choice((1.0, 0.5, 0.3, 0.2))
    amount = arrears if part == 1.0 else max(FIVE_CEDIS, round(arrears * part / FIVE_CEDIS) * FIVE_CEDIS)
    method, reference = method_and_reference(dice)
    record_payment(
        student_id=student_id,
        amount=min(amount, arrears),
        method=method,
        paid_on=today(),
        external_reference=reference,
        request_key=f"demo-{secrets.token_hex(12)}",
    )
    return True


def _excursion() -> None:
    """Charge somebody something, so that there is always a family that owes."""
    student_id = db.session.scalar(
        select(Student.id).where(Student.status == "active").order_by(func.random()).limit(1)
    )
    if student_id is not None:
        due_on = today() + timedelta(days=14)
        add_fee(student_id=student_id, amount_due=40 * FIVE_CEDIS, description="Excursion", due_on=due_on)


def _expense(dice: Random) -> None:
    category, words, cedis, _, method = dice.choice(EXPENSES[1:])
    category_id = db.session.scalar(
        select(FinancialCategory.id).where(FinancialCategory.name == category, FinancialCategory.is_active)
    )
    if category_id is not None:
        amount = max(1, round(cedis * dice.uniform(0.05, 0.2))) * 100
        add_transaction(
            type="expense",
            category_id=category_id,
            amount=amount,
            transaction_date=today(),
            description=words,
            payment_method=method,
        )


def _mark(dice: Random) -> None:
    marked = select(Attendance.student_id).where(Attendance.date == today())
    student_id = db.session.scalar(
        select(Student.id).where(Student.status == "active", Student.id.not_in(marked)).order_by(func.random()).limit(1)
    )
    if student_id is not None:
        status = dice.choices(("present", "late", "absent", "excused"), (90, 5, 4, 1))[0]
        mark_attendance(student_id=student_id, day=today(), status=status)
