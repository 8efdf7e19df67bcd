"""Names are kept as typed, and found whatever their accents, case and order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.names import (
    LONGEST_SEARCH_TEXT,
    clean_email,
    clean_name,
    clean_phone,
    clean_text,
    fold,
    phone_digits,
    search_text,
    search_words,
)
from app.errors import Invalid


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Adjoa Ofosu-Atta", "adjoa ofosu-atta"),
        ("ADJÓA", "adjoa"),
        ("Kɔku  Ɛsi", "koku esi"),
        ("Ŋutsukpui Ƒenyo", "nutsukpui fenyo"),
        ("N'Dour", "ndour"),
        ("Groß", "gross"),
        ("I\u0307", "i"),
    ],
)
def test_accents_case_and_apostrophes_do_not_count(written, folded):
    assert fold(written) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=64), st.text(max_size=64), st.text(max_size=32))
def test_whoever_types_a_whole_name_finds_it(first, last, number):
    found_by = search_text(first, last, number)
    assert len(found_by) <= LONGEST_SEARCH_TEXT
    if len(found_by) < LONGEST_SEARCH_TEXT:
        assert all(word in found_by for word in search_words(f"{last} {first}"))


def test_a_line_is_kept_with_single_spaces_and_its_accents():
    assert clean_name("  Adwoa\t Ésther ", param="first_name") == "Adwoa Ésther"
    assert clean_text(None, param="address", most=10) == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" ", "First name must be filled in."),
        ("x" * 65, "First name can have at most 64 characters."),
        ("A\u0000", "First name contains a character that cannot be read."),
        ("A\ud800", "First name contains a character that cannot be read."),
        ("A\u202eB\ue000", "First name contains a character that cannot be read."),
    ],
)
def test_a_name_that_cannot_be_is_refused(text, sentence):
    with pytest.raises(Invalid) as refused:
        clean_name(text, param="first_name")
    assert (refused.value.message, refused.value.param) == (sentence, "first_name")


def test_telephone_numbers_are_compared_by_their_last_nine_digits():
    assert phone_digits("024 555 0101") == phone_digits("+233 (24) 555-0101") == "245550101"
    assert phone_digits(None) == ""
    assert clean_phone(" ") is None
    for wrong in ("call me", "=1+1", "12", "024 555 0101 x", "+" * 10):
        with pytest.raises(Invalid):
            clean_phone(wrong)


def test_mail_addresses_need_a_place_to_go():
    assert clean_email("a@example.org") == "a@example.org"
    for wrong in ("a@b", "a b@example.org", "example.org", "a@example.org, b@example.org"):
        with pytest.raises(Invalid):
            clean_email(wrong)
