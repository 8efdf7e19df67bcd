"""A school's logo: a PNG, JPEG or WebP picture, taken apart and put together again with nothing in it but the picture.

What a file carries beside the picture (places, comments, programs behind its end, further frames) is left behind, so
that what is served from the school's own address is a picture and nothing else. SVG is refused: it may carry scripts.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import Invalid
from app.words import say

LARGEST_FILE = 500_000
LARGEST_SIDE = 2_000
SMALLEST_SIDE = 16

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND"})
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_TABLES = frozenset({0xC4, 0xDB, 0xDD})
_JFIF, _ADOBE = 0xE0, 0xEE
_SCAN, _START, _END = 0xDA, 0xD8, 0xD9


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept and served."""

    type: str
    width: int
    height: int
    data: bytes


class _Broken(Exception):
    """The file is not whole, or not what it says it is."""


def read_picture(data: bytes, *, param: str = "logo") -> Picture:
    """What is kept of an uploaded file. Raises Invalid, in one sentence, for what is no small picture."""
    if not data:
        raise Invalid(say("The file is empty."), param=param)
    if len(data) > LARGEST_FILE:
        raise Invalid(say("The logo must be smaller than 500 kB."), param=param, code="too_large")
    try:
        picture = _read(data)
    except (_Broken, struct.error, IndexError, zlib.error) as error:
        raise Invalid(say("This picture is damaged; save it again and try once more."), param=param) from error
    if picture is None:
        if b"<svg" in data[:4096].lower():
            raise Invalid(say("An SVG file can carry scripts; save the logo as PNG."), param=param)
        raise Invalid(say("The logo must be a PNG, JPEG or WebP picture."), param=param)
    if min(picture.width, picture.height) < SMALLEST_SIDE:
        raise Invalid(say("The logo is too small: at least 16 pixels wide and high."), param=param)
    return picture


def _read(data: bytes) -> Picture | None:
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _fits(width: int, height: int) -> None:
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise Invalid(say("The logo must be at most 2,000 pixels wide and high."), param="logo", code="too_large")


# PNG


def _png(data: bytes) -> Picture:
    chunks = list(_png_chunks(data))
    names = [name for name, _ in chunks]
    if names[0] != b"IHDR" or names[-1] != b"IEND" or names.count(b"IHDR") != 1 or b"IDAT" not in names:
        raise _Broken
    width, height, depth, kind, packing, filtering, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    _fits(width, height)
    if depth not in _PNG_DEPTHS.get(kind, ()) or packing or filtering or interlaced > 1:
        raise _Broken
    if (kind == 3) != (b"PLTE" in names) and kind != 2 and kind != 6:
        raise _Broken
    bits = depth * _PNG_CHANNELS[kind]
    _check_pixels(
        b"".join(body for name, body in chunks if name == b"IDAT"), _png_size(width, height, bits, interlaced)
    )
    kept = b"".join(_png_chunk(name, body) for name, body in chunks if name in _PNG_KEPT)
    return Picture("image/png", width, height, _PNG + kept)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Up to the end that the picture declares; what comes behind it is nobody's."""
    at = len(_PNG)
    while True:
        length, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        if len(body) != length or check != zlib.crc32(name + body):
            raise _Broken
        yield name, body
        if name == b"IEND":
            return
        at += 12 + length


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png_size(width: int, height: int, bits: int, interlaced: int) -> int:
    """How many bytes the unpacked picture has."""
    if not interlaced:
        return height * (1 + (width * bits + 7) // 8)
    total = 0
    for left, top, across, down in _ADAM7:
        columns, lines = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and lines > 0:
            total += lines * (1 + (columns * bits + 7) // 8)
    return total


def _check_pixels(packed: bytes, size: int) -> None:
    """Unpack no more than the picture needs, whatever the file would make of it."""
    unpacker = zlib.decompressobj()
    if len(unpacker.decompress(packed, size + 1)) != size:
        raise _Broken


# JPEG


def _jpeg(data: bytes) -> Picture:
    kept, size, scans = [b"\xff\xd8"], None, 0
    for marker, body, scan in _jpeg_parts(data):
        if marker in _FRAMES:
            if size is not None:
                raise _Broken
            height, width = struct.unpack(">HH", body[1:5])
            _fits(width, height)
            size = width, height
        elif marker == _SCAN:
            scans += 1
        elif marker == _JFIF and body[:5] == b"JFIF\0":
            body = body[:12] + b"\0\0"  # without its small picture
        elif marker == _ADOBE and body[:5] == b"Adobe":  # says how the colours are mixed
            body = body[:12]
        elif marker not in _TABLES:
            continue
        kept.append(bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + scan)
    if size is None or not scans:
        raise _Broken
    return Picture("image/jpeg", *size, b"".join(kept) + b"\xff\xd9")


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, its segment, and the pixels behind a scan's segment."""
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:  # padding
            at += 1
        if data[at] != 0xFF:
            raise _Broken
        marker = data[at + 1]
        if marker == _END:
            return
        if marker in (0x00, 0x01, _START) or 0xD0 <= marker <= 0xD7:
            raise _Broken
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + length]
        if length < 2 or len(body) != length - 2:
            raise _Broken
        at += 2 + length
        end = _end_of_scan(data, at) if marker == _SCAN else at
        yield marker, body, data[at:end]
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _Broken
        if data[at + 1] != 0x00 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


# WebP


def _webp(data: bytes) -> Picture:
    chunks = dict(_webp_chunks(data))
    if b"ANIM" in chunks or b"ANMF" in chunks:
        raise Invalid(say("The logo must be a picture that does not move."), param="logo")
    name = b"VP8L" if b"VP8L" in chunks else b"VP8 "
    body = chunks.get(name)
    if body is None:
        raise _Broken
    width, height = _lossless_size(body) if name == b"VP8L" else _lossy_size(body)
    _fits(width, height)
    kept = [(name, body)]
    if name == b"VP8 " and (alpha := chunks.get(b"ALPH")):
        extended = struct.pack("<I", 0x10) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        kept = [(b"VP8X", extended), (b"ALPH", alpha), *kept]
    inside = b"WEBP" + b"".join(part + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) for part, b in kept)
    return Picture("image/webp", width, height, b"RIFF" + struct.pack("<I", len(inside)) + inside)


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    (size,) = struct.unpack("<I", data[4:8])
    end, at = 8 + size, 12
    if end > len(data) + 1:
        raise _Broken
    while at + 8 <= end:
        name, length = struct.unpack("<4sI", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if len(body) != length:
            raise _Broken
        yield name, body
        at += 8 + length + length % 2


def _lossy_size(body: bytes) -> tuple[int, int]:
    if body[0] & 1 or body[3:6] != b"\x9d\x01\x2a":
        raise _Broken
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _lossless_size(body: bytes) -> tuple[int, int]:
    if body[0] != 0x2F:
        raise _Broken
    (bits,) = struct.unpack("<I", body[1:5])
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
