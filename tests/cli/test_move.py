"""`flask move`: all of a school on SQLite arrives in an empty PostgreSQL database, or nothing of it does."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.engine import make_url

from app import create_app
from app.clock import now
from app.domain.pictures import read_picture
from app.extensions import db
from app.queries.archive import archive_folder
from app.services.archive import archive_activity
from app.services.audit import seal_activity
from app.services.look import save_look
from app.services.payments import record_payment
from app.transfer import move as moving
from tests.support.database import (
    Database,
    copied,
    drop_trigger,
    figures,
    names_of,
    overrides,
    raw_connection,
    rows,
    sqlite_file,
    value,
)
from tests.support.pictures import png
from tests.support.postgres import administer, named

pytestmark = pytest.mark.postgresql
_numbers = count(1)

WHOLE_TABLES = [
    "payments", "fees", "payment_allocations", "financial_transactions", "student_balances", "attendance", "users",
    "students", "system_notifications", "settings", "counters", "school_pictures",
]  # fmt: skip


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=list(words))


@pytest.fixture(scope="module")
def used(template: Database, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A school of two years whose log is sealed, partly archived, and goes on after the last seal."""
    database = copied(template, tmp_path_factory.mktemp("used") / "school.db")
    app = create_app(overrides(database))
    with app.app_context():
        assert run(app, "demo", "load", "--students", "30", "--years", "2").exit_code == 0
        seal_activity(most=400)
        archive_activity(archive_folder(), before=now() + timedelta(days=1))
        while seal_activity(most=400):
            pass
        student = value_of("SELECT id FROM students WHERE status = 'active' ORDER BY id LIMIT 1")
        record_payment(
            student_id=student, amount=12_345, method="cash", note="tab\there, Ŋkrumah \\N \\. 'x'\nnew line",
            request_key="the last one", allow_credit=True,
        )  # fmt: skip
        save_look(colour="#7b1e3a", logo=read_picture(png(40, 30)))
        db.engine.dispose()
    return database


def value_of(sql: str) -> Any:
    return db.session.connection().exec_driver_sql(sql).scalar_one()


@pytest.fixture
def source(used: Database, tmp_path: Path) -> Iterator[Any]:
    """A raw connection to a copy of the used school; closed again before the move."""
    shutil.copytree(used.folder / "instance", tmp_path / "instance")
    connection = raw_connection(copied(used, tmp_path / "school.db"))
    yield connection
    connection.close()


