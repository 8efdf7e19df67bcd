"""Amounts in words."""

import pytest

from app.domain.words import amount_in_words, number_in_words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (7, "seven"),
        (13, "thirteen"),
        (40, "forty"),
        (99, "ninety-nine"),
        (100, "one hundred"),
        (101, "one hundred and one"),
        (1_005, "one thousand and five"),
        (1_234, "one thousand two hundred and thirty-four"),
        (15_000, "fifteen thousand"),
        (1_000_001, "one million and one"),
        (10**10, "ten billion"),
    ],
)
def test_a_number_reads_as_people_say_it(number: int, words: str) -> None:
    assert number_in_words(number) == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (123_450, "GHS", "One thousand two hundred and thirty-four cedis fifty pesewas"),
        (100, "GHS", "One cedi"),
        (1, "GHS", "Zero cedis one pesewa"),
        (101, "GBP", "One pound one penny"),
        (500, "XOF", "Five hundred francs"),
        (150, "ZMW", "One ZMW fifty hundredths"),
        (10**12, "GHS", "Ten billion cedis"),
    ],
)
def test_an_amount_names_its_currency(minor: int, currency: str, words: str) -> None:
    assert amount_in_words(minor, currency=currency) == words
