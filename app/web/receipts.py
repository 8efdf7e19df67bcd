"""A receipt on the screen and on paper."""

import ipaddress

import segno
from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.clock import now, today
from app.domain.words import amount_in_words
from app.errors import Missing
from app.queries.receipts import receipt_numbered
from app.services.receipts import note_print
from app.web.access import requires
from app.web.language import reader_locale
from app.web.templating import school_of_request
from app.words import language_of

bp = Blueprint("receipts", __name__)
PAPERS = ("a5", "roll")
_PRINTING = "printing_receipt"
_PAPER = "receipt_paper"


@bp.get("/receipts/<receipt_no>")
@requires("payments.view")
def show(receipt_no: str) -> str:
    receipt = receipt_numbered(receipt_no)
    if receipt is None:
        raise Missing("This receipt does not exist.", param="receipt_no")
    if request.args.get("paper") in PAPERS:
        session[_PAPER] = request.args["paper"]
    printing = session.pop(_PRINTING, None)
    is_printing = bool(printing) and printing[0] == receipt_no
    return render_template(
        "receipts/show.html",
        receipt=receipt,
        payment=receipt.payment,
        words=amount_in_words(
            receipt.payment.amount, currency=school_of_request().currency, language=language_of(reader_locale())
        ),
        is_copy=not printing[1] if is_printing else receipt.was_printed,
        is_printing=is_printing,
        paper=session.get(_PAPER, "a5"),
        code=_code(),
        today=today(),
        now=now(),
    )


@bp.post("/receipts/<receipt_no>/print")
@requires("payments.view")
def print_it(receipt_no: str) -> ResponseReturnValue:
    session[_PRINTING] = [receipt_no, note_print(receipt_no=receipt_no)]
    return redirect(url_for("receipts.show", receipt_no=receipt_no))


def _code() -> Markup | None:
    """The receipt's own address as a QR code, unless nobody else could reach it."""
    host = request.host.rsplit(":", 1)[0].strip("[]")
    try:
        if ipaddress.ip_address(host).is_loopback:
            return None
    except ValueError:
        if host == "localhost":
            return None
    drawn = segno.make(request.base_url, error="m").svg_inline(border=1, omitsize=True, svgclass=None, lineclass=None)
    return Markup(drawn)
