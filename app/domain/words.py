"""Amounts in words, as a receipt says them beside the figures."""

from app.domain import words_french as french
from app.domain.money import decimals

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_GROUPS = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_UNITS = {
    "GHS": (("cedi", "cedis"), ("pesewa", "pesewas")),
    "NGN": (("naira", "naira"), ("kobo", "kobo")),
    "KES": (("shilling", "shillings"), ("cent", "cents")),
    "TZS": (("shilling", "shillings"), ("cent", "cents")),
    "UGX": (("shilling", "shillings"), ("cent", "cents")),
    "ZAR": (("rand", "rand"), ("cent", "cents")),
    "USD": (("dollar", "dollars"), ("cent", "cents")),
    "EUR": (("euro", "euros"), ("cent", "cents")),
    "GBP": (("pound", "pounds"), ("penny", "pence")),
    "INR": (("rupee", "rupees"), ("paisa", "paise")),
    "XOF": (("franc", "francs"), ("", "")),
    "XAF": (("franc", "francs"), ("", "")),
}


def number_in_words(number: int) -> str:
    """A whole number below 10^15: 1234 -> `one thousand two hundred and thirty-four`."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {number_in_words(rest)}" if rest else "")
    size, name = next(group for group in _GROUPS if number >= group[0])
    count, rest = divmod(number, size)
    joint = " and " if 0 < rest < 100 else " "
    return f"{number_in_words(count)} {name}" + (f"{joint}{number_in_words(rest)}" if rest else "")


def amount_in_words(minor: int, *, currency: str, language: str = "en") -> str:
    """An amount of minor units: 123450 -> `One thousand two hundred and thirty-four cedis fifty pesewas`."""
    if language == "fr":
        return french.amount_in_words(minor, currency=currency)
    whole, part = divmod(minor, 10 ** decimals(currency))
    large, small = _UNITS.get(currency, ((currency, currency), ("hundredth", "hundredths")))
    words = f"{number_in_words(whole)} {large[whole != 1]}"
    if part:
        words += f" {number_in_words(part)} {small[part != 1]}"
    return words[:1].upper() + words[1:]
