"""Old activity leaves the database for compressed files, and log and archive stay one chain that shows every change."""

import gzip
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.jobs.archive import keep_from
from app.jobs.loop import all_tasks
from app.queries.archive import archive_folder
from app.queries.audit import AuditReport
from app.services import archive as service
from app.services.archive import archive_activity
from app.services.audit import seal_activity, verify_log
from app.statistics.install import drop_derived
from tests.support.database import as_sqlalchemy, drop_trigger, insert, rows, value
from tests.support.school import School

THEN = datetime(2025, 3, 1, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def log(in_app: Flask, school: School, raw: Any) -> Any:
    """Forty-odd rows of last year under seals of seven, and five of today, sealed and not."""
    with time_machine.travel(THEN, tick=False):
        for number in range(40):
            insert(raw, "classes", name=f"Class {number}")
        while seal_activity(most=7):
            pass
    with time_machine.travel(NOW, tick=False):
        for number in range(5):
            insert(raw, "classes", name=f"New {number}")
        seal_activity(most=3)
    return raw


@pytest.fixture
def archived(log: Any) -> Any:
    """The same log with last year's rows in three archive files."""
    service_limits = service.MOST_ROWS
    service.MOST_ROWS = 25
    try:
        assert [move() for _ in range(4)] == [21, 21, 5, 0]
    finally:
        service.MOST_ROWS = service_limits
    assert verify().problems == []
    return log


def move(stopping: Callable[[], bool] = lambda: False) -> int:
    return archive_activity(archive_folder(), before=THEN + timedelta(days=1), stopping=stopping)


def verify() -> AuditReport:
    return verify_log()


def files() -> list[Path]:
    return sorted(archive_folder().glob("*"))


def old_rows(raw: Any) -> list[list[Any]]:
    last = value(raw, "SELECT max(to_id) FROM activity_seals WHERE sealed_at < '2026-01-01'")
    return [
        list(row)
        for row in raw.execute("SELECT * FROM user_activity_log WHERE id <= ? ORDER BY id", (last,)).fetchall()
    ]


def archived_rows() -> list[list[Any]]:
    found = []
    for file in sorted(files(), key=lambda path: int(path.name.split("-")[1])):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            found += [row for line in lines for row in json.loads(line)[1]]
    return found


def test_every_old_row_is_in_the_archive_and_no_longer_in_the_log(log: Any) -> None:
    before, head = old_rows(log), verify().head
    assert move() == len(before)
    assert archived_rows() == before
    assert old_rows(log) == []
    report = verify()
    assert (report.problems, report.head) == ([], head)
    assert report.rows == len(before) + 3
    assert [row["activity_type"] for row in rows(log, "SELECT activity_type FROM user_activity_log ORDER BY id")][
        -1
    ] == ("activity.archive")


def test_the_archive_can_be_checked_without_this_program(archived: Any) -> None:
    """Each line's SHA-256 is its seal's hash, and the next line begins with it."""
    before = "0" * 64
    for file in sorted(files(), key=lambda path: int(path.name.split("-")[1])):
        for line in gzip.decompress(file.read_bytes()).splitlines():
            assert json.loads(line)[0][0] == before
            before = hashlib.sha256(line).hexdigest()
    assert before == value(
        archived, "SELECT hash FROM activity_seals WHERE archived_at IS NOT NULL ORDER BY id DESC LIMIT 1"
    )


def test_only_its_owner_may_read_the_archive(archived: Any) -> None:
    assert archive_folder().stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in files())


def test_nothing_young_and_nothing_unsealed_moves(log: Any) -> None:
    assert archive_activity(archive_folder(), before=THEN) == 0
    assert not archive_folder().exists()
    move()
    assert value(log, "SELECT count(*) FROM user_activity_log WHERE description LIKE '%New%'") == 5


def test_a_second_run_does_nothing(archived: Any) -> None:
    before = [(file, file.read_bytes()) for file in files()]
    assert move() == 0
    assert [(file, file.read_bytes()) for file in files()] == before


