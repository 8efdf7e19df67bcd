"""Dates are read strictly, and refused with one sentence that names the field."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.dates import EARLIEST, check_date, parse_date, parse_optional_date
from app.errors import Invalid

TODAY = date(2026, 11, 22)


@given(st.dates(min_value=EARLIEST, max_value=TODAY))
def test_every_day_since_2000_reads_back_as_it_is_written(day):
    assert parse_date(day.isoformat(), latest=TODAY) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22/11/2026",
        "2026-11-31",
        "2026-1-1",
        "20261122",
        "2026-W47-7",
        "2026-11-22T10:00",
        "٢٠٢٦-١١-٢٢",
        "-2026-11-22",
    ],
)
def test_any_other_form_is_refused_with_the_field_named(text):
    with pytest.raises(Invalid) as refused:
        parse_date(text, param="due_on")
    assert refused.value.param == "due_on"
    assert refused.value.message == "Due on must be a date written like 2026-11-22."


@given(st.text(max_size=20))
def test_whatever_is_typed_gives_a_date_or_one_sentence(text):
    try:
        outcome = parse_date(text).isoformat()
    except Invalid as refused:
        outcome = refused.message
    assert outcome == text.strip() or outcome.endswith(".")


def test_the_future_and_the_time_before_2000_are_refused():
    with pytest.raises(Invalid, match="Paid on cannot be in the future: 2026-11-22 at the latest."):
        parse_date("2026-11-23", param="paid_on", latest=TODAY)
    with pytest.raises(Invalid, match="Date cannot be before 2000-01-01."):
        parse_date("1999-12-31")
    assert parse_date("2030-01-01", param="due_on") == date(2030, 1, 1)


def test_a_label_names_the_field_in_the_words_of_the_form():
    with pytest.raises(Invalid, match="Date of birth cannot be in the future"):
        check_date(date(2027, 1, 1), param="born_on", label="Date of birth", latest=TODAY)


def test_nothing_typed_is_no_date():
    assert parse_optional_date("  ", param="due_on") is None
    assert parse_optional_date(None, param="due_on") is None
    assert parse_optional_date(" 2026-11-22 ", param="due_on") == TODAY
