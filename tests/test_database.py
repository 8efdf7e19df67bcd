"""The one way to write: all or nothing, one writer at a time, and connections that keep their promises."""

import logging
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app import create_app
from app.database import Actor, acting_as, atomic, committed, sqlite, transaction
from app.database.sqlite import has_wal_reset_bug, pragmas, prepare_connection
from app.errors import Conflict, DatabaseBusy, StorageFull
from app.extensions import db
from app.models import SchoolClass, Student
from tests.support.database import hold_the_write_lock, overrides, raw_connection, rows, value
from tests.support.school import pay


class Boom(Exception):
    """Something that nobody expected."""


@pytest.fixture
def announced():
    """How often a commit was announced so far."""
    heard = []

    def listener(sender):
        heard.append(sender)

    committed.connect(listener)
    yield lambda: len(heard)
    committed.disconnect(listener)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(transaction, "LOCK_TIMEOUT", 0.3)
    monkeypatch.setattr(sqlite, "PATIENCE", 0.3)


@contextmanager
def another_process_writing(path, sql="UPDATE classes SET name = name"):
    other = raw_connection(path)
    hold_the_write_lock(other)
    other.execute(sql)
    try:
        yield other
    finally:
        other.execute("ROLLBACK")
        other.close()


def add_and_fail(row):
    with atomic() as session:
        session.add(row)
        session.flush()
        raise Boom


def names_of_classes(raw):
    return [row["name"] for row in rows(raw, "SELECT name FROM classes ORDER BY id")]


# All or nothing


def test_what_was_written_is_there_and_announced_once(in_app, raw, announced):
    with atomic() as session:
        session.add(SchoolClass(name="Blue"))
        session.add(SchoolClass(name="Gold"))
        assert names_of_classes(raw) == []
        assert announced() == 0
    assert names_of_classes(raw) == ["Blue", "Gold"]
    assert announced() == 1


def test_an_error_leaves_nothing_and_announces_nothing(in_app, raw, announced):
    before = rows(raw, "SELECT * FROM sync_clock")
    with pytest.raises(Boom):
        add_and_fail(Student(admission_no="S9", first_name="Yaw", last_name="Owusu"))
    assert value(raw, "SELECT count(*) FROM students") == 0
    assert value(raw, "SELECT count(*) FROM user_activity_log") == 0
    assert value(raw, "SELECT count(*) FROM statistics_cache") == 0
    assert rows(raw, "SELECT * FROM sync_clock") == before
    assert announced() == 0


def test_a_block_inside_a_block_joins_it(in_app, raw, announced):
    with atomic() as outer:
        outer.add(SchoolClass(name="Blue"))
        with atomic() as inner:
            assert inner is outer
            inner.add(SchoolClass(name="Gold"))
        assert names_of_classes(raw) == []
    assert names_of_classes(raw) == ["Blue", "Gold"]
    assert announced() == 1


def test_an_outer_error_takes_the_inner_block_with_it(in_app, raw, announced):
    def fail_outside():
        with atomic():
            with atomic() as inner:
                inner.add(SchoolClass(name="Gold"))
            raise Boom

    with pytest.raises(Boom):
        fail_outside()
    assert names_of_classes(raw) == []
    assert announced() == 0


def test_half_of_an_inner_block_cannot_be_committed_by_catching_its_error(in_app, raw, announced):
    def go_on_after_an_error():
        with atomic() as session:
            session.add(SchoolClass(name="Blue"))
            with suppress(Boom):
                add_and_fail(SchoolClass(name="Gold"))

    with pytest.raises(RuntimeError, match="nothing was saved"):
        go_on_after_an_error()
    assert names_of_classes(raw) == []
    assert announced() == 0


def test_rows_changed_outside_a_block_are_refused(in_app, raw):
    db.session.add(SchoolClass(name="Blue"))
    with pytest.raises(RuntimeError, match="outside atomic"), atomic():
        pass
    db.session.rollback()
    with atomic() as session:
        session.add(SchoolClass(name="Gold"))
    assert names_of_classes(raw) == ["Gold"]


def test_a_block_reads_what_is_true_under_the_lock(in_app, raw, school):
    assert db.session.get(SchoolClass, school.blue).name == "Blue"
    raw.execute("UPDATE classes SET name = 'Azure' WHERE id = ?", (school.blue,))
    with atomic() as session:
        assert session.get(SchoolClass, school.blue).name == "Azure"


