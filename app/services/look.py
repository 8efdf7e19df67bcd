"""Changing how the school looks."""

import base64
import hashlib
import logging

from sqlalchemy import delete

from app.database import atomic
from app.domain.colours import parse_colour
from app.domain.pictures import Picture
from app.models import SchoolPicture, Setting
from app.queries.look import COLOUR, LOGO
from app.queries.settings import all_settings

log = logging.getLogger(__name__)
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def save_look(*, colour: str, logo: Picture | None = None, remove_logo: bool = False) -> None:
    """Keep the school's colour (empty: the program's own) and its logo, both or none.

    Without `logo` and `remove_logo` the logo stays. Raises Invalid.
    """
    chosen = parse_colour(colour) if colour.strip() else ""
    with atomic() as session:
        before = all_settings()
        _set(COLOUR, chosen, before)
        if logo is None and not remove_logo:
            return
        name = _name(logo) if logo else ""
        _set(LOGO, name, before)
        session.execute(delete(SchoolPicture).where(SchoolPicture.name != name))
        if logo and session.get(SchoolPicture, name) is None:
            session.add(SchoolPicture(name=name, type=logo.type, data=base64.b64encode(logo.data).decode()))


def _set(key: str, value: str, before: dict[str, str]) -> None:
    if before.get(key, "") != value:
        with atomic() as session:
            session.merge(Setting(key=key, value=value))
        log.info("settings changed: %s", key)


def _name(logo: Picture) -> str:
    """Made of the content, so that an address always means the same picture."""
    digest = hashlib.sha256(logo.data).hexdigest()[:16]
    return f"{digest}-{logo.width}x{logo.height}.{_ENDINGS[logo.type]}"
