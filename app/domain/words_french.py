"""Amounts in French words, as a receipt says them beside the figures."""

from app.domain.money import decimals

_ONES = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf"
).split()
_TENS = "- - vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt".split()
_GROUPS = ((10**12, "billion"), (10**9, "milliard"), (10**6, "million"))
_CENTIMES = ("centime", "centimes")
_UNITS = {
    "XOF": (("franc CFA", "francs CFA"), ("", "")),
    "XAF": (("franc CFA", "francs CFA"), ("", "")),
    "RWF": (("franc rwandais", "francs rwandais"), ("", "")),
    "EUR": (("euro", "euros"), _CENTIMES),
    "USD": (("dollar", "dollars"), ("cent", "cents")),
    "GBP": (("livre", "livres"), ("penny", "pence")),
    "GHS": (("cedi", "cedis"), ("pesewa", "pesewas")),
    "NGN": (("naira", "nairas"), ("kobo", "kobos")),
}


def number_in_words(number: int) -> str:
    """A whole number below 10^15: 281 -> `deux cent quatre-vingt-un`."""
    for size, name in _GROUPS:
        if number >= size:
            count, rest = divmod(number, size)
            words = f"{number_in_words(count)} {name}{'s' if count > 1 else ''}"
            return words + (f" {number_in_words(rest)}" if rest else "")
    if number >= 1000:
        count, rest = divmod(number, 1000)
        # Before `mille`, which never changes, `cents` and `quatre-vingts` lose their s.
        words = "mille" if count == 1 else f"{_below_thousand(count, ends=False)} mille"
        return words + (f" {_below_thousand(rest)}" if rest else "")
    return _below_thousand(number)


def _below_thousand(number: int, *, ends: bool = True) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest, ends=ends)
    words = "cent" if hundreds == 1 else f"{_ONES[hundreds]} cent"
    if rest:
        return f"{words} {_below_hundred(rest, ends=ends)}"
    return f"{words}s" if hundreds > 1 and ends else words


def _below_hundred(number: int, *, ends: bool) -> str:
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    if tens in (7, 9):
        ones += 10
    if not ones:
        return f"{_TENS[tens]}s" if tens == 8 and ends else _TENS[tens]
    joint = " et " if ones in (1, 11) and tens < 8 else "-"
    return f"{_TENS[tens]}{joint}{_ONES[ones]}"


def amount_in_words(minor: int, *, currency: str) -> str:
    """An amount of minor units: 78000 XOF -> `Soixante-dix-huit mille francs CFA`."""
    whole, part = divmod(minor, 10 ** decimals(currency))
    large, small = _UNITS.get(currency, ((currency, currency), _CENTIMES))
    words = f"{number_in_words(whole)} {_of(whole, large[whole > 1])}"
    if part:
        words += f" {number_in_words(part)} {small[part > 1]}"
    return words[:1].upper() + words[1:]


def _of(number: int, unit: str) -> str:
    """`deux millions de francs`, but `deux mille francs`."""
    if number < 10**6 or number % 10**6:
        return unit
    return f"d’{unit}" if unit[0] in "aeiou" else f"de {unit}"
