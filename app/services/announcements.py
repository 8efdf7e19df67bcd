"""Notifications that go out with a payment, stored in its transaction: nothing is announced unless committed."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from app.clock import now
from app.database import atomic
from app.domain.money import format_amount
from app.domain.payments import METHOD_NAMES
from app.models import Notification, Payment, Student, StudentBalance
from app.queries.settings import all_settings, in_school_words
from app.words import said, say

_MONEY_ROLES = ",admin,principal,bursar,"
_WALL_TOO = _MONEY_ROLES + "wall,"


def announce_payment(payment: Payment, student: Student) -> None:
    """Tell the screens that money came in. Names nobody, because the wall shows it too."""
    where = student.school_class.name if student.school_class else None
    known = all_settings()
    received = say("{amount} received", amount=_money(payment.amount, known))
    parts = [said(received, known["locale"]), said(METHOD_NAMES[payment.method], known["locale"]), where]
    moment = now()
    with atomic() as session:
        session.add(
            Notification(
                type="payment",
                title=said(say("Payment received"), known["locale"]),
                message=" · ".join(part for part in parts if part),
                priority="low",
                target_roles=_WALL_TOO,
                action_url=f"/receipts/{payment.receipt_no}",
                created_at=moment,
                expires_at=moment + timedelta(days=1),
            )
        )


def announce_void(payment: Payment) -> None:
    """Tell those who answer for the money that a receipt was voided."""
    with atomic() as session:
        session.add(
            Notification(
                type="payment_voided",
                title=in_school_words(say("Receipt voided")),
                message=in_school_words(_voided(payment))[:300],
                priority="normal",
                target_roles=_MONEY_ROLES,
                action_url=f"/receipts/{payment.receipt_no}",
                created_at=now(),
            )
        )


@contextmanager
def alerts_of_the_outcome(*student_ids: int) -> Iterator[None]:
    """Let the alerts of these students tell only what is owed when the block ends.

    A fee is there before its payment, the fees of a voided receipt owe again one after the other, and what remains of
    it is posted after that: the trigger sees those moments, and nobody ever owed that.
    """
    by_key = {f"high_arrears:{student_id}": student_id for student_id in student_ids}
    with atomic() as session:
        newest = session.scalar(select(func.max(Notification.id))) or 0
        yield
        told = delete(Notification).where(Notification.dedupe_key.in_(by_key), Notification.id > newest)
        if found := session.scalars(told.returning(Notification.dedupe_key)).all():
            _raise_again({by_key[key] for key in found if key})


def _raise_again(student_ids: Collection[int]) -> None:
    """Make the trigger tell once more, with today's amount, of those of the students who are above the threshold."""
    with atomic() as session:
        high = select(StudentBalance.student_id).where(StudentBalance.student_id.in_(student_ids))
        if found := session.scalars(high.where(StudentBalance.is_high)).all():
            balances = update(StudentBalance).where(StudentBalance.student_id.in_(found))
            for is_high in (False, True):
                session.execute(balances.values(is_high=is_high), execution_options={"synchronize_session": False})


def _voided(payment: Payment) -> str:
    return say(
        "Receipt {number} of {amount} was voided: {reason}",
        number=payment.receipt_no,
        amount=money_text(payment.amount),
        reason=payment.void_reason,
    )


def money_text(amount: int) -> str:
    """An amount in the school's own form, for sentences."""
    return _money(amount, all_settings())


def _money(amount: int, settings: Mapping[str, str]) -> str:
    return format_amount(amount, currency=settings["currency"], locale=settings["locale"])
