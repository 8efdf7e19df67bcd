"""The alert of high arrears as the school writes amounts and in its language: a trigger writes it in plain English."""

import re

from app.domain.money import format_amount, parse_amount
from app.words import said, say

HIGH_ARREARS = "high_arrears"
_WRITTEN = re.compile(
    r"(?P<name>.+) owes (?P<currency>[A-Z]{3}) (?P<amount>[0-9,.]+), more than the alert threshold\.", re.DOTALL
)


def alert_in_words(title: str, message: str, *, locale: str) -> tuple[str, str]:
    """Title and message as they are read; as they were written where they are not as expected."""
    found = _WRITTEN.fullmatch(message)
    if found is None:
        return title, message
    currency = found["currency"]
    owed = format_amount(
        parse_amount(found["amount"], currency=currency, allow_zero=True), currency=currency, locale=locale
    )
    words = say("{name} owes {amount}, more than the alert threshold.", name=found["name"], amount=owed)
    return said(say("High arrears"), locale), said(words, locale)
