"""What a browser keeps for the time without a line: a page that says so, and the script that shows it.

The script answers for every page (static/js/service-worker.js), so it is served at the root. What it keeps is a list of
its own, read from the page: a new name, colour or language of the school is a new list and no new script.
"""

import hashlib
import html
import re
from functools import cache

from flask import Blueprint, Response, jsonify, render_template, request

from app.web.access import public
from app.web.assets import STATIC

bp = Blueprint("offline", __name__)
PAGE = "/offline"
_ADDRESS = re.compile(r'(?:href|src)="(/(?:static/|logo/|brand\.css)[^"#]*)')


@bp.get(PAGE)
@public
def show() -> Response:
    """The page that stands in for one that could not be fetched."""
    return _asked_again(Response(_page(), mimetype="text/html"))


@bp.get("/offline/kept")
@public
def kept() -> Response:
    """The files that the page needs, under a name of their own: another page has another name."""
    page = _page()
    name = f"schoolpulse-{_version(page)}"
    files = sorted({html.unescape(found) for found in _ADDRESS.findall(page)})
    return _asked_again(jsonify(name=name, files=files), version=name)


@bp.get("/service-worker.js")
@public
def worker() -> Response:
    """The script beside the pages."""
    script = _script()
    return _asked_again(Response(script, mimetype="text/javascript"), version=_version(script))


def _page() -> str:
    return render_template("offline/show.html", page=PAGE)


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _asked_again(answer: Response, version: str | None = None) -> Response:
    """An answer that nobody keeps without asking whether it is still right."""
    answer.headers["Cache-Control"] = "no-cache"
    if version is not None:
        answer.set_etag(version)
        answer.make_conditional(request)
    return answer


@cache
def _script() -> str:
    return (STATIC / "js" / "service-worker.js").read_text(encoding="utf-8")