def test_rows_of_the_archive_cannot_be_put_into_the_log_again(archived: Any) -> None:
    archived.execute("INSERT INTO user_activity_log (id, activity_type) VALUES (3, 'x')")
    assert any("are archived" in problem for problem in verify().problems)


def test_only_rows_of_archived_seals_can_be_deleted(log: Any) -> None:
    with pytest.raises(Exception, match="activity_append_only"):
        log.execute("DELETE FROM user_activity_log WHERE id = 1")
    log.execute("UPDATE activity_seals SET archived_at = '2026-01-01 00:00:00.000000' WHERE id = 1")
    with pytest.raises(Exception, match="activity_append_only"):
        log.execute("DELETE FROM user_activity_log WHERE id = 8")
    with pytest.raises(Exception, match="seal_append_only"):
        log.execute("UPDATE activity_seals SET archived_at = NULL WHERE id = 1")


# ---- what audit verify finds


def test_a_missing_file_is_named_by_its_seals(archived: Any) -> None:
    files()[0].unlink()
    (problem,) = verify().problems
    assert problem == "the archived rows of seals 1 to 3 are missing: no archive file has them"


def test_an_empty_folder_is_noticed(archived: Any) -> None:
    shutil.rmtree(archive_folder())
    (problem,) = verify().problems
    assert "are missing" in problem


def test_a_hundred_random_one_byte_changes_of_the_archive_are_all_found(archived: Any) -> None:
    dice = random.Random(5)
    for _ in range(100):
        file = dice.choice(files())
        before = file.read_bytes()
        at = dice.randrange(len(before))
        changed = bytearray(before)
        changed[at] ^= 1 << dice.randrange(8)
        file.write_bytes(bytes(changed))
        assert verify().problems, (file.name, at)
        file.write_bytes(before)
    assert verify().problems == []


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_file_that_was_cut_off_is_found(archived: Any, cut: int) -> None:
    file = files()[1]
    file.write_bytes(file.read_bytes()[:cut])
    assert any(file.name in problem for problem in verify().problems)


def test_a_file_that_was_written_anew_with_another_row_is_found(archived: Any) -> None:
    """Somebody clever changes a row and gives the file the name that belongs to its new content."""
    file = files()[0]
    lines = gzip.decompress(file.read_bytes()).replace(b"Class 3", b"Class 4")
    packed = gzip.compress(lines, mtime=0)
    first, last = file.name.split("-")[1:3]
    file.unlink()
    digest = hashlib.sha256(packed).hexdigest()[:16]
    (archive_folder() / f"activity-{first}-{last}-{digest}.jsonl.gz").write_bytes(packed)
    assert "the archived rows of seal 2 are not in the archive as they were sealed" in verify().problems


def test_seals_over_archived_rows_cannot_be_changed_either(archived: Any) -> None:
    with as_sqlalchemy(archived) as connection:
        drop_derived(connection)
        connection.commit()
    for column, changed in (("row_count", 6), ("to_id", 13), ("sealed_at", "2025-03-01 08:00:00.000001")):
        before = value(archived, f"SELECT {column} FROM activity_seals WHERE id = 2")
        archived.execute(f"UPDATE activity_seals SET {column} = ? WHERE id = 2", (changed,))
        assert verify().problems, column
        archived.execute(f"UPDATE activity_seals SET {column} = ? WHERE id = 2", (before,))
    archived.execute("UPDATE activity_seals SET archived_at = NULL WHERE id = 2")
    assert verify().problems, "its rows are not in the log"


# ---- what goes wrong on the way


