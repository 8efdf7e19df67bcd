"""The demo school: believable, the same for everybody, right in every figure, and alive."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.clock import today
from app.demo.calendar import demo_calendar
from app.demo.money import bill, receive
from app.demo.people import children
from tests.support.database import Database, is_sqlite, overrides, rows, value
from tests.support.people import Person
from tests.support.school import School

ROOT = Path(__file__).resolve().parents[2]


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["demo", *words])


@pytest.fixture
def demo(app: Flask, raw: Any) -> str:
    result = run(app, "load", "--students", "60", "--years", "2")
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_the_school_is_whole_and_exact(app: Flask, demo: str, raw: Any, check: Any) -> None:
    check()
    assert value(raw, "SELECT metric_value FROM statistics_cache WHERE metric_name = 'total_enrollment'") == 60
    assert value(raw, "SELECT count(*) FROM classes") == 11
    assert value(raw, "SELECT count(*) FROM academic_years") == 2
    assert value(raw, "SELECT count(*) FROM terms") == 6
    for table in ("guardians", "promotions", "teacher_assignments", "attendance", "billing_runs", "fee_structures"):
        assert value(raw, f"SELECT count(*) FROM {table}") > 0, table
    assert not is_sqlite(raw) or raw.execute("PRAGMA foreign_key_check").fetchall() == []
    assert value(raw, "SELECT count(*) FROM students WHERE id NOT IN (SELECT student_id FROM student_guardians)") == 0
    assert value(raw, "SELECT value FROM settings WHERE key = 'arrears_alert_threshold'") == "100000"


def test_nothing_happens_in_the_future_and_receipts_follow_the_days(demo: str, raw: Any, app: Flask) -> None:
    with app.app_context():
        day = today().isoformat()
    assert value(raw, "SELECT count(*) FROM payments WHERE paid_on > ?", (day,)) == 0
    assert value(raw, "SELECT count(*) FROM financial_transactions WHERE transaction_date > ?", (day,)) == 0
    assert value(raw, "SELECT count(*) FROM attendance WHERE date > ?", (day,)) == 0
    paid = [row["paid_on"] for row in rows(raw, "SELECT paid_on FROM payments ORDER BY receipt_no")]
    assert paid == sorted(paid)
    numbers = [row["receipt_no"] for row in rows(raw, "SELECT receipt_no FROM payments ORDER BY id")]
    assert numbers == [f"R-{number:06d}" for number in range(1, len(numbers) + 1)]
    assert value(raw, "SELECT count(*) FROM payments WHERE paid_on = ?", (day,)) > 0, "money came in today"


def test_alerts_stand_for_those_who_owe_much_and_for_nobody_else(demo: str, raw: Any) -> None:
    high = value(raw, "SELECT count(*) FROM student_balances WHERE arrears > 100000")
    assert value(raw, "SELECT count(*) FROM system_notifications WHERE type = 'high_arrears'") == high
    assert value(raw, "SELECT count(*) FROM system_notifications WHERE cleared_at IS NOT NULL") == 0


def test_the_log_names_who_would_have_done_it(demo: str, raw: Any) -> None:
    found = rows(raw, "SELECT DISTINCT table_name, username FROM user_activity_log")
    names = {row["table_name"]: row["username"] for row in found}
    assert (names["payments"], names["attendance"], names["students"]) == ("bursar", "teacher", "registrar")


def test_each_role_has_a_login(app: Flask, demo: str) -> None:
    kept = Path(app.instance_path) / "logins.txt"
    assert kept.stat().st_mode & 0o077 == 0
    text = kept.read_text(encoding="utf-8")
    assert text in demo
    logins = dict(re.findall(r"^  (\w+) +(\S+)$", text, re.MULTILINE))
    assert set(logins) == {"admin", "principal", "bursar", "registrar", "teacher"}
    for username, password in logins.items():
        person = Person(app, "nobody", 0)
        assert person.post("/login", {"username": username, "password": password}).status_code == 302
    link = re.search(r"/wall/pair/\w+", text)
    assert link
    screen = app.test_client()
    assert screen.get(link[0]).status_code == 302
    assert screen.get("/wall").status_code == 200


def test_it_refuses_a_database_with_students(app: Flask, school: School, raw: Any) -> None:
    result = run(app, "load", "--students", "5", "--years", "1")
    assert result.exit_code == 1
    assert "already holds students" in result.output
    assert value(raw, "SELECT count(*) FROM students") == 2
    assert value(raw, "SELECT count(*) FROM settings") == 0


def test_the_same_seed_makes_the_same_school() -> None:
    def told(seed: int) -> list[object]:
        dice, calendar = Random(seed), demo_calendar(date(2026, 11, 22), 2)
        people = children(dice, calendar, 40)
        charges = bill(calendar, people)
        return [(r.at, r.amount, people[r.child].first_name) for r in receive(dice, calendar, people, charges)]

    assert told(1) == told(1)
    assert told(1) != told(2)


@pytest.mark.parametrize("day", [date(2026, 8, 15), date(2026, 9, 1), date(2027, 1, 1), date(2024, 2, 29)])
def test_any_day_of_the_year_will_do(day: date) -> None:
    dice, calendar = Random(3), demo_calendar(day, 2)
    people = children(dice, calendar, 30)
    charges = bill(calendar, people)
    receipts = receive(dice, calendar, people, charges)
    assert all(receipt.at.date() <= day for receipt in receipts)
    assert all(charge.owed >= 0 for charge in charges)
    paid = sum(share.amount for receipt in receipts for share in receipt.shares)
    assert paid == sum(receipt.amount for receipt in receipts)
    assert paid == sum(charge.amount - charge.adjusted - charge.owed for charge in charges)
    assert calendar.school_days(60)[-1] == day


def test_payments_arrive_as_a_process_of_their_own(
    app: Flask, demo: str, database: Database, raw: Any, check: Any
) -> None:
    before = value(raw, "SELECT count(*) FROM payments")
    env = {key: str(item) for key, item in overrides(database).items()}
    command = [sys.executable, "-m", "flask", "--app", "app", "demo", "pay", "--rate", "20", "--seconds", "3"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = re.match(r"(\d+) payments\.", done.stdout)
    assert said
    assert int(said[1]) > 5
    assert value(raw, "SELECT count(*) FROM payments") == before + int(said[1])
    assert (
        value(
            raw, "SELECT count(*) FROM payments AS p JOIN users AS u ON u.id = p.received_by WHERE u.role <> 'bursar'"
        )
        == 0
    )
    check()