def test_a_refusal_of_the_database_is_told_in_a_sentence(in_app, raw, school):
    payment = pay(raw, school.asha, 100, {school.books: 100})
    with pytest.raises(Conflict) as refused, atomic() as session:
        session.execute(text("UPDATE payments SET amount = 90 WHERE id = :id"), {"id": payment})
    assert refused.value.code == "payment_append_only"
    assert refused.value.message == "A receipt is never changed or deleted; void it instead."


def test_a_refusal_inside_an_inner_block_is_told_in_a_sentence_too(in_app, school):
    def settle_by_hand():
        with atomic() as session:
            session.execute(text("UPDATE fees SET amount_paid = 5"))

    with pytest.raises(Conflict) as refused, atomic():
        settle_by_hand()
    assert refused.value.code == "amount_paid_disagrees"


def test_an_error_nobody_expected_stays_what_it_is(in_app, school):
    with pytest.raises(IntegrityError, match="classes.name"), atomic() as session:
        session.add(SchoolClass(name="Blue"))


def test_a_failing_listener_does_not_make_a_saved_payment_look_lost(in_app, raw, caplog):
    def failing(sender):
        raise Boom

    committed.connect(failing)
    try:
        with caplog.at_level(logging.ERROR), atomic() as session:
            session.add(SchoolClass(name="Blue"))
    finally:
        committed.disconnect(failing)
    assert names_of_classes(raw) == ["Blue"]
    assert "a listener of the commit failed" in caplog.text


@pytest.mark.sqlite
def test_a_full_disk_is_said_and_nothing_is_stored(in_app, raw):
    def fill():
        with atomic() as session:
            pages = session.scalar(text("PRAGMA page_count"))
            session.execute(text(f"PRAGMA max_page_count = {pages}"))
            session.add_all(SchoolClass(name=f"Class {number} " + "x" * 50) for number in range(2000))

    with pytest.raises(StorageFull):
        fill()
    db.engine.dispose()
    assert names_of_classes(raw) == []


# Who writes


def test_the_writer_is_named_inside_the_block_only(in_app, raw):
    with acting_as(Actor(7, "esi", "10.0.0.4")), atomic() as session:
        session.add(SchoolClass(name="Blue"))
    assert rows(raw, "SELECT user_id, username, ip_address FROM write_context") == [
        {"user_id": None, "username": None, "ip_address": None}
    ]
    assert rows(raw, "SELECT user_id, username, ip_address FROM user_activity_log") == [
        {"user_id": 7, "username": "esi", "ip_address": "10.0.0.4"}
    ]


def test_the_writer_of_a_rolled_back_block_is_forgotten(in_app, raw):
    with acting_as(Actor(7, "esi", None)), pytest.raises(Boom), atomic():
        raise Boom
    raw.execute("INSERT INTO classes (name) VALUES ('Blue')")
    assert value(raw, "SELECT username FROM user_activity_log") == "system"


# One writer at a time


def test_writers_of_one_process_come_one_after_the_other(app, raw):
    raw.execute("INSERT INTO counters (name, value) VALUES ('receipts', 0)")
    problems, together = [], threading.Barrier(4)

    def raise_counter():
        try:
            together.wait()
            for _ in range(25):
                with app.app_context(), atomic() as session:
                    seen = session.scalar(text("SELECT value FROM counters"))
                    time.sleep(0.0005)
                    session.execute(text("UPDATE counters SET value = :next"), {"next": seen + 1})
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=raise_counter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert value(raw, "SELECT value FROM counters") == 100


def test_another_process_is_waited_for(in_app, database):
    other = raw_connection(database)
    hold_the_write_lock(other)
    release = threading.Timer(0.2, lambda: other.execute("COMMIT"))
    release.start()
    with atomic() as session:
        session.add(SchoolClass(name="Blue"))
    release.join()
    assert names_of_classes(other) == ["Blue"]
    other.close()


def test_a_lock_that_is_not_given_back_is_a_busy_database(in_app, database, raw, impatient, announced):
    started = time.monotonic()
    with another_process_writing(database), pytest.raises(DatabaseBusy) as busy, atomic() as session:
        session.add(SchoolClass(name="Blue"))
    assert time.monotonic() - started < 3
    assert (busy.value.status, busy.value.code) == (503, "database_busy")
    assert names_of_classes(raw) == []
    assert announced() == 0
    with atomic() as session:
        session.add(SchoolClass(name="Gold"))
    assert names_of_classes(raw) == ["Gold"]


