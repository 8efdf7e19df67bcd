"""The worker: one of several works, its tasks do what they promise, and SIGTERM ends it soon."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy.exc import DBAPIError

import sync_worker
from app.extensions import db
from app.jobs import Task
from app.jobs.expire import expire
from app.jobs.loop import Worker, all_tasks
from app.jobs.verify import Drift
from app.queries.health import table_states, worker_state
from app.services.worker import Lease
from tests.support.database import Database, drop_trigger, insert, overrides, rows, value
from tests.support.school import School

ROOT = Path(__file__).resolve().parents[2]


def counting() -> tuple[Task, list[float]]:
    ran: list[float] = []

    def run() -> float | None:
        ran.append(time.monotonic())
        return None

    return Task("count", 60, run), ran


def test_one_of_two_works(in_app: Flask) -> None:
    (one, first), (two, second) = counting(), counting()
    ama, esi = Worker("ama", [one]), Worker("esi", [two])
    ama.turn()
    esi.turn()
    assert (len(first), len(second)) == (1, 0)
    ama.leave()
    esi.turn()
    assert len(second) == 1


def test_a_lease_that_is_given_back_is_free(in_app: Flask) -> None:
    ama, esi = Lease("ama"), Lease("esi")
    assert ama.take()
    assert ama.take()
    assert not esi.take()
    ama.release()
    assert esi.take()
    assert not ama.take()
    esi.release()


@pytest.mark.sqlite
def test_the_other_takes_over_when_the_lease_runs_out(in_app: Flask, raw: Any) -> None:
    ama, esi = Lease("ama"), Lease("esi")
    assert ama.take()
    assert not esi.take()
    raw.execute("UPDATE sync_status SET lease_until = '2026-01-01 00:00:00.000000' WHERE table_name = 'worker'")
    assert esi.take()
    assert not ama.take()
    ama.release()
    assert not ama.take(), "only the holder gives it back"
    esi.release()
    assert ama.take()


@pytest.mark.sqlite
def test_a_lease_from_before_the_clock_was_set_back_keeps_nobody_away(in_app: Flask, raw: Any) -> None:
    with time_machine.travel("2027-01-01"):
        assert Lease("ama").take()
    assert Lease("esi").take()


@pytest.mark.postgresql
def test_a_lock_ends_with_its_connection(in_app: Flask, raw: Any) -> None:
    """PostgreSQL gives it to the next one; the first one notices, and does nothing more."""
    ama, esi = Lease("ama"), Lease("esi")
    assert ama.take()
    here = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    raw.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks "
        f"WHERE locktype = 'advisory' AND objid = 3 AND database = {here}"
    )
    with pytest.raises(DBAPIError):
        ama.take()
    assert esi.take()
    assert not ama.take()
    esi.release()
    assert ama.take()
    ama.release()


def test_the_heartbeat_is_seen(in_app: Flask, raw: Any) -> None:
    assert worker_state().status == "stopped"
    Worker("ama", []).turn()
    state = worker_state()
    assert state.status == "running"
    assert state.age is not None
    assert state.age < 5
    raw.execute("UPDATE sync_status SET last_change_at = '2026-01-01 00:00:00.000000' WHERE table_name = 'worker'")
    db.session.remove()
    assert worker_state().status == "stopped"


def test_a_task_that_fails_does_not_stop_the_others(in_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> float | None:
        raise ZeroDivisionError

    task, ran = counting()
    Worker("ama", [Task("fail", 60, fail), task]).turn()
    assert len(ran) == 1
    assert "could not fail" in caplog.text


def test_a_task_runs_again_when_its_time_has_come(in_app: Flask) -> None:
    task, ran = counting()
    worker = Worker("ama", [task])
    worker.turn()
    worker.turn()
    assert len(ran) == 1
    task.due_at = 0.0
    worker.turn()
    assert len(ran) == 2


def test_the_log_is_sealed_at_least_each_minute() -> None:
    (seal,) = (task for task in all_tasks() if "seal" in task.name)
    assert seal.every <= 60


def test_a_drifted_figure_is_told_and_put_right(in_app: Flask, school: School, raw: Any, check: Any) -> None:
    raw.execute("UPDATE statistics_cache SET metric_value = 99 WHERE metric_name = 'total_enrollment'")
    raw.execute("DELETE FROM statistics_cache WHERE metric_name = 'total_outstanding_fees'")
    Drift().all()
    check()
    (told,) = rows(raw, "SELECT title, message, target_roles, priority FROM system_notifications")
    assert told["target_roles"] == ",admin,"
    assert "total_enrollment" in told["message"]
    assert "put right" in told["message"]
    assert value(raw, "SELECT last_error FROM sync_status WHERE table_name = 'statistics_cache'") is None
    Drift().all()
    assert value(raw, "SELECT count(*) FROM system_notifications") == 1, "once is enough"


def test_what_a_rebuild_cannot_mend_stays_on_record(in_app: Flask, school: School, raw: Any) -> None:
    """Money that a receipt does not cover was put into the books behind the guards' back."""
    drop_trigger(raw, "guard_transaction_matches")
    payment = insert(
        raw, "payments", receipt_no="R-1", student_id=school.asha, amount=500, method="cash", paid_on="2026-01-05"
    )
    for _ in range(2):
        Drift().all()
    error = value(raw, "SELECT last_error FROM sync_status WHERE table_name = 'statistics_cache'")
    assert f"CREDIT-{payment}" in error
    told = rows(raw, "SELECT message FROM system_notifications WHERE type = 'statistics_drift'")
    assert len(told) == 1, "the same matter is told once"
    assert "Not put right" in told[0]["message"]


