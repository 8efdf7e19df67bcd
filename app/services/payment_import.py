"""Taking payments over from a file: everything or nothing, and the same file twice adds nothing twice."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today
from app.database import atomic, current_actor
from app.domain.allocation import OpenFee, Share, allocate_oldest_first
from app.domain.csvfile import CsvTable, Problem, read_table
from app.domain.payment_rows import COLUMNS, REQUIRED, PaymentLine, read_payment
from app.domain.payments import METHOD_NAMES
from app.green import run_blocking
from app.models import Fee, Payment, PaymentAllocation, Student
from app.progress import Work, long_work
from app.queries.day_closes import day_is_closed
from app.queries.payments import receipts_with_references
from app.queries.settings import setting
from app.services.activity import record_activity
from app.services.announcements import money_text
from app.services.counters import next_number
from app.services.transactions import create_financial_transaction_for_fee_payment, post_credit
from app.words import say

log = logging.getLogger(__name__)
T = TypeVar("T")
_CHUNK = 500


@dataclass(frozen=True)
class PaymentReport:
    """What a file of payments holds and what became of it. With problems, or on a dry run, nothing was changed."""

    dry_run: bool
    encoding: str
    columns: Sequence[str]
    ignored_columns: Sequence[str]
    rows: int
    added: int
    total: int
    credit: int
    skipped: Sequence[Problem]
    problems: Sequence[Problem]


@dataclass
class _Plan:
    closed: dict[tuple[date, str], bool] = field(default_factory=dict)
    new: list[tuple[PaymentLine, str, int, list[Share], int]] = field(default_factory=list)
    skipped: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def import_payments(
    *, data: bytes, allow_credit: bool = False, allow_used_references: bool = False, dry_run: bool = False
) -> PaymentReport:
    """Record the payments of a CSV file in one transaction, each for its student's oldest fees.

    What is more than owed becomes credit if `allow_credit`, else it is a problem; so is a reference that another
    receipt or row of the same method carries, unless `allow_used_references`. Any problem, and a `dry_run`, changes
    nothing. Raises Invalid for a file that cannot be read at all.
    """
    with long_work(say("Checking the file") if dry_run else say("Importing payments")) as work:
        table, lines, unreadable = run_blocking(_read, data, setting("currency"), today())
        # Looked up, and recorded.
        work.expect(len(lines) * (1 if dry_run else 2))
        with atomic() as session:
            plan = _plan(session, lines, allow_credit, allow_used_references, work)
            plan.problems = sorted([*unreadable, *plan.problems], key=lambda problem: problem.row)
            if plan.new and not plan.problems and not dry_run:
                _write(session, plan, work)
        return _report(table, plan, dry_run)


def _read(data: bytes, currency: str, day: date) -> tuple[CsvTable, list[PaymentLine], list[Problem]]:
    table = read_table(data, columns=COLUMNS, required=REQUIRED)
    lines: list[PaymentLine] = []
    problems: list[Problem] = []
    for row in table.rows:
        line, wrong = read_payment(row, today=day, currency=currency)
        problems += wrong
        if line is not None:
            lines.append(line)
    return table, lines, problems


def _plan(
    session: Session, lines: Sequence[PaymentLine], allow_credit: bool, allow_used_references: bool, work: Work
) -> _Plan:
    plan = _Plan()
    students = _found(session, Student.admission_no, {line.admission_no for line in lines}, Student.id)
    owed = _owed(session, set(students.values()))
    seen: Counter[PaymentLine] = Counter()
    keyed: list[tuple[PaymentLine, str]] = []
    for line in lines:
        same = replace(line, row=0, note=None)
        seen[same] += 1
        keyed.append((line, line.key(seen[same])))
    done = _found(session, Payment.request_key, {key for _, key in keyed}, Payment.receipt_no)
    used = {} if allow_used_references else _used_references(lines)
    for line, key in work.over(keyed):
        reference = (line.method, line.external_reference)
        student_id = students.get(line.admission_no)
        if student_id is None:
            plan.problems.append(
                Problem(line.row, "admission_no", say("There is no student {number}.", number=line.admission_no))
            )
        elif key in done:
            plan.skipped.append(
                Problem(line.row, "", say("was imported before, as receipt {number}", number=done[key]))
            )
        elif reference in used:
            plan.problems.append(Problem(line.row, "external_reference", used[reference]))
        else:
            if line.external_reference and not allow_used_references:
                used[reference] = say(
                    "{method} {reference} is also in row {row}.",
                    method=METHOD_NAMES[line.method],
                    reference=line.external_reference,
                    row=line.row,
                )
            _share(plan, line, key, student_id, owed.setdefault(student_id, []), allow_credit)
    return plan


def _used_references(lines: Sequence[PaymentLine]) -> dict[tuple[str, str | None], str]:
    return {
        (method, reference): say(
            "{method} {reference} is already on receipt {number}.",
            method=METHOD_NAMES[method],
            reference=reference,
            number=receipt_no,
        )
        for chunk in _chunks({line.external_reference for line in lines if line.external_reference})
        for (method, reference), receipt_no in receipts_with_references(chunk).items()
    }


def _share(plan: _Plan, line: PaymentLine, key: str, student_id: int, owed: list[OpenFee], allow_credit: bool) -> None:
    day = (line.paid_on, line.method)
    if day not in plan.closed:
        plan.closed[day] = day_is_closed(line.paid_on, method=line.method, cashier_id=current_actor().user_id)
    if plan.closed[day]:
        plan.problems.append(Problem(line.row, "paid_on", say("{day} is closed.", day=line.paid_on.isoformat())))
        return
    shares, credit = allocate_oldest_first(line.amount, owed)
    if credit and not allow_credit:
        sentence = say("The amount is {amount} more than is owed by then.", amount=money_text(credit))
        plan.problems.append(Problem(line.row, "amount", sentence))
        return
    taken = {share.fee_id: share.amount for share in shares}
    owed[:] = [replace(fee, owed=fee.owed - taken.get(fee.id, 0)) for fee in owed]
    plan.new.append((line, key, student_id, shares, credit))


def _write(session: Session, plan: _Plan, work: Work) -> None:
    prefix, first = setting("receipt_prefix"), next_number("receipt", block=len(plan.new))
    payments = [
        Payment(
            receipt_no=f"{prefix}-{number:06d}",
            student_id=student_id,
            amount=line.amount,
            method=line.method,
            external_reference=line.external_reference,
            note=line.note,
            paid_on=line.paid_on,
            received_by=current_actor().user_id,
            request_key=key,
            request_hash=key[-48:],
        )
        for number, (line, key, student_id, _, _) in enumerate(plan.new, start=first)
    ]
    session.add_all(payments)
    session.flush()
    shares = [
        [PaymentAllocation(payment_id=payment.id, fee_id=share.fee_id, amount=share.amount) for share in planned]
        for payment, (_, _, _, planned, _) in zip(payments, plan.new, strict=True)
    ]
    session.add_all(allocation for own in shares for allocation in own)
    session.flush()
    # Held here, so that posting finds each student and fee without asking for it again.
    known = [*_rows(session, Student, {row.student_id for row in payments}), *_rows(session, Fee, _fee_ids(plan))]
    for payment, own, (_, _, _, _, credit) in work.over(zip(payments, shares, plan.new, strict=True)):
        create_financial_transaction_for_fee_payment(payment, own)
        if credit:
            post_credit(payment, credit)
    total = sum(payment.amount for payment in payments)
    record_activity(
        "payments.import",
        f"{len(payments)} payments imported",
        table_name="payments",
        data={"added": len(payments), "skipped": len(plan.skipped), "total": total},
    )
    log.info("imported %d payments, skipped %d", len(payments), len(plan.skipped))
    del known
    # Triggers have changed fees and balances behind the session's back.
    session.expire_all()


def _owed(session: Session, student_ids: set[int]) -> dict[int, list[OpenFee]]:
    found: dict[int, list[OpenFee]] = {}
    for chunk in _chunks(student_ids):
        rows = session.execute(
            select(Fee.student_id, Fee.id, Fee.arrears, Fee.due_on).where(Fee.student_id.in_(chunk), Fee.arrears > 0)
        )
        for student_id, fee_id, arrears, due_on in rows:
            found.setdefault(student_id, []).append(OpenFee(fee_id, arrears, due_on))
    return found


def _found(session: Session, by: Any, wanted: set[str], what: Any) -> dict[str, Any]:
    """What belongs to each of many keys, asked for a few hundred at a time."""
    return {
        key: value for chunk in _chunks(wanted) for key, value in session.execute(select(by, what).where(by.in_(chunk)))
    }


def _rows(session: Session, model: Any, ids: set[int]) -> list[Any]:
    return [row for chunk in _chunks(ids) for row in session.scalars(select(model).where(model.id.in_(chunk)))]


def _fee_ids(plan: _Plan) -> set[int]:
    return {share.fee_id for _, _, _, shares, _ in plan.new for share in shares}


def _chunks(wanted: Iterable[T]) -> Iterator[list[T]]:
    ordered = list(wanted)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))


def _report(table: CsvTable, plan: _Plan, dry_run: bool) -> PaymentReport:
    new = [] if plan.problems else plan.new
    return PaymentReport(
        dry_run=dry_run,
        encoding=table.encoding,
        columns=table.columns,
        ignored_columns=table.ignored_columns,
        rows=len(table.rows),
        added=len(new),
        total=sum(line.amount for line, *_ in new),
        credit=sum(credit for *_, credit in new),
        skipped=plan.skipped,
        problems=plan.problems,
    )
