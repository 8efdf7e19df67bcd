"""Names and short texts: how they are kept, and how they are found whatever their accents, case and order."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from app.errors import Invalid
from app.words import field_name, say

LONGEST_SEARCH_TEXT = 200
# Letters of Ghanaian and European names that Unicode does not take apart by itself.
_PLAIN = str.maketrans(
    {
        "ɛ": "e", "ɔ": "o", "ŋ": "n", "ɖ": "d", "ƒ": "f", "ɣ": "g", "ʋ": "v", "ø": "o", "ł": "l", "đ": "d", "ð": "d",
        "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "'": None, "’": None, "ʼ": None, "‘": None, "`": None,
    }
)  # fmt: skip


def fold(text: str) -> str:
    """A text as it is compared: lower case, without accents, apostrophes and double spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(bare.casefold().translate(_PLAIN).split())


def same_name(name: str, others: Iterable[tuple[int, str]], *, except_id: int | None = None) -> str | None:
    """The one of `others`, each an id and a name, that reads like `name`; None when there is none but `except_id`."""
    wanted = fold(name)
    return next((other for key, other in others if key != except_id and fold(other) == wanted), None)


def in_a_line(names: Sequence[str], *, most: int = 3) -> tuple[str, int]:
    """The first `most` names as one text, and how many more there are."""
    return ", ".join(names[:most]), max(0, len(names) - most)


def search_text(first_name: str, last_name: str, admission_no: str) -> str:
    """What a student is found by."""
    return fold(f"{first_name} {last_name} {admission_no}")[:LONGEST_SEARCH_TEXT]


def search_words(query: str) -> list[str]:
    """The words that a search asks for, at most eight; all of them must be found, in any order."""
    return fold(query[:200]).split()[:8]


def clean_text(text: str | None, *, param: str, most: int, label: str | None = None) -> str:
    """One line of text as it is kept: trimmed, single spaces; may be empty.

    Raises Invalid, naming `param`, when it is longer than `most` or holds characters that nobody can see.
    """
    name = field_name(param, label)
    line = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text or "")).strip()
    if len(line) > most:
        raise Invalid(
            say("{name} can have at most {most} characters.", name=name, most=most), param=param, code="text_too_long"
        )
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in line):
        raise Invalid(
            say("{name} contains a character that cannot be read.", name=name), param=param, code="text_invalid"
        )
    return line


def clean_name(text: str | None, *, param: str, most: int = 64, label: str | None = None) -> str:
    """A name as it is kept; like `clean_text`, but something must be there."""
    line = clean_text(text, param=param, most=most, label=label)
    if not line:
        name = field_name(param, label)
        raise Invalid(say("{name} must be filled in.", name=name), param=param, code="required")
    return line


def clean_optional(text: str | None, *, param: str, most: int, label: str | None = None) -> str | None:
    """Like `clean_text`, but nothing at all is None."""
    return clean_text(text, param=param, most=most, label=label) or None


_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,24}")
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+")


def clean_phone(text: str | None, *, param: str = "phone", label: str | None = None) -> str | None:
    """A telephone number as people write it, or None. Raises Invalid."""
    number = clean_optional(text, param=param, most=32, label=label)
    if number is not None and not _PHONE.fullmatch(number):
        name = field_name(param, label)
        raise Invalid(
            say("{name} must be a telephone number such as 024 123 4567.", name=name), param=param, code="phone_invalid"
        )
    return number


def clean_email(text: str | None, *, param: str = "email") -> str | None:
    """A mail address, or None. Raises Invalid."""
    address = clean_optional(text, param=param, most=120)
    if address is not None and not _EMAIL.fullmatch(address):
        raise Invalid("Email must be an address such as name@example.org.", param=param, code="email_invalid")
    return address


def phone_digits(number: str | None) -> str:
    """The digits by which two ways of writing one number are compared: the last nine, without 0 or +233 in front."""
    return re.sub(r"[^0-9]", "", number or "")[-9:]
