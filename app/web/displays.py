"""Wall displays, and the link that pairs a screen."""

from collections.abc import Mapping

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Conflict, Invalid, Missing
from app.extensions import limiter
from app.queries.displays import all_displays, display_by_id
from app.services.displays import PAIRING_MINUTES, add_display, pair, rename_display, renew_pairing, revoke_display
from app.web.access import public, requires
from app.web.forms import Problems
from app.web.identity import WALL_COOKIE

bp = Blueprint("displays", __name__)
# The longest that browsers keep a cookie; a wall's right ends by revoking it.
_COOKIE_SECONDS = 400 * 24 * 3600


@bp.get("/displays")
@requires("displays.manage")
def show() -> str:
    return _page({}, {})


@bp.get("/displays/<int:display_id>/row")
@requires("displays.manage")
def row(display_id: int) -> str:
    display = display_by_id(display_id)
    if display is None:
        raise Missing("This wall display does not exist.")
    return render_template("_fragment.html", row="displays/_row.html", display=display, connected=_connected())


@bp.post("/displays")
@requires("displays.manage")
def create() -> ResponseReturnValue:
    problems = Problems()
    with problems.noted():
        display, code = add_display(name=request.form.get("name", ""))
        return _with_link(display.name, code)
    return _page(request.form, problems), 422


@bp.post("/displays/<int:display_id>/link")
@requires("displays.manage")
def renew(display_id: int) -> ResponseReturnValue:
    display, code = renew_pairing(display_id=display_id)
    return _with_link(display.name, code)


@bp.post("/displays/<int:display_id>/name")
@requires("displays.manage")
def rename(display_id: int) -> ResponseReturnValue:
    try:
        display = rename_display(display_id=display_id, name=request.form.get("name", ""))
        flash(f"The display is now named {display.name}.", "success")
    except (Invalid, Conflict) as refusal:
        flash(refusal.message, "danger")
    return redirect(url_for("displays.show"))


@bp.post("/displays/<int:display_id>/revoke")
@requires("displays.manage")
def revoke(display_id: int) -> ResponseReturnValue:
    display = revoke_display(display_id=display_id)
    flash(f"{display.name} is revoked; its screen goes dark within seconds.", "success")
    return redirect(url_for("displays.show"))


@bp.get("/wall/pair/<code>")
@public
@limiter.limit("30 per 15 minutes")
def pair_screen(code: str) -> ResponseReturnValue:
    """Turn the browser that opens the link into the wall display."""
    token = pair(code=code.strip().lower())
    response = make_response(redirect("/wall"))
    response.set_cookie(
        WALL_COOKIE,
        token,
        max_age=_COOKIE_SECONDS,
        secure=current_app.config["SCHOOLPULSE"].uses_tls,
        httponly=True,
        samesite="Strict",
    )
    return response


def _connected() -> set[int]:
    """Displays that have a live socket in this process."""
    manager = current_app.extensions.get("realtime")
    return {screen.key for screen in manager.connections.all() if screen.kind == "wall"} if manager else set()


def _with_link(name: str, code: str) -> ResponseReturnValue:
    link = url_for("displays.pair_screen", code=code, _external=True)
    return render_template("displays/link.html", name=name, link=link, minutes=PAIRING_MINUTES)


def _page(values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "displays/list.html", displays=all_displays(), connected=_connected(), values=values, errors=errors
    )
