"""The hash chain over the activity log: any later change of a sealed row or of a seal is found."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.errors import DatabaseBusy
from app.queries.audit import AuditReport
from app.services.audit import seal_activity, verify_log
from app.statistics.install import drop_derived
from tests.support.database import Database, as_sqlalchemy, insert, is_sqlite, raw_connection, rows, value
from tests.support.school import School

COLUMNS = (
    "id user_id username activity_type description activity_data table_name record_id ip_address timestamp".split()
)
SEAL_COLUMNS = "id from_id to_id row_count previous_hash hash sealed_at".split()


@pytest.fixture
def sealed(in_app: Flask, school: School, raw: Any) -> Any:
    """Forty more rows, sealed seven at a time; the connection of somebody who has dropped every guard."""
    for number in range(40):
        insert(raw, "classes", name=f"Class {number}")
    while seal_activity(most=7):
        pass
    assert check().problems == []
    with as_sqlalchemy(raw) as connection:
        drop_derived(connection)
        connection.commit()
    if is_sqlite(raw):
        raw.execute("PRAGMA ignore_check_constraints = ON")
    return raw


def check() -> AuditReport:
    return verify_log()


def test_seals_follow_one_another_and_cover_every_row(in_app: Flask, school: School, raw: Any) -> None:
    assert seal_activity(most=3) == 3
    assert seal_activity() > 0
    assert seal_activity() == 0
    first, second = rows(raw, "SELECT * FROM activity_seals ORDER BY id")
    assert (first["from_id"], first["to_id"], first["row_count"]) == (1, 3, 3)
    assert second["from_id"] == 4
    assert second["previous_hash"] == first["hash"]
    report = check()
    assert (report.seals, report.unsealed, report.problems) == (2, 0, [])
    assert report.head == second["hash"]


def test_the_tail_that_is_not_sealed_is_counted(in_app: Flask, school: School, raw: Any) -> None:
    while seal_activity():
        pass
    insert(raw, "classes", name="New")
    report = check()
    assert (report.unsealed, report.problems) == (1, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE user_activity_log SET username = 'nobody' WHERE id = 9",
        "UPDATE user_activity_log SET user_id = 7 WHERE id = 9",
        "UPDATE user_activity_log SET activity_data = '{}' WHERE id = 9",
        "UPDATE user_activity_log SET record_id = record_id + 1 WHERE id = 9",
        "UPDATE user_activity_log SET timestamp = '2026-01-01 00:00:00.000001' WHERE id = 9",
        "DELETE FROM user_activity_log WHERE id = 9",
        "INSERT INTO user_activity_log (id, activity_type, username, timestamp) VALUES (-1, 'x', 'x', '2026-01-01')",
        "DELETE FROM activity_seals WHERE id = 3",
        "UPDATE activity_seals SET sealed_at = '2026-01-01 00:00:00.000001' WHERE id = 2",
        "UPDATE activity_seals SET row_count = 6 WHERE id = 2",
        "UPDATE activity_seals SET to_id = 13 WHERE id = 2",
        "UPDATE activity_seals SET archived_at = '2026-01-01 00:00:00.000000' WHERE id = 2",
    ],
)
def test_what_a_database_administrator_changes_is_found(sealed: Any, statement: str) -> None:
    sealed.execute(statement)
    assert check().problems


@pytest.mark.sqlite
def test_a_hundred_random_one_byte_changes_are_all_found(sealed: Any) -> None:
    dice = random.Random(7)
    for turn in range(100):
        table, columns = ("user_activity_log", COLUMNS) if turn % 4 else ("activity_seals", SEAL_COLUMNS)
        number = dice.choice(rows(sealed, f"SELECT rowid AS n FROM {table}"))["n"]
        column = dice.choice(columns)
        before = value(sealed, f"SELECT {column} FROM {table} WHERE rowid = ?", (number,))
        after = changed(dice, before)
        sealed.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (after, number))
        where = after if column == "id" else number
        assert check().problems, f"{table}.{column} of {number}: {before!r} -> {after!r}"
        sealed.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (before, where))
    assert check().problems == [], "every change was taken back"


def changed(dice: random.Random, before: Any) -> Any:
    """The value with one byte, or one digit, made another."""
    if before is None:
        return "x"
    if isinstance(before, int):
        return before + dice.choice((100, 1000, -1000))
    at = dice.randrange(len(before)) if before else 0
    letter = chr((ord(before[at]) + dice.randrange(1, 90) - 32) % 95 + 32) if before else "x"
    made = before[:at] + letter + before[at + 1 :]
    return made if made != before else before + " "


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "tamper",
    [
        lambda raw: raw.execute("DELETE FROM user_activity_log WHERE id = 9"),
        lambda raw: raw.execute("DELETE FROM user_activity_log WHERE id = (SELECT max(id) FROM user_activity_log)"),
        lambda raw: raw.execute("DELETE FROM activity_seals WHERE id = 3"),
        lambda raw: raw.execute("DELETE FROM activity_seals WHERE id = (SELECT max(id) FROM activity_seals)"),
        lambda raw: raw.execute("DELETE FROM activity_seals"),
        lambda raw: raw.execute("UPDATE user_activity_log SET user_id = '1' || '' WHERE id = 9"),
        lambda raw: raw.execute("UPDATE user_activity_log SET description = CAST('fee' AS BLOB) WHERE id = 9"),
        lambda raw: raw.execute("UPDATE user_activity_log SET description = CAST(x'ff00fe' AS TEXT) WHERE id = 9"),
        lambda raw: raw.execute("UPDATE activity_seals SET hash = CAST(x'ff00fe' AS TEXT) WHERE id = 2"),
        lambda raw: raw.execute("UPDATE activity_seals SET to_id = 'many' WHERE id = 2"),
        lambda raw: raw.execute("UPDATE activity_seals SET archived_at = '2026-01-01' WHERE id = 2"),
        lambda raw: raw.execute("INSERT INTO user_activity_log (id, activity_type) VALUES (-1, 'x')"),
        lambda raw: swap(raw),
    ],
)
def test_missing_moved_and_odd_rows_are_found(sealed: Any, tamper: Callable[[Any], object]) -> None:
    tamper(sealed)
    assert check().problems


def swap(raw: Any) -> None:
    """Give two rows each other's number."""
    for before, after in ((5, 1000), (6, 5), (1000, 6)):
        raw.execute("UPDATE user_activity_log SET id = ? WHERE id = ?", (after, before))


