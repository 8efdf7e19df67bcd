"""Backups in the browser: make one, see which there are, take one away."""

import os
import time
from collections.abc import Iterator
from typing import BinaryIO

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import SchoolError
from app.progress import Cancelled
from app.services.backups import backups_folder, kept_backups, make_backup, take_backup
from app.web.access import requires
from app.web.language import shown

bp = Blueprint("backups", __name__)
_PIECE = 256 * 1024


@bp.get("/settings/backups")
@requires("settings.manage")
def show() -> str:
    return _page()


@bp.post("/settings/backups")
@requires("settings.manage")
def make() -> ResponseReturnValue:
    """Answers when it is made; every page of the one who asked says meanwhile how far it is."""
    try:
        made = make_backup()
    except SchoolError as refusal:
        tone = "info" if isinstance(refusal, Cancelled) else "danger"
        return _page(refusal=shown(refusal.message), tone=tone), refusal.status
    flash(gettext("The backup %(name)s is made. Download it, and keep it off this PC too.", name=made.name), "success")
    return redirect(url_for("backups.show"))


@bp.get("/settings/backups/<name>")
@requires("settings.manage")
def download(name: str) -> Response:
    opened = take_backup(name)
    answer = Response(_pieces(opened), mimetype="application/zip")
    answer.call_on_close(opened.close)
    answer.content_length = os.fstat(opened.fileno()).st_size
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _pieces(opened: BinaryIO) -> Iterator[bytes]:
    with opened:
        while piece := opened.read(_PIECE):
            yield piece
            # A green thread that only reads would let nobody else be served.
            time.sleep(0)


def _page(*, refusal: str = "", tone: str = "") -> str:
    return render_template(
        "backups/list.html", backups=kept_backups(), folder=backups_folder(), refusal=refusal, tone=tone
    )
