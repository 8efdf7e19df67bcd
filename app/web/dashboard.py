"""The principal's dashboard: figures drawn first by the server and then kept live."""

from datetime import date

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.clock import today
from app.domain.pace import Pace
from app.domain.periods import elapsed
from app.errors import Missing
from app.queries.calendar import SchoolTerm
from app.queries.class_figures import class_figures
from app.queries.news import news_since
from app.queries.period_figures import collected_by_day
from app.queries.screens import latest_payments, shown_classes
from app.queries.statistics import values
from app.queries.terms import TermSoFar, compared_terms, terms_so_far
from app.services.visits import note_visit, put_news_aside
from app.web.access import requires
from app.web.auth import safe_next
from app.web.identity import identity
from app.web.money_forms import filter_number
from app.web.periods import Look

bp = Blueprint("dashboard", __name__)


@bp.get("/dashboard")
@requires("dashboard.view")
def dashboard() -> ResponseReturnValue:
    """The figures of a stretch of days; a live page asks for the same without the frame to renew what it shows."""
    who, on = identity(), today()
    away_since = note_visit(user_id=who.user_id) if who and who.user_id else None
    look = Look(request.args, today=on)
    figures = values("finance", on)
    return render_template(
        "dashboard/index.html",
        **_frame(),
        look=look,
        term=look.term,
        pace=_pace(look.term, on) if look.term else None,
        figures=figures,
        news=news_since(away_since, today=on, role=who.role) if who and away_since else None,
        classes=shown_classes(),
        class_rows=class_figures(figures),
        today=on,
        ticker=latest_payments(limit=8),
    )


@bp.get("/dashboard/terms")
@requires("dashboard.view")
def terms() -> ResponseReturnValue:
    """A term beside earlier ones on the same day of the term."""
    on, look = today(), Look(request.args, today=today())
    wanted = filter_number(request.args.get("term"))
    here = next((term for term in look.terms if term.id == wanted), None) if wanted else look.term
    if wanted and here is None:
        raise Missing("This term does not exist.", param="term")
    so_far: list[TermSoFar] = []
    if here is not None and here.starts_on <= on:
        so_far = terms_so_far(compared_terms(look.terms, here), number=elapsed(here, on), today=on)
    return render_template(
        "dashboard/terms.html",
        **_frame(),
        here=here,
        so_far=so_far,
        lines=[_line(term) for term in so_far],
        steps=_steps(so_far),
        choices=[term for term in reversed(look.terms) if term.starts_on <= on],
        today=on,
    )


@bp.post("/dashboard/news/aside")
@requires("dashboard.view")
def put_aside() -> ResponseReturnValue:
    """What happened while the user was away has been read."""
    who = identity()
    if who and who.user_id:
        put_news_aside(user_id=who.user_id)
    return redirect(safe_next(request.form.get("next", "/dashboard")))


def _frame() -> dict[str, object]:
    """A live page that renews its parts has the frame, and the figures that it follows."""
    bare = "X-Fragment" in request.headers
    return {"layout": "dashboard/_bare.html" if bare else "base.html", "bare": bare}


def _line(term: TermSoFar) -> dict[str, object]:
    return {"name": term.term.name, "starts_on": term.term.starts_on.isoformat(), "running": term.running}


def _steps(terms: list[TermSoFar]) -> list[int]:
    """The days of the table: the one that is compared, and every seventh."""
    longest = max((len(term.running) for term in terms), default=0)
    return sorted({*range(7, longest + 1, 7), *(term.number for term in terms[:1]), longest} - {0})


def _pace(term: SchoolTerm, on: date) -> Pace:
    return Pace(sum(collected_by_day(term).values()), term.target, elapsed(term, on), term.length)
