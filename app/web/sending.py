"""Forms that a page's script sends without leaving the page (js/lib/saving.js)."""

from flask import Flask, Response, request

_REDIRECTS = frozenset({301, 302, 303})


def _told(response: Response) -> Response:
    """A saved form's redirect, told instead of followed: the next page is the browser's to open, with its messages."""
    if request.method == "POST" and "X-Form" in request.headers and response.status_code in _REDIRECTS:
        response.headers["X-Location"] = response.headers.pop("Location")
        response.status_code = 204
        response.set_data(b"")
    return response


def init_app(app: Flask) -> None:
    app.after_request(_told)