def test_a_log_that_was_tampered_with_stays_where_it_is(log: Any) -> None:
    db.session.remove()
    drop_trigger(log, "guard_activity_update")
    log.execute("UPDATE user_activity_log SET username = 'nobody' WHERE id = 9")
    before = old_rows(log)
    for _ in range(2):
        assert move() == 0
    assert (old_rows(log), files()) == (before, [])
    (told,) = rows(log, "SELECT message, target_roles FROM system_notifications WHERE type = 'activity_archive'")
    assert told["message"].startswith("Seal 2 or a row from 8 to 14 was changed.")
    assert told["target_roles"] == ",admin,"


def test_a_run_that_is_stopped_goes_on_later(log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ROWS_A_TRANSACTION", 10)
    before = old_rows(log)
    for looks in range(1, 12):
        asked = iter(range(looks))
        moved = move(stopping=lambda: next(asked, None) is None)  # noqa: B023
        assert verify().problems == []
        assert [file for file in files() if file.suffix == ".part"] == []
        if not old_rows(log):
            break
    assert moved
    assert archived_rows() == before
    assert len(files()) == 1, "the finished file is used again"


def test_a_finished_file_that_is_damaged_is_made_again(log: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "_take_out", lambda *_, **__: 0)
        move()
    (file,) = files()
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    move()
    assert file.read_bytes() == whole
    assert verify().problems == []


def test_an_unfinished_file_of_an_earlier_run_is_thrown_away(log: Any) -> None:
    archive_folder().mkdir(parents=True)
    old, young = archive_folder() / ".activity-a.part", archive_folder() / ".activity-b.part"
    for file in (old, young):
        file.write_bytes(b"x")
    os.utime(old, (0, 0))
    move()
    assert not old.exists()
    assert young.exists(), "another worker may be writing it"


def test_files_of_a_life_before_a_restored_backup_do_no_harm(
    log: Any, database: Path, tmp_path: Path, in_app: Flask
) -> None:
    """The archive knows seals that the restored database makes again, over other rows."""
    move()
    folder = archive_folder()
    ours = [file.name for file in files()]
    lines = gzip.decompress(files()[0].read_bytes()).replace(b"Class", b"Klass")
    packed = gzip.compress(lines, mtime=0)
    (folder / f"activity-1-7-{hashlib.sha256(packed).hexdigest()[:16]}.jsonl.gz").write_bytes(packed)
    assert verify().problems == []
    assert set(ours) < {file.name for file in files()}


# ---- the task


def test_a_school_keeps_its_log_in_the_database_until_it_says_otherwise(log: Any) -> None:
    (task,) = (task for task in all_tasks() if "archive" in task.name)
    with time_machine.travel(NOW, tick=False):
        task.run()
        assert files() == []
        db.session.remove()
        insert(log, "settings", key="activity_archive", value="on")
        insert(log, "settings", key="activity_archive_days", value="700")
        task.run()
        assert files() == []
        log.execute("UPDATE settings SET value = '400' WHERE key = 'activity_archive_days'")
        db.session.remove()
        assert task.run() is not None, "there may be more"
        assert len(files()) == 1
        assert task.run() is None


def test_a_month_leaves_when_all_of_it_is_old_enough(in_app: Flask) -> None:
    assert keep_from(datetime(2026, 11, 20, tzinfo=UTC).date(), 400) == datetime(2025, 10, 1, tzinfo=UTC)


def test_the_command_and_the_page_check_the_archive_too(archived: Any, in_app: Flask) -> None:
    runner = in_app.test_cli_runner()
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0
    files()[0].unlink()
    result = runner.invoke(args=["audit", "verify"])
    assert result.exit_code == 1
    assert "seals 1 to 3 are missing" in result.output


def test_zcat_and_sha256sum_are_enough(archived: Any) -> None:
    file = files()[0]
    if not (shutil.which("zcat") and shutil.which("sha256sum") and sys.platform.startswith("linux")):
        pytest.skip("needs a shell with zcat and sha256sum")
    script = f"zcat {file} | head -n 1 | tr -d '\\n' | sha256sum"
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.split()[0] == value(archived, "SELECT hash FROM activity_seals WHERE id = 1")
