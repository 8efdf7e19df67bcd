"""The drift check: are the figures what the tables say?"""

from app.services.statistics import verify_and_repair

SHARE = 0.05
"""The check takes at most this share of the time, however large the school has grown."""


def verify() -> float | None:
    """Compare and repair; the longer it took, the later it comes again."""
    result = verify_and_repair()
    return max(60.0, result.seconds / SHARE)