@pytest.mark.sqlite
def test_a_row_taken_out_of_the_unsealed_tail_is_found(sealed: Any) -> None:
    for number in range(3):
        sealed.execute("INSERT INTO user_activity_log (activity_type) VALUES (?)", (f"x{number}",))
    assert check().problems == []
    sealed.execute("DELETE FROM user_activity_log WHERE activity_type = 'x1'")
    assert check().problems


def test_a_rolled_back_change_leaves_no_gap(in_app: Flask, school: School, raw: Any) -> None:
    raw.execute("BEGIN")
    insert(raw, "classes", name="Never")
    raw.execute("ROLLBACK")
    while seal_activity():
        pass
    assert check().problems == []


def test_the_log_and_its_seals_refuse_changes_by_sql(in_app: Flask, school: School, raw: Any) -> None:
    seal_activity()
    for statement in (
        "UPDATE user_activity_log SET username = 'x' WHERE id = 1",
        "DELETE FROM user_activity_log WHERE id = 1",
        "UPDATE activity_seals SET hash = 'x'",
        "DELETE FROM activity_seals",
    ):
        with pytest.raises(Exception, match="append_only"):
            raw.execute(statement)


@pytest.mark.postgresql
def test_a_number_given_out_earlier_is_waited_for(in_app: Flask, school: School, raw: Any, database: Database) -> None:
    """On PostgreSQL a transaction may commit rows with lower numbers than rows that are there already."""
    slow = raw_connection(database)
    slow.execute("BEGIN")
    insert(slow, "classes", name="Early")
    insert(raw, "classes", name="Late")
    with pytest.raises(DatabaseBusy):
        seal_activity()
    slow.execute("COMMIT")
    slow.close()
    while seal_activity():
        pass
    assert (check().problems, check().unsealed) == ([], 0)
