"""The program's mark as an icon for the home screen of a phone: drawn, so that it has the colour of the school."""

import math
import struct
import zlib
from collections.abc import Iterator

UNITS = 32
LINE = ((5.5, 17.5), (10.5, 17.5), (13.1, 10.0), (18.1, 24.0), (21.1, 15.5), (22.2, 17.5), (26.5, 17.5))
"""The pulse on a field of 32 by 32, as in static/img/mark.svg."""
STROKE, CORNER = 2.6, 9.0
INSIDE = 0.92
"""How large the pulse is where a phone cuts its own shape out of the icon."""

_SHADES = 16
_WHITE = (255, 255, 255)


def draw_icon(side: int, colour: str, *, whole: bool = False) -> bytes:
    """A PNG of `side` pixels: white on `colour` (#rrggbb), with round corners or, `whole`, to its edges."""
    scale = side / UNITS
    rows = [bytearray(side) for _ in range(side)]
    if not whole:
        _round_corners(rows, CORNER * scale)
    size = INSIDE if whole else 1.0
    points = [tuple(((part - UNITS / 2) * size + UNITS / 2) * scale for part in point) for point in LINE]
    for start, end in zip(points, points[1:], strict=False):
        _draw(rows, (start[0], start[1]), (end[0], end[1]), STROKE / 2 * size * scale)
    return _png(rows, _palette(colour))


def _round_corners(rows: list[bytearray], radius: float) -> None:
    """Shades from _SHADES on say how much of a pixel is cut away."""
    side = len(rows)
    for across in range(math.ceil(radius)):
        for down in range(math.ceil(radius)):
            outside = math.hypot(radius - across - 0.5, radius - down - 0.5) - radius + 0.5
            if outside <= 0:
                continue
            shade = _SHADES + round(min(1.0, outside) * (_SHADES - 1))
            for row in (rows[down], rows[side - 1 - down]):
                row[across] = row[side - 1 - across] = shade


def _draw(rows: list[bytearray], start: tuple[float, float], end: tuple[float, float], half: float) -> None:
    (x0, y0), (x1, y1) = start, end
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    reach = half + 1
    for y in range(math.floor(min(y0, y1) - reach), math.ceil(max(y0, y1) + reach)):
        row = rows[y]
        left, right = _span(start, end, y + 0.5, reach)
        for x in range(left, right):
            along = min(1.0, max(0.0, ((x + 0.5 - x0) * dx + (y + 0.5 - y0) * dy) / length))
            inside = half + 0.5 - math.hypot(x0 + along * dx - x - 0.5, y0 + along * dy - y - 0.5)
            if inside > 0:
                row[x] = max(row[x], round(min(1.0, inside) * (_SHADES - 1)))


def _span(start: tuple[float, float], end: tuple[float, float], y: float, reach: float) -> tuple[int, int]:
    """The pixels of a row that a stroke may touch."""
    (x0, y0), (x1, y1) = start, end
    if y0 == y1:
        return math.floor(min(x0, x1) - reach), math.ceil(max(x0, x1) + reach)
    ends = [x0 + (x1 - x0) * min(1.0, max(0.0, (at - y0) / (y1 - y0))) for at in (y - reach, y + reach)]
    return math.floor(min(ends) - reach), math.ceil(max(ends) + reach)


def _palette(colour: str) -> list[tuple[int, int, int]]:
    """From the colour to white, and the colour again for what is cut away."""
    own = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    shades = []
    for shade in range(_SHADES):
        part = shade / (_SHADES - 1)
        red, green, blue = (round(one + (other - one) * part) for one, other in zip(own, _WHITE, strict=True))
        shades.append((red, green, blue))
    return shades + [shades[0]] * _SHADES


def _png(rows: list[bytearray], palette: list[tuple[int, int, int]]) -> bytes:
    clear = [255] * _SHADES + [255 - round(255 * shade / (_SHADES - 1)) for shade in range(_SHADES)]

    def chunks() -> Iterator[tuple[bytes, bytes]]:
        yield b"IHDR", struct.pack(">IIBBBBB", len(rows), len(rows), 8, 3, 0, 0, 0)
        yield b"PLTE", bytes(part for entry in palette for part in entry)
        yield b"tRNS", bytes(clear)
        yield b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)
        yield b"IEND", b""

    packed = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
