"""The first steps of a new school: what is done is read from the records, and gone when all of it is."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import today
from app.queries.first_steps import first_steps
from app.queries.settings import setting
from app.services.settings import save_settings
from app.web.access import can, requires
from app.web.auth import safe_next
from app.web.undo import flash_done

bp = Blueprint("first_steps", __name__)
_SETTING = "first_steps"


@bp.post("/first-steps")
@requires("settings.manage")
def show() -> ResponseReturnValue:
    """Put the list away, or take it out again."""
    there, back = safe_next(request.form.get("next", "")), request.path
    if request.form.get("shown") == "on":
        save_settings({_SETTING: "on"})
        flash(gettext("The first steps are shown on the dashboard again."), "success")
    else:
        save_settings({_SETTING: "off"})
        flash_done(gettext("The first steps are put away."), action=back, fields={"shown": "on", "next": there})
    return redirect(there)


@bp.app_template_global("steps_to_do")
def steps_to_do() -> dict[str, bool] | None:
    """Every step and whether it is done, for who may take them; None when all are done or the list was put away."""
    if not can("settings.manage") or setting(_SETTING) == "off":
        return None
    steps = first_steps(today())
    return None if all(steps.values()) else dict(steps)


@bp.app_template_global("steps_put_away")
def steps_put_away() -> bool:
    """Whether the list was put away with something left to do."""
    return setting(_SETTING) == "off" and not all(first_steps(today()).values())
