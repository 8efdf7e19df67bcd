"""How people name a receipt."""

import re

_NUMBER = re.compile(r"(?P<prefix>[A-Z](?:[A-Z0-9-]{0,6}[A-Z])?)?[ -]*(?P<number>[0-9]{1,9})", re.ASCII)


def receipt_numbers(typed: str, *, prefix: str) -> list[str]:
    """The receipt numbers that somebody may mean who types `R-000123`, `r123` or just `123`."""
    text = " ".join(typed.upper().split())
    found = _NUMBER.fullmatch(text)
    named = [f"{found['prefix'] or prefix}-{int(found['number']):06d}"] if found else []
    return list(dict.fromkeys([text, *named])) if text else []
