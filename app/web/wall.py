"""The wall: boards of figures for a screen that nobody touches, and the door by which such a screen comes in."""

import hashlib
import json
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now, today, zone
from app.domain.boards import LIGHT_FROM, LIGHT_UNTIL, Show, lenient_show
from app.extensions import limiter
from app.queries.displays import display_by_id, revoked_at, standing_of
from app.queries.last_term import last_term, outstanding_history, students_by_year, term_so_far
from app.queries.screens import latest_payments, months_of_year
from app.queries.statistics import values
from app.queries.wall import wall_classes
from app.services.wall_pairing import CODE_MINUTES, ask_for_code, enter
from app.web.access import public, requires
from app.web.identity import WALL_COOKIE, identity
from app.web.templating import school_of_request

bp = Blueprint("wall", __name__)
PAIRING_COOKIE = "wall-pairing"
DAYS_BACK = 29
# The longest that browsers keep a cookie; a wall's right ends by revoking it.
_COOKIE_SECONDS = 400 * 24 * 3600
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@bp.get("/wall")
@requires("wall.view")
def show() -> ResponseReturnValue:
    """The boards of the display; an address may ask for others: `?boards=money,classes&seconds=20&theme=light`."""
    chosen, on, school = _show(), today(), school_of_request()
    classes, term = wall_classes(), term_so_far(on)
    named = {"name": term.name, "target": term.target} if term else None
    # Of a page that would be drawn otherwise now; the screen that holds an older one loads itself again.
    forms = (school.name, school.currency, school.locale, school.timezone, str(school.look))
    drawn = [_build(), asdict(chosen), classes, forms, named]
    return render_template(
        "wall/index.html",
        show=chosen,
        theme=chosen.colours(now().astimezone(zone(school.timezone)).hour),
        light_hours=f"{LIGHT_FROM}-{LIGHT_UNTIL}",
        drawn=hashlib.sha256(json.dumps(drawn).encode()).hexdigest()[:16],
        figures=values("wall", on),
        classes=classes,
        today=on.isoformat(),
        year_metrics=[f"monthly_fees_{month}" for month in months_of_year(on)],
        term={**named, "before": term.before, "since": term.since.isoformat()} if term and named else None,
        last_term=_last_term(on),
        history={"outstanding": outstanding_history(on, DAYS_BACK), "years": students_by_year()},
        ticker=latest_payments(limit=8),
    )


@bp.get("/wall/pair")
@public
def wait() -> ResponseReturnValue:
    """For a screen that is nobody: six digits that an admin types, in large type."""
    who = identity()
    if who is not None and who.may("wall.view"):
        return redirect(url_for("wall.show"))
    token = request.cookies.get(WALL_COOKIE)
    return render_template("wall/pairing.html", minutes=CODE_MINUTES, revoked_at=token and revoked_at(token))


@bp.post("/wall/pair")
@public
@limiter.limit("40 per 15 minutes")
def code() -> ResponseReturnValue:
    """New digits for the screen that asks; their secret stays in its browser, where no script reads it."""
    digits, secret = ask_for_code(
        key=pairing_key(), ip_address=request.remote_addr or "", earlier=request.cookies.get(PAIRING_COOKIE)
    )
    response = jsonify({"code": digits, "seconds": CODE_MINUTES * 60})
    _keep(response, PAIRING_COOKIE, secret, CODE_MINUTES * 120, path="/wall")
    return response


@bp.get("/wall/pair/standing")
@public
@limiter.limit("600 per 5 minutes")
def standing() -> ResponseReturnValue:
    """`waiting`, `admitted` or `gone`: what the screen does next."""
    return jsonify({"standing": standing_of(request.cookies.get(PAIRING_COOKIE, ""))})


@bp.post("/wall/pair/enter")
@public
@limiter.limit("40 per 15 minutes")
def come_in() -> ResponseReturnValue:
    """Turn the browser that holds the secret into the display that it was admitted as."""
    response = make_response(jsonify({"url": url_for("wall.show")}))
    keep_token(response, enter(secret=request.cookies.get(PAIRING_COOKIE, "")))
    response.delete_cookie(PAIRING_COOKIE, path="/wall", httponly=True, samesite="Strict")
    return response


def keep_token(response: Response, token: str) -> None:
    """Give a browser the token of a display."""
    _keep(response, WALL_COOKIE, token, _COOKIE_SECONDS, path="/")


def pairing_key() -> bytes:
    """What codes are hashed with."""
    secret = current_app.secret_key or ""
    return secret.encode() if isinstance(secret, str) else secret


def _show() -> Show:
    """What the address asks for, where it asks; what the display was given otherwise; everything to everybody else."""
    who = identity()
    display = display_by_id(who.key) if who is not None and who.kind == "wall" else None
    asked = {name: request.args.get(name, "") for name in ("boards", "seconds", "theme")}
    return lenient_show(**asked, otherwise=display.show if display else None)


def _last_term(on: date) -> dict[str, object] | None:
    found = last_term(on)
    return {"name": found.name, "day": found.day.isoformat(), "figures": found.figures} if found else None


def _keep(response: Response, name: str, value: str, seconds: int, *, path: str) -> None:
    secure = current_app.config["SCHOOLPULSE"].uses_tls
    response.set_cookie(name, value, max_age=seconds, path=path, secure=secure, httponly=True, samesite="Strict")


def _build() -> str:
    """Which version of the wall's files and templates this process serves."""
    return str(current_app.extensions["assets"].version) + _templates()


@cache
def _templates() -> str:
    files = sorted((TEMPLATES / "wall").iterdir())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:10]
