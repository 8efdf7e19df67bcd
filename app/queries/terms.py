"""A term beside earlier ones, each as it stood on the same day of the term."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from sqlalchemy import func, select

from app.domain.periods import elapsed, same_day
from app.extensions import db
from app.models import Fee, FinancialTransaction, Payment, PaymentAllocation
from app.queries.calendar import SchoolTerm
from app.queries.period_figures import Marks, collected_by_day, marks_by_day, total


@dataclass(frozen=True)
class TermSoFar:
    """One term up to a day of it.

    `collected` is the fee income dated in the term; `billed` what its fees ask for (as they stand now, cancelled ones
    left out), and `outstanding` what of that was unpaid at the end of the day. `running` adds up the fee income from
    the term's first day on, day by day, to its end or today.
    """

    term: SchoolTerm
    day: date
    number: int
    collected: int
    billed: int
    outstanding: int
    marks: Marks
    running: Sequence[int]

    def date_of(self, number: int) -> date:
        """The term's `number`-th day, counted from 1."""
        return self.term.starts_on + timedelta(days=number - 1)


def compared_terms(terms: Sequence[SchoolTerm], here: SchoolTerm) -> list[SchoolTerm]:
    """A term, the one before it, and the same one of the year before, as far as there are any; no term twice."""
    ordered = sorted(terms, key=lambda term: term.starts_on)
    place = ordered.index(here)
    found = [here]
    if place:
        found.append(ordered[place - 1])
    before = _year_ago(ordered, here)
    if before is not None and before not in found:
        found.append(before)
    return found


def terms_so_far(terms: Sequence[SchoolTerm], *, number: int, today: date) -> list[TermSoFar]:
    """Each term on its `number`-th day, or on its last one if it is shorter."""
    owed = _owed_now(terms)
    found = []
    for term in terms:
        day = min(same_day(term, number), today)
        fees, marks = collected_by_day(term), marks_by_day(term)
        begun = [fees[each] for each in term][: max(elapsed(term, today), 1)]
        billed, arrears = owed.get(term.id, (0, 0))
        found.append(
            TermSoFar(
                term=term,
                day=day,
                number=(day - term.starts_on).days + 1,
                collected=sum(amount for each, amount in fees.items() if each <= day),
                billed=billed,
                outstanding=arrears + (_paid_after(term, day) if day < today else 0),
                marks=total(mark for each, mark in marks.items() if each <= day),
                running=list(accumulate(begun)),
            )
        )
    return found


def _owed_now(terms: Sequence[SchoolTerm]) -> dict[int, tuple[int, int]]:
    rows = db.session.execute(
        select(Fee.term_id, func.sum(Fee.amount_due - Fee.amount_adjusted), func.sum(Fee.arrears))
        .where(Fee.term_id.in_([term.id for term in terms]), Fee.cancelled_at.is_(None))
        .group_by(Fee.term_id)
    )
    return {term_id: (int(billed), int(arrears)) for term_id, billed, arrears in rows if term_id is not None}


def _paid_after(term: SchoolTerm, day: date) -> int:
    """What the fees of a term have been paid since a day, by receipts that stand."""
    query = (
        select(func.coalesce(func.sum(PaymentAllocation.amount), 0))
        .join(Fee, Fee.id == PaymentAllocation.fee_id)
        .join(Payment, Payment.id == PaymentAllocation.payment_id)
        .join(FinancialTransaction, FinancialTransaction.allocation_id == PaymentAllocation.id)
        .where(Fee.term_id == term.id, Payment.voided_at.is_(None), FinancialTransaction.transaction_date > day)
    )
    return int(db.session.scalar(query) or 0)


def _year_ago(ordered: Sequence[SchoolTerm], here: SchoolTerm) -> SchoolTerm | None:
    """The term of the same name in the academic year before, or else the one in the same place of it."""
    years = list(dict.fromkeys(term.year_id for term in ordered))
    place = years.index(here.year_id)
    if not place:
        return None
    then = [term for term in ordered if term.year_id == years[place - 1]]
    same = [term for term in then if term.short_name.casefold() == here.short_name.casefold()]
    number = [term for term in ordered if term.year_id == here.year_id].index(here)
    return same[0] if same else then[number] if number < len(then) else None
