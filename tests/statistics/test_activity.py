"""The activity log: who changed what, from what, to what; written by the database, so nobody can forget it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.database import Actor, acting_as, atomic
from app.models import Student
from app.statistics.spec import AUDITED_TABLES
from tests.support.database import insert, rows, triggers_of, value
from tests.support.samples import one_of_each

ESI = Actor(4, "esi", "10.0.0.4")


def log(raw, **wanted):
    found = rows(raw, "SELECT * FROM user_activity_log ORDER BY id")
    for row in found:
        row["activity_data"] = json.loads(row["activity_data"]) if row["activity_data"] else None
    return [row for row in found if all(row[name] == value for name, value in wanted.items())]


def test_the_real_user_is_on_record(in_app, raw):
    with acting_as(ESI), atomic() as session:
        session.add(Student(admission_no="S1", first_name="Asha", last_name="Mensah"))
    (row,) = log(raw)
    assert (row["user_id"], row["username"], row["ip_address"]) == (4, "esi", "10.0.0.4")
    assert (row["activity_type"], row["table_name"], row["record_id"]) == ("students.insert", "students", 1)
    assert row["description"] == "students: Asha Mensah"


def test_sql_from_elsewhere_is_on_record_as_the_system(in_app, raw, careless):
    with acting_as(ESI), atomic() as session:
        session.execute(text("INSERT INTO classes (name) VALUES ('Blue')"))
    insert(raw, "classes", name="Gold")
    insert(careless, "classes", name="Green")
    assert [row["username"] for row in log(raw)] == ["esi", "system", "system"]
    assert [row["user_id"] for row in log(raw)] == [4, None, None]


def test_two_users_after_each_other_are_told_apart(in_app, raw):
    for actor in (ESI, Actor(5, "kojo", None), Actor()):
        with acting_as(actor), atomic() as session:
            session.execute(text("INSERT INTO guardians (full_name) VALUES ('Efua Mensah')"))
    assert [(row["user_id"], row["username"]) for row in log(raw)] == [(4, "esi"), (5, "kojo"), (None, "system")]


def test_values_before_and_after_are_kept(raw, school):
    raw.execute("UPDATE students SET first_name = 'Ashia', class_id = NULL WHERE id = ?", (school.asha,))
    raw.execute("DELETE FROM fees WHERE id = ?", (school.books,))
    (update,) = log(raw, activity_type="students.update")
    before, after = update["activity_data"]["before"], update["activity_data"]["after"]
    assert (before["first_name"], before["class_id"]) == ("Asha", school.blue)
    assert (after["first_name"], after["class_id"]) == ("Ashia", None)
    assert {name for name in before if before[name] != after[name]} == {"first_name", "class_id"}
    (delete,) = log(raw, activity_type="fees.delete")
    assert delete["activity_data"]["before"]["amount_due"] == 5_000
    assert delete["activity_data"]["after"] is None
    (first, _) = log(raw, activity_type="fees.insert")
    assert first["activity_data"]["before"] is None
    assert first["activity_data"]["after"]["amount_due"] == 60_000


def test_a_statement_that_changes_nothing_is_not_on_record(raw, school):
    before = len(log(raw))
    raw.execute("UPDATE students SET first_name = first_name")
    raw.execute("UPDATE users SET last_login_at = '2026-01-15 08:00:00'")
    assert len(log(raw)) == before


def test_a_rolled_back_change_is_not_on_record(raw, school):
    before = len(log(raw))
    raw.execute("BEGIN")
    raw.execute("UPDATE students SET first_name = 'Nobody'")
    raw.execute("ROLLBACK")
    assert len(log(raw)) == before


def test_a_bulk_statement_is_on_record_row_by_row(raw, school):
    raw.execute("UPDATE students SET status = 'graduated'")
    assert [row["record_id"] for row in log(raw, activity_type="students.update")] == [school.asha, school.kofi]


@pytest.mark.parametrize("verb", ["insert", "update", "delete"])
def test_every_audited_table_is_on_record(raw, verb):
    one_of_each(raw)
    made = triggers_of(raw)
    for table in AUDITED_TABLES:
        assert any(f"AFTER {verb.upper()} ON {table}" in sql and f"'{table}.{verb}'" in sql for sql in made), table
        if verb == "insert":
            assert log(raw, activity_type=f"{table}.insert"), table


def test_no_secret_is_on_record(raw):
    one_of_each(raw)
    raw.execute("UPDATE users SET password_hash = 'secret-new', auth_version = auth_version + 1")
    raw.execute("UPDATE wall_displays SET token_hash = 'secret-display'")
    raw.execute("DELETE FROM api_tokens")
    everything = "\n".join(str(row) for row in rows(raw, "SELECT * FROM user_activity_log"))
    assert "secret" not in everything
    assert "hash" not in everything
    assert log(raw, activity_type="users.update")[0]["activity_data"]["after"]["auth_version"] == 2


def test_the_moment_is_utc_to_the_millisecond(raw):
    insert(raw, "classes", name="Blue")
    written = value(raw, "SELECT timestamp FROM user_activity_log")
    then = datetime.strptime(written, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - then) < timedelta(minutes=1)
    assert len(written) == 26
