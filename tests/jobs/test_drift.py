"""The drift check: a month a minute, everything at night and after an upgrade; found, repaired and told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.extensions import db
from app.jobs import verify as job
from app.jobs.verify import Drift, last_night
from app.services.statistics import Verification, verify_next_month
from app.statistics.install import sync_derived
from app.statistics.months import month_differences, next_month
from tests.support.database import as_sqlalchemy, drop_trigger, figures, insert, rows, value
from tests.support.school import School, pay, school_fees


@pytest.fixture
def three_months(in_app: Flask, school: School, raw: Any) -> Any:
    """Payments in January and March, an expense in February, a register in March."""
    pay(raw, school.asha, 20_000, {school.tuition: 20_000}, on="2026-01-15")
    pay(raw, school.asha, 9_000, {school.tuition: 5_000}, on="2026-03-02", method="momo")
    rent = insert(raw, "financial_categories", name="Rent", type="expense")
    insert(
        raw, "financial_transactions", transaction_date="2026-02-03", category_id=rent, type="expense", amount=700,
        description="Rent",
    )  # fmt: skip
    for student, status in ((school.asha, "present"), (school.kofi, "late")):
        insert(raw, "attendance", student_id=student, date="2026-03-02", status=status)
    return raw


def found_in(month: str) -> list[str]:
    found = [difference.name for difference in month_differences(db.session.connection(), month)]
    db.session.rollback()
    return found


def test_the_check_goes_round_the_months_that_have_rows(three_months: Any) -> None:
    assert [verify_next_month() for _ in range(4)] == ["2026-01", "2026-02", "2026-03", "2026-01"]
    assert value(three_months, "SELECT holder FROM sync_status WHERE table_name = 'statistics_months'") == "2026-01"
    assert rows(three_months, "SELECT * FROM system_notifications") == []


def test_a_school_without_rows_has_no_month(in_app: Flask) -> None:
    assert verify_next_month() is None


def test_a_changed_figure_of_the_month_is_put_right_and_told(three_months: Any, check: Any) -> None:
    category = school_fees(three_months)
    three_months.execute(
        "UPDATE statistics_cache SET metric_value = 1 WHERE metric_name IN (?, 'daily_fees_2026-01-15_cash')",
        (f"category_{category}_2026-01",),
    )
    three_months.execute("DELETE FROM statistics_cache WHERE metric_name = 'monthly_fees_2026-01'")
    insert(
        three_months, "statistics_cache", metric_name="daily_fees_2026-01-31", metric_value=5, category="finance",
        version=1, calculated_at="2026-01-01 00:00:00.000000",
    )  # fmt: skip
    before = value(three_months, "SELECT version FROM sync_clock")
    assert verify_next_month() == "2026-01"
    check()
    assert value(three_months, "SELECT version FROM sync_clock") == before + 1
    assert figures(three_months)["monthly_fees_2026-01"] == 20_000
    (told,) = rows(three_months, "SELECT message, target_roles FROM system_notifications")
    assert told["target_roles"] == ",admin,"
    assert told["message"].startswith("4 figures differ")
    assert "put right" in told["message"]
    for _ in range(3):
        verify_next_month()
    assert value(three_months, "SELECT count(*) FROM system_notifications") == 1


def test_another_month_is_not_touched(three_months: Any) -> None:
    three_months.execute("UPDATE statistics_cache SET metric_value = 1 WHERE metric_name = 'monthly_fees_2026-03'")
    assert found_in("2026-01") == []
    assert found_in("2026-03") == ["monthly_fees_2026-03"]


moves = st.lists(st.tuples(st.dates(date(2025, 11, 1), date(2026, 2, 28)), st.integers(1, 10**6)), max_size=8)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_every_month_agrees_with_the_triggers(in_app: Flask, school: School, raw: Any, moved: Any) -> None:
    raw.execute("DELETE FROM financial_transactions WHERE payment_id IS NULL")
    for day, amount in moved:
        insert(
            raw, "financial_transactions", transaction_date=day.isoformat(), category_id=school_fees(raw),
            type="income", amount=amount, description="x",
        )  # fmt: skip
    with as_sqlalchemy(raw) as connection:
        months = []
        while month := next_month(connection, months[-1] if months else ""):
            assert month_differences(connection, month) == []
            months.append(month)
        assert months == sorted({day.isoformat()[:7] for day, _ in moved})


def counted(monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[datetime]:
    """Calls of the whole comparison, each of which is said to have taken so long."""
    called: list[datetime] = []
    really = job.verify_and_repair

    def verify_and_repair() -> Verification:
        called.append(datetime.now(UTC))
        return Verification(really().differences, seconds)

    monkeypatch.setattr(job, "verify_and_repair", verify_and_repair)
    return called


def test_everything_is_compared_each_night_even_when_it_takes_long(
    in_app: Flask, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = counted(monkeypatch, seconds=3600)
    drift = Drift()
    with time_machine.travel(datetime(2026, 5, 4, 20, tzinfo=UTC), tick=False) as clock:
        for _ in range(12):
            drift.all()
            clock.shift(timedelta(hours=1))
    assert [moment.hour for moment in called] == [20, 2], "at first, and two hours after midnight"


def test_a_night_with_the_machine_off_is_made_up_for(
    in_app: Flask, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = counted(monkeypatch, seconds=3600)
    with time_machine.travel(datetime(2026, 5, 4, 20, tzinfo=UTC), tick=False) as clock:
        Drift().all()
        clock.shift(timedelta(hours=12))
        drift = Drift()
        drift.all()
        drift.all()
    assert len(called) == 2


@pytest.mark.parametrize(
    ("zone", "begins"), [("Africa/Accra", "2026-05-04 02:00"), ("America/New_York", "2026-05-04 06:00")]
)
def test_night_is_the_school_s_own(in_app: Flask, raw: Any, zone: str, begins: str) -> None:
    raw.execute("INSERT INTO settings (key, value) VALUES ('timezone', ?)", (zone,))
    moment = datetime(2026, 5, 4, 20, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        assert last_night(moment) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


def test_an_upgrade_is_followed_by_a_comparison_of_everything(
    in_app: Flask, school: School, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = counted(monkeypatch, seconds=3600)
    drift = Drift()
    drift.all()
    drift.all()
    assert len(called) == 1
    raw.execute("UPDATE sync_status SET holder = 'of an older program' WHERE table_name = 'statistics_cache'")
    db.session.remove()
    drift.all()
    assert len(called) == 2


@pytest.mark.parametrize(("takes", "wait"), [(0.1, 60.0), (20.0, 2_000.0)])
def test_a_small_school_is_compared_all_the_time_and_a_large_one_rarely(
    in_app: Flask, school: School, monkeypatch: pytest.MonkeyPatch, takes: float, wait: float
) -> None:
    seconds = 10_000.0
    monkeypatch.setattr("app.jobs.verify.time.monotonic", lambda: seconds)
    called = counted(monkeypatch, takes)
    drift = Drift()
    drift.all()
    seconds += wait - 6
    drift.all()
    assert len(called) == 1
    seconds += 7
    drift.all()
    assert len(called) == 2


def test_missing_triggers_are_told_once_and_taken_back(in_app: Flask, school: School, raw: Any) -> None:
    drop_trigger(raw, "attendance_sync")
    for _ in range(2):
        Drift().all()
    told = "SELECT count(*) FROM system_notifications WHERE type = 'statistics_triggers' AND cleared_at IS {} NULL"
    assert value(raw, told.format("")) == 1
    with as_sqlalchemy(raw) as connection:
        sync_derived(connection)
        connection.commit()
    db.session.remove()
    Drift().all()
    assert (value(raw, told.format("")), value(raw, told.format("NOT"))) == (0, 1)
