"""Taking a billing run back while nobody has paid for it: its fees go, or are cancelled where credit touched them."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import atomic
from app.domain.names import in_a_line
from app.errors import Conflict, Missing
from app.models import BillingRun, Fee, FeeAdjustment, PaymentAllocation, Student
from app.progress import long_work
from app.queries.balances import credit_in_fee
from app.services.activity import record_activity
from app.services.fees import delete_fee
from app.words import say, say_many

REASON = "Billing taken back"
_CHUNK = 200


def take_back_billing(billing_run_id: int) -> int:
    """Take all standing fees of a run back, or none; how many. What was settled by credit is credit again.

    Raises Missing, and Conflict naming who has paid since.
    """
    with long_work(say("Taking a billing back")) as work, atomic() as session:
        run = session.get(BillingRun, billing_run_id)
        if run is None:
            raise Missing("This billing run does not exist.", param="billing_run_id")
        if run.undone_at is not None:
            raise Conflict("This billing was taken back already.", code="taken_back")
        untouched, touched = _fees_of(session, run)
        if paid := [fee for fee in touched if fee.amount_paid > credit_in_fee(fee.id)]:
            raise _refusal(session, paid)
        count = len(untouched) + len(touched)
        work.expect(count)
        for start in range(0, len(untouched), _CHUNK):
            ids = untouched[start : start + _CHUNK]
            session.execute(delete(Fee).where(Fee.id.in_(ids)), execution_options={"synchronize_session": False})
            work.step(len(ids))
        for fee in work.over(touched):
            delete_fee(fee_id=fee.id, reason=REASON)
        work.check()
        run.undone_at = now()
        session.flush()
        record_activity(
            "class.billing_taken_back",
            "billing taken back",
            table_name="billing_runs",
            record_id=run.id,
            data={"run": run.id, "fees": count},
        )
        # Triggers and the statement above have changed rows behind the session's back.
        session.expire_all()
        work.result = told(count)
        return count


def told(count: int) -> str:
    """What was taken back, in one sentence."""
    return say_many("{n} fee is taken back.", "{n} fees are taken back.", count)


def _fees_of(session: Session, run: BillingRun) -> tuple[Sequence[int], Sequence[Fee]]:
    """The standing fees of a run: those that nothing refers to, and those that money or a reduction has touched."""
    allocated = select(PaymentAllocation.id).where(PaymentAllocation.fee_id == Fee.id).exists()
    adjusted = select(FeeAdjustment.id).where(FeeAdjustment.fee_id == Fee.id).exists()
    standing = (Fee.billing_run_id == run.id, Fee.cancelled_at.is_(None))
    untouched = session.scalars(select(Fee.id).where(*standing, ~allocated, ~adjusted).order_by(Fee.id)).all()
    touched = session.scalars(select(Fee).where(*standing, allocated | adjusted).order_by(Fee.id)).all()
    return untouched, touched


def _refusal(session: Session, fees: Sequence[Fee]) -> Conflict:
    students = [session.get_one(Student, student_id) for student_id in dict.fromkeys(fee.student_id for fee in fees)]
    names, more = in_a_line([f"{student.first_name} {student.last_name}" for student in students])
    if more:
        return Conflict(
            say("{names} and {n} more have paid since: correct each fee alone.", names=names, n=more),
            code="paid_since",
        )
    return Conflict(
        say_many(
            "{names} has paid since: correct each fee alone.",
            "{names} have paid since: correct each fee alone.",
            len(students),
            names=names,
        ),
        code="paid_since",
    )
