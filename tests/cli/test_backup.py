"""`flask backup`: one file holds the whole school, and brings it back whole or not at all, on both databases."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.engine import make_url

import app.schema
import app.transfer.schema
from app import create_app
from app.clock import now
from app.config import ROOT
from app.extensions import db
from app.queries.archive import archive_folder
from app.services.archive import archive_activity
from app.services.audit import seal_activity
from app.services.payments import record_payment
from app.transfer import files, restore
from tests.realtime.clients import Screen
from tests.support import school as a_school
from tests.support.database import (
    Database,
    copied,
    figures,
    insert,
    names_of,
    overrides,
    raw_connection,
    rows,
    sqlite_file,
    value,
)
from tests.support.postgres import administer, named
from tests.support.school import School
from tests.support.server import running

pytestmark = pytest.mark.usefixtures("postgresql_programs")

_numbers = count(1)


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(args=[str(word) for word in words])


def done(app: Flask, *words: object) -> str:
    result = run(app, *words)
    assert result.exit_code == 0, result.output
    return str(result.output)


def refused(app: Flask, *words: object) -> str:
    """What a command says that is refused, in one sentence."""
    result = run(app, *words)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), result.exception
    assert len(result.output.splitlines()) == 1
    return str(result.output)


def pay(app: Flask, school: School, amount: int = 500) -> None:
    with app.app_context():
        record_payment(
            student_id=school.asha, amount=amount, method="cash", request_key=f"key {next(_numbers)}", allow_credit=True
        )


def everything(raw: Any) -> Mapping[str, list[str]]:
    """Every row of every table but the epoch and what the restore itself writes down."""
    kept = {}
    for table in sorted(names_of(raw, "table") - {"statistics_stage", "statistics_pending", "alembic_version"}):
        shown = sorted(repr(row) for row in rows(raw, f"SELECT * FROM {table}"))
        kept[table] = [row for row in shown if "backup.restore" not in row]
    kept["sync_clock"] = [str(value(raw, "SELECT version FROM sync_clock"))]
    kept.pop("sqlite_sequence", None)
    return kept


@pytest.fixture
def used(app: Flask, school: School) -> Flask:
    """A small school with some money, a sealed log and archived activity."""
    pay(app, school)
    with app.app_context():
        seal_activity(most=5)
        archive_activity(archive_folder(), before=now() + timedelta(days=1))
        seal_activity()
        db.session.remove()
    pay(app, school)
    return app


@pytest.fixture
def empty(database: Database, backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The program on a database with nothing in it, and a folder of its own."""
    folder = tmp_path / "elsewhere"
    if database.is_sqlite:
        app = create_app(overrides(sqlite_file(folder / "school.db")))
        yield app
        with app.app_context():
            db.engine.dispose()
        return
    server, name = request.getfixturevalue("recycled").server, f"schoolpulse_backup_{os.getpid()}_{next(_numbers)}"
    administer(server, f"CREATE DATABASE {name}")
    app = create_app(overrides(Database(named(server, name), folder)))
    yield app
    with app.app_context():
        db.engine.dispose()
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def look(empty: Flask) -> Callable[[Callable[[Any], Any]], Any]:
    """Looks into the database of `empty` by a connection that is closed again."""

    def at(what: Callable[[Any], Any]) -> Any:
        raw = raw_connection(Database(empty.config["SQLALCHEMY_DATABASE_URI"], Path()))
        try:
            return what(raw)
        finally:
            raw.close()

    return at


# ---- making one


def test_a_backup_brings_the_whole_school_back(used: Flask, empty: Flask, raw: Any, look: Any, tmp_path: Path) -> None:
    file = tmp_path / "school.zip"
    assert "read back and found right" in done(used, "backup", "create", file)
    before, shown, epoch = everything(raw), figures(raw), value(raw, "SELECT epoch FROM sync_clock")
    assert "The school is as it was at" in done(empty, "backup", "restore", file)
    assert look(everything) == before
    assert look(figures) == shown
    assert look(lambda raw: value(raw, "SELECT epoch FROM sync_clock")) != epoch
    assert everything(raw) == before, "the school that was saved is as it was"
    assert "0 differences" in done(empty, "stats", "verify")
    done(empty, "audit", "verify")


