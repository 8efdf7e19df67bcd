"""Amounts: read strictly, kept as whole minor units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import LARGEST_AMOUNT, check_amount, format_amount, parse_amount, plain_amount
from app.errors import Invalid

# Digits and words that Python's own int(), float() or Decimal() would take for numbers.
OTHER_SCRIPTS = ("١٢٣", "۱۲۳", "१२३", "１２３", "𝟏𝟐𝟑", "߁߂߃", "๑๒๓", "Ⅻ", "½", "²", "①", "一百")
WORDS = (
    "NaN",
    "nan",
    "inf",
    "Infinity",
    "-inf",
    "sNaN",
    "None",
    "null",
    "true",
    "zero",
    "ten",
    "O",
    "l0",
    "GHS",
    "free",
)
MARKS = (
    "+",
    "-",
    "−",
    "–",
    "±",
    "#",
    "$",
    "€",
    "₵",
    "GH₵",
    "GHS",
    "%",
    "~",
    "=",
    "'",
    '"',
    "(",
    ")",
    "*",
    "/",
    "\\",
    "@",
    "&",
)
SPACES = ("\n", "\r", "\v", "\f", "\0", "\u2009", "\u202f", "\u3000", "\u200b", "\ufeff")

ACCEPTED = [
    ("1", 100),
    ("0.01", 1),
    ("0.1", 10),
    ("00.10", 10),
    ("1.", 100),
    ("150", 15_000),
    ("150.5", 15_050),
    ("150.05", 15_005),
    ("150.50", 15_050),
    ("007", 700),
    ("1,500", 150_000),
    ("1,500.", 150_000),
    ("1,500.0", 150_000),
    ("1,500.00", 150_000),
    ("12,500.25", 1_250_025),
    ("125,000.99", 12_500_099),
    ("1,234,567.89", 123_456_789),
    ("1234567.89", 123_456_789),
    (" 20 ", 2_000),
    ("\t20", 2_000),
    ("20\u00a0", 2_000),
    ("9,999,999,999.99", 999_999_999_999),
    ("10000000000", LARGEST_AMOUNT),
    ("10,000,000,000.00", LARGEST_AMOUNT),
    *((str(number), number * 100) for number in range(2, 40)),
    *((f"{number}.{number:02}", number * 101) for number in range(1, 40)),
]
REFUSED = [
    "",
    " ",
    "\t",
    "\u00a0",
    ".",
    ",",
    "..",
    ".5",
    ".50",
    "1..5",
    "1.5.0",
    "1.234",
    "0.001",
    "1,500.000",
    "0",
    "0.0",
    "0.00",
    "000",
    "1e9",
    "1E9",
    "1e-2",
    "1.5e3",
    "0x10",
    "0b1",
    "0o7",
    "1_000",
    "_1",
    "1_",
    "1,00",
    "1,5",
    "15,00",
    "1,0000",
    "1500,00",
    "1,500,00",
    "1,,500",
    ",500",
    "1,500,",
    "1, 500",
    "1 500",
    "1'500",
    "1.500,00",
    "0,500",
    "00,500",
    "1,500.5,0",
    "1,500.0,00",
    "1/2",
    "1+1",
    "3*4",
    "5 cedis",
    "5GHS",
    "1;2",
    "10000000000.01",
    "99999999999999999999",
    "9" * 30,
    "9" * 31,
    "1" * 4_299,
    "1" * 10_000,
    "0" * 10_000 + "1",
    "1." + "0" * 10_000,
    *(f"-{text}" for text, _ in ACCEPTED[:12]),
    *(f"+{text}" for text, _ in ACCEPTED[:12]),
    *(f"{mark}5" for mark in MARKS),
    *(f"5{mark}" for mark in MARKS),
    *(f"5{space}" for space in SPACES),
    *(f"{space}5" for space in SPACES),
    *(f"1{space}500" for space in (" ", *SPACES)),
    *OTHER_SCRIPTS,
    *(f"1{digits}" for digits in OTHER_SCRIPTS),
    *(f"1.{digits}" for digits in OTHER_SCRIPTS),
    *WORDS,
    *(f"{word}.00" for word in WORDS),
]


def test_the_table_is_long_enough():
    assert len(dict(ACCEPTED)) + len(set(REFUSED)) >= 300


@pytest.mark.parametrize(("text", "minor"), ACCEPTED)
def test_an_amount_as_people_type_it_is_read(text, minor):
    assert parse_amount(text) == minor


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:24]))
def test_anything_else_is_refused_by_name(text):
    with pytest.raises(Invalid) as refused:
        parse_amount(text, param="amount_due")
    assert refused.value.param == "amount_due"
    assert refused.value.code == "amount_invalid"
    assert refused.value.message.startswith("Amount due ")
    assert refused.value.message.endswith(".")
    assert len(refused.value.message) < 100


def test_zero_is_read_where_it_makes_sense():
    assert parse_amount("0", allow_zero=True) == 0
    assert parse_amount("0.00", allow_zero=True) == 0
    with pytest.raises(Invalid):
        parse_amount("-0", allow_zero=True)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1,500", "XOF", 1_500),
        ("1,500.", "XOF", 1_500),
        ("1.5", "TND", 1_500),
        ("1.234", "TND", 1_234),
        ("7", "USD", 700),
    ],
)
def test_a_currency_knows_its_decimals(text, currency, minor):
    assert parse_amount(text, currency=currency) == minor


@pytest.mark.parametrize(("text", "currency"), [("1.5", "XOF"), ("1.2345", "TND")])
def test_more_decimals_than_the_currency_has_are_refused(text, currency):
    with pytest.raises(Invalid, match="decimals"):
        parse_amount(text, currency=currency)


@given(st.integers(1, LARGEST_AMOUNT), st.sampled_from(["GHS", "XOF", "TND"]))
def test_what_is_written_is_read_back(minor, currency):
    assert parse_amount(plain_amount(minor, currency=currency), currency=currency) == minor


@given(st.integers(1, LARGEST_AMOUNT))
def test_with_or_without_commas_it_is_the_same_money(minor):
    whole, part = divmod(minor, 100)
    assert parse_amount(f"{whole:,}.{part:02}") == parse_amount(f"{whole}.{part:02}") == minor


@given(st.text())
def test_no_text_does_anything_but_be_read_or_refused(text):
    try:
        minor = parse_amount(text)
    except Invalid as refused:
        assert refused.param == "amount"
    else:
        assert 0 < minor <= LARGEST_AMOUNT
        assert set(text.strip(" \t\u00a0")) <= set("0123456789.,")


@given(st.from_regex(r"\A[0-9,.]{1,20}\Z"))
def test_digits_with_commas_and_points_mean_what_they_seem(text):
    try:
        minor = parse_amount(text)
    except Invalid:
        return
    whole, _, part = text.partition(".")
    assert minor == int(whole.replace(",", "")) * 100 + int(part.ljust(2, "0"))
    assert all(len(group) == 3 for group in whole.split(",")[1:])


@pytest.mark.parametrize("minor", [1, 5, LARGEST_AMOUNT])
def test_whole_minor_units_pass(minor):
    assert check_amount(minor) == minor


@pytest.mark.parametrize("minor", [0, -1, LARGEST_AMOUNT + 1, 1.0, 1.5, "1", True, None, float("nan"), 10**40])
def test_anything_but_whole_minor_units_is_refused(minor):
    with pytest.raises(Invalid) as refused:
        check_amount(minor, param="amount_paid")
    assert refused.value.param == "amount_paid"


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "GHS", "0.00"),
        (5, "GHS", "0.05"),
        (123_450, "GHS", "1234.50"),
        (-123_450, "GHS", "-1234.50"),
        (-5, "GHS", "-0.05"),
        (1_500, "XOF", "1500"),
        (0, "XOF", "0"),
        (1_500, "TND", "1.500"),
    ],
)
def test_an_amount_for_a_form_field(minor, currency, text):
    assert plain_amount(minor, currency=currency) == text


def test_an_amount_for_people():
    assert format_amount(123_450, currency="GHS", locale="en_GH") == "GH₵1,234.50"
    assert format_amount(-5, currency="GHS", locale="en_GH") == "-GH₵0.05"
    assert format_amount(LARGEST_AMOUNT, currency="GHS", locale="en_GH") == "GH₵10,000,000,000.00"
