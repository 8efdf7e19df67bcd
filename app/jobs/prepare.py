"""What must be true before the program starts."""

from app import schema
from app.services.setup import new_setup_token


def prepare() -> str | None:
    """Bring the database up to date; return the path of the one-time set-up page while there is no admin."""
    schema.make_ready()
    token = new_setup_token()
    return f"/setup/{token}" if token else None
