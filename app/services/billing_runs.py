"""Billing: every student of a class is charged what the price list of the term says, all of them or nobody."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session

from app.database import atomic, current_actor
from app.errors import Conflict, Invalid
from app.models import BillingRun, Fee, FeeStructure, FeeStructureItem, FeeType, Student, StudentBalance, Term
from app.progress import Work, long_work
from app.queries.fee_structures import PriceList, charged_students, not_charged, price_list
from app.services.activity import record_activity
from app.services.announcements import alerts_of_the_outcome, money_text
from app.services.payments import apply_credit
from app.services.repeats import earlier_records, remember_all
from app.words import say, say_many

_CHUNK = 20
"""Students of one statement: the others of the process go on, and the work can be cancelled, between two of them."""


@dataclass(frozen=True)
class Billed:
    """The runs that were made, or had been made by an earlier request with the same key."""

    runs: Sequence[BillingRun]
    replayed: bool = False

    @property
    def fees(self) -> int:
        return sum(run.fee_count for run in self.runs)

    @property
    def total(self) -> int:
        """In minor units."""
        return sum(run.total for run in self.runs)


def bill(
    *,
    fee_structure_ids: Sequence[int],
    student_ids: Collection[int] | None = None,
    request_key: str | None = None,
    request_hash: str | None = None,
) -> Billed:
    """Charge the classes of these price lists; nobody gets the same fee of a term twice.

    `student_ids` are those who are meant, everybody unless given; an optional list needs them. One run is made for each
    list that has somebody to charge; what a student has as credit settles the new fees. Repeating a `request_key`
    returns the first runs. Raises Invalid when there is nothing to charge or somebody is not in the class, KeyReused,
    and Conflict when that run was taken back.
    """
    if not fee_structure_ids:
        raise Invalid("Choose at least one price list.", param="fee_structure_id", code="required")
    if done := _earlier(request_key, request_hash):
        return done
    with long_work(say("Billing fees")) as work, atomic() as session:
        if done := _earlier(request_key, request_hash):
            return done
        lists = [_list(each) for each in dict.fromkeys(fee_structure_ids)]
        if student_ids is None:
            _refuse_optional(lists)
        else:
            _refuse_strangers(session, lists, student_ids)
        work.expect(sum(len(charged_students(row.id, among=student_ids)) for row in lists))
        runs = []
        for row in lists:
            # Asked again: a list before may have charged the same fees.
            if students := [each.id for each in charged_students(row.id, among=student_ids)]:
                runs.append(_bill_list(session, work, row, students))
        if not runs:
            raise _nothing(lists)
        remember_all(runs, request_key, request_hash)
        work.check()
        billed = Billed(runs)
        work.result = told(billed)
        return billed


def told(billed: Billed) -> str:
    """What was billed, in one sentence."""
    return say_many(
        "{n} fee of {amount} is billed.",
        "{n} fees of {amount} are billed.",
        billed.fees,
        amount=money_text(billed.total),
    )


def _earlier(request_key: str | None, request_hash: str | None) -> Billed | None:
    runs = earlier_records(BillingRun, request_key, request_hash)
    if any(run.undone_at is not None for run in runs):
        raise Conflict("This billing was taken back already: open the form anew.", code="taken_back")
    return Billed(runs, replayed=True) if runs else None


def _list(fee_structure_id: int) -> PriceList:
    found = price_list(fee_structure_id)
    if found is None:
        raise Invalid("This price list does not exist.", param="fee_structure_id", code="unknown_fee_structure")
    return found


def _refuse_optional(lists: Sequence[PriceList]) -> None:
    for row in lists:
        if row.is_optional:
            raise Invalid(
                say("{name} is only for some: choose the students.", name=row.label),
                param="student_ids",
                code="students_required",
            )


def _refuse_strangers(session: Session, lists: Sequence[PriceList], student_ids: Collection[int]) -> None:
    """Who is meant and is not there any more is named, rather than left out without a word."""
    classes = {row.class_id for row in lists}
    known = {row.id: row for row in session.scalars(select(Student).where(Student.id.in_(student_ids)))}
    for student_id in student_ids:
        student = known.get(student_id)
        if student is None or student.status != "active" or student.class_id not in classes:
            name = f"{student.first_name} {student.last_name}" if student else str(student_id)
            where = ", ".join(dict.fromkeys(row.class_name for row in lists))
            raise Invalid(
                say("{name} is not in {other} any more.", name=name, other=where),
                param="student_ids",
                code="unknown_student",
            )


def _nothing(lists: Sequence[PriceList]) -> Invalid:
    if len(lists) == 1:
        words = say("Nobody in {name} is left to be billed by this price list.", name=lists[0].class_name)
    else:
        words = say("Nobody is left to be billed by these price lists.")
    return Invalid(words, param="fee_structure_id", code="nothing_to_bill")


def _bill_list(session: Session, work: Work, row: PriceList, student_ids: Sequence[int]) -> BillingRun:
    run = BillingRun(fee_structure_id=row.id, term_id=row.term_id, created_by=current_actor().user_id)
    session.add(run)
    session.flush()
    term = session.get_one(Term, row.term_id)
    for students in _chunks(student_ids):
        with alerts_of_the_outcome(*students):
            _charge(session, run, term, students)
            _use_credit(session, run, students)
        work.step(len(students))
    made = select(func.count(), func.coalesce(func.sum(Fee.amount_due), 0)).where(Fee.billing_run_id == run.id)
    run.fee_count, run.total = map(int, session.execute(made).one())
    session.flush()
    record_activity(
        "class.billed",
        f"class billed: {row.class_name}",
        table_name="billing_runs",
        record_id=run.id,
        data={
            "class": row.class_name,
            "term": row.term,
            "students": len(student_ids),
            "fees": run.fee_count,
            "total": run.total,
        },
    )
    return run


def _charge(session: Session, run: BillingRun, term: Term, student_ids: Sequence[int]) -> None:
    charged = (
        select(
            Student.id,
            FeeStructureItem.fee_type_id,
            literal(term.id),
            literal(run.id),
            literal(term.starts_on.year),
            literal(term.starts_on.month),
            FeeType.name + literal(f", {term.name}"),
            FeeStructureItem.due_on,
            FeeStructureItem.amount,
            literal(run.created_by, Fee.created_by.type),
        )
        .select_from(FeeStructure)
        .join(FeeStructureItem, FeeStructureItem.fee_structure_id == FeeStructure.id)
        .join(FeeType, FeeType.id == FeeStructureItem.fee_type_id)
        .join(Student, Student.class_id == FeeStructure.class_id)
        .where(FeeStructure.id == run.fee_structure_id, Student.id.in_(student_ids), *not_charged())
        .order_by(Student.id, FeeStructureItem.id)
    )
    columns = (
        "student_id",
        "fee_type_id",
        "term_id",
        "billing_run_id",
        "year",
        "month",
        "description",
        "due_on",
        "amount_due",
        "created_by",
    )
    session.execute(insert(Fee).from_select(columns, charged))


def _use_credit(session: Session, run: BillingRun, student_ids: Sequence[int]) -> None:
    with_credit = select(StudentBalance.student_id).where(
        StudentBalance.student_id.in_(student_ids), StudentBalance.credit > 0
    )
    for student_id in session.scalars(with_credit.order_by(StudentBalance.student_id)).all():
        fees = select(Fee.id).where(Fee.billing_run_id == run.id, Fee.student_id == student_id)
        for fee_id in session.scalars(fees.order_by(Fee.due_on.is_(None), Fee.due_on, Fee.id)).all():
            if not apply_credit(student_id=student_id, fee_id=fee_id):
                break


def _chunks(student_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (student_ids[start : start + _CHUNK] for start in range(0, len(student_ids), _CHUNK))
