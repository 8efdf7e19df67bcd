"""The icons of phones: the mark of the program, in any colour."""

import re
import struct
import zlib
from itertools import accumulate

import pytest

from app.domain.icons import CORNER, LINE, STROKE, draw_icon
from app.domain.pictures import read_picture
from app.web.assets import STATIC

COLOUR = "#7b1e3a"


def pixels(data: bytes) -> list[list[tuple[int, ...]]]:
    """Red, green, blue and how solid each pixel is, row by row."""
    parts, at = {}, 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        parts[name], at = data[at + 8 : at + 8 + length], at + 12 + length
    (side,) = struct.unpack(">I", parts[b"IHDR"][:4])
    rows, palette = zlib.decompress(parts[b"IDAT"]), parts[b"PLTE"]
    return [
        [(*palette[3 * shade : 3 * shade + 3], parts[b"tRNS"][shade]) for shade in rows[start + 1 : start + 1 + side]]
        for start in range(0, len(rows), side + 1)
    ]


def test_the_line_is_that_of_the_mark() -> None:
    mark = (STATIC / "img" / "mark.svg").read_text(encoding="utf-8")
    start, rest = re.search(r'd="M([\d. ]+)([^"]+)"', mark).groups()  # type: ignore[union-attr]
    across, down = (float(part) for part in start.split())
    steps = []
    for letter, numbers in re.findall(r"([hl])([^hl]+)", rest):
        values = [float(part) for part in re.findall(r"-?\d*\.?\d+", numbers)]
        steps += [(value, 0.0) for value in values] if letter == "h" else list(zip(*[iter(values)] * 2, strict=True))
    points = accumulate(steps, lambda at, step: (at[0] + step[0], at[1] + step[1]), initial=(across, down))
    assert [pytest.approx(point) for point in LINE] == list(points)
    assert f'stroke-width="{STROKE}"' in mark and f'rx="{CORNER:g}"' in mark


@pytest.mark.parametrize("side", [180, 192])
def test_an_icon_is_white_on_the_colour_and_round_where_no_phone_cuts_it(side: int) -> None:
    ground = (0x7B, 0x1E, 0x3A, 255)
    round_one, whole = (pixels(draw_icon(side, COLOUR, whole=whole)) for whole in (False, True))
    for found in (round_one, whole):
        assert found[side // 8][side // 2] == ground
        assert (255, 255, 255, 255) in found[round(17.5 / 32 * side)]
    corners = [(0, 0), (0, -1), (-1, 0), (-1, -1)]
    assert [round_one[down][across][3] for down, across in corners] == [0] * 4
    assert [whole[down][across] for down, across in corners] == [ground] * 4


def test_what_a_phone_cuts_off_holds_nothing_of_the_line() -> None:
    side, found = 192, pixels(draw_icon(192, COLOUR, whole=True))
    for down, row in enumerate(found):
        for across, pixel in enumerate(row):
            if (down - side / 2) ** 2 + (across - side / 2) ** 2 > (0.4 * side) ** 2:
                assert pixel[:3] == (0x7B, 0x1E, 0x3A)


def test_an_icon_is_a_picture_as_strict_as_a_logo_must_be() -> None:
    assert read_picture(draw_icon(64, COLOUR)).width == 64