def test_a_restored_school_goes_on(used: Flask, empty: Flask, school: School, look: Any, tmp_path: Path) -> None:
    done(used, "backup", "create", tmp_path / "school.zip")
    done(empty, "backup", "restore", tmp_path / "school.zip")
    last = look(lambda raw: value(raw, "SELECT max(id) FROM payments"))
    pay(empty, school)
    assert look(lambda raw: value(raw, "SELECT max(id) FROM payments")) == last + 1
    with empty.app_context():
        while seal_activity():
            pass
        db.session.remove()
    done(empty, "audit", "verify")
    assert "0 differences" in done(empty, "stats", "verify")
    assert look(lambda raw: value(raw, "SELECT count(*) FROM user_activity_log WHERE activity_type = 'backup.restore'"))


def test_a_backup_says_what_is_in_it(used: Flask, raw: Any, tmp_path: Path) -> None:
    file = tmp_path / "school.zip"
    done(used, "backup", "create", file)
    assert file.stat().st_mode & 0o777 == 0o600, "it holds every name and every password's hash"
    with ZipFile(file) as packed:
        manifest = json.loads(packed.read("manifest.json"))
        assert packed.testzip() is None
    assert manifest["program"] == "SchoolPulse"
    assert manifest["revision"] == value(raw, "SELECT version_num FROM alembic_version")
    assert manifest["rows"]["payments"] == 2
    assert manifest["wrong_figures"] == 0
    assert set(manifest["files"]) > {"database"}, "the archived activity is in it"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_backup_in_a_folder_is_named_for_its_time(used: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    said = done(used, "backup", "create", folder)
    (made,) = folder.iterdir()
    assert made.name.startswith(f"schoolpulse-{now():%Y-}")
    assert str(made) in said


def test_a_backup_never_replaces_a_file(used: Flask, tmp_path: Path) -> None:
    (tmp_path / "school.zip").write_text("precious")
    assert "exists already" in refused(used, "backup", "create", tmp_path / "school.zip")
    assert (tmp_path / "school.zip").read_text() == "precious"
    assert "There is no folder" in refused(used, "backup", "create", tmp_path / "missing" / "school.zip")


def test_there_is_no_backup_of_nothing(empty: Flask, tmp_path: Path) -> None:
    assert "There is no" in refused(empty, "backup", "create", tmp_path / "school.zip")
    assert not (tmp_path / "school.zip").exists()


def test_a_backup_holds_only_what_was_committed(
    used: Flask, empty: Flask, database: Database, look: Any, tmp_path: Path
) -> None:
    other = raw_connection(database)
    other.execute("BEGIN")
    insert(other, "classes", name="Not yet")
    done(used, "backup", "create", tmp_path / "school.zip")
    other.execute("ROLLBACK")
    other.close()
    done(empty, "backup", "restore", tmp_path / "school.zip")
    assert look(lambda raw: value(raw, "SELECT count(*) FROM classes WHERE name = 'Not yet'")) == 0


def test_backups_made_in_a_storm_are_each_exact(
    used: Flask, empty: Flask, school: School, look: Any, tmp_path: Path
) -> None:
    stopping = threading.Event()

    def storm() -> None:
        while not stopping.is_set():
            pay(used, school, 100)
            with used.app_context():
                seal_activity()
                db.session.remove()

    payer = threading.Thread(target=storm)
    payer.start()
    try:
        made = []
        for number in range(3):
            made.append(tmp_path / f"{number}.zip")
            done(used, "backup", "create", made[-1])
            time.sleep(0.1)
    finally:
        stopping.set()
        payer.join()
    for file in made:
        done(empty, "backup", "restore", file, "--replace")
        assert "0 differences" in done(empty, "stats", "verify")
        done(empty, "audit", "verify")


def test_figures_that_drifted_are_told_and_saved_all_the_same(
    used: Flask, empty: Flask, raw: Any, tmp_path: Path
) -> None:
    raw.execute("UPDATE statistics_cache SET metric_value = metric_value + 1 WHERE metric_name = 'total_enrollment'")
    assert "1 figures of the school differ" in done(used, "backup", "create", tmp_path / "school.zip")
    done(empty, "backup", "restore", tmp_path / "school.zip")
    assert run(empty, "stats", "verify").exit_code == 1
    done(empty, "stats", "rebuild")


def test_a_full_disk_leaves_no_half_backup(used: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "sync", full)
    folder = tmp_path / "stick"
    folder.mkdir()
    said = refused(used, "backup", "create", folder / "school.zip")
    assert said == "Error: No backup was made: No space left on device.\n"
    assert list(folder.iterdir()) == []


def test_what_a_killed_run_left_behind_is_thrown_away_a_day_later(used: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    old, young = folder / ".schoolpulse-old.part", folder / ".schoolpulse-young.part"
    old.touch()
    young.touch()
    os.utime(old, (time.time() - 100_000,) * 2)
    done(used, "backup", "create", folder / "school.zip")
    assert sorted(path.name for path in folder.iterdir()) == [young.name, "school.zip"]


# ---- what is not restored


@pytest.fixture
def saved(used: Flask, school: School, tmp_path: Path) -> Path:
    """A backup of the school before another payment came."""
    file = tmp_path / "school.zip"
    done(used, "backup", "create", file)
    pay(used, school, 777)
    return file


def test_a_school_is_replaced_only_when_asked_and_kept_aside(
    used: Flask, saved: Path, raw: Any, school: School, tmp_path: Path, empty: Flask, look: Any
) -> None:
    now_there = everything(raw)
    assert "--replace" in refused(used, "backup", "restore", saved)
    assert everything(raw) == now_there
    said = done(used, "backup", "restore", saved, "--replace")
    assert value(raw, "SELECT count(*) FROM payments") == 2
    assert "0 differences" in done(used, "stats", "verify")
    kept = Path(said.rpartition("is kept in ")[2].strip().rstrip("."))
    assert kept.stat().st_mode & 0o777 == 0o600
    if kept.suffix == ".db":
        old = raw_connection(sqlite_file(kept))
        assert everything(old) == now_there
        old.close()
    else:
        done(empty, "backup", "restore", kept)
        assert look(everything) == now_there


def test_a_database_that_was_only_prepared_is_not_a_school(empty: Flask, saved: Path, look: Any) -> None:
    done(empty, "prepare")
    done(empty, "backup", "restore", saved)
    assert look(lambda raw: value(raw, "SELECT count(*) FROM payments")) == 2


def test_a_damaged_backup_is_refused_wherever_it_is_damaged(used: Flask, saved: Path, raw: Any) -> None:
    before, whole = everything(raw), saved.read_bytes()
    with ZipFile(saved) as packed:
        starts = [entry.header_offset + 200 for entry in packed.infolist()]
    for position in (*starts, len(whole) // 2, len(whole) - 200):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        saved.write_bytes(damaged)
        assert "nothing was changed" in refused(used, "backup", "restore", saved, "--replace"), position
    for length in (0, 10, 1000, len(whole) - 1):
        saved.write_bytes(whole[:length])
        assert "nothing was changed" in refused(used, "backup", "restore", saved, "--replace"), length
    assert everything(raw) == before


def test_no_other_file_is_a_backup(used: Flask, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with ZipFile(other, "w") as packed:
        packed.writestr("manifest.json", '{"program": "Other"}')
    assert "another program made it" in refused(used, "backup", "restore", other, "--replace")
    assert "cannot be read" in refused(used, "backup", "restore", tmp_path / "missing.zip")


def rewritten(saved: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The same backup with another list of contents."""
    with ZipFile(saved) as packed:
        held = {entry.filename: packed.read(entry) for entry in packed.infolist()}
    manifest = json.loads(held.pop("manifest.json"))
    change(manifest)
    with ZipFile(saved, "w") as packed:
        packed.writestr("manifest.json", json.dumps(manifest))
        for name in manifest["files"]:
            packed.writestr(name, held.get(name, b"other"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"revision": "0999"}, "a newer program"),
        ({"revision": "../x"}, "a newer program"),
        ({"format": 2}, "a newer program"),
        ({"database": "oracle"}, "of a school on oracle"),
        ({"rows": {"payments": 99}}, "rows that it lists"),
    ],
)
def test_a_backup_that_this_program_cannot_restore_is_refused(
    used: Flask, saved: Path, raw: Any, change: dict[str, Any], said: str
) -> None:
    before = everything(raw)
    rewritten(saved, lambda manifest: manifest.update(change))
    assert said in refused(used, "backup", "restore", saved, "--replace")
    assert everything(raw) == before


def test_no_file_of_a_backup_leaves_its_folder(used: Flask, saved: Path, tmp_path: Path) -> None:
    def outside(manifest: dict[str, Any]) -> None:
        manifest["files"]["archive/../../evil"] = {"size": 5, "sha256": "0" * 64}

    rewritten(saved, outside)
    assert "damaged or not a backup" in refused(used, "backup", "restore", saved, "--replace")
    assert not list(tmp_path.rglob("evil"))


def test_a_backup_of_the_other_database_says_where_it_belongs(used: Flask, saved: Path, backend: str) -> None:
    other, name = ("postgresql", "PostgreSQL") if backend == "sqlite" else ("sqlite", "SQLite")
    rewritten(saved, lambda manifest: manifest.update(database=other))
    assert f"the backup of a school on {name}" in refused(used, "backup", "restore", saved, "--replace")


# ---- restoring in hard times


LATER = '''"""later"""

import sqlalchemy as sa
from alembic import op

revision = '9999'
down_revision = '{head}'


def upgrade():
    op.create_table('later', sa.Column('id', sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table('later')
'''


def test_a_backup_of_an_older_program_is_brought_up_to_date(
    used: Flask, saved: Path, empty: Flask, look: Any, raw: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = value(raw, "SELECT version_num FROM alembic_version")
    (folder / "versions" / "9999_later.py").write_text(LATER.format(head=head))
    monkeypatch.setattr(app.schema, "MIGRATIONS", folder)
    monkeypatch.setattr(app.transfer.schema, "MIGRATIONS", folder)
    done(empty, "backup", "restore", saved)
    assert look(lambda raw: value(raw, "SELECT version_num FROM alembic_version")) == "9999"
    assert "later" in look(lambda raw: names_of(raw, "table"))
    assert "0 differences" in done(empty, "stats", "verify")
    done(empty, "audit", "verify")


def test_a_failure_while_the_old_school_is_put_aside_changes_nothing(
    used: Flask, saved: Path, raw: Any, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    before = everything(raw)
    monkeypatch.setattr(restore, "_aside", full)
    said = refused(used, "backup", "restore", saved, "--replace")
    assert said == "Error: Nothing was restored: No space left on device.\n"
    assert everything(raw) == before
    monkeypatch.undo()
    pay(used, school)
    assert "0 differences" in done(used, "stats", "verify")


KILLED = """
import os, signal, sys
from app import create_app
from app.transfer import restore
original = restore.{name}
def killed(*arguments):
    {before}
    os.kill(os.getpid(), signal.SIGKILL)
restore.{name} = killed
create_app().test_cli_runner().invoke(args=["backup", "restore", sys.argv[1], "--replace"], catch_exceptions=False)
"""
AFTER_SOME_PAGES = """
import os, signal, sys
from app import create_app
from app.transfer import restore
original = restore._Keeper.after_step
def after_step(keeper):
    look, steps = original(keeper), []
    def killed(*arguments):
        look(*arguments)
        steps.append(arguments)
        if len(steps) == 20:
            os.kill(os.getpid(), signal.SIGKILL)
    return killed
restore._Keeper.after_step = after_step
create_app().test_cli_runner().invoke(args=["backup", "restore", sys.argv[1], "--replace"], catch_exceptions=False)
"""


def test_a_restore_that_is_killed_leaves_the_old_school(
    used: Flask, saved: Path, raw: Any, school: School, database: Database
) -> None:
    before = everything(raw)
    program = KILLED.format(name="_renew", before="original(*arguments)")
    if database.is_sqlite:
        program = AFTER_SOME_PAGES
    environment = {**os.environ, **{name: str(it) for name, it in overrides(database).items() if it}}
    killed = subprocess.run(
        [sys.executable, "-c", program, str(saved)], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert everything(raw) == before
    pay(used, school)
    assert "0 differences" in done(used, "stats", "verify")
    done(used, "backup", "restore", saved, "--replace")
    assert value(raw, "SELECT count(*) FROM payments") == 2


def test_screens_of_the_running_program_show_what_was_restored(
    used: Flask, saved: Path, database: Database, raw: Any
) -> None:
    """The token is older than the backup, so that its screen may stay."""
    with running(database) as server:
        token = server.token()
        again = saved.with_name("again.zip")
        done(used, "backup", "create", again)
        shown = Screen(server, auth={"token": token})
        try:
            shown.wait_for("status", lambda data: data["state"] == "live")
            for number in range(3):
                insert(raw, "teachers", first_name="Abena", last_name=f"Sarpong {number}")
            wait_until(lambda: shown.state()["metrics"].get("total_teachers") == 3)
            done(used, "backup", "restore", again, "--replace")
            wait_until(lambda: not shown.state()["metrics"].get("total_teachers"))
            # And it goes on hearing.
            insert(raw, "teachers", first_name="Abena", last_name="Sarpong")
            wait_until(lambda: shown.state()["metrics"].get("total_teachers") == 1)
        finally:
            shown.close()
        assert "Traceback" not in server.logs(), server.logs()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# ---- PostgreSQL's programs


@pytest.mark.postgresql
def test_no_password_is_in_an_argument(used: Flask, database: Database, tmp_path: Path, monkeypatch: Any) -> None:
    secret = r"ses:a\me"
    url = make_url(database.url).set(password=secret).render_as_string(hide_password=False)
    app = create_app(overrides(Database(url, tmp_path)))
    seen: list[list[str]] = []
    popen = subprocess.Popen.__init__

    def spied(self: Any, argv: list[str], *arguments: Any, **options: Any) -> None:
        seen.append(argv)
        kept = [Path(word.split("passfile=")[1].strip("'")) for word in argv if "passfile=" in word]
        assert [path.read_text() for path in kept] in ([], ["*:*:*:*:ses\\:a\\\\me\n"])
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in kept)
        popen(self, argv, *arguments, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", spied)
    done(app, "backup", "create", tmp_path / "school.zip")
    assert any("passfile=" in word for argv in seen for word in argv)
    assert not any("me" in word and "ses" in word for argv in seen for word in argv)
    with app.app_context():
        db.engine.dispose()


@pytest.mark.postgresql
def test_missing_programs_are_named(used: Flask, saved: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "pg_dump was not found" in refused(used, "backup", "create", tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.postgresql
def test_what_is_in_the_way_goes_with_the_school_that_is_replaced(used: Flask, saved: Path, raw: Any) -> None:
    raw.execute("CREATE TABLE later (id integer PRIMARY KEY, student_id integer REFERENCES students (id))")
    raw.execute("CREATE VIEW looks AS SELECT * FROM later")
    done(used, "backup", "restore", saved, "--replace")
    assert "later" not in names_of(raw, "table")


@pytest.mark.postgresql
def test_who_began_to_read_before_a_restore_never_sees_an_empty_school(
    used: Flask, saved: Path, database: Database
) -> None:
    """A table made by the transaction that restores would have no rows for a transaction that is older."""
    reader = raw_connection(database)
    reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    assert value(reader, "SELECT 1") == 1
    done(used, "backup", "restore", saved, "--replace")
    assert value(reader, "SELECT count(*) FROM payments") == 2
    assert value(reader, "SELECT count(*) FROM sync_clock") == 1
    reader.execute("ROLLBACK")
    reader.close()


@pytest.mark.postgresql
def test_a_restore_waits_for_readers_and_gives_up_when_they_never_end(
    used: Flask, saved: Path, raw: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(raw)
    monkeypatch.setattr(restore, "PATIENCE", 0.5)
    reader = raw_connection(database)
    reader.execute("BEGIN")
    assert value(reader, "SELECT count(*) FROM payments") == 3
    assert "busy" in refused(used, "backup", "restore", saved, "--replace")
    reader.execute("ROLLBACK")
    reader.close()
    assert everything(raw) == before
    assert [path for path in database.folder.rglob("schoolpulse-before-restore-*")] == [], "nothing was put aside"


# ---- SQLite's file


@pytest.mark.sqlite
def test_a_damaged_database_is_not_called_a_backup(template: Database, tmp_path: Path) -> None:
    database = copied(template, tmp_path / "school.db")
    raw = raw_connection(database)
    a_school.found(raw)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'students'").fetchone()
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    content = bytearray(database.file.read_bytes())
    content[(page - 1) * size : (page - 1) * size + 100] = bytes(100)
    database.file.write_bytes(content)
    app = create_app(overrides(database))
    said = run(app, "backup", "create", tmp_path / "school.zip").output
    with app.app_context():
        db.engine.dispose()
    assert "damaged, no backup was made" in said or "malformed" in said
    assert not (tmp_path / "school.zip").exists()


@pytest.mark.sqlite
def test_another_page_size_is_no_hindrance(used: Flask, saved: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    raw = raw_connection(sqlite_file(file))
    raw.execute("PRAGMA page_size = 8192")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("CREATE TABLE other (id)")
    raw.close()
    app = create_app(overrides(sqlite_file(file)))
    done(app, "backup", "restore", saved)
    assert "0 differences" in done(app, "stats", "verify")
    with app.app_context():
        db.engine.dispose()


@pytest.mark.sqlite
def test_a_payment_that_comes_while_a_school_is_replaced_is_kept_aside_too(
    used: Flask, saved: Path, raw: Any, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that is kept is made when nobody can write any more."""
    prepare = restore._prepare

    def late(*arguments: Any) -> None:
        prepare(*arguments)
        a_school.pay(raw, school.asha, 99)

    monkeypatch.setattr(restore, "_prepare", late)
    said = done(used, "backup", "restore", saved, "--replace")
    old = raw_connection(sqlite_file(Path(said.rpartition("is kept in ")[2].strip().rstrip("."))))
    assert value(old, "SELECT count(*) FROM payments WHERE amount = 99") == 1
    old.close()
