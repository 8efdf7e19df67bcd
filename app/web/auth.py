"""Signing in and out, and the way to the home page of a role."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import login_user, logout_user

from app.errors import NotSignedIn
from app.extensions import limiter
from app.queries.setup import is_set_up
from app.services.sessions import end_session, sign_in
from app.web.access import public, requires
from app.web.identity import identity, session_identity
from app.web.language import shown

bp = Blueprint("auth", __name__)
_HOMES = {
    "admin": "/dashboard",
    "principal": "/dashboard",
    "bursar": "/desk",
    "registrar": "/students",
    "teacher": "/attendance",
    "wall": "/wall",
}


def _account_and_address() -> str:
    return f"{request.form.get('username', '').strip().lower()[:64]}@{request.remote_addr}"


def _failed(response: object) -> bool:
    return getattr(response, "status_code", 200) == 401


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """To the page where the role's day begins."""
    who = identity()
    if who is None:
        return redirect(url_for("auth.login") if is_set_up() else url_for("setup.show"))
    return redirect(_HOMES.get(who.role, "/students"))


@bp.get("/login")
@public
def login() -> ResponseReturnValue:
    if not is_set_up():
        return redirect(url_for("setup.show"))
    who = identity()
    if who is not None and who.kind == "user":
        return redirect(url_for("auth.home"))
    return render_template("auth/login.html", values={}, errors={}, next=request.args.get("next", ""))


@bp.post("/login")
@public
@limiter.limit("50 per 15 minutes", deduct_when=_failed)
@limiter.limit("5 per 15 minutes", key_func=_account_and_address, deduct_when=_failed)
def log_in() -> ResponseReturnValue:
    try:
        user, token = sign_in(
            username=request.form.get("username", ""),
            password=request.form.get("password", ""),
            ip_address=request.remote_addr or "",
            user_agent=request.headers.get("User-Agent", ""),
        )
    except NotSignedIn as refusal:
        page = render_template(
            "auth/login.html",
            values=request.form,
            errors={"username": shown(refusal.message)},
            next=request.form.get("next", ""),
        )
        return page, 401
    session.clear()
    login_user(session_identity(token))
    current_app.logger.info("user %s signed in", user.id)
    return redirect(safe_next(request.form.get("next", "")))


@bp.post("/logout")
@requires("home.view")
def logout() -> ResponseReturnValue:
    who = identity()
    if who is not None and who.session_id is not None:
        end_session(who.session_id)
    logout_user()
    session.clear()
    flash(gettext("You are signed out."), "info")
    return redirect(url_for("auth.login"))


def safe_next(target: str) -> str:
    """Where to go after signing in: a path of this site only."""
    parts = urlsplit(target)
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if local else url_for("auth.home")
