"""The figures a role may see: for screens whose socket does not connect, and for other programs."""

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from app.api.core import takes
from app.api.fields import Shape
from app.realtime.handlers import manager
from app.web.access import requires
from app.web.identity import identity

bp = Blueprint("stats", __name__)


class StatsShape(Shape):
    """A snapshot: `metrics` holds `[value, version]` by name; money in minor units."""

    epoch: str
    version: int
    at: str
    metrics: dict[str, tuple[int, int]]


@bp.get("/stats")
@requires("stats.view")
@takes(gives=StatsShape, refuses=(304,))
def show() -> ResponseReturnValue:
    """Every figure that the role may see, with an ETag; 304 while nothing has changed."""
    who = identity()
    assert who is not None
    snapshot = manager().snapshot(who.room)
    etag = f"{snapshot.epoch}:{snapshot.version}"
    # Compression writes its name behind the tag of what it compressed.
    if any(known == etag or known.startswith(f"{etag}:") for known in request.if_none_match.as_set(include_weak=True)):
        response = Response(status=304)
    else:
        response = jsonify(snapshot.payload())
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"
    response.headers.add("Vary", "Cookie, Authorization")
    return response
