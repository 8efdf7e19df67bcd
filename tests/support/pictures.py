"""Small pictures of every kind that a logo may be."""

import base64
import struct
import zlib

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(
    width: int,
    height: int,
    *,
    kind: int = 6,
    depth: int = 8,
    interlaced: int = 0,
    palette: bool = True,
    ink: int = 0x5A,
) -> bytes:
    """A PNG of one colour; `kind` is the colour type."""
    bits = depth * _CHANNELS[kind]
    lines = []
    for left, top, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = len(range(left, width, across)), len(range(top, height, down))
        lines += [b"\0" + bytes([0 if kind == 3 else ink]) * ((columns * bits + 7) // 8)] * (rows if columns else 0)
    parts = [png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))]
    if kind == 3 and palette:
        parts.append(png_chunk(b"PLTE", b"\x0b\x5f\x5a\xff\xff\xff"))
    parts += [png_chunk(b"IDAT", zlib.compress(b"".join(lines))), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def png_chunk(name: bytes, body: bytes) -> bytes:
    """One part of a PNG file, with its check sum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


# 20 pixels wide and 16 high, as a browser's canvas wrote them.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1x"
    "eXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAAR"
    "CAAQABQDASIAAhEBAxEB/8QAFwABAQEBAAAAAAAAAAAAAAAAAAMFBv/EACUQAAAFAgQHAAAAAAAAAAAAAAABERITAgUDBBVRBhQkMUFCYf/E"
    "ABUBAQEAAAAAAAAAAAAAAAAAAAID/8QAGhEBAAEFAAAAAAAAAAAAAAAAAAEREhMhYf/aAAwDAQACEQMRAD8A6i/3zRoOnmmd7tRE+HuI2PiP"
    "WM5Xl+UhbhnW6R3kiTsW4tf7HrMHUQwu9HKqfS2EbHw5o+crzHNzOwzobG3yRr3PYLVEZyX8bwAAKz//2Q=="
)
WEBP_LOSSY = base64.b64decode(
    "UklGRlAAAABXRUJQVlA4IEQAAABwAwCdASoUABAAPtFUo0uoJKMhsAgBABoJYwC+SCHfjEIfsuAA/vYC//Sn3I9Gf721j7QOZn32xCUJaugt"
    "n6J+aRAAAA=="
)
WEBP_LOSSLESS = base64.b64decode("UklGRjIAAABXRUJQVlA4TCUAAAAvE8ADAA/wL9Av0F+rdP4DD2TSNhLq392c9CuTENH/cVACe+UNAA==")
WEBP_ALPHA = base64.b64decode(
    "UklGRnYAAABXRUJQVlA4WAoAAAAQAAAAEwAADwAAQUxQSBgAAAABDzD/ERGCINtmJvO3O8VyhIj+TwB5vjpWUDggOAAAANACAJ0BKhQAEAA+"
    "0VajS6gkoyGwCAEAGglAF+cGVaAA/uxqt5RX4mf40FR5tfvlKT3E/+s+ZgAA"
)
