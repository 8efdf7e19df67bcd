"""What a school sets once, and its calendar."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.clock import today
from app.domain.money import parse_amount, plain_amount
from app.domain.settings import CURRENCIES, DEFAULTS, LOCALES, check_setting, zones
from app.queries.calendar import academic_years
from app.queries.look import COLOUR, look_of
from app.queries.settings import all_settings
from app.services.settings import save_settings
from app.web.access import requires
from app.web.forms import Problems
from app.web.language import shown

bp = Blueprint("settings", __name__)
_THRESHOLD = "arrears_alert_threshold"


@bp.get("/settings")
@requires("settings.manage")
def show() -> str:
    return settings_page()


@bp.post("/settings")
@requires("settings.manage")
def save() -> ResponseReturnValue:
    problems, changes = Problems(), {}
    for name in DEFAULTS:
        if name in request.form and name != _THRESHOLD:
            with problems.noted():
                changes[name] = check_setting(name, request.form[name])
    if _THRESHOLD in request.form:
        currency = changes.get("currency", all_settings()["currency"])
        with problems.noted():
            changes[_THRESHOLD] = str(parse_amount(request.form[_THRESHOLD], currency=currency, param=_THRESHOLD))
    if not problems:
        with problems.noted():
            save_settings(changes)
            flash(gettext("The settings are saved."), "success")
            return redirect(url_for("settings.show"))
    return settings_page(values=request.form, errors=problems), 422


def settings_page(
    *,
    values: Mapping[str, str] | None = None,
    look_values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    """The page with what was typed into one of its forms; the other one shows what is kept."""
    kept = all_settings()
    chosen = look_of(kept)
    return render_template(
        "settings/show.html",
        values=values or {**kept, _THRESHOLD: plain_amount(int(kept[_THRESHOLD]), currency=kept["currency"])},
        look_values=look_values or {COLOUR: chosen.colour},
        logo=chosen.logo,
        errors=errors or {},
        currencies=[(code, f"{shown(name)} ({code})") for code, name in CURRENCIES.items()],
        locales=list(LOCALES.items()),
        zones=[(zone, zone.replace("_", " ")) for zone in zones()],
        years=academic_years(),
        today=today(),
    )
