"""The texts of the program and their translations: find them, bring the catalogues up to date, say what is wrong.

    python3 tools/dev.py texts            # add new texts to app/translations, take out those that are gone
    python3 tools/dev.py texts --check    # what is missing, fuzzy, or has other placeholders than the original

A text of Python is the first argument of `say`, `gettext` and of every refusal (`Invalid("...")`), both of `say_many`
and `ngettext`, a `label=`, and the name of a field that sentences speak of (`param="due_on"` is "Due on").
"""

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
TRANSLATIONS = APP / "translations"
NOT_READ = {"api", "cli", "demo", "transfer", "vendor", "compressed"}
"""What speaks English whoever asks: programs, and the command line."""
READ_TOO = {"transfer/backup.py", "transfer/postgresql.py"}
"""What is said on a page as well."""
PAGES = (babel_extract, {"gettext": None, "_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)})
SCRIPTS = ("javascript", {"t": None, "tn": (1, 2)})
_KEPT = ("Language:", "Plural-Forms:", "MIME-Version:", "Content-Type:", "Content-Transfer-Encoding:")
_HEADER = '# {language} texts of SchoolPulse. How to change them: docs/translating.md\nmsgid ""\nmsgstr ""'

REFUSALS = "Invalid Missing Conflict Stale KeyReused NotSignedIn Forbidden NotAsSealed SchoolError FileTooLarge".split()
FIRST = {"say", "gettext", "Words", *REFUSALS}
PLURAL = {"say_many", "ngettext"}
ABOUT_A_FIELD = {
    "parse_date", "parse_optional_date", "check_date", "parse_amount", "check_amount", "clean_text", "clean_name",
    "clean_optional", "clean_phone", "check_method",
}  # fmt: skip
TYPED = {"amount": 0, "day": 0, "number": 1, "chosen": 1}
"""Readers of a form (`typed.day("due_on")`, `typed.number("term_id", "The term")`), and which argument is a text."""


Text = str | tuple[str, ...]


def texts_of_python(source: str) -> Iterator[Text]:
    """The texts of one module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _of_call(node)


def put_together(source: str) -> Iterator[int]:
    """The lines of sentences that are put together where they are said: no catalogue can know them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.JoinedStr):
            if _name_of(node) in {*FIRST, *PLURAL, "flash"}:
                yield node.lineno


def _name_of(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _of_call(node: ast.Call) -> Iterator[Text]:
    name = _name_of(node)
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    is_refusal = name == "__init__" and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call)
    if (name in FIRST or is_refusal) and node.args:
        yield from _literals(node.args[0])
    elif name in PLURAL and len(node.args) >= 2:
        one, many = (list(_literals(arg)) for arg in node.args[:2])
        yield from zip(one, many, strict=False)
    elif name == "Problem" and len(node.args) >= 3:
        yield from _literals(node.args[2])
    elif name in ABOUT_A_FIELD and "label" not in named and "param" in named:
        yield from map(_as_words, _literals(named["param"]))
    elif name in TYPED and isinstance(node.func, ast.Attribute) and len(node.args) > TYPED[name]:
        found = _literals(node.args[TYPED[name]])
        yield from found if TYPED[name] else map(_as_words, found)
    if "label" in named:
        yield from _literals(named["label"])


def _literals(node: ast.expr) -> Iterator[str]:
    """The text of an expression; both of a choice between two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _as_words(param: str) -> str:
    return param.replace("_", " ").capitalize()


def _files(*suffixes: str) -> Iterator[Path]:
    for file in sorted(APP.rglob("*.*")):
        name = file.relative_to(APP)
        if file.suffix in suffixes and (not set(name.parts) & NOT_READ or name.as_posix() in READ_TOO):
            yield file


def texts() -> Catalog:
    """Every text of the program, with the files it is in."""
    found = Catalog(project="SchoolPulse")
    for file in _files(".py", ".html", ".js"):
        where = [(file.relative_to(ROOT).as_posix(), 0)]
        if file.suffix == ".py":
            for text in texts_of_python(file.read_text(encoding="utf-8")):
                found.add(text, locations=where)
            continue
        method, keywords = PAGES if file.suffix == ".html" else SCRIPTS
        with file.open("rb") as source:
            for _line, text, _comments, context in extract(method, source, keywords, options={"trimmed": "true"}):
                found.add(text, locations=where, context=context)
    return found


def catalogues() -> list[Path]:
    """The files of translations."""
    return sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


def read(file: Path) -> Catalog:
    """A catalogue, in the language of its folder."""
    with file.open("rb") as text:
        return read_po(text, locale=file.parent.parent.name)


def as_text(catalogue: Catalog) -> bytes:
    """A catalogue as it is kept: in order, without dates and line numbers, so that only changed texts change it."""
    for message in catalogue:
        message.locations = sorted({(file, 0) for file, _ in message.locations})
    written = BytesIO()
    write_po(written, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
    language = catalogue.locale.english_name if catalogue.locale else ""
    head, _, rest = written.getvalue().decode().partition("\n\n")
    kept = [line for line in head.splitlines() if line.startswith(tuple(f'"{name}' for name in _KEPT))]
    return "\n".join([_HEADER.format(language=language), *kept, "", rest]).encode()


def update(file: Path, found: Catalog) -> bytes:
    """The catalogue of a language with exactly the texts of the program; new ones are empty, nothing is guessed."""
    catalogue = read(file)
    catalogue.update(found, no_fuzzy_matching=True)
    return as_text(catalogue)


def problems(catalogue: Catalog, found: Catalog) -> Iterator[str]:
    """What a reader of this language would stumble over."""
    known = {(message.id, message.context): message for message in catalogue if message.id}
    for message in found:
        if not message.id:
            continue
        mine = known.pop((message.id, message.context), None)
        if mine is None or not all(_forms(mine)):
            yield f"not translated: {message.id!r}"
        elif mine.fuzzy:
            yield f"fuzzy: {message.id!r}"
        elif _is_of_browser(message) and not _is_of_browser(mine):
            yield f"not known as a text of the browser (run: dev.py texts): {message.id!r}"
        else:
            yield from (f"{wrong}: {message.id!r}" for wrong in _differences(mine))
    yield from (f"no longer in the program: {id!r}" for id, _ in known)


def _is_of_browser(message: Message) -> bool:
    return any(file.startswith("app/static/js/") for file, _ in message.locations)


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def _differences(message: Message) -> Iterator[str]:
    """How a translation differs from its original in what must stay: placeholders, markup, space at the ends."""
    originals = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    for string in _forms(message):
        if not any(_placeholders(string) == _placeholders(original) for original in originals):
            yield "other placeholders"
        if not any(_markup(string) == _markup(original) for original in originals):
            yield "other markup"
        if (string[:1].isspace(), string[-1:].isspace()) != (originals[0][:1].isspace(), originals[0][-1:].isspace()):
            yield "other space at an end"


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%%|\{\w*\}", text))


def _markup(text: str) -> Counter[str]:
    # Translations are put into pages as they are, also into attributes.
    return Counter(re.findall(r'<[^>]*>|[<>"&]', text))


def script(catalogue: Catalog) -> str:
    """The texts of the browser's modules as a script that pages of this language load (lib/words.js reads it)."""
    chosen = {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        for message in catalogue
        if message.id and all(_forms(message)) and _is_of_browser(message)
    }
    words = json.dumps(chosen, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f"globalThis.schoolWords={{texts:{words},plural:(n)=>Number({catalogue.plural_expr})}};\n"


def main(args: Sequence[str]) -> int:
    """`--check` tells what is wrong, `--scripts FOLDER` writes the browser's part; without either, update."""
    if args[:1] == ["--scripts"]:
        for file in catalogues():
            Path(args[1], f"words-{file.parent.parent.name}.js").write_text(script(read(file)), encoding="utf-8")
        return 0
    found = texts()
    wrong = 0
    for file in _files(".py"):
        for line in put_together(file.read_text(encoding="utf-8")):
            wrong += 1
            print(f"{file.relative_to(ROOT)}:{line}: a sentence with values is made by say(), or by gettext()")
    for file in catalogues():
        if "--check" not in args:
            file.write_bytes(update(file, found))
        said = list(problems(read(file), found))
        wrong += len(said)
        for sentence in said:
            print(f"{file.relative_to(ROOT)}: {sentence}")
    return 1 if wrong and "--check" in args else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
