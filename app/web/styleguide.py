"""The style guide: every token and every component in each of its states, in both themes, made of the same macros as
the pages, so that it shows what the program looks like and not what it once did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask_babel import gettext

from app.clock import today
from app.domain.colours import contrast
from app.errors import Missing
from app.queries.statistics import values
from app.web.access import requires
from app.web.error_pages import error_page
from app.web.look import variants
from app.web.templating import school_of_request
from app.web.tokens import READ_TOGETHER, THEMES, theme

bp = Blueprint("styleguide", __name__)
ERRORS = (400, 403, 404, 405, 409, 413, 422, 429, 500, 503, 507)


@dataclass(frozen=True)
class Pair:
    """Two colours that are read together, with their contrast in each theme and the least that it must be."""

    ink: str
    back: str
    least: float
    contrasts: Mapping[str, float]

    @property
    def is_enough(self) -> bool:
        return min(self.contrasts.values()) >= self.least


@bp.get("/styleguide")
@requires("settings.manage")
def show() -> str:
    known = {name: _theme_of_school(name) for name in THEMES}
    return render_template(
        "styleguide/show.html",
        themes=THEMES,
        colours={name: _of_kind(tokens, "--color-") for name, tokens in known.items()},
        chart_colours=_of_kind(known[THEMES[0]], "--chart-"),
        sizes={kind: _of_kind(known[THEMES[0]], kind) for kind in ("--type-", "--space-", "--radius-", "--motion-")},
        pairs=_pairs(known),
        errors=ERRORS,
        figures=values("finance", today()),
        today=today(),
    )


@bp.get("/styleguide/errors/<int:status>")
@requires("settings.manage")
def error(status: int) -> str:
    """A page of an error, to look at; nothing has gone wrong."""
    if status not in ERRORS:
        raise Missing(gettext("There is no such page of an error."))
    return error_page(status, gettext("Here stands in one sentence what happened and what was kept."))


def _theme_of_school(name: str) -> Mapping[str, str]:
    colour = school_of_request().look.colour
    return {**theme(name), **(variants(colour)[name] if colour else {})}


def _of_kind(tokens: Mapping[str, str], prefix: str) -> Mapping[str, str]:
    return {key: value for key, value in tokens.items() if key.startswith(prefix)}


def _pairs(known: Mapping[str, Mapping[str, str]]) -> Sequence[Pair]:
    return [
        Pair(ink, back, least, {name: contrast(tokens[ink], tokens[back]) for name, tokens in known.items()})
        for ink, back, least in READ_TOGETHER
    ]
