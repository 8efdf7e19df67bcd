"""Terms compared on the same day: what each had collected, billed and still to get, told from the books."""

from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.queries.calendar import SchoolTerm, school_terms
from app.queries.fees import FeeFilter, fee_totals
from app.queries.terms import compared_terms, terms_so_far
from tests.support.database import insert
from tests.support.school import School, pay, void

TODAY = date(2026, 2, 10)


@pytest.fixture
def terms(raw: Any, in_app: Flask) -> list[SchoolTerm]:
    """Two years of two terms; the last one began on 5 January 2026."""
    dates = [
        ("2024-09-02", "2024-12-14"),
        ("2025-01-06", "2025-04-12"),
        ("2025-09-01", "2025-12-13"),
        ("2026-01-05", "2026-04-11"),
    ]
    for number, (first, after) in enumerate(dates):
        if number % 2 == 0:
            row = {"starts_on": f"{2024 + number // 2}-09-01", "ends_on": f"{2025 + number // 2}-09-01"}
            year = insert(raw, "academic_years", name=f"Year {number // 2}", **row)
        insert(raw, "terms", academic_year_id=year, name=f"Term {1 + number % 2}", starts_on=first, ends_on=after)
    found = school_terms()
    # What the tests write next is read in another moment.
    db.session.rollback()
    return found


def test_a_term_is_compared_with_the_one_before_and_the_same_of_last_year(terms: list[SchoolTerm]) -> None:
    names = [[term.name for term in compared_terms(terms, here)] for here in terms]
    assert names == [
        ["Term 1 Year 0"],
        ["Term 2 Year 0", "Term 1 Year 0"],
        ["Term 1 Year 1", "Term 2 Year 0", "Term 1 Year 0"],
        ["Term 2 Year 1", "Term 1 Year 1", "Term 2 Year 0"],
    ]


def test_a_term_of_another_name_is_compared_by_its_place(raw: Any, terms: list[SchoolTerm]) -> None:
    raw.execute("UPDATE terms SET name = 'Hilary' WHERE id = 2")
    found = school_terms()
    assert [term.name for term in compared_terms(found, found[3])][2] == "Hilary Year 0"


def test_what_was_owed_on_the_day_is_counted_back_from_what_was_paid_since(
    raw: Any, school: School, terms: list[SchoolTerm]
) -> None:
    raw.execute("UPDATE fees SET term_id = 3 WHERE id = ?", (school.tuition,))
    raw.execute("UPDATE fees SET term_id = 4 WHERE id = ?", (school.books,))
    pay(raw, school.asha, 10_000, {school.tuition: 10_000}, on="2025-08-20")
    pay(raw, school.asha, 5_000, {school.tuition: 5_000}, on="2025-09-01")
    pay(raw, school.asha, 2_000, {school.tuition: 2_000}, on="2025-10-07")
    pay(raw, school.asha, 700, {school.tuition: 700}, on="2025-10-08")
    pay(raw, school.asha, 900, {school.books: 900}, on="2026-02-10")
    void(raw, pay(raw, school.asha, 300, {school.tuition: 300}, on="2025-11-01"))
    now, before, last_year = terms_so_far(compared_terms(terms, terms[3]), number=37, today=TODAY)
    assert (now.day, now.collected, now.billed, now.outstanding) == (TODAY, 900, School.BOOKS, School.BOOKS - 900)
    assert before.day == date(2025, 10, 7), "the 37th day of that term"
    assert before.collected == 7_000, "what came in the term, not before it and not after the day"
    assert before.billed == School.TUITION
    assert before.outstanding == School.TUITION - 17_000, "all that was paid for its fees by then"
    assert (last_year.collected, last_year.billed, last_year.outstanding) == (0, 0, 0)
    assert now.outstanding == fee_totals(FeeFilter(status="open", term_id=4)).owed
    assert before.billed == fee_totals(FeeFilter(status="standing", term_id=3)).billed


def test_the_lines_add_up_day_by_day_and_end_where_the_term_or_today_ends(
    raw: Any, school: School, terms: list[SchoolTerm]
) -> None:
    for day, amount in (("2026-01-05", 100), ("2026-01-07", 20), ("2026-02-10", 3), ("2025-12-12", 7)):
        pay(raw, school.asha, amount, {school.tuition: amount}, on=day)
    now, before, _ = terms_so_far(compared_terms(terms, terms[3]), number=37, today=TODAY)
    assert list(now.running[:4]) == [100, 100, 120, 120]
    assert (len(now.running), now.running[-1]) == (37, 123)
    assert (len(before.running), before.running[-1]) == (terms[2].length, 7)
    assert now.running[now.number - 1] == now.collected
    assert now.date_of(now.number) == TODAY


def test_on_the_last_days_of_a_long_term_a_shorter_one_is_whole(
    raw: Any, school: School, terms: list[SchoolTerm]
) -> None:
    pay(raw, school.asha, 40, {school.tuition: 40}, on="2025-12-12")
    _, before, _ = terms_so_far(compared_terms(terms, terms[3]), number=500, today=TODAY)
    assert (before.day, before.collected) == (date(2025, 12, 12), 40)


def test_marks_count_up_to_the_day(raw: Any, school: School, terms: list[SchoolTerm]) -> None:
    for day, status in (
        ("2026-01-06", "present"),
        ("2026-01-07", "late"),
        ("2026-02-10", "absent"),
        ("2025-10-08", "present"),
    ):
        insert(raw, "attendance", student_id=school.asha, date=day, status=status, class_id=school.blue)
    now, before, _ = terms_so_far(compared_terms(terms, terms[3]), number=37, today=TODAY)
    assert now.marks.in_school == 2 / 3
    assert before.marks.in_school is None