def test_a_writer_of_this_process_that_holds_on_is_a_busy_database(app, impatient):
    inside, done = threading.Event(), threading.Event()

    def hold():
        with app.app_context(), atomic():
            inside.set()
            done.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(5)
    try:
        with app.app_context(), pytest.raises(DatabaseBusy), atomic():
            pytest.fail("two writers at once")
    finally:
        done.set()
        holder.join()


def test_reading_goes_on_while_another_process_writes(in_app, database, raw, school):
    with another_process_writing(database):
        assert db.session.scalar(text("SELECT count(*) FROM students")) == 2


# What every connection promises


@pytest.mark.sqlite
def test_every_pooled_connection_has_its_pragmas(in_app):
    expected = {name: reported for name, (_, reported) in pragmas(db.engine.dialect.dbapi.sqlite_version_info).items()}
    assert expected["synchronous"] >= 2
    assert (expected["foreign_keys"], expected["recursive_triggers"], expected["busy_timeout"]) == (1, 1, 0)
    held = [db.engine.connect() for _ in range(15)]
    try:
        assert len({id(connection.connection.driver_connection) for connection in held}) == 15
        for connection in held:
            raw = connection.connection.driver_connection
            assert {name: value(raw, f"PRAGMA {name}") for name in expected} == expected
    finally:
        for connection in held:
            connection.close()


def test_a_pragma_that_does_not_take_refuses_the_connection():
    # A database in memory cannot have a write-ahead log.
    connection = sqlite3.connect(":memory:")
    with pytest.raises(RuntimeError, match="PRAGMA journal_mode"):
        prepare_connection(connection, (3, 51, 3))
    connection.close()


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 44, 9), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_of_sqlite_that_can_lose_commits_get_no_write_ahead_log(version, affected):
    assert has_wal_reset_bug(version) is affected
    assert pragmas(version)["journal_mode"][1] == ("delete" if affected else "wal")
    assert pragmas(version)["synchronous"][0] == ("EXTRA" if affected else "FULL")


@pytest.mark.sqlite
def test_the_program_runs_on_a_sqlite_that_keeps_its_commits(in_app):
    version = db.engine.dialect.dbapi.sqlite_version_info
    mode = db.session.scalar(text("PRAGMA journal_mode"))
    assert mode == ("delete" if has_wal_reset_bug(version) else "wal")


@pytest.fixture
def without_wal(database, monkeypatch):
    """The application as it runs on an affected version: a rollback journal, where readers and commits wait."""
    monkeypatch.setattr("app.database.sqlite.has_wal_reset_bug", lambda version: True)
    app = create_app(overrides(database))
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.mark.sqlite
def test_an_affected_version_uses_a_rollback_journal_and_works(without_wal, raw):
    with atomic() as session:
        session.add(SchoolClass(name="Blue"))
    assert db.session.scalar(text("PRAGMA journal_mode")) == "delete"
    assert names_of_classes(raw) == ["Blue"]


@pytest.mark.sqlite
def test_a_commit_without_wal_waits_for_a_reader(without_wal, database):
    db.session.scalar(text("SELECT 1 FROM sync_clock"))
    db.session.rollback()
    reader = raw_connection(database)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM classes").fetchall()
    release = threading.Timer(0.2, lambda: reader.execute("COMMIT"))
    release.start()
    with atomic() as session:
        session.add(SchoolClass(name="Blue"))
    release.join()
    assert names_of_classes(reader) == ["Blue"]
    reader.close()


@pytest.mark.sqlite
def test_a_commit_without_wal_that_no_reader_lets_through_leaves_nothing(without_wal, database, impatient, announced):
    db.session.scalar(text("SELECT 1 FROM sync_clock"))
    db.session.rollback()
    reader = raw_connection(database)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM classes").fetchall()
    with pytest.raises(DatabaseBusy), atomic() as session:
        session.add(SchoolClass(name="Blue"))
    reader.execute("COMMIT")
    assert names_of_classes(reader) == []
    assert announced() == 0
    with atomic() as session:
        session.add(SchoolClass(name="Gold"))
    assert names_of_classes(reader) == ["Gold"]
    reader.close()
