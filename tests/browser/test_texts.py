"""No text of a page is left out of the catalogues: with a language that puts brackets around all of its texts, whatever
stands outside of brackets is a name, a number or a date."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from babel.dates import get_day_names, get_month_names
from babel.support import NullTranslations
from flask import Flask

from app import create_app, words
from app.domain.permissions import allows
from app.web.access import permission_of
from tests.browser.conftest import SchoolFile
from tests.browser.made import Made
from tests.browser.pages import OUTSIDE, PAGES
from tests.support.database import overrides, raw_connection
from tests.support.people import Person

_BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_]{3,}")
_READ = ("aria-label", "title", "placeholder", "alt", "data-label", "data-confirm")
_CODE = re.compile(r"#[0-9a-f]{6}|\b[A-Z]{3}\b")
"""Colours, and what is called by three capitals: currencies, file types."""
_NOT_TEXTS = {"SchoolPulse", "School", "Fees", "JPEG", "WebP", "MoMo", "FCFA", "rem", "rgb", "localhost", "SQLite"}
"""What has the same name in every language; School Fees is the category that the database makes."""


class Bracketed(NullTranslations):
    """A language in which every text is known."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, num: int) -> str:
        return f"⟦{msgid1 if num == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return f"⟦{message}⟧"

    ugettext, ungettext, upgettext = gettext, ngettext, pgettext


class Texts(HTMLParser):
    """What a page says: its texts, and the attributes that are read out or shown."""

    SILENT = ("script", "style", "svg", "code", "kbd")
    ALSO_SILENT = {("name", "timezone"), ("class", "receipt-words")}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT or self.ALSO_SILENT & set(attrs):
            self._inside.append(tag)
        self.found += [value for name, value in attrs if name in _READ and value]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.found.append(data)


def outside_of_brackets(html: str) -> Iterator[str]:
    """The words of a page that no catalogue knows."""
    page = Texts()
    page.feed(html)
    # A sentence with markup inside is one text, also where it stands in several elements.
    whole = _CODE.sub("", "\n".join(page.found))
    while whole != (less := _BRACKETED.sub("", whole)):
        whole = less
    yield from (word for word in _WORD.findall(whole) if word not in _NOT_TEXTS)


@pytest.fixture(scope="module")
def school(filled_school: SchoolFile, tmp_path_factory: pytest.TempPathFactory) -> SchoolFile:
    own = SchoolFile(filled_school.copy(tmp_path_factory.mktemp("bracketed")), filled_school.made)
    raw = raw_connection(own.database)
    raw.execute("INSERT OR REPLACE INTO settings (key, value) VALUES ('locale', 'fr_CI')")
    raw.close()
    return own


@pytest.fixture(scope="module")
def app(school: SchoolFile) -> Iterator[Flask]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "catalogue", lambda locale: Bracketed())
        patch.setattr("app.web.language.catalogue", lambda locale: Bracketed())
        yield create_app(overrides(school.database))


@pytest.fixture(scope="module")
def data(school: SchoolFile) -> set[str]:
    """Every word that stands in the database, and the names that a locale has for months and days."""
    raw = raw_connection(school.database)
    tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    told = [str(value) for table in tables for row in raw.execute(f'SELECT * FROM "{table}"') for value in row]
    raw.close()
    return {word for text in told for word in _WORD.findall(text)} | names_of_days()


def names_of_days() -> set[str]:
    names = [
        name
        for width in ("wide", "abbreviated")
        for of in (get_month_names(width, locale="fr_CI"), get_day_names(width, locale="fr_CI"))
        for name in of.values()
    ]
    return {word for name in (*names, *(name.capitalize() for name in names)) for word in _WORD.findall(name)}


@pytest.mark.parametrize("role", ["admin", "teacher"])
@pytest.mark.parametrize("endpoint", PAGES)
def test_every_text_of_a_page_can_be_translated(
    app: Flask, school: SchoolFile, data: set[str], endpoint: str, role: str
) -> None:
    permission = permission_of(app.view_functions[endpoint])
    if permission != "public" and not allows(role, permission or ""):
        return
    who = Person(app, school.made.sessions[role], school.made.users[role])
    for address in addresses(endpoint, school.made):
        answer = who.get(address)
        assert answer.status_code in (200, 302), address
        if answer.status_code == 200:
            assert sorted(set(outside_of_brackets(answer.text)) - data) == [], address


@pytest.mark.parametrize("endpoint", [name for name in OUTSIDE if name != "setup.form"])
def test_every_text_of_a_page_before_signing_in_can_be_translated(app: Flask, data: set[str], endpoint: str) -> None:
    for address in OUTSIDE[endpoint]:
        answer = app.test_client().get(address, follow_redirects=True)
        assert sorted(set(outside_of_brackets(answer.text)) - data) == [], address


def addresses(endpoint: str, made: Made) -> list[str]:
    ids = {**made.ids, "bursar_id": made.users["bursar"]}
    return [address.format(**ids) for address in PAGES[endpoint]]


def test_a_text_that_is_not_translated_would_be_seen() -> None:
    page = '<p>⟦Fees of ⟦Ama⟧⟧ Total</p><button aria-label="Close">⟦x⟧</button><script>let word;</script>'
    assert set(outside_of_brackets(page)) == {"Total", "Close"}
