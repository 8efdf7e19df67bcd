"""Column names inside the specification's small expressions, and how a row prefix is put before them."""

import re
from collections.abc import Callable, Collection

_WORD_OR_TEXT = re.compile(r"'[^']*'|[A-Za-z_][A-Za-z_0-9]*")
_HOLE = re.compile(r"\{(?P<column>\w+)(?::(?P<format>[^}]+))?\}")


def prefixed(expression: str, prefix: str, columns: Collection[str]) -> str:
    """`amount_due - amount_paid` with prefix `NEW.` -> `NEW.amount_due - NEW.amount_paid`; text in quotes stays."""
    return _WORD_OR_TEXT.sub(lambda found: prefix + found[0] if found[0] in columns else found[0], expression)


def name_expression(pattern: str, prefix: str, part: Callable[[str, str | None], str]) -> str:
    """SQL that builds a metric's name from a row; `part` renders one column with its format."""
    pieces: list[str] = []
    position = 0
    for hole in _HOLE.finditer(pattern):
        if hole.start() > position:
            pieces.append(f"'{pattern[position : hole.start()]}'")
        pieces.append(part(prefix + hole["column"], hole["format"]))
        position = hole.end()
    if position < len(pattern):
        pieces.append(f"'{pattern[position:]}'")
    return " || ".join(pieces)
