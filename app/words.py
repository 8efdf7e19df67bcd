"""Texts in the language of their reader: English as it stands in the program, or a catalogue of app/translations.

What is said below the pages does not know who will read it. `say` therefore makes the English sentence and remembers
its parts; whoever shows it says it in the reader's language with `said`.
"""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Self

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

TRANSLATIONS = Path(__file__).resolve().parent / "translations"


class Words(str):
    """An English text that remembers how it was made; a plain `str` to everybody else."""

    text: str
    many: str | None
    values: Mapping[str, object]

    def __new__(cls, text: str, values: Mapping[str, object] | None = None, *, many: str | None = None) -> Self:
        values = values or {}
        chosen = text if many is None or values["n"] == 1 else many
        words = super().__new__(cls, chosen.format_map(values) if values else chosen)
        words.text, words.many, words.values = text, many, values
        return words


def say(text: str, /, **values: object) -> Words:
    """`say("{name} must be filled in.", name=...)`: a sentence that can be said in another language later."""
    return Words(text, values)


def say_many(one: str, many: str, n: int, /, **values: object) -> Words:
    """The same with a number: `say_many("{n} row was imported.", "{n} rows were imported.", 5)`."""
    return Words(one, {"n": n, **values}, many=many)


def field_name(param: str, label: str | None = None) -> Words:
    """How a sentence calls a field: `label`, or the field's own name as words (`due_on` -> `Due on`)."""
    if isinstance(label, Words):
        return label
    return Words(label or param.replace("_", " ").capitalize())


def said(words: str, locale: str) -> str:
    """A text in the language of a locale such as `fr_CI`; in English where the catalogue does not have it."""
    known = catalogue(locale)
    if not isinstance(words, Words):
        return known.gettext(words) if words else words
    number = words.values.get("n")
    if words.many is not None and isinstance(number, int):
        text = known.ngettext(words.text, words.many, number)
    else:
        text = known.gettext(words.text) if words.text else ""
    if not words.values:
        return text
    return text.format_map(
        {name: said(value, locale) if isinstance(value, Words) else value for name, value in words.values.items()}
    )


def catalogue(locale: str) -> NullTranslations:
    """The translations for a locale, by its language alone; an empty catalogue for English and unknown languages."""
    return _catalogue_of(TRANSLATIONS, language_of(locale))


def language_of(locale: str) -> str:
    """`fr` of `fr_CI`."""
    return locale.replace("-", "_").partition("_")[0].lower()


def languages() -> frozenset[str]:
    """The languages that there is a catalogue for, besides English."""
    return _languages_in(TRANSLATIONS)


@cache
def _languages_in(folder: Path) -> frozenset[str]:
    return frozenset(file.parent.parent.name for file in folder.glob("*/LC_MESSAGES/messages.po"))


@cache
def _catalogue_of(folder: Path, language: str) -> NullTranslations:
    """Read from the text that translators write: nothing has to be compiled before the program starts."""
    file = folder / language / "LC_MESSAGES" / "messages.po"
    if not language.isalpha() or not file.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return Translations(compiled)
