"""The language of a page. `_`, `ngettext` and `{% trans %}` in templates, `gettext` of flask_babel in views, `shown`
for sentences that services made: all of them follow `reader_locale`."""

from collections.abc import Mapping
from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal
from babel.support import NullTranslations
from babel.units import format_unit
from flask import Flask, current_app
from flask_babel import Domain, get_locale
from sqlalchemy.exc import SQLAlchemyError

from app.domain.settings import DEFAULTS
from app.errors import SchoolError
from app.extensions import babel
from app.web.assets import Asset
from app.web.names import column_name, name_of
from app.web.templating import school_of_request
from app.words import Words, catalogue, language_of, languages, said

_UNITS = (("gigabyte", 10**9), ("megabyte", 10**6), ("kilobyte", 10**3))


def reader_locale() -> str:
    """The locale of who reads this answer: the school's. A language of a user's own would be looked up here."""
    try:
        return school_of_request().locale
    except (SQLAlchemyError, SchoolError):  # an error has to be told even when the database is the error
        return DEFAULTS["locale"]


def page_language() -> str:
    """What `<html lang>` says: the school's locale if its language is spoken here, else English."""
    locale = reader_locale()
    return locale.replace("_", "-") if language_of(locale) in ("en", *languages()) else "en"


def words_script() -> Asset | None:
    """The catalogue for the modules of a page (lib/words.js); None for English, which they speak by themselves."""
    libraries: Mapping[str, Asset] = current_app.extensions["assets"].libraries
    return libraries.get(f"words-{language_of(reader_locale())}.js")


def shown(words: str) -> str:
    """A sentence of a service in the reader's language."""
    return said(words, str(get_locale()))


def number(value: int) -> str:
    """A whole number as the reader's language writes it: `1,204`, `1 204`."""
    return str(format_decimal(value, locale=get_locale()))


def filesize(size: int) -> str:
    """A number of bytes as the reader's language writes it: `1.2 MB`, `1,2 Mo`."""
    unit, bytes_of_it = next(((unit, each) for unit, each in _UNITS if size >= each), _UNITS[-1])
    return str(format_unit(size / bytes_of_it, f"digital-{unit}", "short", format="#,##0.#", locale=get_locale()))


def weekday(value: date) -> str:
    """The name of a day."""
    name = str(format_date(value, "EEEE", locale=get_locale()))
    return name[:1].upper() + name[1:]


class Catalogues(Domain):
    """Where Flask-Babel finds translations."""

    def get_translations(self) -> NullTranslations:
        return catalogue(str(get_locale()))


def _finalize(value: object) -> object:
    """What services said is translated wherever a template prints it."""
    return shown(value) if isinstance(value, Words) else value


def init_app(app: Flask) -> None:
    babel.init_app(app, default_locale=DEFAULTS["locale"], locale_selector=reader_locale)
    # Flask-Babel's own domain would look for compiled files.
    babel.domain_instance = Catalogues()
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.finalize = _finalize
    app.jinja_env.globals.update(page_language=page_language, words_script=words_script)
    app.jinja_env.filters.update(
        shown=shown,
        number=number,
        filesize=filesize,
        weekday=weekday,
        named=lambda code: shown(name_of(code)),
        column=lambda name: shown(column_name(name)),
    )
