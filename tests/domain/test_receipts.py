"""How people name a receipt."""

import pytest

from app.domain.receipts import receipt_numbers


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("R-000123", ["R-000123"]),
        ("r000123", ["R000123", "R-000123"]),
        ("123", ["123", "R-000123"]),
        ("  r 123 ", ["R 123", "R-000123"]),
        ("old-7", ["OLD-7", "OLD-000007"]),
        ("1234567", ["1234567", "R-1234567"]),
        ("asha", ["ASHA"]),
        ("١٢٣", ["١٢٣"]),
        ("", []),
    ],
)
def test_a_number_is_understood_however_it_is_written(typed: str, meant: list[str]) -> None:
    assert receipt_numbers(typed, prefix="R") == meant
