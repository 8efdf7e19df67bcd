"""The five buckets of arrears: every fee is in exactly one, and only grows older."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ageing import BUCKETS, bucket_of, days_past_due, first_due_dates

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
ON = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("late", "bucket"),
    [
        (-400, "current"),
        (-1, "current"),
        (0, "current"),
        (1, "1_30"),
        (30, "1_30"),
        (31, "31_60"),
        (60, "31_60"),
        (61, "61_90"),
        (90, "61_90"),
        (91, "over_90"),
        (4000, "over_90"),
    ],
)
def test_a_fee_moves_on_after_thirty_days(late: int, bucket: str) -> None:
    assert bucket_of(ON - timedelta(days=late), ON) == bucket


def test_a_fee_without_a_due_date_is_never_overdue() -> None:
    assert bucket_of(None, ON) == "current"
    assert days_past_due(None, ON) == 0


@given(due_on=days, on=days)
def test_a_fee_only_grows_older(due_on: date, on: date) -> None:
    today, tomorrow = (BUCKETS.index(bucket_of(due_on, day)) for day in (on, on + timedelta(days=1)))
    assert today <= tomorrow <= today + 1


@given(due_on=days, on=days)
def test_the_first_due_dates_divide_as_the_days_do(due_on: date, on: date) -> None:
    found = next((bucket for bucket, first in first_due_dates(on).items() if due_on >= first), BUCKETS[-1])
    assert found == bucket_of(due_on, on)