def test_tables_are_counted_when_they_change(in_app: Flask, school: School, raw: Any) -> None:
    watch = next(task for task in all_tasks() if "tables" in task.name)
    watch.run()
    before = {row.name: row for row in table_states()}
    assert before["students"].rows == 2
    assert before["students"].last_change_at is not None
    assert "statistics_cache" not in before
    insert(raw, "classes", name="Red")
    db.session.remove()
    watch.run()
    after = {row.name: row for row in table_states()}
    assert (before["classes"].rows, after["classes"].rows) == (2, 3)
    assert after["students"].last_verified_at == before["students"].last_verified_at, "nothing changed there"


def test_expired_notifications_and_old_sessions_go(in_app: Flask, school: School, raw: Any) -> None:
    gone = insert(
        raw, "system_notifications", type="payment", title="x", message="x", expires_at="2026-01-01 00:00:00.000000"
    )
    insert(raw, "notification_reads", user_id=school.bursar, notification_id=gone)
    insert(raw, "system_notifications", type="alert", title="stays", message="x")
    session = {"user_id": school.bursar, "auth_version": 1, "expires_at": "2999-01-01 00:00:00.000000"}
    insert(raw, "user_sessions", token_hash="live", **session)
    insert(raw, "user_sessions", token_hash="old", **session, ended_at="2026-01-01 00:00:00.000000")
    insert(raw, "user_sessions", token_hash="expired", **{**session, "expires_at": "2026-01-01 00:00:00.000000"})
    assert expire() is None
    assert rows(raw, "SELECT title FROM system_notifications") == [{"title": "stays"}]
    assert rows(raw, "SELECT token_hash FROM user_sessions") == [{"token_hash": "live"}]


def test_a_worker_that_is_told_to_stop_waits_for_less_than_five_seconds() -> None:
    assert sync_worker.TURN_SECONDS + sync_worker.LEAVE_SECONDS < 5


def start(database: Database) -> subprocess.Popen[str]:
    env = {key: str(item) for key, item in overrides(database).items()}
    return subprocess.Popen(
        [sys.executable, "sync_worker.py"],
        cwd=ROOT,
        env={**os.environ, **env, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(raw: Any, query: str, seconds: float = 20) -> Any:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if found := value(raw, query):
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {query}")


def test_two_processes_are_harmless_and_sigterm_ends_them(database: Database, raw: Any, school: School) -> None:
    workers = [start(database), start(database)]
    try:
        said = [worker.stdout.readline() for worker in workers if worker.stdout]
        assert sorted("standing by" in line for line in said) == [False, True], said
        wait_for(raw, "SELECT count(*) FROM activity_seals")
        wait_for(raw, "SELECT count(*) FROM sync_status WHERE table_name = 'statistics_cache'")
        assert (
            value(raw, "SELECT count(*) FROM (SELECT from_id FROM activity_seals GROUP BY from_id HAVING count(*) > 1)")
            == 0
        )
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            assert worker.wait(timeout=30) == 0, "ended in order"
        assert (
            value(raw, "SELECT count(*) FROM sync_status WHERE table_name = 'worker' AND lease_until IS NOT NULL") == 0
        )
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
