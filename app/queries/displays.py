"""Wall displays: which there are, what each shows, and when each was seen last."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.domain.boards import Show, lenient_show
from app.extensions import db
from app.models.users import WallDisplay, WallPairing
from app.queries.sessions import token_hash

SEEN_LATELY = timedelta(minutes=6)
"""A display that is on asks for something at least every five minutes, whichever process holds its socket."""


@dataclass(frozen=True)
class DisplayRow:
    """One wall display. `status` is `waiting` (for its screen), `expired`, `paired` or `revoked`."""

    id: int
    name: str
    status: str
    created_at: datetime
    pairing_expires_at: datetime | None
    paired_at: datetime | None
    last_seen_at: datetime | None
    revoked_at: datetime | None
    show: Show

    @property
    def seen_lately(self) -> bool:
        return self.last_seen_at is not None and datetime.now(UTC) - self.last_seen_at < SEEN_LATELY


def all_displays() -> list[DisplayRow]:
    """Every display, the revoked ones last, by name."""
    query = select(WallDisplay).order_by(WallDisplay.revoked_at.is_not(None), WallDisplay.name)
    return [_row(display) for display in db.session.scalars(query)]


def display_by_id(display_id: int) -> DisplayRow | None:
    """One display."""
    found = db.session.get(WallDisplay, display_id)
    return found and _row(found)


def _row(display: WallDisplay) -> DisplayRow:
    return DisplayRow(
        display.id,
        display.name,
        _status(display),
        display.created_at,
        display.pairing_expires_at,
        display.paired_at,
        display.last_seen_at,
        display.revoked_at,
        show_of(display),
    )


def show_of(display: WallDisplay) -> Show:
    """What a display shows."""
    return lenient_show(display.boards, display.board_seconds, display.theme)


def revoked_at(token: str) -> datetime | None:
    """When the display that this token was given to was revoked; None for any other token."""
    return db.session.scalar(select(WallDisplay.revoked_at).where(WallDisplay.token_hash == token_hash(token)))


def standing_of(secret: str) -> str:
    """How a screen that waits for its code to be typed stands: `waiting`, `admitted`, or `gone` once its time is up."""
    found = db.session.scalar(
        select(WallPairing).where(
            WallPairing.secret_hash == token_hash(secret), WallPairing.expires_at > datetime.now(UTC)
        )
    )
    if found is None:
        return "gone"
    return "waiting" if found.display_id is None else "admitted"


def _status(display: WallDisplay) -> str:
    if display.revoked_at is not None:
        return "revoked"
    if display.token_hash is not None:
        return "paired"
    waiting = display.pairing_expires_at is not None and display.pairing_expires_at > datetime.now(UTC)
    return "waiting" if waiting else "expired"
