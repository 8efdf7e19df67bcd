"""The figures of any stretch of days: what is shown, the rows behind it and a count in plain Python agree."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask

from app.domain.periods import KINDS, Days, choose, parts
from app.queries.attendance import marks_of_day
from app.queries.calendar import school_terms, school_years
from app.queries.class_figures import class_figures
from app.queries.fees import FeeFilter, fee_page, fee_totals
from app.queries.payments import PaymentFilter, payment_page, receipt_totals
from app.queries.period_figures import Marks, Money, admitted, live_names, marks_of, money_of
from app.queries.statistics import values
from app.queries.students import StudentFilter, owed_by, student_count, student_page
from app.queries.transactions import TransactionFilter, cash_totals
from tests.support.database import insert, rows
from tests.support.fuzz import Fuzz
from tests.support.school import School, school_fees

TODAY = date(2026, 4, 13)


@pytest.fixture
def busy(raw: Any, in_app: Flask) -> Random:
    """A school in which all sorts of things were done from January to April, in two academic years with a gap."""
    fuzz = Fuzz(raw, 1957, careless=False)
    raw.execute("BEGIN")
    for name in fuzz.random.choices(fuzz.plain, [fuzz.operations[name] for name in fuzz.plain], k=200):
        fuzz.attempt(name)
    for _ in range(12):
        fuzz.add_student()
        fuzz.bill_class()
        fuzz.take_payment()
        fuzz.enter()
        fuzz.mark_class()
    for month in (1, 2, 3, 4):
        gift = {"transaction_date": f"2026-0{month}-05", "category_id": school_fees(raw), "type": "income"}
        insert(raw, "financial_transactions", **gift, amount=4_000, reference="GIFT-7", payment_method="cash")
    for day in range(3, 10):
        raw.execute("UPDATE students SET admitted_on = ? WHERE id % 7 = ?", (f"2026-02-0{day}", day - 3))
    for number, (first, after) in enumerate([("2025-09-01", "2026-03-05"), ("2026-03-20", "2026-12-24")]):
        year = insert(raw, "academic_years", name=f"Year {number}", starts_on=first, ends_on=after)
        terms = [("2026-01-05", "2026-02-09"), ("2026-02-10", "2026-03-02")] if not number else [("2026-03-20", after)]
        for place, (starts_on, ends_on) in enumerate(terms):
            row = {"academic_year_id": year, "name": f"Term {place}"}
            insert(raw, "terms", **row, starts_on=starts_on, ends_on=ends_on)
    raw.execute("COMMIT")
    return fuzz.random


def stretches(dice: Random) -> list[Days]:
    """What the dashboard may show of this school: every kind around some days, with the parts of its charts."""
    terms, years = school_terms(), school_years()
    found: dict[Days, None] = {}
    for kind in KINDS:
        for on in [TODAY, *(date(2026, 1, 1) + timedelta(days=dice.randrange(103)) for _ in range(4))]:
            chosen = choose(kind, on, today=TODAY, terms=terms, years=years)
            assert chosen is not None
            found |= dict.fromkeys([chosen.days, *parts(chosen, today=TODAY)])
    return list(found)


def held(days: Days, text: Any) -> bool:
    return text is not None and days.holds(date.fromisoformat(str(text)[:10]))


def counted_money(raw: Any, days: Days) -> Money:
    found = Money()
    for row in rows(raw, "SELECT * FROM financial_transactions"):
        if held(days, row["transaction_date"]):
            income, amount = row["type"] == "income", row["amount"]
            of_fee = income and (row["reference"] or "").startswith("FEE-")
            found = Money(
                found.collected + amount * of_fee,
                found.income + amount * income,
                found.expenses + amount * (not income),
            )
    return found


def counted_marks(raw: Any, days: Days) -> Marks:
    marks = [row for row in rows(raw, "SELECT date, status FROM attendance") if held(days, row["date"])]
    counts = {
        status: sum(row["status"] == status for row in marks) for status in ("present", "absent", "late", "excused")
    }
    return Marks(**counts, days=len({str(row["date"]) for row in marks}))


def test_every_figure_is_the_sum_of_its_rows(raw: Any, busy: Random) -> None:
    wanted = stretches(busy)
    seen = 0
    for days, money, marks in zip(wanted, money_of(wanted), marks_of(wanted), strict=True):
        assert money == counted_money(raw, days), days
        assert marks == counted_marks(raw, days), days
        dates = {"from_date": days.starts_on, "to_date": days.last_day}
        book = [cash_totals(TransactionFilter(**dates, **more)) for more in (
            {"fee_income": True}, {"type": "income"}, {"type": "expense"})]  # fmt: skip
        assert money == Money(book[0].income, book[1].income, book[2].expenses), days
        if days.length == 1:
            assert marks_of_day(days.starts_on) == marks, days
        students = [row for row in rows(raw, "SELECT admitted_on FROM students") if held(days, row["admitted_on"])]
        by_list = student_count(StudentFilter(admitted_from=days.starts_on, admitted_to=days.last_day))
        assert admitted(days) == len(students) == by_list, days
        seen += sum(map(bool, (money.collected, money.expenses, marks.present, students)))
    assert seen > 50, "there was something to count"


def test_what_live_screens_add_up_is_the_same(busy: Random) -> None:
    figures = values("finance", TODAY)
    added = {"collected": 0, "income": 0, "expenses": 0, "present": 0}
    for days in stretches(busy):
        names = live_names(days, TODAY)
        money, marks = money_of([days])[0], marks_of([days])[0]
        for key in added:
            listed = getattr(names, key)
            if listed is not None:
                expected = marks.present if key == "present" else getattr(money, key)
                assert sum(figures.get(name, 0) for name in listed) == expected, (key, days)
                added[key] += 1
    assert all(added.values()), "each was added up for some stretch"


def test_names_are_given_only_for_figures_that_screens_keep_for_a_week() -> None:
    old = Days(TODAY - timedelta(days=52), TODAY)
    assert live_names(old, TODAY).collected is not None
    assert live_names(replace(old, starts_on=old.starts_on - timedelta(days=1)), TODAY).collected is None
    month = Days(date(2026, 3, 1), date(2026, 4, 1))
    assert live_names(month, TODAY).income == ("monthly_income_2026-03",)
    assert live_names(replace(month, ends_on=date(2026, 4, 2)), TODAY).income is None


def test_the_classes_together_are_the_school(busy: Random) -> None:
    figures = values("finance", TODAY)
    found = class_figures(figures)
    assert (
        sum(row.students for row in found)
        == figures["total_enrollment"]
        == student_count(StudentFilter(status="active"))
    )
    assert sum(row.outstanding for row in found) == figures["total_outstanding_fees"]
    assert sum(row.collected for row in found) == figures["total_fees_collected"]
    for row in found:
        assert fee_totals(FeeFilter(status="open", class_id=row.id)).owed == row.outstanding
        assert fee_totals(FeeFilter(status="standing", class_id=row.id)).paid == row.collected
        assert student_count(StudentFilter(status="active", class_id=row.id)) == row.students
    owing = StudentFilter(in_arrears=True)
    assert student_count(owing) == figures["students_in_arrears"]
    assert owed_by(owing) == figures["total_outstanding_fees"]


def test_the_sums_above_a_list_are_those_of_all_its_rows(raw: Any, busy: Random) -> None:
    for wanted in (FeeFilter(), FeeFilter(status="open"), FeeFilter(status="cancelled"), FeeFilter(class_id=0)):
        fees = fee_page(wanted, limit=10_000).items
        standing = [fee for fee in fees if fee.cancelled_at is None]
        total = fee_totals(wanted)
        assert (total.count, total.cancelled) == (len(fees), len(fees) - len(standing))
        assert total.owed == sum(fee.arrears for fee in standing)
        assert total.billed - total.paid == sum(
            fee.amount_due - fee.amount_adjusted - fee.amount_paid for fee in standing
        )
    for seen in (PaymentFilter(), PaymentFilter(voided=True), PaymentFilter(to_date=date(2026, 2, 20))):
        receipts = payment_page(seen, limit=10_000).items
        sums = receipt_totals(seen)
        voided = [receipt for receipt in receipts if receipt.voided_at is not None]
        assert (sums.count, sums.voided) == (len(receipts), len(voided))
        assert sums.amount + sums.voided_amount == sum(receipt.amount for receipt in receipts)
        assert sums.voided_amount == sum(receipt.amount for receipt in voided)
    owing = student_page(StudentFilter(in_arrears=True), limit=10_000).items
    assert sum(student.arrears for student in owing) == owed_by(StudentFilter(in_arrears=True))


def test_rows_added_since_a_moment_are_those_after_the_last_one_before_it(
    raw: Any, in_app: Flask, school: School
) -> None:
    moment = "2026-04-{:02} 08:00:00.000000"
    for day, student in ((1, school.asha), (12, school.kofi)):
        raw.execute("UPDATE students SET created_at = ? WHERE id = ?", (moment.format(day), student))

    def added_since(day: int) -> int:
        return student_count(StudentFilter(added_since=datetime(2026, 4, day, 8, tzinfo=UTC)))

    assert [added_since(day) for day in (1, 2, 12, 13)] == [2, 1, 1, 0]
