"""Wall displays: what each shows, pairing a screen by a link that works once, and taking its right away again.

Pairing by the six digits that a screen shows is in `wall_pairing.py`.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from app.clock import now
from app.database import atomic
from app.domain.boards import Show
from app.domain.names import clean_name
from app.errors import Conflict, Missing, Unavailable
from app.models import WallDisplay, WallPairing
from app.queries.sessions import token_hash
from app.words import say

PAIRING_MINUTES = 30
VALID_FOR = timedelta(minutes=PAIRING_MINUTES)
_TOUCH_AFTER = timedelta(minutes=1)
# Typed on a television's remote control: no letter that looks like a digit. 16 letters carry 79 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 16


def add_display(*, name: str, show: Show | None = None, valid_for: timedelta = VALID_FOR) -> tuple[WallDisplay, str]:
    """Add a display; return it with the code of its pairing link. Raises Invalid and Conflict."""
    code = _new_code()
    with atomic() as session:
        display = keep_display(name=name, show=show or Show())
        display.pairing_hash, display.pairing_expires_at = token_hash(code), now() + valid_for
        session.flush()
        return display, code


def keep_display(*, name: str, show: Show) -> WallDisplay:
    """Add a display that no screen is paired with yet. Raises Invalid and Conflict."""
    name = clean_name(name, param="name")
    with atomic() as session:
        _refuse_taken(name, None)
        display = WallDisplay(name=name, boards=show.as_text, board_seconds=show.seconds, theme=show.theme)
        session.add(display)
        session.flush()
        return display


def renew_pairing(*, display_id: int) -> tuple[WallDisplay, str]:
    """Make a new pairing link; the screen paired before goes on until the link is used. Raises Missing and Conflict."""
    code = _new_code()
    with atomic() as session:
        display = display_in_use(display_id)
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
            raise Missing(
                say("This pairing link was used before or has expired; make a new one on the page Wall displays.")
            )
        display.token_hash, display.paired_at, display.last_seen_at = token_hash(token), moment, moment
        display.pairing_hash = display.pairing_expires_at = None
    return token


def update_display(*, display_id: int, name: str, show: Show) -> WallDisplay:
    """Give a display another name, and other boards to show. Raises Missing, Invalid and Conflict."""
    name = clean_name(name, param="name")
    with atomic() as session:
        display = display_in_use(display_id)
        _refuse_taken(name, display_id)
        display.name, display.boards, display.board_seconds = name, show.as_text, show.seconds
        display.theme = show.theme
        session.flush()
        return display


def revoke_display(*, display_id: int) -> WallDisplay:
    """Make a display's token, pairing link and pairing code worthless at once. Raises Missing."""
    with atomic() as session:
        display = _display(display_id)
        display.revoked_at = display.revoked_at or now()
        display.pairing_hash = display.pairing_expires_at = None
        session.execute(delete(WallPairing).where(WallPairing.display_id == display_id))
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
    except Unavailable:
        # The next request does it.
        return


def display_in_use(display_id: int) -> WallDisplay:
    """A display that is not revoked. Raises Missing and Conflict."""
    display = _display(display_id)
    if display.revoked_at is not None:
        raise Conflict(say("{name} is revoked; add a new display instead.", name=display.name), code="display_revoked")
    return display


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def _display(display_id: int) -> WallDisplay:
    with atomic() as session:
        display = session.get(WallDisplay, display_id)
        if display is None:
            raise Missing(say("This wall display does not exist."), param="display_id")
        return display


def _refuse_taken(name: str, own_id: int | None) -> None:
    with atomic() as session:
        found = session.scalar(select(WallDisplay).where(WallDisplay.name == name))
        if found is not None and found.id != own_id:
            raise Conflict(say("There is already a display named {name}.", name=name), param="name", code="name_taken")
