"""A way back: what was just done is said with a button that does the opposite, as an act of its own.

The button sends a form to a route that exists anyway, with its permission, its checks and its entry in the activity
log. It stands on the next page only. What cannot be taken back (a void, a password, an ended session) has none.
"""

import json
from collections.abc import Mapping

from flask import flash

UNDO = "undo"
_MOST = 1_500
"""Characters of a form that may wait in the session's cookie."""


def flash_saved(message: str, *, action: str, before: Mapping[str, object], after: Mapping[str, object]) -> None:
    """Say that a form was saved; the button beside it saves the form as it was `before`, unless nothing changed."""
    if before == after:
        flash(message, "success")
    else:
        flash_done(message, action=action, fields=before)


def flash_done(message: str, *, action: str, fields: Mapping[str, object]) -> None:
    """Say that something is done; the button beside it sends `fields` to `action`. A form too large goes without."""
    kept = {name: "" if value is None else str(value) for name, value in fields.items()}
    if len(json.dumps([action, kept])) > _MOST:
        flash(message, "success")
    else:
        flash({"text": str(message), "action": action, "fields": kept}, UNDO)  # type: ignore[arg-type]
