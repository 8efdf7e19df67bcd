"""SIGTERM ends a worker within five seconds, also in the middle of a long statement; a long task keeps the lease."""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from flask import Flask

from app.config import ROOT
from app.extensions import db
from app.jobs import Task
from app.jobs.loop import Worker
from app.services import worker as service
from app.services.worker import Lease
from tests.support.database import Database, overrides, value
from tests.support.school import School

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT count(*) FROM n"
PROGRAM = f"""
import sync_worker
from app.database import atomic
from app.extensions import db
from app.jobs import Task, loop
from app.models import SchoolClass
from sqlalchemy import text

ENDLESS = text("{ENDLESS}")

def read():
    print("begun", flush=True)
    db.session.execute(ENDLESS)

def write():
    with atomic() as session:
        session.add(SchoolClass(name="Never"))
        session.flush()
        print("begun", flush=True)
        session.execute(ENDLESS)

def count():
    print("begun", flush=True)
    while True:
        pass

loop.all_tasks = lambda stopping: [Task("take long", 60, {{name}})]
sync_worker.main()
"""


def start(database: Database, task: str) -> "subprocess.Popen[str]":
    env = {key: str(item) for key, item in overrides(database).items()}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.replace("{name}", task)],
        cwd=ROOT,
        env={**os.environ, **env, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("task", ["read", "write", "count"])
def test_sigterm_ends_a_long_task(database: Database, raw: Any, school: School, task: str) -> None:
    worker = start(database, task)
    try:
        assert worker.stdout
        assert any("begun" in line for line in worker.stdout)
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
        assert time.monotonic() - began < 5
        assert "Traceback" not in worker.stdout.read()
        assert value(raw, "SELECT count(*) FROM classes WHERE name = 'Never'") == 0
        if task != "count":
            leases = "SELECT count(*) FROM sync_status WHERE table_name = 'worker' AND lease_until IS NOT NULL"
            assert value(raw, leases) == 0, "another worker can take over at once"
    finally:
        worker.kill()
        worker.communicate()


def test_the_lease_is_kept_while_a_task_takes_long(in_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LEASE", service.timedelta(seconds=2))
    monkeypatch.setattr("app.jobs.loop.BEAT_EVERY", 0.5)
    stopping = threading.Event()
    taken: list[bool] = []

    def long() -> float | None:
        for _ in range(5):
            time.sleep(0.8)
            with in_app.app_context():
                taken.append(Lease("esi").take())
                db.session.remove()
        return None

    ama = Worker("ama", [Task("take long", 60, long)], stopping)
    beating = threading.Thread(target=ama.keep_beating, args=(in_app,))
    beating.start()
    try:
        ama.turn()
    finally:
        stopping.set()
        beating.join()
    assert taken == [False] * 5


def test_a_worker_that_is_stopping_begins_nothing_new(in_app: Flask) -> None:
    stopping, ran = threading.Event(), []

    def first() -> float | None:
        stopping.set()
        ran.append("first")
        return None

    def second() -> float | None:
        ran.append("second")
        return None

    Worker("ama", [Task("one", 60, first), Task("two", 60, second)], stopping).turn()
    assert ran == ["first"]


def test_a_database_that_is_gone_for_a_while_does_not_end_the_worker(
    in_app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    task = Task("count", 60, lambda: None)
    ama = Worker("ama", [task])
    with monkeypatch.context() as patch:
        patch.setattr(Lease, "take", lambda self: 1 / 0)
        ama.turn()
        assert ama.active is False
    ama.turn()
    assert ama.active
