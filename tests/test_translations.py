"""The catalogues know every text of the program, and what is wrong with one is found."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import texts


@pytest.fixture(scope="module")
def found() -> Catalog:
    return texts.texts()


@pytest.mark.parametrize("file", texts.catalogues(), ids=lambda file: file.parent.parent.name)
def test_a_language_is_complete(file: Path, found: Catalog) -> None:
    """After a change of a text: python3 tools/dev.py texts, then translate what it names."""
    assert list(texts.problems(texts.read(file), found)) == []


@pytest.mark.parametrize("file", texts.catalogues(), ids=lambda file: file.parent.parent.name)
def test_writing_a_catalogue_again_changes_nothing(file: Path) -> None:
    assert texts.as_text(texts.read(file)) == file.read_bytes()
    assert b"Date" not in file.read_bytes().split(b"\n\n")[0]


def french(id: str | tuple[str, str], string: str | tuple[str, ...], **more: object) -> Catalog:
    catalogue = Catalog(locale="fr")
    catalogue.add(id, string, **more)
    return catalogue


@pytest.mark.parametrize(
    ("id", "string", "problem"),
    [
        ("Save", "", "not translated"),
        (("%(num)d row", "%(num)d rows"), ("%(num)d ligne", ""), "not translated"),
        ("{name} owes {amount}", "{name} doit", "other placeholders"),
        ("{name} owes {amount}", "{name} doit {montant}", "other placeholders"),
        ("%(name)s is saved.", "%(nom)s est enregistré.", "other placeholders"),
        (("%(num)d row", "%(num)d rows"), ("%(num)d ligne", "des lignes"), "other placeholders"),
        ("Open <strong>Fees</strong>", "Ouvrir <b>Frais</b>", "other markup"),
        ("Open the fees", 'Ouvrir "Frais"', "other markup"),
        ("Open the fees", "Ouvrir <Frais>", "other markup"),
        ("Fees of ", "Frais de", "other space"),
    ],
)
def test_what_a_reader_would_stumble_over_is_found(id: str, string: str, problem: str) -> None:
    wanted = Catalog()
    wanted.add(id)
    assert any(problem in sentence for sentence in texts.problems(french(id, string), wanted))


def test_a_text_that_is_missing_fuzzy_or_gone_is_found() -> None:
    wanted = Catalog()
    wanted.add("Save")
    assert list(texts.problems(french("Save", "Enregistrer"), wanted)) == []
    assert list(texts.problems(french("Save", "Enregistrer", flags=["fuzzy"]), wanted)) == ["fuzzy: 'Save'"]
    told = list(texts.problems(french("Keep", "Garder"), wanted))
    assert told == ["not translated: 'Save'", "no longer in the program: 'Keep'"]
    wanted = Catalog()
    wanted.add("Save", locations=[("app/static/js/desk.js", 0)])
    assert "text of the browser" in next(texts.problems(french("Save", "Enregistrer"), wanted))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise Invalid("Too late.", param="day")', ["Too late."]),
        ('raise Invalid(say("{name} is late.", name=name))', ["{name} is late."]),
        ('flash(gettext("Saved.") if new else gettext("Changed."))', ["Saved.", "Changed."]),
        ('say("On" if on else "Off")', ["On", "Off"]),
        ('say_many("{n} row", "{n} rows", n)', [("{n} row", "{n} rows")]),
        ('ngettext("%(num)d row", "%(num)d rows", n)', [("%(num)d row", "%(num)d rows")]),
        ('clean_name(text, param="full_name")', ["Full name"]),
        ('clean_name(text, param="full_name", label="The name")', ["The name"]),
        ('typed.day("due_on")', ["Due on"]),
        ('typed.number("term_id", "The term")', ["The term"]),
        ('Problem(row, "class", "Closed.")', ["Closed."]),
        ('super().__init__("The disk is full.")', ["The disk is full."]),
        ('say(sentence, name="A name")', []),
        ('log.info("Nothing for people")', []),
    ],
)
def test_the_texts_of_python_are_found(source: str, found: list[object]) -> None:
    assert list(texts.texts_of_python(source)) == found


def test_a_sentence_that_is_put_together_is_found() -> None:
    lines = [
        'raise Invalid(f"{name} is late.")',
        'flash(f"{name} is saved.")',
        'log.info(f"{name}")',
        'say("{name}", name=name)',
    ]
    assert list(texts.put_together("\n".join(lines))) == [1, 2]


def test_the_browser_gets_the_texts_of_its_modules_and_no_others() -> None:
    catalogue = french("Live", "En direct", locations=[("app/static/js/lib/screen.js", 0)])
    catalogue.add(("{n} row", "{n} rows"), ("{n} ligne", "{n} lignes"), locations=[("app/static/js/desk.js", 0)])
    catalogue.add("Cash book", "Livre de caisse", locations=[("app/templates/transactions/list.html", 0)])
    script = texts.script(catalogue)
    assert '"Live":"En direct"' in script
    assert '"{n} row":["{n} ligne","{n} lignes"]' in script
    assert "Cash book" not in script
    assert "plural:(n)=>Number((n > 1))" in script
