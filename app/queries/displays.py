"""Wall displays: which there are, and when each was seen last."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from app.extensions import db
from app.models.users import WallDisplay


@dataclass(frozen=True)
class DisplayRow:
    """One wall display. `status` is `waiting` (a link is out), `expired`, `paired` or `revoked`."""

    id: int
    name: str
    status: str
    created_at: datetime
    pairing_expires_at: datetime | None
    paired_at: datetime | None
    last_seen_at: datetime | None
    revoked_at: datetime | None


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
    )


def _status(display: WallDisplay) -> str:
    if display.revoked_at is not None:
        return "revoked"
    if display.token_hash is not None:
        return "paired"
    waiting = display.pairing_expires_at is not None and display.pairing_expires_at > datetime.now(UTC)
    return "waiting" if waiting else "expired"
