"""Sealing the activity log, a thousand rows at a time."""

from app.services.audit import ROWS_A_SEAL, seal_activity


def seal() -> float | None:
    """Seal what is not sealed yet; come back at once while there is more than one seal's worth."""
    return 0.05 if seal_activity() == ROWS_A_SEAL else None
