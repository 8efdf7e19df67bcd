"""The custom properties of css/tokens.css, read by the program: the school's colour is fitted to them, and the style
guide shows them."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from app.domain.colours import MARK, TEXT, Surfaces
from app.web.assets import STATIC

LIGHT, DARK = "light", "dark"
THEMES = (LIGHT, DARK)
_GROUNDS = ("page", "surface", "raised", "sunken")
_TONES = ("good", "warn", "bad", "info")
READ_TOGETHER = [
    (f"--color-{ink}", f"--color-{back}", least)
    for ink, back, least in (
        *((ink, back, TEXT) for ink in ("ink", "ink-soft", "primary-ink") for back in _GROUNDS),
        *((ink, back, TEXT) for ink in (*_TONES, "arrears") for back in _GROUNDS[:3]),
        *((tone, f"{tone}-soft", TEXT) for tone in _TONES),
        *(("ink", back, TEXT) for back in ("primary-soft", "new")),
        ("primary-ink", "primary-soft", TEXT),
        ("on-primary", "primary", TEXT),
        ("on-primary", "primary-strong", TEXT),
        ("on-hero", "hero", TEXT),
        ("on-hero-soft", "hero", TEXT),
        ("on-alarm", "alarm", TEXT),
        ("on-caution", "caution", TEXT),
        ("surface", "bad", TEXT),
        *((mark, back, MARK) for mark in ("line-strong", "focus", "primary", "warn-mark") for back in _GROUNDS[:3]),
    )
]
"""Colours that stand on each other somewhere, and the least contrast that they keep in every theme."""

_BLOCK = re.compile(r"([^{}]+)\{([^{}]*)\}")
_PROPERTY = re.compile(r"(--[\w-]+):\s*((?:\"[^\"]*\"|[^;])+);")
_REFERENCE = re.compile(r"var\((--[\w-]+)\)")
_SHORT = re.compile("#([0-9a-f])([0-9a-f])([0-9a-f])")


@cache
def theme(name: str) -> Mapping[str, str]:
    """Every custom property of a theme with what it comes to: references followed, #abc written as #aabbcc."""
    raw = dict(_declared(LIGHT))
    if name == DARK:
        raw.update(_declared(DARK))
    return {key: _followed(value, raw) for key, value in raw.items()}


@cache
def surfaces(name: str) -> Surfaces:
    """What text stands on in a theme."""
    known = theme(name)
    return Surfaces(
        page=known["--color-page"],
        surface=known["--color-surface"],
        raised=known["--color-raised"],
        sunken=known["--color-sunken"],
        on_primary=known["--color-on-primary"],
    )


def _declared(name: str) -> Iterator[tuple[str, str]]:
    text = re.sub(r"/\*.*?\*/", "", (STATIC / "css" / "tokens.css").read_text(encoding="utf-8"), flags=re.S)
    for selector, body in _BLOCK.findall(text):
        themes = re.findall(r'\[data-bs-theme="(\w+)"\](?! \.)', selector)
        # The block that is for both only hands these words on to Bootstrap; one of a part of a page is that part's.
        if themes == [name]:
            yield from ((key, value.strip()) for key, value in _PROPERTY.findall(body))


def _followed(value: str, raw: Mapping[str, str]) -> str:
    while found := _REFERENCE.search(value):
        value = value.replace(found[0], raw[found[1]])
    return _SHORT.sub(r"#\1\1\2\2\3\3", value) if _SHORT.fullmatch(value) else value
