"""Wall displays: what each shows, and the two ways by which a screen becomes one: its six digits, or a link."""

from collections.abc import Mapping

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.domain.boards import BOARDS, Show, check_show
from app.errors import Missing
from app.extensions import limiter
from app.queries.displays import DisplayRow, all_displays, display_by_id
from app.services.displays import PAIRING_MINUTES, add_display, pair, renew_pairing, revoke_display, update_display
from app.services.wall_pairing import admit, admit_as
from app.web.access import public, requires
from app.web.forms import Problems
from app.web.identity import identity
from app.web.wall import keep_token, pairing_key

bp = Blueprint("displays", __name__)
SECONDS = (15, 20, 30, 45, 60, 120, 300)


def _guessed_wrong(response: object) -> bool:
    return bool(g.get("unknown_code", False))


def _who_guesses() -> str:
    who = identity()
    return f"pairing:{who.user_id or who.key}" if who else f"pairing:{request.remote_addr}"


_FEW_GUESSES = limiter.shared_limit(
    "10 per 15 minutes", scope="wall-codes", key_func=_who_guesses, deduct_when=_guessed_wrong
)
_FEW_GUESSES_OF_A_SOURCE = limiter.shared_limit("30 per 15 minutes", scope="wall-codes", deduct_when=_guessed_wrong)


@bp.get("/displays")
@requires("displays.manage")
def show() -> str:
    return _page(_usual(), {})


@bp.get("/displays/<int:display_id>")
@requires("displays.manage")
def edit(display_id: int) -> str:
    display = _display(display_id)
    return _edit_page(display, {"name": display.name, **_values_of(display.show)}, {})


@bp.get("/displays/<int:display_id>/row")
@requires("displays.manage")
def row(display_id: int) -> str:
    display = _display(display_id)
    return render_template("_fragment.html", row="displays/_row.html", display=display, connected=_connected())


@bp.post("/displays")
@requires("displays.manage")
@_FEW_GUESSES
@_FEW_GUESSES_OF_A_SOURCE
def create() -> ResponseReturnValue:
    """A new display: for the screen that shows the code that was typed, else with a link."""
    problems, name, digits = Problems(), request.form.get("name", ""), request.form.get("code", "").strip()
    chosen = _chosen(problems)
    with problems.noted():
        if chosen is not None and digits:
            display = admit(code=digits, key=pairing_key(), name=name, show=chosen)
            flash(gettext("%(name)s is paired; its boards appear within seconds.", name=display.name), "success")
            return redirect(url_for("displays.show"))
        if chosen is not None:
            display, code = add_display(name=name, show=chosen)
            return _with_link(display.name, code)
    g.unknown_code = "code_unknown" in problems.codes
    return _page(_typed(), problems), 422


@bp.post("/displays/<int:display_id>")
@requires("displays.manage")
def update(display_id: int) -> ResponseReturnValue:
    display, problems = _display(display_id), Problems()
    chosen = _chosen(problems)
    with problems.noted():
        if chosen is not None:
            update_display(display_id=display_id, name=request.form.get("name", ""), show=chosen)
            flash(gettext("Saved; the screen shows it within seconds."), "success")
            return redirect(url_for("displays.show"))
    return _edit_page(display, _typed(), problems), 422


@bp.post("/displays/<int:display_id>/code")
@requires("displays.manage")
@_FEW_GUESSES
@_FEW_GUESSES_OF_A_SOURCE
def move(display_id: int) -> ResponseReturnValue:
    """Give a display another screen: the one that shows the code that was typed."""
    display, problems = _display(display_id), Problems()
    with problems.noted():
        admit_as(code=request.form.get("code", ""), key=pairing_key(), display_id=display_id)
        flash(gettext("%(name)s moves to the other screen within seconds.", name=display.name), "success")
        return redirect(url_for("displays.show"))
    g.unknown_code = "code_unknown" in problems.codes
    return _edit_page(display, {"name": display.name, **_values_of(display.show), **request.form}, problems), 422


@bp.post("/displays/<int:display_id>/link")
@requires("displays.manage")
def renew(display_id: int) -> ResponseReturnValue:
    display, code = renew_pairing(display_id=display_id)
    return _with_link(display.name, code)


@bp.post("/displays/<int:display_id>/revoke")
@requires("displays.manage")
def revoke(display_id: int) -> ResponseReturnValue:
    display = revoke_display(display_id=display_id)
    flash(gettext("%(name)s is revoked; its screen goes dark within seconds.", name=display.name), "success")
    return redirect(url_for("displays.show"))


@bp.get("/wall/pair/<code>")
@public
@limiter.limit("30 per 15 minutes")
def pair_screen(code: str) -> ResponseReturnValue:
    """Turn the browser that opens the link into the wall display."""
    token = pair(code=code.strip().lower())
    response = make_response(redirect(url_for("wall.show")))
    keep_token(response, token)
    return response


def _connected() -> set[int]:
    """Displays that have a live socket in this process."""
    manager = current_app.extensions.get("realtime")
    return {screen.key for screen in manager.connections.all() if screen.kind == "wall"} if manager else set()


def _with_link(name: str, code: str) -> ResponseReturnValue:
    link = url_for("displays.pair_screen", code=code, _external=True)
    return render_template("displays/link.html", name=name, link=link, minutes=PAIRING_MINUTES)


def _display(display_id: int) -> DisplayRow:
    display = display_by_id(display_id)
    if display is None:
        raise Missing(gettext("This wall display does not exist."))
    return display


def _chosen(problems: Problems) -> Show | None:
    """The boards of the form, the usual ones where it names nothing; None, and the problem noted, for unknown ones."""
    if not {"boards", "seconds", "theme"} & request.form.keys():
        return Show()
    with problems.noted():
        return check_show(
            request.form.getlist("boards"), request.form.get("seconds", ""), request.form.get("theme", "")
        )
    return None


def _typed() -> Mapping[str, object]:
    return {**request.form, "boards": request.form.getlist("boards")}


def _usual() -> Mapping[str, object]:
    return _values_of(Show())


def _values_of(show: Show) -> Mapping[str, object]:
    return {"boards": list(show.boards), "seconds": str(show.seconds), "theme": show.theme}


def _page(values: Mapping[str, object], errors: Mapping[str, str]) -> str:
    return render_template(
        "displays/list.html",
        displays=all_displays(),
        connected=_connected(),
        values=values,
        errors=errors,
        **_choices(values),
    )


def _edit_page(display: DisplayRow, values: Mapping[str, object], errors: Mapping[str, str]) -> str:
    return render_template(
        "displays/edit.html", display=display, values=values, errors=errors, minutes=PAIRING_MINUTES, **_choices(values)
    )


def _choices(values: Mapping[str, object]) -> Mapping[str, object]:
    kept = str(values.get("seconds", ""))
    seconds = sorted({*SECONDS, *([int(kept)] if kept.isascii() and kept.isdigit() and len(kept) < 4 else [])})
    return {"all_boards": BOARDS, "all_seconds": seconds}
