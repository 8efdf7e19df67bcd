"""One shape for every error: JSON for programs, a page with one sentence for people."""

import logging
import secrets

from flask import Flask, Response, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.database import translated
from app.errors import NotSignedIn, SchoolError, Unavailable
from app.web.error_pages import error_page
from app.web.language import shown
from app.words import say

log = logging.getLogger(__name__)

_SENTENCES = {
    400: say("The request was not understood."),
    404: say("There is nothing at this address."),
    405: say("This address does not take that kind of request."),
    413: say("The file is too large: 10 MB at most."),
    415: say("The request must be JSON."),
    429: say("Too many attempts; please wait a little."),
}
_KINDS = {401: "authentication", 403: "permission", 404: "not_found", 409: "conflict", 429: "rate_limit"}


def wants_json() -> bool:
    """Whether the one who asks is a program."""
    if request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def request_id() -> str:
    """The id of this request, for the answer and the log."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)


def error_body(*, kind: str, code: str, message: str, param: str | None, **details: object) -> dict[str, object]:
    """The one JSON shape of an error."""
    body = {"type": kind, "code": code, "message": message, "param": param, "request_id": request_id()}
    return {"error": {**body, **details}}


def _answer(
    status: int,
    *,
    kind: str,
    code: str,
    message: str,
    param: str | None = None,
    details: dict[str, object] | None = None,
) -> Response:
    message = shown(message)
    if wants_json():
        response = jsonify(error_body(kind=kind, code=code, message=message, param=param, **(details or {})))
    else:
        response = Response(error_page(status, message, request_id()), mimetype="text/html")
    response.status_code = status
    return response


def _school_error(error: SchoolError) -> ResponseReturnValue:
    if isinstance(error, NotSignedIn) and not wants_json() and error.code == NotSignedIn.code:
        if request.endpoint == "wall.show":
            return redirect(url_for("wall.wait"))
        if request.method == "GET" and "X-Fragment" not in request.headers:
            wanted = request.full_path.rstrip("?") if request.path != "/" else None
            return redirect(url_for("auth.login", next=wanted))
    response = _answer(
        error.status, kind=error.kind, code=error.code, message=error.message, param=error.param, details=error.details
    )
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if isinstance(error, CSRFError):
        return _answer(
            403, kind="permission", code="csrf", message=say("This page is no longer valid; reload it and try again.")
        )
    if 300 <= status < 400:
        return error.get_response()
    message = _SENTENCES.get(status, error.description or say("Something went wrong."))
    response = _answer(status, kind=_KINDS.get(status, "invalid_request"), code=_code(error), message=message)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _code(error: HTTPException) -> str:
    return (error.name or "error").lower().replace(" ", "_")


def _unexpected(error: Exception) -> ResponseReturnValue:
    known = translated(error)
    if isinstance(known, SchoolError):
        return _school_error(known)
    log.exception("request %s failed", request_id())
    return _answer(
        500,
        kind="server_error",
        code="server_error",
        message=say("Something went wrong on our side; nothing was saved. The error has been written down."),
    )


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    # A form that comes back because nothing could be saved just now.
    if (refusal := g.get("unavailable")) is not None:
        response.status_code = refusal.status
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def init_app(app: Flask) -> None:
    app.register_error_handler(SchoolError, _school_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_finish)
