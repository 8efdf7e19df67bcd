"""The worker killed at any moment: nothing is lost, nothing is done twice, and the next one goes on."""

import gzip
import json
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from app import create_app
from app.queries.archive import archive_folder
from app.services import archive
from app.services.ageing import age_overdue
from app.services.archive import archive_activity
from app.services.audit import seal_activity, verify_log
from app.services.statistics import verify_and_repair, verify_next_month
from app.statistics.verify import differences
from tests.support.database import Database, as_sqlalchemy, insert, is_sqlite, overrides, raw_connection, value
from tests.support.forking import Forks
from tests.support.school import School

THEN = datetime(2025, 3, 1, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def work(place: str, seed: str) -> None:
    """What a worker does, over and over, in small pieces: seal, age, archive, compare and repair."""
    chance = random.Random(seed)
    archive.MOST_ROWS, archive.ROWS_A_TRANSACTION = 20, 8
    url, _, folder = place.partition(" ")
    app = create_app(overrides(Database(url, Path(folder))))
    with app.app_context():
        while True:
            with time_machine.travel(THEN, tick=False):
                for _ in range(chance.randint(1, 4)):
                    seal_activity(most=chance.randint(3, 9))
            with time_machine.travel(NOW + timedelta(days=chance.randint(-300, 0)), tick=False):
                age_overdue()
                archive_activity(archive_folder(), before=THEN + timedelta(days=1))
                verify_next_month()
                verify_and_repair()


def change_something(raw: Any, school: School, turn: int) -> None:
    """A few rows of activity, a fee that owes, and now and then a figure that drifts."""
    for number in range(12):
        insert(raw, "classes", name=f"Class {turn} {number}")
    insert(
        raw, "fees", student_id=school.kofi, description="Feeding", amount_due=100 + turn,
        due_on=f"2026-{turn % 9 + 1:02d}-15",
    )  # fmt: skip
    if turn % 3 == 0:
        raw.execute("UPDATE statistics_cache SET metric_value = metric_value + 5 WHERE metric_name = 'total_teachers'")
        raw.execute(
            "INSERT INTO statistics_cache (metric_name, metric_value, version, category, calculated_at) "
            "VALUES (?, 5, 1, 'finance', '2026-01-01 00:00:00.000000') "
            "ON CONFLICT (metric_name) DO UPDATE SET metric_value = excluded.metric_value",
            (f"daily_fees_2026-01-{turn % 28 + 1:02d}",),
        )


def wrong(raw: Any) -> list[str]:
    """What must never be, whatever was killed."""
    found = list(verify_log().problems)
    made = value(raw, "SELECT max(to_id) FROM activity_seals") or 0
    made = max(made, value(raw, "SELECT max(id) FROM user_activity_log") or 0)
    logged = {row[0] for row in raw.execute("SELECT id FROM user_activity_log").fetchall()}
    stored: Counter[int] = Counter()
    for file in archive_folder().glob("*.jsonl.gz"):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            stored.update(row[0] for line in lines for row in json.loads(line)[1])
    # PostgreSQL gives numbers out again to nobody; there, a row of a seal that is lost breaks the chain.
    if is_sqlite(raw) and (missing := set(range(1, made + 1)) - logged - set(stored)):
        found.append(f"rows are lost: {sorted(missing)[:5]}")
    if twice := [row for row, times in stored.items() if times > 1]:
        found.append(f"rows are in two archive files: {sorted(twice)[:5]}")
    if value(
        raw, "SELECT count(*) FROM statistics_cache, sync_clock WHERE statistics_cache.version > sync_clock.version"
    ):
        found.append("a figure is newer than the clock")
    if value(
        raw, "SELECT count(*) FROM (SELECT from_id FROM activity_seals GROUP BY from_id HAVING count(*) > 1) AS d"
    ):
        found.append("a row was sealed twice")
    return found


@pytest.mark.parametrize("kills", [12, pytest.param(200, marks=pytest.mark.long)])
def test_a_worker_killed_anywhere_loses_nothing_and_does_nothing_twice(
    in_app: Flask, database: Database, school: School, kills: int
) -> None:
    chance = random.Random(kills)
    raw = raw_connection(database)
    with Forks(f"{__name__}:work", f"{database.url} {database.folder}") as forks:
        # The first one is not hurried: how long does a round take?
        began = time.monotonic()
        pid = forks.start("first")
        while not any(archive_folder().glob("*.gz")) and time.monotonic() - began < 30:
            time.sleep(0.01)
        round_takes = time.monotonic() - began
        forks.kill_after(pid, 0)
        at_work = 0
        for turn in range(kills):
            change_something(raw, school, turn)
            pid = forks.start(f"{kills} {turn}")
            at_work += forks.kill_after(pid, chance.uniform(0.2, 1.3) * round_takes)
            if turn % 5 == 4 or turn == kills - 1:
                assert wrong(raw) == [], f"after kill {turn}"
    print(f"\n  {kills} kills, a round takes {round_takes:.2f} s")
    assert at_work == kills
    with time_machine.travel(NOW, tick=False):
        while archive_activity(archive_folder(), before=NOW + timedelta(days=1)):
            pass
        age_overdue()
        verify_and_repair()
    assert wrong(raw) == []
    with as_sqlalchemy(raw) as connection:
        assert differences(connection) == []
    assert value(raw, "SELECT count(*) FROM activity_seals WHERE archived_at IS NULL") == 0
    assert not value(raw, "SELECT count(*) FROM user_activity_log WHERE id <= (SELECT max(to_id) FROM activity_seals)")
    raw.close()
