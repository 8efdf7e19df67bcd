"""How money may come in."""

from app.errors import Invalid

METHODS = ("cash", "momo", "bank", "cheque", "card")
METHOD_NAMES = {"cash": "Cash", "momo": "MoMo", "bank": "Bank", "cheque": "Cheque", "card": "Card"}

METHODS_WITH_REFERENCE = ("momo", "bank", "cheque")
"""Ways of paying that leave a number behind, by which the money can be found again."""


def check_method(method: str, *, param: str = "method") -> str:
    """Refuse a way of paying that the office does not know. Raises Invalid."""
    if method not in METHODS:
        raise Invalid(f"The {param} must be one of {', '.join(METHODS)}.", param=param, code="unknown_method")
    return method
