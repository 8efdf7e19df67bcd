"""Amounts in words."""

import pytest

from app.domain import words_french
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


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zéro"),
        (21, "vingt et un"),
        (71, "soixante et onze"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-un"),
        (91, "quatre-vingt-onze"),
        (200, "deux cents"),
        (201, "deux cent un"),
        (1_000, "mille"),
        (80_000, "quatre-vingt mille"),
        (280_300, "deux cent quatre-vingt mille trois cents"),
        (80_000_000, "quatre-vingts millions"),
        (10**10, "dix milliards"),
    ],
)
def test_a_number_reads_as_people_say_it_in_french(number: int, words: str) -> None:
    assert words_french.number_in_words(number) == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (78_000, "XOF", "Soixante-dix-huit mille francs CFA"),
        (1, "XAF", "Un franc CFA"),
        (2_000_000, "XOF", "Deux millions de francs CFA"),
        (123_450, "GHS", "Mille deux cent trente-quatre cedis cinquante pesewas"),
        (300_000_000, "EUR", "Trois millions d’euros"),
        (150, "ZMW", "Un ZMW cinquante centimes"),
    ],
)
def test_an_amount_names_its_currency_in_french(minor: int, currency: str, words: str) -> None:
    assert amount_in_words(minor, currency=currency, language="fr") == words
