"""Adding and changing academic years with their terms."""

from collections.abc import Mapping, Sequence

from sqlalchemy import exists, select

from app.database import atomic
from app.domain.calendar import Period, check_period, check_terms
from app.domain.dates import check_date
from app.errors import Conflict, Invalid, Missing
from app.models import AcademicYear, BillingRun, Fee, FeeStructure, Term
from app.words import say


def add_year(*, year: Period, terms: Sequence[Period] = ()) -> AcademicYear:
    """Add an academic year with its terms. Raises Invalid for an empty range and for one that overlaps another."""
    year, checked = _checked(year, terms)
    with atomic() as session:
        _refuse_overlap(year, None)
        row = AcademicYear(name=year.name, starts_on=year.starts_on, ends_on=year.ends_on)
        session.add(row)
        session.flush()
        session.add_all(_row(row, term) for term in checked)
        session.flush()
        return row


def update_year(
    *, year_id: int, year: Period, changed: Mapping[int, Period], added: Sequence[Period] = ()
) -> AcademicYear:
    """Change a year: `changed` are the terms that stay, by id; terms left out of it go, `added` come.

    Raises Missing, Invalid, and Conflict when a term that would go has fees.
    """
    year, checked = _checked(year, [*changed.values(), *added])
    with atomic() as session:
        row = session.get(AcademicYear, year_id)
        if row is None:
            raise Missing("This academic year does not exist.", param="year_id")
        _refuse_overlap(year, year_id)
        row.name, row.starts_on, row.ends_on = year.name, year.starts_on, year.ends_on
        kept = dict(zip(changed, checked, strict=False))
        for term in session.scalars(select(Term).where(Term.academic_year_id == year_id)):
            if term.id in kept:
                period = kept[term.id]
                term.name, term.starts_on, term.ends_on = period.name, period.starts_on, period.ends_on
                if period.target is not None:
                    term.collection_target = period.target
            else:
                _refuse_used(term)
                session.delete(term)
        session.flush()
        session.add_all(_row(row, term) for term in checked[len(kept) :])
        session.flush()
        return row


def _row(year: AcademicYear, term: Period) -> Term:
    return Term(
        academic_year_id=year.id,
        name=term.name,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        collection_target=term.target or 0,
    )


def _checked(year: Period, terms: Sequence[Period]) -> tuple[Period, list[Period]]:
    check_date(year.starts_on, param="starts_on", label="The first day")
    year = check_period(year)
    checked = [
        check_period(term, prefix=f"term_{number}_", label=say("Term {number}", number=number))
        for number, term in enumerate(terms, start=1)
    ]
    check_terms(year, checked)
    return year, checked


def _refuse_overlap(year: Period, own_id: int | None) -> None:
    with atomic() as session:
        for other in session.scalars(select(AcademicYear)):
            if other.id == own_id:
                continue
            if other.name.casefold() == year.name.casefold():
                raise Invalid(
                    say("There is already an academic year named {name}.", name=other.name),
                    param="name",
                    code="name_taken",
                )
            if year.overlaps(Period(other.name, other.starts_on, other.ends_on)):
                raise Invalid(
                    say("{name} overlaps {other}.", name=year.name, other=other.name),
                    param="starts_on",
                    code="years_overlap",
                )


def _refuse_used(term: Term) -> None:
    with atomic() as session:
        used = [exists().where(table.term_id == term.id) for table in (Fee, FeeStructure, BillingRun)]
        if any(session.scalar(select(found)) for found in used):
            raise Conflict(say("{name} has fees and cannot be removed.", name=term.name), code="term_in_use")
