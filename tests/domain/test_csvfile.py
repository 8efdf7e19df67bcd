"""Tables are read however a spreadsheet wrote them, and refused in one sentence."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.csvfile import MOST_ROWS, TOO_LARGE, CsvRow, FileTooLarge, formula_columns, read_table
from app.errors import Invalid

COLUMNS = {"first_name": ("first names",), "last_name": ("surname",), "phone": ()}
REQUIRED = ("first_name", "last_name")


def read(data: bytes):
    return read_table(data, columns=COLUMNS, required=REQUIRED)


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("cp1252", "Windows-1252"),
        ("latin-1", "Windows-1252"),
        ("utf-16", "UTF-16"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_letters_delimiters_and_line_ends_are_told_apart(encoding, named, delimiter, line):
    text = line.join(["First Names{}Surname", "Zoë{}Agbénu", "", "Ama{}Owusu"]).replace("{}", delimiter) + line
    table = read(text.encode(encoding))
    assert (table.encoding, table.delimiter) == (named, delimiter)
    assert table.rows == [
        CsvRow(2, {"first_name": "Zoë", "last_name": "Agbénu"}),
        CsvRow(4, {"first_name": "Ama", "last_name": "Owusu"}),
    ]


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)] * 2), min_size=1
    ),
    st.sampled_from([",", ";"]),
)
def test_what_a_spreadsheet_writes_is_read_back(names, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([("first_name", "last_name"), *names])
    wanted = [tuple(cell.strip() for cell in row) for row in names]
    try:
        table = read(out.getvalue().encode("utf-8-sig"))
    except Invalid as refusal:
        assert not any(cell for row in wanted for cell in row), refusal.message
        return
    kept = [tuple(row.cells.values()) for row in table.rows]
    assert kept == [row for row in wanted if any(row)]


@given(st.binary(max_size=300))
def test_any_bytes_give_a_table_or_one_sentence(data):
    try:
        outcome = str(len(read(data).rows))
    except Invalid as refusal:
        outcome = refusal.message
        assert refusal.param == "file"
    assert outcome.isdecimal() or outcome.endswith(".")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \r\n \n", "The file is empty."),
        (b"first_name,last_name\n", "The file has no rows below its heading."),
        (b"class\nBlue\n", "The file has no columns first_name and last_name. Its first line must name the columns."),
        (b"Ama,Owusu\n", "The file has no columns first_name and last_name. Its first line must name the columns."),
        (b"First Name,Class\nAma,Blue\n", "The file has no column last_name. Its first line must name the columns."),
        (b"surname,last name,first name\na,b,c\n", "The file has the column last_name twice."),
        (b"PK\x03\x04\x14\x00\x06\x00", "The file is not a CSV file: save the table as CSV and try again."),
        (b'first_name,last_name\n"' + b"a" * 200_000, "Line 2 of the file cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(data, sentence):
    with pytest.raises(Invalid) as refused:
        read(data)
    assert refused.value.message.startswith(sentence)


def test_a_file_of_ten_megabytes_is_refused_unread():
    before = time.process_time()
    with pytest.raises(FileTooLarge, match="The file is too large: it must be smaller than 10 MB.") as refused:
        read(b"x" * TOO_LARGE)
    assert refused.value.status == 413
    assert time.process_time() - before < 0.5


def test_more_rows_than_one_import_takes_are_refused():
    with pytest.raises(Invalid, match=f"more than {MOST_ROWS:,} rows"):
        read(b"first_name,last_name\n" + b"Ama,Owusu\n" * (MOST_ROWS + 1))


def test_a_row_keeps_the_number_that_the_spreadsheet_shows():
    table = read(b'\n\nfirst_name,last_name,hobby\n"Ama\nSerwaa",Owusu\n,,\nKofi,Addo,chess,more\n')
    assert [row.number for row in table.rows] == [4, 6]
    assert table.rows[0].cells == {"first_name": "Ama\nSerwaa", "last_name": "Owusu"}
    assert table.ignored_columns == ["hobby"]


def test_cells_that_a_spreadsheet_would_run_are_found():
    row = CsvRow(2, {"a": "=1+1", "b": "+233 24", "c": "@cmd", "d": "-2", "e": "fine", "f": "+cmd"})
    assert formula_columns(row) == ["a", "b", "c", "d", "f"]
    assert formula_columns(row, signed=("b", "f")) == ["a", "c", "d", "f"]
