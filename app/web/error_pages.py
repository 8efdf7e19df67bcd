"""The page of an error: what happened, what was kept, and where to go on; also while the database is the error."""

from flask import render_template, request
from sqlalchemy.exc import SQLAlchemyError

from app.errors import SchoolError

AGAIN = frozenset({429, 500, 503, 507})
"""What may be over in a moment: the page offers to ask again."""


def error_page(status: int, message: str, reference: str = "") -> str:
    """The page in the frame of the program, or bare when what the frame needs cannot be read."""
    again = request.full_path.rstrip("?") if status in AGAIN and request.method == "GET" else None
    told = {"status": status, "message": message, "reference": reference, "again": again}
    try:
        return render_template("errors/error.html", **told)
    except (SQLAlchemyError, SchoolError):
        return render_template("errors/bare.html", **told)
