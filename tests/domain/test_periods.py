"""The stretches of days of the dashboard: they hold the day, follow one another, and are made of their parts."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import is_taught
from app.domain.pace import Pace
from app.domain.periods import KINDS, Days, Named, choose, elapsed, parts, same_day, whole_months

TERMS = [
    Named(date(2026, 1, 12), date(2026, 4, 11), 2, "Term 2"),
    Named(date(2025, 9, 8), date(2025, 12, 20), 1, "Term 1"),
    Named(date(2026, 5, 4), date(2026, 8, 1), 3, "Term 3"),
]
YEARS = [
    Named(date(2025, 9, 1), date(2026, 9, 1), 1, "2025/2026"),
    Named(date(2026, 9, 1), date(2027, 9, 1), 2, "2026/2027"),
]
TODAY = date(2026, 7, 15)
days = st.dates(date(2000, 1, 1), TODAY)
kinds = st.sampled_from(KINDS)


def chosen(kind, on, terms=TERMS, years=YEARS, today=TODAY):
    return choose(kind, on, today=today, terms=terms, years=years)


@given(kinds, days)
def test_the_parts_of_a_stretch_are_all_of_it_up_to_today(kind, on):
    found = chosen(kind, on)
    shown = [day for part in parts(found, today=TODAY) for day in part]
    if kind == "day":
        assert shown[-1] == on and len(shown) == min(30, (on - date(2000, 1, 1)).days + 1)
    else:
        assert [day for day in shown if day <= TODAY] == [day for day in found.days if day <= TODAY]


@given(st.sampled_from(["day", "week", "month"]), days)
def test_a_stretch_holds_its_day_and_the_steps_lead_to_its_neighbours(kind, on):
    found = chosen(kind, on)
    assert found.days.holds(on)
    if found.before:
        assert chosen(kind, found.before).days.ends_on == found.days.starts_on
    if found.after:
        assert found.after <= TODAY
        assert chosen(kind, found.after).days.starts_on == found.days.ends_on
    assert (found.after is None) == (found.days.ends_on > TODAY)


@given(kinds, days, st.integers(0, 300))
def test_whole_months_and_the_days_beside_them_are_the_stretch(kind, on, more):
    stretch = Days(on, on + timedelta(days=more + 1))
    months, rest = whole_months(stretch)
    covered = [day for day in stretch if day.strftime("%Y-%m") in months] + [day for part in rest for day in part]
    assert sorted(covered) == list(stretch)
    assert all(not any(day.strftime("%Y-%m") in months for day in part) for part in rest)


@pytest.mark.parametrize(
    ("on", "name", "before", "after"),
    [
        (date(2026, 7, 15), "Term 3", date(2026, 4, 10), None),
        (date(2026, 4, 20), "Term 2", date(2025, 12, 19), TODAY),
        (date(2025, 12, 25), "Term 1", None, date(2026, 4, 10)),
        (date(2025, 1, 1), "Term 1", None, date(2026, 4, 10)),
    ],
)
def test_between_terms_the_one_that_ended_is_shown(on, name, before, after):
    found = chosen("term", on)
    assert (found.of.name, found.before, found.after) == (name, before, after)


def test_without_terms_there_is_none_and_without_years_the_year_is_the_calendars():
    assert chosen("term", TODAY, terms=[]) is None
    found = chosen("year", TODAY, years=[])
    assert (found.days, found.of, found.before, found.after) == (
        Days(date(2026, 1, 1), date(2027, 1, 1)), None, date(2025, 12, 31), None
    )  # fmt: skip
    assert chosen("year", TODAY).of.name == "2025/2026"


def test_a_week_begins_on_monday_and_months_of_a_year_are_cut_to_it():
    assert chosen("week", date(2026, 7, 12)).days == Days(date(2026, 7, 6), date(2026, 7, 13))
    crooked = [Named(date(2026, 1, 15), date(2026, 12, 10), 1, "2026")]
    found = parts(chosen("year", TODAY, years=crooked), today=TODAY)
    assert [part.starts_on for part in found][:2] == [date(2026, 1, 15), date(2026, 2, 1)]
    assert found[-1] == Days(date(2026, 7, 1), date(2026, 8, 1))


def test_the_same_day_of_a_shorter_term_is_its_last():
    term = Days(date(2026, 1, 12), date(2026, 1, 17))
    assert [same_day(term, number).day for number in (1, 5, 9)] == [12, 16, 16]
    assert [elapsed(term, date(2026, 1, day)) for day in (1, 12, 16, 31)] == [0, 1, 5, 5]


def test_registers_are_expected_on_weekdays_of_a_term():
    assert is_taught(date(2026, 7, 15), TERMS)
    assert not is_taught(date(2026, 7, 12), TERMS)
    assert not is_taught(date(2026, 8, 19), TERMS)
    assert is_taught(date(2026, 8, 19), [])


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9), st.integers(0, 100), st.integers(1, 100))
def test_a_target_is_reached_at_a_hundred_percent_and_not_before(collected, target, begun, length):
    pace = Pace(collected, target, min(begun, length), length)
    assert (pace.percent >= 100) == (target > 0 and collected >= target)
    assert (pace.missing == 0) == (collected >= target)
    assert pace.expected <= target and 0 <= pace.elapsed_percent <= 100
    if pace.is_over:
        assert pace.ahead == collected - target


@pytest.mark.parametrize(
    ("collected", "percent"), [(0, 0), (4, 0), (5, 1), (894, 89), (895, 90), (999, 99), (1_000, 100), (1_014, 101)]
)
def test_the_share_of_a_target_is_rounded_as_on_the_wall(collected: int, percent: int) -> None:
    """The same cases as in tests/js/wall-tiles.test.mjs."""
    assert Pace(collected, 1_000, 1, 2).percent == percent
