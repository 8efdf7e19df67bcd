"""What a browser keeps for the time without a line: a page that says so, and the script that shows it.

The script answers for every page (static/js/service-worker.js), so it is served at the root. What it is told to keep is
read from the page itself; its version is made of both, so that a new release, name, colour or language drops the old.
"""

import hashlib
import html
import json
import re
from functools import cache

from flask import Blueprint, Response, render_template, request

from app.web.access import public
from app.web.assets import STATIC

bp = Blueprint("offline", __name__)
PAGE = "/offline"
_ADDRESS = re.compile(r'(?:href|src)="(/(?:static/|logo/|brand\.css)[^"#]*)')


@bp.get(PAGE)
@public
def show() -> Response:
    """The page that stands in for one that could not be fetched."""
    return _unkept(Response(_page(), mimetype="text/html"))


@bp.get("/service-worker.js")
@public
def worker() -> Response:
    """The script beside the pages, with the list of what it keeps."""
    page = _page()
    files = sorted({html.unescape(found) for found in _ADDRESS.findall(page)})
    version = hashlib.sha256(f"{page}{_script()}".encode()).hexdigest()[:10]
    kept = json.dumps({"name": f"schoolpulse-{version}", "page": PAGE, "files": files})
    answer = _unkept(Response(f"self.kept = {kept};\n{_script()}", mimetype="text/javascript"))
    answer.set_etag(version)
    answer.make_conditional(request)
    return answer


def _page() -> str:
    return render_template("offline/show.html", page=PAGE)


def _unkept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@cache
def _script() -> str:
    return (STATIC / "js" / "service-worker.js").read_text(encoding="utf-8")
