"""Wall displays: pairing a screen by a link that works once, and taking its right away again."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.clock import now
from app.database import atomic
from app.domain.names import clean_name
from app.errors import Conflict, DatabaseBusy, Missing
from app.models import WallDisplay
from app.queries.sessions import token_hash

PAIRING_MINUTES = 30
VALID_FOR = timedelta(minutes=PAIRING_MINUTES)
_TOUCH_AFTER = timedelta(minutes=1)
# Typed on a television's remote control: no letter that looks like a digit. 16 letters carry 79 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 16


def add_display(*, name: str, valid_for: timedelta = VALID_FOR) -> tuple[WallDisplay, str]:
    """Add a display; return it with the code of its pairing link. Raises Invalid and Conflict."""
    name = clean_name(name, param="name")
    code = _new_code()
    with atomic() as session:
        _refuse_taken(name, None)
        display = WallDisplay(name=name, pairing_hash=token_hash(code), pairing_expires_at=now() + valid_for)
        session.add(display)
        session.flush()
        return display, code


def renew_pairing(*, display_id: int) -> tuple[WallDisplay, str]:
    """Make a new pairing link; the screen paired before goes on until the link is used. Raises Missing and Conflict."""
    code = _new_code()
    with atomic() as session:
        display = _display(display_id)
        if display.revoked_at is not None:
            raise Conflict(f"{display.name} is revoked; add a new display instead.", code="display_revoked")
        display.pairing_hash, display.pairing_expires_at = token_hash(code), now() + VALID_FOR
        session.flush()
        return display, code


def pair(*, code: str) -> str:
    """Use a pairing link up; return the token that the screen keeps. Raises Missing for a link that does not work."""
    token = secrets.token_urlsafe(32)
    with atomic() as session:
        display = session.scalar(select(WallDisplay).where(WallDisplay.pairing_hash == token_hash(code)))
        moment = now()
        usable = (
            display is not None
            and display.revoked_at is None
            and display.pairing_expires_at is not None
            and display.pairing_expires_at > moment
        )
        if display is None or not usable:
            raise Missing("This pairing link was used before or has expired; make a new one on the page Wall displays.")
        display.token_hash, display.paired_at, display.last_seen_at = token_hash(token), moment, moment
        display.pairing_hash = display.pairing_expires_at = None
    return token


def rename_display(*, display_id: int, name: str) -> WallDisplay:
    """Give a display another name. Raises Missing, Invalid and Conflict."""
    name = clean_name(name, param="name")
    with atomic() as session:
        display = _display(display_id)
        _refuse_taken(name, display_id)
        display.name = name
        session.flush()
        return display


def revoke_display(*, display_id: int) -> WallDisplay:
    """Make a display's token and pairing link worthless at once. Raises Missing."""
    with atomic() as session:
        display = _display(display_id)
        display.revoked_at = display.revoked_at or now()
        display.pairing_hash = display.pairing_expires_at = None
        session.flush()
        return display


def touch_display(display_id: int, last_seen_at: datetime | None) -> None:
    """Remember that a display was here; at most once a minute, and never at the price of the request."""
    moment = now()
    if last_seen_at and moment - last_seen_at < _TOUCH_AFTER:
        return
    try:
        with atomic(patience=0.05) as session:
            session.execute(update(WallDisplay).where(WallDisplay.id == display_id).values(last_seen_at=moment))
    except DatabaseBusy:
        # The next request does it.
        return


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def _display(display_id: int) -> WallDisplay:
    with atomic() as session:
        display = session.get(WallDisplay, display_id)
        if display is None:
            raise Missing("This wall display does not exist.", param="display_id")
        return display


def _refuse_taken(name: str, own_id: int | None) -> None:
    with atomic() as session:
        found = session.scalar(select(WallDisplay).where(WallDisplay.name == name))
        if found is not None and found.id != own_id:
            raise Conflict(f"There is already a display named {name}.", param="name", code="name_taken")
