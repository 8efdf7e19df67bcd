"""What is forgotten, and what stays for good."""

from typing import Any

import pytest
import time_machine
from flask import Flask

from app.jobs.expire import expire
from tests.support.database import insert, rows, value
from tests.support.school import School, pay, void

NOW = "2026-12-01 10:00:00"
LONG_AGO, LATELY = "2026-01-10 08:00:00.000000", "2026-11-20 08:00:00.000000"


@pytest.fixture(autouse=True)
def december() -> Any:
    with time_machine.travel(f"{NOW}+00:00"):
        yield


def tell(raw: Any, title: str, **values: object) -> None:
    insert(raw, "system_notifications", type="x", title=title, message="x", **values)


def told(raw: Any) -> set[str]:
    return {row["title"] for row in rows(raw, "SELECT title FROM system_notifications")}


def test_notifications_go_when_their_time_is_over(in_app: Flask, raw: Any) -> None:
    tell(raw, "old news", created_at=LONG_AGO)
    tell(raw, "news", created_at=LATELY)
    tell(raw, "old and over", created_at=LONG_AGO, dedupe_key="a", cleared_at=LONG_AGO)
    tell(raw, "old, over lately", created_at=LONG_AGO, dedupe_key="b", cleared_at=LATELY)
    tell(raw, "old and standing", created_at=LONG_AGO, dedupe_key="c")
    tell(raw, "with an end to come", created_at=LONG_AGO, expires_at="2027-01-01 00:00:00.000000")
    assert expire() is None
    assert told(raw) == {"news", "old, over lately", "old and standing", "with an end to come"}


def test_keys_of_requests_go_after_a_week(in_app: Flask, raw: Any) -> None:
    for key, moment in (("old", LONG_AGO), ("new", f"{NOW}.000000")):
        insert(raw, "request_keys", key=key, table_name="students", record_id=1, created_at=moment)
    expire()
    assert [row["key"] for row in rows(raw, "SELECT key FROM request_keys")] == ["new"]


def test_the_school_decides_how_long(in_app: Flask, raw: Any) -> None:
    insert(raw, "settings", key="notification_days", value="7")
    tell(raw, "news", created_at=LATELY)
    expire()
    assert told(raw) == set()


def test_figures_of_old_days_stay_because_triggers_add_to_them(
    in_app: Flask, school: School, raw: Any, check: Any
) -> None:
    payment = pay(raw, school.asha, 20_000, {school.tuition: 20_000}, on="2026-01-15")
    expire()
    check()
    pay(raw, school.asha, 500, {school.tuition: 500}, on="2026-01-15")
    assert value(raw, "SELECT metric_value FROM statistics_cache WHERE metric_name = 'daily_fees_2026-01-15'") == 20_500
    void(raw, payment)
    expire()
    check()


def test_zeros_that_no_screen_shows_go(in_app: Flask, school: School, raw: Any, check: Any) -> None:
    for day in ("2026-01-15", "2026-11-30"):
        void(raw, pay(raw, school.asha, 20_000, {school.tuition: 20_000}, on=day))
    assert expire() is None
    kept = {row["metric_name"] for row in rows(raw, "SELECT metric_name FROM statistics_cache")}
    assert "daily_fees_2026-01-15" not in kept
    assert "daily_fees_2026-11-30" in kept, "a screen that shows it must hear of it"
    assert "monthly_fees_2026-01" in kept, "36 months are shown"
    pay(raw, school.asha, 700, {school.tuition: 700}, on="2026-01-15")
    check()
