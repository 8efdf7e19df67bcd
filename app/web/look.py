"""The school's colour and logo: what browsers fetch of them, and the form that changes them."""

import hashlib
from collections.abc import Mapping
from contextlib import closing
from functools import lru_cache

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.domain.colours import dark_variants, light_variants, parse_colour
from app.domain.pictures import LARGEST_FILE, Picture, read_picture
from app.errors import Missing
from app.queries.look import COLOUR, look, picture_bytes
from app.services.look import save_look
from app.web.access import public, requires
from app.web.forms import Problems
from app.web.settings import settings_page
from app.web.templating import school_of_request
from app.web.tokens import DARK, LIGHT, surfaces

bp = Blueprint("look", __name__)
_FOR_GOOD = "public, max-age=31536000, immutable"
_ONLY_A_PICTURE = "default-src 'none'; sandbox"


@bp.get("/brand.css")
@public
def brand() -> Response:
    """The tokens that the school's colour changes; `v` in its address is made of its content."""
    text, version = _sheet(look().colour)
    is_known = request.args.get("v") == version
    return _kept(Response(text, mimetype="text/css"), version, for_good=is_known)


@bp.get("/logo/<name>")
@public
def logo(name: str) -> Response:
    """A kept picture, and nothing but a picture to any browser."""
    found = picture_bytes(name)
    if found is None:
        raise Missing(gettext("This picture does not exist."))
    type, data = found
    answer = Response(data, mimetype=type)
    answer.headers["Content-Security-Policy"] = _ONLY_A_PICTURE
    return _kept(answer, name, for_good=True)


@bp.post("/settings/look")
@requires("settings.manage")
def save() -> ResponseReturnValue:
    """Colour and logo from the form of the settings page."""
    problems, picture = Problems(), None
    with problems.noted(COLOUR):
        parse_colour(request.form.get(COLOUR, "") or "#000000")
    with problems.noted("logo"):
        picture = _uploaded()
    if not problems:
        with problems.noted():
            save_look(
                colour=request.form.get(COLOUR, ""), logo=picture, remove_logo=request.form.get("remove_logo") == "1"
            )
            flash(gettext("The look of the school is saved."), "success")
            return redirect(url_for("settings.show", _anchor="look"))
    return settings_page(look_values=request.form, errors=problems), 422


@bp.get("/settings/look/preview")
@requires("settings.manage")
def preview() -> ResponseReturnValue:
    """What a colour would make of both themes. Raises Invalid."""
    return jsonify(variants(parse_colour(request.args.get("colour", ""))))


@bp.app_template_global()
def brand_sheet() -> str:
    """The address of the school's own colours; empty while it has none."""
    colour = school_of_request().look.colour
    return f"/brand.css?v={_sheet(colour)[1]}" if colour else ""


def _uploaded() -> Picture | None:
    file = request.files.get("logo")
    if file is None:
        return None
    with closing(file):
        return read_picture(file.stream.read(LARGEST_FILE + 1)) if file.filename else None


def _kept(answer: Response, version: str, *, for_good: bool) -> Response:
    answer.set_etag(version)
    answer.headers["Cache-Control"] = _FOR_GOOD if for_good else "no-cache"
    answer.make_conditional(request)
    return answer


def variants(colour: str) -> Mapping[str, Mapping[str, str]]:
    """The tokens that a colour changes, by theme."""
    return {LIGHT: light_variants(colour, surfaces(LIGHT)), DARK: dark_variants(colour, surfaces(DARK))}


@lru_cache(maxsize=8)
def _sheet(colour: str) -> tuple[str, str]:
    """The style sheet of a colour, and its version."""
    text = ""
    if colour:
        themes = variants(colour)
        text = (
            f':root,\n[data-bs-theme="light"] {{\n{_properties(themes[LIGHT])}}}\n\n'
            f'@media screen {{\n[data-bs-theme="dark"] {{\n{_properties(themes[DARK])}}}\n}}\n'
        )
    return text, hashlib.sha256(text.encode()).hexdigest()[:10]


def _properties(values: Mapping[str, str]) -> str:
    return "".join(f"  {name}: {value};\n" for name, value in values.items())
