"""Tables that people send as CSV: read in whatever way their spreadsheet wrote them, refused in one sentence."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.names import fold
from app.errors import Invalid
from app.words import say, say_many

TOO_LARGE = 10_000_000
"""Bytes; a file of this size or more is refused unread."""
MOST_ROWS = 10_000
_DELIMITERS = (";", ",", "\t", "|")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FileTooLarge(Invalid):
    """The file is refused before it is read."""

    code = "file_too_large"
    status = 413

    def __init__(self) -> None:
        super().__init__("The file is too large: it must be smaller than 10 MB.", param="file")


@dataclass(frozen=True)
class CsvRow:
    """One line of the table: its number as a spreadsheet shows it (the heading is 1), and its cells by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row of the file: its number as a spreadsheet shows it, the column, one sentence."""

    row: int
    column: str
    message: str


@dataclass(frozen=True)
class CsvTable:
    """A table as it was understood: how its letters were written, what parted its cells, and its rows."""

    encoding: str
    delimiter: str
    columns: Sequence[str]
    ignored_columns: Sequence[str]
    rows: Sequence[CsvRow]


def read_table(data: bytes, *, columns: Mapping[str, Sequence[str]], required: Sequence[str]) -> CsvTable:
    """Read a CSV file. `columns` maps each known column to the other headings that mean it.

    UTF-8 (with or without a mark in front), UTF-16 with its mark, and Windows-1252 are told apart. Raises Invalid
    for a file that is empty, no text, too long, or lacks a required column.
    """
    if len(data) >= TOO_LARGE:
        raise FileTooLarge()
    text, encoding = _decoded(data)
    csv.field_size_limit(100_000)
    delimiter, heading = _heading(text)
    names = _columns(heading, columns)
    missing = [name for name in required if name not in names]
    if missing:
        raise Invalid(
            say_many(
                "The file has no column {names}. Its first line must name the columns.",
                "The file has no columns {names}. Its first line must name the columns.",
                len(missing),
                names=_listed(missing),
            ),
            param="file",
            code="columns_missing",
        )
    rows = list(_rows(text, delimiter, names))
    if not rows:
        raise Invalid("The file has no rows below its heading.", param="file", code="file_empty")
    ignored = [title.strip() for title, name in zip(heading, names, strict=True) if name is None and title.strip()]
    known = [name for name in names if name is not None]
    return CsvTable(encoding, delimiter, known, ignored, rows)


def read_cells(
    row: CsvRow, readers: Mapping[str, Callable[[str], object]], *, signed: Sequence[str] = ()
) -> tuple[dict[str, Any], list[Problem]]:
    """The cells of a row, each as its column's reader understands it, and everything that is wrong with the row."""
    problems = [
        Problem(
            row.number,
            name,
            say("The cell begins like a formula ({sign}), which is refused.", sign=row.cells[name][:1]),
        )
        for name in formula_columns(row, signed=signed)
    ]
    values: dict[str, Any] = {}
    for name, read in readers.items() if not problems else ():
        try:
            values[name] = read(row.cells.get(name, ""))
        except Invalid as refusal:
            problems.append(Problem(row.number, name, refusal.message))
    return values, problems


def formula_columns(row: CsvRow, *, signed: Sequence[str] = ()) -> list[str]:
    """Columns of a row that a spreadsheet would run as a formula; a plain + or - number is fine in `signed` ones."""
    return [
        name
        for name, cell in row.cells.items()
        if cell.startswith(_FORMULA) and not (name in signed and cell[:1] in "+-" and cell[1:2].isdigit())
    ]


def _decoded(data: bytes) -> tuple[str, str]:
    if not data.strip():
        raise Invalid("The file is empty.", param="file", code="file_empty")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        attempts = ["utf-16"]
    else:
        attempts = ["utf-8-sig", "cp1252", "latin-1"]
    for name in attempts:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}.get(name, "UTF-16")
    raise Invalid("The file is not a CSV file: save the table as CSV and try again.", param="file", code="file_invalid")


def _heading(text: str) -> tuple[str, list[str]]:
    line = text.lstrip("\r\n \t").partition("\n")[0].rstrip("\r")
    delimiter = max(_DELIMITERS, key=line.count)
    try:
        return delimiter, next(csv.reader([line], delimiter=delimiter))
    except (csv.Error, StopIteration) as error:
        raise Invalid("The first line of the file cannot be read.", param="file", code="file_invalid") from error


def _columns(heading: Sequence[str], columns: Mapping[str, Sequence[str]]) -> list[str | None]:
    known = {_plain(other): name for name, others in columns.items() for other in (name, *others)}
    names: list[str | None] = []
    for title in heading:
        name = known.get(_plain(title))
        if name is not None and name in names:
            raise Invalid(say("The file has the column {name} twice.", name=name), param="file", code="column_twice")
        names.append(name)
    return names


def _rows(text: str, delimiter: str, names: Sequence[str | None]) -> Iterator[CsvRow]:
    body = text.lstrip("\r\n \t")
    skipped = text[: len(text) - len(body)].count("\n")
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
    count = 0
    try:
        for index, cells in enumerate(reader):
            if index == 0 or not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MOST_ROWS:
                raise Invalid(
                    say("The file has more than {most} rows; split it into several.", most=f"{MOST_ROWS:,}"),
                    param="file",
                    code="too_many_rows",
                )
            yield CsvRow(
                skipped + index + 1,
                {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name is not None},
            )
    except csv.Error as error:
        raise Invalid(
            say(
                "Line {number} of the file cannot be read: save the table as CSV and try again.",
                number=skipped + reader.line_num,
            ),
            param="file",
            code="file_invalid",
        ) from error


def _plain(title: str) -> str:
    return "".join(letter for letter in fold(title) if letter.isalnum())


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else say("{some} and {last}", some=", ".join(names[:-1]), last=names[-1])
