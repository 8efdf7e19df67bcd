"""The figures a role may see: the fallback of screens whose socket does not connect, and other programs' way to read."""

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from app.realtime.handlers import manager
from app.web.access import requires
from app.web.identity import identity

bp = Blueprint("stats", __name__)


@bp.get("/stats")
@requires("stats.view")
def show() -> ResponseReturnValue:
    who = identity()
    assert who is not None
    snapshot = manager().snapshot(who.room)
    etag = f"{snapshot.epoch}:{snapshot.version}"
    if request.if_none_match.contains(etag):
        response = Response(status=304)
    else:
        response = jsonify(snapshot.payload())
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"
    response.headers.add("Vary", "Cookie, Authorization")
    return response
