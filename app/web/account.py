"""One's own password, and where one is signed in."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import Forbidden, Invalid
from app.extensions import limiter
from app.queries.users import sessions_of
from app.services.users import change_own_password, end_own_session
from app.web.access import requires
from app.web.forms import Problems
from app.web.identity import Identity, identity

bp = Blueprint("account", __name__)
# In this order: each of the later names stands in the descriptions of the earlier ones too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


@bp.get("/account")
@requires("account.edit")
def show() -> str:
    return _page(_person(), {})


@bp.post("/account/password")
@requires("account.edit")
@limiter.limit("10 per 15 minutes", key_func=lambda: f"account:{_person().user_id}")
def password() -> ResponseReturnValue:
    who, problems = _person(), Problems()
    typed = request.form
    with problems.noted():
        if typed.get("password") != typed.get("password_again"):
            raise Invalid("The two new passwords are not the same.", param="password_again")
        change_own_password(
            user_id=who.user_id or 0,
            session_id=who.session_id,
            present=typed.get("present", ""),
            password=typed.get("password", ""),
        )
        flash(gettext("Your password is changed. You are signed out everywhere else."), "success")
        return redirect(url_for("account.show"))
    return _page(who, problems), 422


@bp.post("/account/sessions/<int:session_id>/end")
@requires("account.edit")
def end(session_id: int) -> ResponseReturnValue:
    end_own_session(user_id=_person().user_id or 0, session_id=session_id)
    flash(gettext("That session has ended."), "success")
    return redirect(url_for("account.show"))


@bp.app_template_filter("browser")
def browser(user_agent: str) -> str:
    """A browser's long description in two words: `Firefox on Windows`."""
    name = next((words for mark, words in _BROWSERS if mark in user_agent), gettext("Another browser"))
    system = next((words for mark, words in _SYSTEMS if mark in user_agent), "")
    return str(gettext("%(browser)s on %(system)s", browser=name, system=system) if system else name)


def _person() -> Identity:
    who = identity()
    if who is None or who.user_id is None:
        raise Forbidden("A program's token has no account page.")
    return who


def _page(who: Identity, errors: Mapping[str, str]) -> str:
    return render_template(
        "account/show.html", who=who, sessions=sessions_of(who.user_id or 0), values={}, errors=errors
    )
