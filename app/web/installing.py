"""What a phone needs to keep the program like an app: its manifest and its icons, in the school's name and colour."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache

from flask import Blueprint, Response, request
from flask_babel import gettext

from app.domain.colours import light_variants
from app.domain.icons import draw_icon
from app.errors import Missing
from app.queries.look import Look, look
from app.web.access import public
from app.web.language import page_language
from app.web.templating import school_of_request
from app.web.tokens import LIGHT, THEMES, surfaces, theme

bp = Blueprint("installing", __name__)
TOUCH = "touch-180.png"
ICONS: Mapping[str, tuple[int, bool]] = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "maskable-512.png": (512, True),
    TOUCH: (180, True),
}
"""Size, and whether the phone cuts the corners itself."""
_SHORT = 12
"""Letters that fit below an icon."""
_SMALLEST_LOGO = 144
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


@bp.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """The school as an app: nothing in it that the sign-in page does not show to everybody."""
    known, grounds = school_of_request(), surfaces(LIGHT)
    body = {
        "id": "/",
        "name": known.name,
        "short_name": short_name(known.name),
        "lang": page_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": grounds.page,
        "theme_color": _colour(known.look),
        "icons": [*_logo_icon(known.look), *_drawn_icons(known.look)],
        "shortcuts": [
            {"name": gettext("Register"), "url": "/attendance"},
            {"name": gettext("Students"), "url": "/students"},
        ],
    }
    text = json.dumps(body, ensure_ascii=False)
    answer = Response(text, content_type="application/manifest+json; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag(_version(text))
    answer.make_conditional(request)
    return answer


@bp.get("/icon/<name>")
@public
def icon(name: str) -> Response:
    """The mark in the school's colour; `v` in its address is made of the colour."""
    if name not in ICONS:
        raise Missing(gettext("This picture does not exist."))
    colour = _colour(look())
    answer = Response(_drawn(name, colour), mimetype="image/png")
    is_known = request.args.get("v") == _version(colour)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_known else "no-cache"
    answer.set_etag(_version(colour + name))
    answer.make_conditional(request)
    return answer


@bp.app_template_global()
def touch_icon() -> str:
    """The address of the icon that an iPhone takes."""
    return _address(TOUCH, school_of_request().look)


@bp.app_template_global()
def bar_colours() -> Mapping[str, str]:
    """What the bar of the phone above the page has in each theme: the colour of the page's own."""
    return {name: surfaces(name).surface for name in THEMES}


@bp.app_template_global()
def short_name(name: str) -> str:
    """As many words of the school's name as fit below an icon, and the first one in any case."""
    first, *others = name.split() or ["SchoolPulse"]
    for word in others:
        if len(first) + 1 + len(word) > _SHORT:
            break
        first += f" {word}"
    return first


def _colour(chosen: Look) -> str:
    """The school's colour, or the program's, as white can be read on it."""
    if not chosen.colour:
        return theme(LIGHT)["--color-primary"]
    return light_variants(chosen.colour, surfaces(LIGHT))["--color-primary"]


def _drawn_icons(chosen: Look) -> Sequence[Mapping[str, str]]:
    return [
        {
            "src": _address(name, chosen),
            "sizes": f"{side}x{side}",
            "type": "image/png",
            "purpose": "maskable" if whole else "any",
        }
        for name, (side, whole) in ICONS.items()
        if name != TOUCH
    ]


def _logo_icon(chosen: Look) -> Sequence[Mapping[str, str]]:
    """The school's own sign, where it has the form of an icon."""
    logo = chosen.logo
    if logo is None or logo.width != logo.height or logo.width < _SMALLEST_LOGO:
        return []
    kind = _TYPES[logo.name.rsplit(".", 1)[1]]
    return [{"src": logo.url, "sizes": f"{logo.width}x{logo.height}", "type": kind, "purpose": "any"}]


def _address(name: str, chosen: Look) -> str:
    return f"/icon/{name}?v={_version(_colour(chosen))}"


@lru_cache(maxsize=16)
def _drawn(name: str, colour: str) -> bytes:
    side, whole = ICONS[name]
    return draw_icon(side, colour, whole=whole)


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
