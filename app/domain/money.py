"""Money is a whole number of minor units (pesewas); text is turned into it strictly, at the edge only."""

import re
from decimal import Decimal

from babel.numbers import format_currency

from app.errors import Invalid
from app.words import field_name, say

LARGEST_AMOUNT = 10**12
DECIMALS = {"JPY": 0, "XOF": 0, "XAF": 0, "RWF": 0, "UGX": 0, "TND": 3, "KWD": 3}
# A comma groups thousands only after a first digit that counts: `0,500` is somebody's half.
_AMOUNT = re.compile(r"(?P<whole>[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<part>[0-9]*))?")
_LONGEST = 30


def decimals(currency: str) -> int:
    """How many decimals a currency has (2 unless it is known to have another number)."""
    return DECIMALS.get(currency, 2)


def parse_amount(text: str, *, currency: str = "GHS", param: str = "amount", allow_zero: bool = False) -> int:
    """Read an amount as people type it (`150`, `150.5`, `1,500.00`) into minor units.

    Raises Invalid, naming `param`, for anything else: signs, exponents, other scripts' digits, too many decimals,
    misplaced commas, nothing at all, zero (unless `allow_zero`) and more than 10^12 minor units.
    """
    places = decimals(currency)
    typed = text.strip(" \t\u00a0")
    found = _AMOUNT.fullmatch(typed) if len(typed) <= _LONGEST else None
    if not found:
        raise Invalid(
            say("{name} must be a plain number such as 1,500.00.", name=field_name(param)),
            param=param,
            code="amount_invalid",
        )
    part = found["part"] or ""
    if len(part) > places:
        raise Invalid(
            say("{name} can have at most {places} decimals.", name=field_name(param), places=places),
            param=param,
            code="amount_invalid",
        )
    minor = int(found["whole"].replace(",", "") + part.ljust(places, "0"))
    return check_amount(minor, param=param, allow_zero=allow_zero)


def check_amount(minor: object, *, param: str = "amount", allow_zero: bool = False) -> int:
    """Refuse what is not a whole, positive number of minor units up to 10^12. Raises Invalid."""
    if not isinstance(minor, int) or isinstance(minor, bool):
        raise Invalid(
            say("{name} must be a whole number of minor units.", name=field_name(param)),
            param=param,
            code="amount_invalid",
        )
    if minor < 0 or (minor == 0 and not allow_zero):
        raise Invalid(say("{name} must be more than zero.", name=field_name(param)), param=param, code="amount_invalid")
    if minor > LARGEST_AMOUNT:
        raise Invalid(say("{name} is too large.", name=field_name(param)), param=param, code="amount_invalid")
    return minor


def plain_amount(minor: int, *, currency: str = "GHS") -> str:
    """An amount as text that `parse_amount` reads back, for form fields and files: 123450 -> `1234.50`."""
    places = decimals(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def format_amount(minor: int, *, currency: str, locale: str) -> str:
    """An amount as people read it: 123450 -> `GH₵1,234.50`."""
    return str(format_currency(Decimal(minor).scaleb(-decimals(currency)), currency, locale=locale))
