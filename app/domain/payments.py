"""How money may come in."""

from app.errors import Invalid

METHODS = ("cash", "momo", "bank", "cheque", "card")
METHOD_NAMES = {"cash": "Cash", "momo": "MoMo", "bank": "Bank", "cheque": "Cheque", "card": "Card"}


def check_method(method: str, *, param: str = "method") -> str:
    """Refuse a way of paying that the office does not know. Raises Invalid."""
    if method not in METHODS:
        raise Invalid(f"The {param} must be one of {', '.join(METHODS)}.", param=param, code="unknown_method")
    return method
