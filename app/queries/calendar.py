"""Academic years and their terms."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from app.domain.periods import Named
from app.extensions import db
from app.models.calendar import AcademicYear, Term


@dataclass(frozen=True)
class TermRow:
    """One term; `ends_on` is the first day after it."""

    id: int
    name: str
    starts_on: date
    ends_on: date
    collection_target: int = 0

    @property
    def last_day(self) -> date:
        return self.ends_on - timedelta(days=1)


@dataclass(frozen=True)
class SchoolTerm(Named):
    """One term, named with its year (`Term 1 2026/2027`); `target` is what it should collect, 0 while nobody said."""

    year_id: int
    short_name: str
    target: int


@dataclass(frozen=True)
class YearRow:
    """One academic year with its terms in order; `ends_on` is the first day after it."""

    id: int
    name: str
    starts_on: date
    ends_on: date
    terms: tuple[TermRow, ...]

    @property
    def last_day(self) -> date:
        return self.ends_on - timedelta(days=1)


def academic_years() -> list[YearRow]:
    """All years with their terms, the newest first."""
    terms: dict[int, list[TermRow]] = {}
    for term in db.session.scalars(select(Term).order_by(Term.starts_on)):
        row = TermRow(term.id, term.name, term.starts_on, term.ends_on, term.collection_target)
        terms.setdefault(term.academic_year_id, []).append(row)
    years = db.session.scalars(select(AcademicYear).order_by(AcademicYear.starts_on.desc()))
    return [YearRow(year.id, year.name, year.starts_on, year.ends_on, tuple(terms.get(year.id, ()))) for year in years]


def academic_year(year_id: int) -> YearRow | None:
    """One year with its terms."""
    return next((year for year in academic_years() if year.id == year_id), None)


def school_terms() -> list[SchoolTerm]:
    """All terms, the oldest first."""
    rows = db.session.execute(
        select(Term, AcademicYear.name)
        .join(AcademicYear, AcademicYear.id == Term.academic_year_id)
        .order_by(Term.starts_on, Term.id)
    )
    return [
        SchoolTerm(
            starts_on=term.starts_on,
            ends_on=term.ends_on,
            id=term.id,
            name=f"{term.name} {year}",
            year_id=term.academic_year_id,
            short_name=term.name,
            target=term.collection_target,
        )
        for term, year in rows
    ]


def school_years() -> list[Named]:
    """All academic years, the oldest first."""
    years = db.session.scalars(select(AcademicYear).order_by(AcademicYear.starts_on))
    return [Named(year.starts_on, year.ends_on, year.id, year.name) for year in years]


def year_of(day: date) -> AcademicYear | None:
    """The academic year that a day lies in."""
    return db.session.scalar(
        select(AcademicYear).where(AcademicYear.starts_on <= day, AcademicYear.ends_on > day).limit(1)
    )


def term_of(day: date) -> Term | None:
    """The term that a day lies in."""
    return db.session.scalar(select(Term).where(Term.starts_on <= day, Term.ends_on > day).limit(1))


def likely_term(day: date) -> int | None:
    """The id of the term that is billed on a day: the running one, or else the next one, or else the last one."""
    still = select(Term.id).where(Term.ends_on > day).order_by(Term.starts_on).limit(1)
    return db.session.scalar(still) or db.session.scalar(select(Term.id).order_by(Term.starts_on.desc()).limit(1))
