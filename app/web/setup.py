"""The set-up page: opened once by the link that the start prints, it makes the school and its first admin."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import login_user

from app.clock import today
from app.domain.calendar import Period, usual_year
from app.domain.money import parse_amount, plain_amount
from app.domain.settings import CURRENCIES, DEFAULTS, LOCALES, check_setting, zones
from app.errors import Invalid, Missing
from app.extensions import limiter
from app.queries.setup import is_set_up, opens_setup
from app.services.sessions import sign_in
from app.services.setup import FirstAdmin, set_up_school
from app.services.users import check_username
from app.web.access import public
from app.web.forms import Problems
from app.web.identity import session_identity
from app.web.language import shown
from app.web.years import MOST_TERMS, TypedTerm, read_terms, read_year, rename, year_values

bp = Blueprint("setup", __name__)
_ASKED = ("school_name", "locale", "currency", "timezone")


@bp.get("/setup")
@public
def show() -> ResponseReturnValue:
    """Say where the link is found."""
    if is_set_up():
        return redirect(url_for("auth.login"))
    return render_template("setup/explain.html", used=False)


@bp.get("/setup/<token>")
@public
@limiter.limit("60 per 15 minutes")
def form(token: str) -> ResponseReturnValue:
    if is_set_up():
        return redirect(url_for("auth.login"))
    if not opens_setup(token):
        return render_template("setup/explain.html", used=True), 404
    return _form(token, _proposal(), Problems())


@bp.post("/setup/<token>")
@public
@limiter.limit("60 per 15 minutes")
def set_up(token: str) -> ResponseReturnValue:
    if is_set_up():
        return redirect(url_for("auth.login"))
    typed, problems = request.form, Problems()
    settings = {}
    for name in _ASKED:
        with problems.noted():
            settings[name] = check_setting(name, typed.get(name, DEFAULTS[name] if name == "locale" else ""))
    with problems.noted():
        currency = settings.get("currency", DEFAULTS["currency"])
        threshold = parse_amount(
            typed.get("arrears_alert_threshold", ""), currency=currency, param="arrears_alert_threshold"
        )
        settings["arrears_alert_threshold"] = str(threshold)
    with problems.noted():
        check_username(typed.get("username", ""))
    with problems.noted():
        if typed.get("password") != typed.get("password_again"):
            raise Invalid("The two passwords are not the same.", param="password_again")
    year: Period | None = None
    terms: list[TypedTerm] = []
    if typed.get("with_year"):
        year = read_year(typed, problems)
        terms = read_terms(typed, problems)
    user = None
    if not problems:
        admin = FirstAdmin(typed.get("username", ""), typed.get("password", ""), typed.get("full_name", ""))
        try:
            with problems.noted():
                periods = [term.period for term in terms]
                user = set_up_school(token=token, settings=settings, admin=admin, year=year, terms=periods)
            rename(problems, terms)
        except Missing:
            return render_template("setup/explain.html", used=True), 404
    if user is None:
        return _form(token, typed, problems), 422
    _, session_token = sign_in(
        username=user.username,
        password=typed["password"],
        ip_address=request.remote_addr or "",
        user_agent=request.headers.get("User-Agent", ""),
    )
    session.clear()
    login_user(session_identity(session_token))
    flash(gettext("The school is set up. Next: add classes and students, or import them from a file."), "success")
    return redirect(url_for("auth.home"))


def _proposal() -> dict[str, str]:
    year, terms = usual_year(today())
    return {
        **{name: DEFAULTS[name] for name in _ASKED},
        "school_name": "",
        "arrears_alert_threshold": plain_amount(int(DEFAULTS["arrears_alert_threshold"])),
        "with_year": "1",
        **year_values(year, [(None, term) for term in terms]),
    }


def _form(token: str, values: Mapping[str, str], problems: Problems) -> str:
    return render_template(
        "setup/form.html",
        token=token,
        values=values,
        errors=problems,
        currencies=[(code, f"{shown(name)} ({code})") for code, name in CURRENCIES.items()],
        locales=list(LOCALES.items()),
        zones=[(zone, zone.replace("_", " ")) for zone in zones()],
        term_numbers=range(1, MOST_TERMS + 1),
    )
