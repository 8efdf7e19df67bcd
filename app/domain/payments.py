"""How money may come in."""

from app.errors import Invalid
from app.words import field_name, say

METHODS = ("cash", "momo", "bank", "cheque", "card")
METHOD_NAMES = {
    "cash": say("Cash"),
    "momo": say("MoMo"),
    "bank": say("Bank"),
    "cheque": say("Cheque"),
    "card": say("Card"),
}

METHODS_WITH_REFERENCE = ("momo", "bank", "cheque")
"""Ways of paying that leave a number behind, by which the money can be found again."""


def check_method(method: str, *, param: str = "method") -> str:
    """Refuse a way of paying that the office does not know. Raises Invalid."""
    if method not in METHODS:
        raise Invalid(
            say("{name} must be one of {choices}.", name=field_name(param), choices=", ".join(METHODS)),
            param=param,
            code="unknown_method",
        )
    return method
