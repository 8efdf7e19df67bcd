"""Colours: how far apart two of them are to the eye, and readable variants of the one colour that a school has.

Lightness is changed in OKLCH, where equal steps look equal and a hue stays the hue that it was.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.errors import Invalid
from app.words import say

TEXT = 4.5
"""The least contrast of text with what it stands on (WCAG 2.2, AA)."""
MARK = 3.0
"""The least contrast of a line or a mark that means something."""
HERO = 7.0
"""What a whole card of one colour keeps from the figures on it."""
WHITE, BLACK = "#ffffff", "#000000"

_HEX = re.compile("#[0-9a-f]{6}")
_STEP = 0.006


def parse_colour(text: str, *, param: str = "school_colour") -> str:
    """`#0B5F5A` or `0b5f5a` as `#0b5f5a`. Raises Invalid."""
    typed = text.strip().lower()
    colour = typed if typed.startswith("#") else f"#{typed}"
    if not _HEX.fullmatch(colour):
        raise Invalid(say("The colour must be # and six digits or letters from a to f, such as #0b5f5a."), param=param)
    return colour


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG: 1 for the same, 21 for black and white."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@dataclass(frozen=True)
class Surfaces:
    """What text stands on in one theme, and the ink that stands on the theme's buttons."""

    page: str
    surface: str
    raised: str
    sunken: str
    on_primary: str

    @property
    def all(self) -> Sequence[str]:
        return self.page, self.surface, self.raised, self.sunken


def light_variants(colour: str, on: Surfaces) -> Mapping[str, str]:
    """A school's colour as the tokens of the light theme."""
    primary = _moved(colour, -_STEP, [(on.on_primary, TEXT)])
    strong = _moved(_shifted(primary, -0.07), -_STEP, [(on.on_primary, TEXT)])
    if strong == primary or contrast(strong, primary) < 1.05:  # nearly black already
        strong = _shifted(primary, 0.14)
    soft = _tint(colour, 0.965, 0.022)
    hero = _moved(primary, -_STEP, [(WHITE, HERO)])
    return {
        "--color-brand": colour,
        "--color-primary": primary,
        "--color-primary-strong": strong,
        "--color-on-primary": on.on_primary,
        "--color-primary-soft": soft,
        "--color-primary-ink": _moved(colour, -_STEP, [(back, TEXT) for back in (*on.all, soft)]),
        "--color-focus": _moved(colour, -_STEP, [(back, MARK) for back in on.all]),
        "--color-hero": hero,
        "--color-on-hero": WHITE,
        "--color-on-hero-soft": _moved(_tint(colour, 0.92, 0.03), _STEP, [(hero, TEXT)]),
    }


def dark_variants(colour: str, on: Surfaces) -> Mapping[str, str]:
    """A school's colour as the tokens of the dark theme."""
    backs = [(back, TEXT) for back in (*on.all, on.on_primary)]
    primary = _moved(colour, _STEP, backs)
    strong = _shifted(primary, 0.07)
    if contrast(strong, primary) < 1.05:  # nearly white already
        strong = _moved(_shifted(primary, -0.1), _STEP, backs)
    soft = _tint(colour, 0.29, 0.04)
    hero = _moved(_at_least(colour, 0.36), -_STEP, [(WHITE, HERO)])
    return {
        "--color-brand": colour,
        "--color-primary": primary,
        "--color-primary-strong": strong,
        "--color-on-primary": on.on_primary,
        "--color-primary-soft": soft,
        "--color-primary-ink": _moved(primary, _STEP, [(back, TEXT) for back in (*on.all, soft)]),
        "--color-focus": _moved(colour, _STEP, [(back, MARK) for back in on.all]),
        "--color-hero": hero,
        "--color-on-hero": WHITE,
        "--color-on-hero-soft": _moved(_tint(colour, 0.92, 0.03), _STEP, [(hero, TEXT)]),
    }


def _moved(colour: str, step: float, wanted: Sequence[tuple[str, float]]) -> str:
    """The nearest lightness in one direction that keeps every wanted contrast; at the end black or white."""
    lightness, chroma, hue = _oklch(colour)
    found = colour
    while any(contrast(found, other) < least for other, least in wanted):
        lightness += step
        if not 0 < lightness < 1:
            return BLACK if step < 0 else WHITE
        found = _hex(lightness, chroma, hue)
    return found


def _shifted(colour: str, by: float) -> str:
    lightness, chroma, hue = _oklch(colour)
    return _hex(min(1.0, max(0.0, lightness + by)), chroma, hue)


def _at_least(colour: str, least: float) -> str:
    lightness, chroma, hue = _oklch(colour)
    return colour if lightness >= least else _hex(least, chroma, hue)


def _tint(colour: str, lightness: float, most_chroma: float) -> str:
    _, chroma, hue = _oklch(colour)
    return _hex(lightness, min(chroma, most_chroma), hue)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (_to_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return red, green, blue


def _to_linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _from_linear(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _oklch(colour: str) -> tuple[float, float, float]:
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """A colour that screens have: of this lightness and hue, with as much of the chroma as there is."""
    low, high = 0.0, chroma
    parts = _rgb(lightness, chroma, hue)
    if not _shown(parts):
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if _shown(_rgb(lightness, middle, hue)) else (low, middle)
        parts = _rgb(lightness, low, hue)
    return "#" + "".join(f"{round(255 * _from_linear(min(1.0, max(0.0, part)))):02x}" for part in parts)


def _shown(parts: Sequence[float]) -> bool:
    return all(-0.0005 <= part <= 1.0005 for part in parts)


def _rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
