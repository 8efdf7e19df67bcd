"""Academic years and their terms. Forms ask for the last day; it is kept as the first day after."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import today
from app.domain.calendar import Period, usual_year
from app.domain.dates import parse_date
from app.domain.money import parse_amount, plain_amount
from app.errors import Missing
from app.queries.calendar import academic_year, academic_years
from app.services.calendar import add_year, update_year
from app.web.access import requires
from app.web.forms import Problems
from app.web.templating import school_of_request
from app.words import say

bp = Blueprint("years", __name__)
MOST_TERMS = 4
_DAY = timedelta(days=1)
_LATEST = date(2199, 12, 31)
_FIELD = re.compile(r"term_([0-9])_(name|starts_on|ends_on)")


@dataclass(frozen=True)
class TypedTerm:
    """One term as it was typed: the row of the form, the id of one that exists already, and its days."""

    number: int
    id: int | None
    period: Period


@bp.get("/settings/years/new")
@requires("settings.manage")
def new() -> str:
    known = academic_years()
    year, terms = usual_year(max(today(), *(row.ends_on for row in known)) if known else today())
    return _form(None, year_values(year, [(None, term) for term in terms]), {})


@bp.post("/settings/years/new")
@requires("settings.manage")
def create() -> ResponseReturnValue:
    problems = Problems()
    year, terms = read_year(request.form, problems), read_terms(request.form, problems)
    if year is not None and not problems:
        with problems.noted():
            add_year(year=year, terms=[term.period for term in terms])
        rename(problems, terms)
    if problems:
        return _form(None, request.form, problems), 422
    flash(gettext("The academic year is added."), "success")
    return redirect(url_for("settings.show"))


@bp.get("/settings/years/<int:year_id>")
@requires("settings.manage")
def edit(year_id: int) -> str:
    row = academic_year(year_id)
    if row is None:
        raise Missing("This academic year does not exist.")
    terms = [
        (term.id, Period(term.name, term.starts_on, term.ends_on, term.collection_target or None)) for term in row.terms
    ]
    return _form(year_id, year_values(Period(row.name, row.starts_on, row.ends_on), terms), {})


@bp.post("/settings/years/<int:year_id>")
@requires("settings.manage")
def update(year_id: int) -> ResponseReturnValue:
    problems = Problems()
    year, terms = read_year(request.form, problems), read_terms(request.form, problems)
    kept = {term.id: term.period for term in terms if term.id is not None}
    added = [term for term in terms if term.id is None]
    if year is not None and not problems:
        with problems.noted():
            update_year(year_id=year_id, year=year, changed=kept, added=[term.period for term in added])
        rename(problems, [*(term for term in terms if term.id is not None), *added])
    if problems:
        return _form(year_id, request.form, problems), 422
    flash(gettext("The academic year is saved."), "success")
    return redirect(url_for("settings.show"))


def read_year(typed: Mapping[str, str], problems: Problems) -> Period | None:
    """The year of a form; None when a date of it is noted as a problem."""
    return _read(typed, "", "", typed.get("name", ""), problems)


def read_terms(typed: Mapping[str, str], problems: Problems) -> list[TypedTerm]:
    """The terms of a form that have a name."""
    found = []
    for number in range(1, MOST_TERMS + 1):
        name = typed.get(f"term_{number}_name", "").strip()
        if not name:
            continue
        term = _read(typed, f"term_{number}_", name, name, problems)
        target = _target(typed, f"term_{number}_target", problems)
        known = typed.get(f"term_{number}_id", "")
        if term is not None:
            term_id = int(known) if known.isascii() and known.isdecimal() else None
            found.append(TypedTerm(number, term_id, replace(term, target=target)))
    return found


def rename(problems: Problems, terms: Sequence[TypedTerm]) -> None:
    """Move refusals of the n-th of these terms to the fields that it was typed in."""
    moved = {}
    for field, sentence in problems.items():
        found = _FIELD.fullmatch(field)
        moved[f"term_{terms[int(found[1]) - 1].number}_{found[2]}" if found else field] = sentence
    problems.clear()
    problems.update(moved)


def year_values(year: Period, terms: Sequence[tuple[int | None, Period]]) -> dict[str, str]:
    """A year and its terms as the fields of a form."""
    values = {"name": year.name, "starts_on": year.starts_on.isoformat(), "ends_on": _last(year)}
    for number, (term_id, term) in enumerate(terms, start=1):
        values |= {
            f"term_{number}_id": str(term_id or ""),
            f"term_{number}_name": term.name,
            f"term_{number}_starts_on": term.starts_on.isoformat(),
            f"term_{number}_ends_on": _last(term),
        }
        if term.target is not None:
            values[f"term_{number}_target"] = plain_amount(term.target, currency=school_of_request().currency)
    return values


def _target(typed: Mapping[str, str], field: str, problems: Problems) -> int | None:
    """What a term should collect; 0 for an empty field, None for a form without it."""
    text = typed.get(field)
    if text is None or not text.strip():
        return None if text is None else 0
    with problems.noted():
        return parse_amount(text, currency=school_of_request().currency, param=field, allow_zero=True)
    return None


def _last(period: Period) -> str:
    return (period.ends_on - _DAY).isoformat()


def _read(typed: Mapping[str, str], prefix: str, term: str, name: str, problems: Problems) -> Period | None:
    days: list[date] = []
    for field in ("starts_on", "ends_on"):
        with problems.noted():
            text = typed.get(f"{prefix}{field}", "")
            days.append(parse_date(text, param=f"{prefix}{field}", label=_label(field, term), latest=_LATEST))
    return Period(name, days[0], days[1] + _DAY) if len(days) == 2 else None


def _label(field: str, term: str) -> str:
    """How a sentence calls the day of a term, or of the year where `term` is empty."""
    if field == "starts_on":
        return say("{term}: the first day", term=term) if term else say("The first day")
    return say("{term}: the last day", term=term) if term else say("The last day")


def _form(year_id: int | None, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "settings/year.html",
        year_id=year_id,
        values=values,
        errors=errors,
        term_numbers=range(1, MOST_TERMS + 1),
    )