@pytest.fixture
def app(source: Any, tmp_path: Path) -> Iterator[Flask]:
    """The program on that copy."""
    app = create_app(overrides(sqlite_file(tmp_path / "school.db")))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def empty(backend: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with nothing in it."""
    server, name = request.getfixturevalue("recycled").server, f"schoolpulse_move_{next(_numbers)}"
    administer(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    administer(server, f"CREATE DATABASE {name}")
    yield named(server, name)
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def move(app: Flask, source: Any, empty: str) -> Callable[..., Result]:
    def run_it(to: str = empty) -> Result:
        source.close()
        return run(app, "move", "--to", to)

    return run_it


@pytest.fixture
def refused(move: Callable[..., Result], empty: str) -> Callable[..., str]:
    """Moves, expects a refusal in one sentence and nothing in the target; what was said."""

    def run_it(to: str = empty) -> str:
        result = move(to)
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit), result.exception
        assert there(empty, lambda raw: names_of(raw, "table")) == set()
        return str(result.output)

    return run_it


def there(url: str, look: Callable[[Any], Any]) -> Any:
    raw = raw_connection(Database(url, Path()))
    try:
        return look(raw)
    finally:
        raw.close()


def application(url: str, folder: Path) -> Flask:
    return create_app(overrides(Database(url, folder)))


def test_a_whole_school_arrives(move: Any, app: Flask, empty: str, tmp_path: Path) -> None:
    here = raw_connection(sqlite_file(tmp_path / "school.db"))
    kept = {table: rows(here, f"SELECT * FROM {table} ORDER BY 1") for table in WHOLE_TABLES}
    log = rows(here, "SELECT id, CAST(activity_data AS text) AS data, timestamp FROM user_activity_log ORDER BY id")
    shown = figures(here)
    version, epoch = here.execute("SELECT version, epoch FROM sync_clock").fetchone()
    here.close()
    result = move()
    assert result.exit_code == 0, result.output
    assert "0 differences" in result.output
    raw = raw_connection(Database(empty, tmp_path))
    for table in WHOLE_TABLES:
        assert alike(rows(raw, f"SELECT * FROM {table} ORDER BY 1")) == alike(kept[table]), table
    arrived = rows(raw, "SELECT id, activity_data AS data, timestamp FROM user_activity_log ORDER BY id")
    assert alike(arrived[:-1]) == alike(log)
    assert value(raw, "SELECT activity_type FROM user_activity_log ORDER BY id DESC LIMIT 1") == "database.move"
    assert figures(raw) == shown
    assert value(raw, "SELECT version FROM sync_clock") == version
    assert value(raw, "SELECT epoch FROM sync_clock") != epoch, "no screen may take one database for the other"
    raw.close()


def alike(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Truth as 1 and 0, moments with all their digits, and one order of texts."""
    moments = ("_at", "timestamp")

    def plain(name: str, it: Any) -> Any:
        if isinstance(it, bool):
            return int(it)
        return f"{it}.000000" if name.endswith(moments) and isinstance(it, str) and len(it) == 19 else it

    return sorted(({name: plain(name, it) for name, it in row.items()} for row in found), key=repr)


def test_the_moved_school_goes_on(move: Any, app: Flask, empty: str, tmp_path: Path) -> None:
    with app.app_context():
        student = value_of("SELECT id FROM students ORDER BY id LIMIT 1")
        number = value_of("SELECT value FROM counters WHERE name = 'receipt'")
        last = value_of("SELECT max(id) FROM payments")
        db.session.rollback()
    assert move().exit_code == 0
    moved = application(empty, tmp_path)
    with moved.app_context():
        paid = record_payment(student_id=student, amount=100, method="cash", request_key="first", allow_credit=True)
        assert paid.payment.id > last
        assert value_of("SELECT value FROM counters WHERE name = 'receipt'") == number + 1
        db.session.rollback()
        while seal_activity():
            pass
    for command in (("stats", "verify"), ("audit", "verify")):
        result = run(moved, *command)
        assert result.exit_code == 0, result.output
    with moved.app_context():
        db.engine.dispose()


def test_ids_are_not_used_twice_after_the_move_either(move: Any, source: Any, empty: str) -> None:
    gone = source.execute("INSERT INTO classes (name) VALUES ('Gone') RETURNING id").fetchone()[0]
    source.execute("DELETE FROM classes WHERE id = ?", (gone,))
    assert move().exit_code == 0
    assert there(empty, lambda raw: value(raw, "INSERT INTO classes (name) VALUES ('New') RETURNING id")) > gone


def test_the_file_is_only_read(move: Any, tmp_path: Path) -> None:
    file = tmp_path / "school.db"
    raw = raw_connection(sqlite_file(file))
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = file.read_bytes()
    raw.close()
    assert move().exit_code == 0
    assert file.read_bytes() == before


@pytest.mark.parametrize("statement", ["CREATE TABLE theirs (id integer)", "CREATE VIEW theirs AS SELECT 1 AS one"])
def test_a_database_that_is_not_empty_is_refused(move: Any, empty: str, statement: str) -> None:
    there(empty, lambda raw: raw.execute(statement))
    result = move()
    assert result.exit_code == 1
    assert "not empty: it has theirs" in result.output
    assert there(empty, lambda raw: names_of(raw, "table")) <= {"theirs"}


def test_moving_twice_is_refused(move: Any) -> None:
    assert move().exit_code == 0
    assert "not empty" in move().output


@pytest.mark.parametrize("to", ["sqlite:///other.db", "mysql://root@localhost/x", "nonsense", "/tmp/x.db"])
def test_only_postgresql_is_a_place_to_move_to(refused: Any, to: str) -> None:
    assert "--to must be the address of a PostgreSQL database" in refused(to)


def test_only_a_school_on_sqlite_moves(database: Database, empty: str) -> None:
    app = create_app(overrides(database))
    result = run(app, "move", "--to", empty)
    with app.app_context():
        db.engine.dispose()
    assert result.exit_code == 1
    assert "Only a school on SQLite can be moved" in result.output


def test_a_server_that_does_not_answer_is_one_sentence_without_the_password(refused: Any) -> None:
    said = refused("postgresql://school:sesame@127.0.0.1:1/school")
    assert "PostgreSQL says" in said
    assert "sesame" not in said
    assert len(said.splitlines()) == 1


def test_another_schema_is_refused(refused: Any, source: Any) -> None:
    source.execute("UPDATE alembic_version SET version_num = '0000'")
    assert "db upgrade" in refused()


def test_a_database_without_a_school_is_refused(empty: str, tmp_path: Path) -> None:
    app = create_app(overrides(sqlite_file(tmp_path / "nothing.db")))
    assert "There is no database" in run(app, "move", "--to", empty).output
    (tmp_path / "nothing.db").touch()
    assert "There is no school" in run(app, "move", "--to", empty).output


def test_a_school_that_somebody_has_open_is_refused(app: Flask, source: Any, empty: str) -> None:
    assert source.execute("SELECT 1 FROM students LIMIT 1").fetchone()
    result = run(app, "move", "--to", empty)
    assert result.exit_code == 1
    assert "stop the program" in result.output


def test_figures_that_drifted_are_refused_by_name(refused: Any, source: Any) -> None:
    source.execute("UPDATE statistics_cache SET metric_value = metric_value + 1 WHERE metric_name = 'total_teachers'")
    said = refused()
    assert "total_teachers: kept" in said
    assert "stats rebuild" in said


BAD = [
    ("classes", "name", "'x' || char(0) || 'y'", "has characters that PostgreSQL cannot keep"),
    ("classes", "name", "CAST(x'4142ff' AS text)", "has characters that PostgreSQL cannot keep"),
    ("classes", "name", "CAST(x'eda080' AS text)", "has characters that PostgreSQL cannot keep"),
    ("classes", "name", "replace(hex(zeroblob(40)), '0', 'é')", "is longer than 64 characters"),
    ("classes", "name", "x'41'", "is not a text"),
    ("classes", "capacity", "3000000000", "is not a whole number below 2147483648"),
    ("classes", "capacity", "'many'", "is not a whole number below 2147483648"),
    ("classes", "capacity", "2.5", "is not a whole number below 2147483648"),
    ("classes", "is_active", "2", "is neither true nor false"),
    ("students", "born_on", "'2015-02-30'", "is not a date of the calendar"),
    ("students", "born_on", "'0000-01-01'", "is not a date of the calendar"),
    ("students", "born_on", "'15.2.2015'", "is not a date of the calendar"),
    ("students", "born_on", "''", "is not a date of the calendar"),
    ("students", "created_at", "'2015-02-30 10:00:00'", "is not a date with a time"),
    ("students", "created_at", "'2015-02-03 24:00:00'", "is not a date with a time"),
    ("students", "created_at", "'2015-02-03 10:00:00+01:00'", "is not a date with a time"),
    ("students", "created_at", "1423000000", "is not a date with a time"),
    ("outbox", "payload", "'{a: 1}'", "is not JSON"),
    ("outbox", "payload", "7", "is not JSON"),
]


def test_every_value_that_postgresql_would_refuse_is_named_at_once(refused: Any, source: Any, empty: str) -> None:
    source.execute("DROP TRIGGER IF EXISTS student_enrollment_sync_update")
    source.execute("INSERT INTO outbox (kind, payload) VALUES ('mail', '{}'), ('mail', '{}')")
    ids = {table: [row["id"] for row in rows(source, f"SELECT id FROM {table}")] for table in ("classes", "students")}
    ids["outbox"] = [row["id"] for row in rows(source, "SELECT id FROM outbox")]
    for table in ids:
        for trigger in rows(source, f"SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = '{table}'"):
            drop_trigger(source, trigger["name"])
    expected = []
    for table, column, expression, why in BAD:
        # Each in a row of its own: there may not be enough classes, so new ones are made.
        row = spare(source, table, ids)
        source.execute(f"UPDATE {table} SET {column} = {expression} WHERE id = ?", (row,))
        expected.append(f"{table} {row}, {column}: {why}")
    said = refused()
    for line in expected:
        assert line in said.splitlines(), line
    assert f"would refuse {len(BAD)} values; nothing was moved" in said


def spare(raw: Any, table: str, ids: dict[str, list[int]]) -> int:
    if table == "classes":
        name = f"Spare {next(_numbers)}"
        return int(raw.execute("INSERT INTO classes (name) VALUES (?) RETURNING id", (name,)).fetchone()[0])
    return ids[table].pop()


def test_what_postgresql_does_take_is_not_refused(move: Any, source: Any, empty: str) -> None:
    longest = "Ŋ" * 64
    source.execute("UPDATE students SET first_name = ?, created_at = '2015-02-28T10:00:00.5' WHERE id = 1", (longest,))
    result = move()
    assert result.exit_code == 0, result.output
    found = there(empty, lambda raw: rows(raw, "SELECT first_name, created_at FROM students WHERE id = 1"))
    assert found == [{"first_name": longest, "created_at": "2015-02-28 10:00:00.500000"}]


def test_a_row_without_its_parent_is_refused(refused: Any, source: Any) -> None:
    source.execute("PRAGMA foreign_keys = OFF")
    source.execute("INSERT INTO notification_reads (user_id, notification_id) VALUES (999, 999)")
    said = refused()
    assert "notification_reads belongs to a row of users that does not exist" in said


def test_a_failure_in_the_middle_leaves_nothing(refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def fails(source: Any, target: Any, table: Any) -> int:
        done.append(table.name)
        if table.name == "payments":
            raise psycopg2.OperationalError("server closed the connection unexpectedly\n\tThis probably means")
        return copy_table(source, target, table)

    copy_table = moving.copy_table
    monkeypatch.setattr(moving, "copy_table", fails)
    assert "Nothing was moved. PostgreSQL says: server closed the connection unexpectedly." in refused()
    assert "students" in done


def test_a_value_that_arrived_otherwise_is_noticed(refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def changes(source: Any, target: Any, table: Any) -> int:
        if table.name == "payments":
            target.exec_driver_sql(
                "CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN NEW.note = ''other''; RETURN NEW; END'"
            )
            target.exec_driver_sql(
                "CREATE TRIGGER changed BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION changed()"
            )
        return copy_table(source, target, table)

    copy_table = moving.copy_table
    monkeypatch.setattr(moving, "copy_table", changes)
    assert "the rows of payments did not arrive as they were sent" in refused()


def test_a_log_that_was_touched_before_is_told_and_comes_along(move: Any, source: Any) -> None:
    for trigger in rows(
        source, "SELECT name FROM sqlite_schema WHERE tbl_name = 'user_activity_log' AND type = 'trigger'"
    ):
        drop_trigger(source, trigger["name"])
    source.execute(
        "UPDATE user_activity_log SET description = 'other' WHERE id = (SELECT min(id) FROM user_activity_log)"
    )
    result = move()
    assert result.exit_code == 0, result.output
    assert "tampered, already before the move" in result.output


def test_a_safe_server_is_demanded(refused: Any, empty: str) -> None:
    name = make_url(empty).database
    there(empty, lambda raw: raw.execute(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    assert "could lose payments" in refused()
