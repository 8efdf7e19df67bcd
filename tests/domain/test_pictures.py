"""A logo is a picture and nothing else: what comes along in its file stays behind, what is none is refused."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pictures import LARGEST_FILE, read_picture
from app.errors import Invalid
from tests.support.pictures import JPEG, WEBP_ALPHA, WEBP_LOSSLESS, WEBP_LOSSY, png, png_chunk

SCRIPT = b"<script>alert(1)</script>"


def refusal(data):
    with pytest.raises(Invalid) as refused:
        read_picture(data)
    assert refused.value.param == "logo"
    return refused.value.message


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize(("kind", "depth"), [(0, 1), (0, 8), (2, 8), (2, 16), (3, 4), (4, 8), (6, 8), (6, 16)])
def test_every_kind_of_png_is_taken(kind, depth, interlaced):
    picture = read_picture(png(33, 21, kind=kind, depth=depth, interlaced=interlaced))
    assert (picture.type, picture.width, picture.height) == ("image/png", 33, 21)
    assert read_picture(picture.data) == picture, "what is kept is a whole picture"


@pytest.mark.parametrize(
    ("data", "type", "size"),
    [
        (JPEG, "image/jpeg", (20, 16)),
        (WEBP_LOSSY, "image/webp", (20, 16)),
        (WEBP_LOSSLESS, "image/webp", (20, 16)),
        (WEBP_ALPHA, "image/webp", (20, 16)),
    ],
)
def test_jpeg_and_webp_are_taken(data, type, size):
    picture = read_picture(data)
    assert (picture.type, (picture.width, picture.height)) == (type, size)
    assert read_picture(picture.data) == picture


def with_text(data):
    """The same PNG with a comment, a place and a programme behind its end."""
    extra = png_chunk(b"tEXt", b"Comment\0" + SCRIPT) + png_chunk(b"eXIf", b"GPS" + SCRIPT)
    head, tail = data[:33], data[33:]
    return head + extra + tail + SCRIPT


def test_what_a_png_carries_beside_the_picture_stays_behind():
    plain = png(20, 16)
    carrying = with_text(plain)
    assert SCRIPT in carrying
    assert read_picture(carrying) == read_picture(plain)
    assert SCRIPT not in read_picture(carrying).data


def test_what_a_jpeg_carries_beside_the_picture_stays_behind():
    body = b"Exif\0\0" + SCRIPT
    comment = b"\xff\xfe" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT
    carrying = JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + comment + JPEG[2:] + SCRIPT
    assert read_picture(carrying) == read_picture(JPEG)
    assert SCRIPT not in read_picture(carrying).data


def test_what_a_webp_carries_beside_the_picture_stays_behind():
    chunk = b"EXIF" + struct.pack("<I", len(SCRIPT)) + SCRIPT + b"\0" * (len(SCRIPT) % 2)
    carrying = b"RIFF" + struct.pack("<I", len(WEBP_LOSSY) - 8 + len(chunk)) + WEBP_LOSSY[8:] + chunk
    assert read_picture(carrying + SCRIPT) == read_picture(WEBP_LOSSY)


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<?xml version='1.0'?>\n<!-- a sign -->\n<SVG><script>alert(1)</script></SVG>",
    ],
)
def test_svg_is_refused_with_its_reason(data):
    assert "SVG file can carry scripts" in refusal(data)


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a" + b"\0" * 40,
        b"BM" + b"\0" * 60,
        b"%PDF-1.7",
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04" + b"\0" * 60,
        b"\0" * 300,
        b"RIFF\x04\0\0\0WAVE",
    ],
)
def test_other_files_are_refused(data):
    assert refusal(data) == "The logo must be a PNG, JPEG or WebP picture."


def test_an_empty_file_and_one_that_is_too_large_are_refused():
    assert "empty" in refusal(b"")
    assert "smaller than 500 kB" in refusal(b"\x89PNG\r\n\x1a\n" + b"\0" * LARGEST_FILE)


@pytest.mark.parametrize(("width", "height"), [(2001, 20), (20, 2001), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_unpacks_to_more_than_a_logo_is_refused(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 100))
    assert "at most 2,000 pixels" in refusal(data + png_chunk(b"IEND", b""))


def test_a_bomb_is_not_unpacked():
    """A small header over pixels that would fill the memory: no more is unpacked than the header says."""
    packed = zlib.compress(b"\0" * 50_000_000, 9)
    header = struct.pack(">IIBBBBB", 20, 16, 8, 6, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    assert len(data) < LARGEST_FILE
    assert "damaged" in refusal(data)


def test_a_picture_that_is_too_small_is_refused():
    assert "too small" in refusal(png(15, 40))


@pytest.mark.parametrize(
    "data",
    [
        png(20, 16)[:-1],
        png(20, 16)[:60],
        png(20, 16).replace(b"IDAT", b"iDAT"),
        b"\x89PNG\r\n\x1a\n",
        png(20, 16, kind=3, palette=False),
        JPEG[:-2],
        JPEG[:100],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x01",
        WEBP_LOSSY[:30],
        b"RIFF\xff\xff\xff\x7fWEBP",
        b"RIFF\x04\0\0\0WEBP",
    ],
    ids=str,
)
def test_a_damaged_picture_is_refused(data):
    assert refusal(data) == "This picture is damaged; save it again and try once more."


def test_a_webp_that_moves_is_refused():
    chunk = b"ANIM" + struct.pack("<I", 6) + b"\0" * 6
    moving = b"RIFF" + struct.pack("<I", len(WEBP_LOSSY) - 8 + len(chunk)) + WEBP_LOSSY[8:] + chunk
    assert "does not move" in refusal(moving)


@pytest.mark.parametrize("data", [png(20, 16), JPEG, WEBP_LOSSY, WEBP_LOSSLESS, WEBP_ALPHA], ids=range(5))
@given(cut=st.data())
def test_no_byte_can_do_more_than_be_refused(data, cut):
    at = cut.draw(st.integers(0, len(data) - 1))
    changed = data[:at] + bytes([cut.draw(st.integers(0, 255))]) + data[at + 1 :]
    try:
        picture = read_picture(changed[: cut.draw(st.integers(at, len(data)))])
    except Invalid:
        return
    assert picture.type in ("image/png", "image/jpeg", "image/webp")
    assert picture.width <= 2_000
    assert picture.height <= 2_000
