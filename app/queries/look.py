"""How the school wants to look: its colour and its logo."""

import base64
import re
from dataclasses import dataclass

from app.extensions import db
from app.models import SchoolPicture
from app.queries.settings import all_settings

COLOUR, LOGO = "school_colour", "school_logo"
"""The settings that say so; both may be empty."""

_COLOUR = re.compile("#[0-9a-f]{6}")
_LOGO_NAME = re.compile(r"[0-9a-f]{16}-([1-9][0-9]{0,3})x([1-9][0-9]{0,3})\.(?:png|jpg|webp)")


@dataclass(frozen=True)
class Logo:
    """A picture's name, which is part of its address, and its size in pixels."""

    name: str
    width: int
    height: int

    @property
    def url(self) -> str:
        return f"/logo/{self.name}"


@dataclass(frozen=True)
class Look:
    """The school's colour as #rrggbb, empty for the program's own, and its logo."""

    colour: str
    logo: Logo | None


def look() -> Look:
    """What the school has chosen."""
    return look_of(all_settings())


def look_of(settings: dict[str, str]) -> Look:
    """The same, from settings that have been read already; what the program did not write is not followed."""
    colour = settings.get(COLOUR, "")
    return Look(colour if _COLOUR.fullmatch(colour) else "", _logo(settings.get(LOGO, "")))


def picture_bytes(name: str) -> tuple[str, bytes] | None:
    """The type and content of a kept picture."""
    row = db.session.get(SchoolPicture, name)
    return (row.type, base64.b64decode(row.data)) if row else None


def _logo(name: str) -> Logo | None:
    found = _LOGO_NAME.fullmatch(name)
    return Logo(name, int(found[1]), int(found[2])) if found else None
