"""Pairing a screen by the six digits that it shows.

Three steps: the screen asks for digits and keeps a secret that nobody sees; an admin types the digits on the page Wall
displays; the screen turns its secret into the token of the display. The digits alone therefore give nothing to anybody:
they only tell the admin's form which of the few screens that wait is meant.
"""

import hashlib
import hmac
import logging
import secrets
from datetime import timedelta

from sqlalchemy import delete, func, or_, select, update

from app.clock import now
from app.database import atomic
from app.domain.boards import Show
from app.errors import Conflict, Invalid, Missing
from app.models import WallDisplay, WallPairing
from app.queries.sessions import token_hash
from app.services.displays import display_in_use, keep_display
from app.words import say

log = logging.getLogger(__name__)

CODE_MINUTES = 10
VALID_FOR = timedelta(minutes=CODE_MINUTES)
DIGITS = 6
MOST_WAITING = 100
MOST_OF_A_SOURCE = 10
"""Screens that may wait at once: so few of a million codes mean anything that a mistyped one hits none of them."""


def ask_for_code(*, key: bytes, ip_address: str, earlier: str | None = None) -> tuple[str, str]:
    """Let a screen wait: the digits that it shows, and the secret that it keeps. `earlier` is its secret until now.

    `key` makes the stored hash of the digits worthless to who reads the table. Raises Conflict while too many wait.
    """
    secret = secrets.token_urlsafe(32)
    with atomic() as session:
        moment = now()
        done = or_(WallPairing.expires_at <= moment, WallPairing.secret_hash == token_hash(earlier or ""))
        session.execute(delete(WallPairing).where(done))
        waiting = select(func.count(WallPairing.id)).where(WallPairing.display_id.is_(None))
        of_source = session.scalar(waiting.where(WallPairing.ip_address == ip_address)) or 0
        if of_source >= MOST_OF_A_SOURCE or (session.scalar(waiting) or 0) >= MOST_WAITING:
            raise Conflict(
                say("Too many screens wait to be paired; try again in a few minutes."), code="too_many_waiting"
            )
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        while session.scalar(select(WallPairing.id).where(WallPairing.code_hash == code_hash(key, code))):
            code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        session.add(
            WallPairing(
                secret_hash=token_hash(secret),
                code_hash=code_hash(key, code),
                ip_address=ip_address[:45],
                expires_at=moment + VALID_FOR,
            )
        )
    return code, secret


def admit(*, code: str, key: bytes, name: str, show: Show) -> WallDisplay:
    """Let the screen that shows these digits become a new display. Raises Invalid and Conflict."""
    with atomic():
        waiting = _waiting(code, key)
        return _admit(waiting, keep_display(name=name, show=show))


def admit_as(*, code: str, key: bytes, display_id: int) -> WallDisplay:
    """Let the screen that shows these digits become a display that exists; its earlier screen goes dark.

    Raises Invalid, Missing, and Conflict for a revoked display.
    """
    with atomic():
        display = display_in_use(display_id)
        return _admit(_waiting(code, key), display)


def enter(*, secret: str) -> str:
    """Turn the secret of a screen that was admitted into its token, once. Raises Missing."""
    token = secrets.token_urlsafe(32)
    with atomic() as session:
        moment = now()
        found = session.execute(
            delete(WallPairing)
            .where(WallPairing.secret_hash == token_hash(secret), WallPairing.expires_at > moment)
            .where(WallPairing.display_id.is_not(None))
            .returning(WallPairing.display_id)
        ).scalar_one_or_none()
        if found is None:
            raise Missing(say("This screen was not admitted, or waited too long."))
        display = display_in_use(found)
        display.token_hash, display.paired_at, display.last_seen_at = token_hash(token), moment, moment
        display.pairing_hash = display.pairing_expires_at = None
    log.info("a screen was paired as display %s", found)
    return token


def code_hash(key: bytes, code: str) -> str:
    """How six digits are stored: a plain hash of a million possible codes could be read backwards."""
    return hmac.new(key, b"wall-code:" + code.encode(), hashlib.sha256).hexdigest()


def _waiting(code: str, key: bytes) -> WallPairing:
    digits = "".join(code.split()).replace("-", "")
    if not (len(digits) == DIGITS and digits.isascii() and digits.isdigit()):
        raise Invalid(say("The code is the six digits on the screen."), param="code")
    with atomic() as session:
        found: WallPairing | None = session.scalar(
            select(WallPairing).where(WallPairing.code_hash == code_hash(key, digits), WallPairing.expires_at > now())
        )
        if found is None:
            raise Invalid(
                say(
                    "No screen shows this code now. Look at the screen again: a code lasts {n} minutes.", n=CODE_MINUTES
                ),
                param="code",
                code="code_unknown",
            )
        return found


def _admit(waiting: WallPairing, display: WallDisplay) -> WallDisplay:
    with atomic() as session:
        # Only one screen becomes a display: whoever else was admitted for it waits in vain.
        session.execute(
            update(WallPairing)
            .where(WallPairing.display_id == display.id)
            .values(display_id=None, expires_at=now() - VALID_FOR)
        )
        waiting.display_id, waiting.code_hash, waiting.expires_at = display.id, None, now() + VALID_FOR
        display.pairing_expires_at = waiting.expires_at
        session.flush()
        return display
