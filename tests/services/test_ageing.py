"""Overdue figures: right at midnight of the school, right after payments, and never mistaken for drift."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.database import atomic
from app.domain.ageing import BUCKETS, bucket_of
from app.extensions import db
from app.jobs.age import Ageing
from app.services.ageing import age_overdue
from app.services.statistics import rebuild_statistics, verify_statistics
from app.statistics import overdue
from tests.support.database import insert, rows, value
from tests.support.school import School, pay

# Asha owes 60000 since 2026-01-31 and 5000 since 2026-02-28.
NOON = datetime(2026, 2, 10, 12, tzinfo=UTC)


def buckets(raw: Any) -> dict[str, int]:
    return {
        row["metric_name"].removeprefix("overdue_"): row["metric_value"]
        for row in rows(raw, "SELECT metric_name, metric_value FROM statistics_cache WHERE metric_name LIKE 'overdue%'")
    }


def version(raw: Any) -> int:
    return int(value(raw, "SELECT version FROM sync_clock"))


def owed(**amounts: int) -> dict[str, int]:
    return {bucket: amounts.get(f"b{bucket}" if bucket[0].isdigit() else bucket, 0) for bucket in BUCKETS}


def test_every_bucket_is_a_figure_of_finance(in_app: Flask, school: School, raw: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        assert age_overdue().changed
    assert buckets(raw) == owed(current=5_000, b1_30=60_000)
    kept = rows(raw, "SELECT * FROM statistics_cache WHERE metric_name = 'overdue_1_30'")[0]
    assert (kept["unit"], kept["category"], kept["version"]) == ("GHS", "finance", version(raw))
    assert kept["expires_at"] == "2026-02-11 00:00:00.000000"


def test_the_clock_moves_only_when_a_value_does(in_app: Flask, school: School, raw: Any) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        age_overdue()
        before = version(raw)
        assert not age_overdue().counted, "nothing has moved"
        clock.shift(timedelta(days=1))
        assert (age_overdue().counted, version(raw)) == (True, before), "older by a day, in the same bucket"
        clock.shift(timedelta(days=30))
        assert age_overdue().changed
        assert version(raw) == before + 1, "one version for all buckets"
    assert buckets(raw) == owed(b1_30=5_000, b31_60=60_000)


@pytest.mark.parametrize(("zone", "hour"), [("Africa/Accra", 0), ("Asia/Kolkata", 18), ("Pacific/Auckland", 11)])
def test_fees_age_at_the_midnight_of_the_school(in_app: Flask, school: School, raw: Any, zone: str, hour: int) -> None:
    """In February midnight in Kolkata is 18:30 UTC, in Auckland 11:00 UTC."""
    raw.execute("INSERT INTO settings (key, value) VALUES ('timezone', ?)", (zone,))
    minute = 30 if zone == "Asia/Kolkata" else 0
    # The tuition, due on 2026-01-31, is overdue from the first moment of 1 February at the school.
    day = 1 if hour == 0 else 31
    midnight = datetime(2026, 1 if day == 31 else 2, day, hour, minute, tzinfo=UTC)
    job = Ageing()
    with time_machine.travel(midnight - timedelta(seconds=1), tick=False) as clock:
        job.look()
        assert buckets(raw) == owed(current=65_000)
        clock.shift(timedelta(seconds=1))
        job.look()
        assert buckets(raw) == owed(current=5_000, b1_30=60_000)


def test_a_payment_shows_a_few_seconds_later(
    in_app: Flask, school: School, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 1000.0
    monkeypatch.setattr("app.jobs.age.time.monotonic", lambda: seconds)
    job = Ageing()
    with time_machine.travel(NOON, tick=False):
        job.look()
        pay(raw, school.asha, 20_000, {school.tuition: 20_000})
        job.look()
        assert buckets(raw)["1_30"] == 60_000, "not counted all the time"
        seconds += 5.1
        job.look()
        assert buckets(raw)["1_30"] == 40_000


def test_a_due_date_that_moves_is_noticed_although_no_figure_did(in_app: Flask, school: School, raw: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        age_overdue()
        raw.execute("UPDATE fees SET due_on = '2025-01-01' WHERE id = ?", (school.books,))
        assert age_overdue().changed
    assert buckets(raw) == owed(b1_30=60_000, over_90=5_000)


def test_cancelled_and_paid_fees_are_in_no_bucket(in_app: Flask, school: School, raw: Any) -> None:
    pay(raw, school.asha, 5_000, {school.books: 5_000})
    raw.execute("UPDATE fees SET cancelled_at = '2026-02-01 00:00:00.000000' WHERE id = ?", (school.tuition,))
    with time_machine.travel(NOON, tick=False):
        age_overdue()
    assert buckets(raw) == owed()


def test_what_is_late_is_no_drift_but_what_was_changed_is(in_app: Flask, school: School, raw: Any) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        age_overdue()
        pay(raw, school.asha, 20_000, {school.tuition: 20_000})
        assert verify_statistics().differences == [], "not counted again yet"
        age_overdue()
        clock.shift(timedelta(days=100))
        assert verify_statistics().differences == [], "a worker that is late is seen by its heartbeat"
        clock.shift(timedelta(days=-100))
        raw.execute("UPDATE statistics_cache SET metric_value = 7 WHERE metric_name = 'overdue_1_30'")
        db.session.remove()
        (found,) = verify_statistics().differences
        assert (found.name, found.kept, found.counted) == ("overdue_1_30", 7, 40_000)
        assert rebuild_statistics().differences == []
    assert buckets(raw) == owed(current=5_000, b1_30=40_000)


def test_a_rebuild_leaves_them_counted_for_their_day(in_app: Flask, school: School, raw: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        age_overdue()
        pay(raw, school.asha, 20_000, {school.tuition: 20_000})
        rebuild_statistics()
        assert buckets(raw) == owed(current=5_000, b1_30=40_000)
        assert not age_overdue().counted, "a rebuild is a count"


def test_figures_that_nobody_counted_are_a_difference(in_app: Flask, school: School, raw: Any) -> None:
    insert(
        raw, "statistics_cache", metric_name="overdue_1_30", metric_value=5, unit="GHS", category="finance", version=1,
        calculated_at="2026-01-01 00:00:00.000000",
    )  # fmt: skip
    assert [found.name for found in verify_statistics().differences] == ["overdue_1_30"]


def test_a_slow_count_never_overwrites_a_newer_one(in_app: Flask, school: School, raw: Any) -> None:
    on = date(2026, 2, 10)
    connection = db.session.connection()
    old_state, old = overdue.state(connection, on), overdue.count(connection, on, "GHS")
    db.session.rollback()
    pay(raw, school.asha, 20_000, {school.tuition: 20_000})
    with time_machine.travel(NOON, tick=False):
        age_overdue()
    options = {"currency": "GHS", "moment": NOON, "expires_at": NOON}
    assert not overdue.write(db.session.connection(), old, old_state, **options)
    db.session.rollback()
    assert buckets(raw)["1_30"] == 40_000


def test_a_payment_between_count_and_keeping_is_counted_next(in_app: Flask, school: School, raw: Any) -> None:
    on = date(2026, 2, 10)
    connection = db.session.connection()
    since, counted = overdue.state(connection, on), overdue.count(connection, on, "GHS")
    db.session.rollback()
    pay(raw, school.asha, 20_000, {school.tuition: 20_000})
    with atomic() as session:
        overdue.write(session.connection(), counted, since, currency="GHS", moment=NOON, expires_at=NOON)
    assert buckets(raw)["1_30"] == 60_000
    assert verify_statistics().differences == []
    with time_machine.travel(NOON, tick=False):
        assert age_overdue().changed
    assert buckets(raw)["1_30"] == 40_000


fees = st.lists(
    st.tuples(st.one_of(st.none(), st.dates(date(2025, 6, 1), date(2026, 12, 31))), st.integers(1, 10**9)), max_size=25
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(owing=fees, on=st.dates(date(2025, 6, 1), date(2026, 12, 31)))
def test_the_database_counts_as_the_rule_says(in_app: Flask, school: School, raw: Any, owing: Any, on: date) -> None:
    raw.execute("DELETE FROM fees")
    for due_on, amount in owing:
        insert(
            raw, "fees", student_id=school.kofi, amount_due=amount, description="x",
            due_on=due_on and due_on.isoformat(),
        )  # fmt: skip
    expected = dict.fromkeys(overdue.NAMES, 0)
    for due_on, amount in owing:
        expected[f"overdue_{bucket_of(due_on, on)}"] += amount
    counted = overdue.count(db.session.connection(), on, "GHS")
    db.session.rollback()
    assert counted == expected
    assert sum(counted.values()) == value(
        raw, "SELECT coalesce(sum(metric_value), 0) FROM statistics_cache WHERE metric_name = 'total_outstanding_fees'"
    )
