"""The migrations make exactly the tables of the models, and triggers survive every way through them."""

import re
import secrets
import shutil
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from app import create_app
from app.database.sqlite import sqlite_driver
from app.extensions import db
from app.schema import MIGRATIONS
from app.statistics.install import is_current, sync_derived
from tests.support.database import (
    Database,
    as_sqlalchemy,
    drop_trigger,
    figures,
    is_sqlite,
    overrides,
    raw_connection,
    rows,
    sqlite_file,
    value,
)
from tests.support.postgres import administer, named
from tests.support.school import found, pay

CATALOG = {
    "table": """
        SELECT c.relname AS name, a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || a.attnotnull::text
          || a.attgenerated::text || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS sql
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT r.relname, conname || ' ' || pg_get_constraintdef(k.oid) FROM pg_constraint AS k
          JOIN pg_class AS r ON r.oid = k.conrelid WHERE k.connamespace = 'public'::regnamespace AND contype <> 'n'
        UNION ALL SELECT relname, reloptions::text FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL
          AND relnamespace = 'public'::regnamespace
    """,
    "index": "SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": """
        SELECT tgname AS name, pg_get_triggerdef(t.oid) || p.prosrc AS sql FROM pg_trigger AS t
        JOIN pg_proc AS p ON p.oid = t.tgfoid WHERE NOT tgisinternal
    """,
}
"""How PostgreSQL describes itself: several lines a table, one an index or trigger."""


BESIDE = ("alembic_version", "statistics_stage", "statistics_pending")


def described(raw, kind):
    """What the database says of its tables, indexes or triggers, by name; the order of constraints aside."""
    if not is_sqlite(raw):
        lines = [row for row in rows(raw, CATALOG[kind]) if not row["name"].startswith(BESIDE)]
        return {name: sorted(row["sql"] for row in lines if row["name"] == name) for name in {r["name"] for r in lines}}
    sql = "SELECT name, sql FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL AND name <> 'alembic_version'"
    return {row["name"]: normal(row["sql"]) for row in rows(raw, sql, (kind,)) if row["name"] != "sqlite_sequence"}


def normal(sql):
    head, _, body = re.sub(r"\s+", " ", sql).partition("(")
    body, _, tail = body.rpartition(")")
    parts = sorted(part.strip() for part in split_at_commas(body))
    return head.strip().replace('"', ""), parts, tail.strip()


def split_at_commas(text):
    """Split at the commas that no bracket encloses."""
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


@pytest.fixture
def created(database, tmp_path):
    """A database made from the models, without migrations."""
    if database.is_sqlite:
        made = sqlite_file(tmp_path / "created.db")
        engine = create_engine(made.url, module=sqlite_driver())
    else:
        name = f"created_{secrets.token_hex(4)}"
        administer(database.url, f"CREATE DATABASE {name}")
        made = Database(named(database.url, name), tmp_path)
        engine = create_engine(made.url)
    db.metadata.create_all(engine)
    engine.dispose()
    connection = raw_connection(made)
    yield connection
    connection.close()
    if not made.is_sqlite:
        administer(database.url, f"DROP DATABASE {name}")


def is_compared(item, name, kind, reflected, other):
    """Not the tables that are made with the triggers, and not an index that is for the other database."""
    for_another = kind == "index" and item._ddl_if and db.engine.dialect.name != item._ddl_if.dialect
    return not (for_another or (kind == "table" and name in ("statistics_stage", "statistics_pending")))


def test_autogenerate_finds_nothing_to_do(in_app):
    with db.engine.connect() as connection:
        options = {"compare_type": True, "include_object": is_compared}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, db.metadata) == []


@pytest.mark.parametrize("kind", ["table", "index"])
def test_the_migrated_schema_is_that_of_the_models(raw, created, kind):
    migrated, modelled = described(raw, kind), described(created, kind)
    assert migrated.keys() == modelled.keys()
    for name in modelled:
        assert migrated[name] == modelled[name], name


def test_every_constraint_has_a_name():
    """SQLite can only change a table by making it anew, and an unnamed constraint would be lost on the way."""
    unnamed = [
        f"{table.name}: {constraint!r}"
        for table in db.metadata.tables.values()
        for constraint in table.constraints
        if constraint.name is None
    ]
    assert unnamed == []


def test_upgrading_a_current_database_changes_nothing(in_app, raw, school):
    pay(raw, school.asha, 500, {school.books: 500})
    before = figures(raw), described(raw, "trigger"), value(raw, "SELECT version FROM sync_clock")
    flask_migrate.upgrade(directory=str(MIGRATIONS))
    assert (figures(raw), described(raw, "trigger"), value(raw, "SELECT version FROM sync_clock")) == before
    assert current(raw)


def test_all_the_way_down_and_up_again(in_app, raw):
    before = described(raw, "trigger"), described(raw, "table")
    flask_migrate.downgrade(directory=str(MIGRATIONS), revision="base")
    assert described(raw, "trigger") == {}
    assert described(raw, "table") == {}
    flask_migrate.upgrade(directory=str(MIGRATIONS))
    assert (described(raw, "trigger"), described(raw, "table")) == before
    assert value(raw, "SELECT count(*) FROM financial_categories WHERE name = 'School Fees'") == 1
    found(raw)
    assert figures(raw)["total_enrollment"] == 2


def current(raw):
    with as_sqlalchemy(raw) as connection:
        return is_current(connection)


def heal(raw):
    with as_sqlalchemy(raw) as connection:
        sync_derived(connection)


def test_a_missing_trigger_is_noticed_and_what_it_missed_is_healed(raw, school, check):
    assert current(raw)
    for name in ("student_enrollment_sync", "payment_allocations_sync", "financial_transaction_stats_sync"):
        drop_trigger(raw, name)
    assert not current(raw)
    raw.execute("INSERT INTO students (admission_no, first_name, last_name) VALUES ('S3', 'Yaw', 'Owusu')")
    pay(raw, school.asha, 500, {school.books: 500})
    with pytest.raises(AssertionError):
        check()
    heal(raw)
    check()
    assert current(raw)
    assert figures(raw)["total_enrollment"] == 3
    assert figures(raw)["total_fees_collected"] == 500


CHANGES = {
    "a strange trigger": lambda raw: raw.execute(
        "CREATE TRIGGER somebodys AFTER INSERT ON students BEGIN SELECT 1; END"
        if is_sqlite(raw)
        else "CREATE TRIGGER somebodys AFTER INSERT ON students EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "a view less": lambda raw: raw.execute("DROP VIEW recent_activities"),
    "a trigger less": lambda raw: drop_trigger(raw, "attendance_sync"),
}
ON_POSTGRESQL = {
    "a trigger switched off": "ALTER TABLE attendance DISABLE TRIGGER attendance_sync",
    "a function that does nothing": "CREATE OR REPLACE FUNCTION attendance_sync() RETURNS trigger "
    "LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "a trigger that calls another function": "CREATE OR REPLACE TRIGGER guard_payment_delete BEFORE DELETE ON payments "
    "FOR EACH ROW EXECUTE FUNCTION guard_payment_update()",
}


@pytest.mark.parametrize("change", CHANGES)
def test_anything_that_the_program_did_not_make_is_noticed_and_healed(raw, change):
    CHANGES[change](raw)
    assert not current(raw)
    heal(raw)
    assert current(raw)


@pytest.mark.postgresql
@pytest.mark.parametrize("change", ON_POSTGRESQL)
def test_triggers_that_are_there_but_do_not_work_are_noticed_and_healed(raw, change):
    raw.execute(ON_POSTGRESQL[change])
    assert not current(raw)
    heal(raw)
    assert current(raw)


def test_a_changed_currency_needs_new_triggers_and_relabels_the_figures(raw, school):
    raw.execute("INSERT INTO settings (key, value) VALUES ('currency', 'NGN')")
    assert not current(raw)
    heal(raw)
    assert current(raw)
    assert value(raw, "SELECT unit FROM statistics_cache WHERE metric_name = 'total_fees_billed'") == "NGN"


ORPHANING = '''"""a bad one"""

from alembic import op

revision = 'bad'
down_revision = '{down}'


def upgrade():
    op.execute("DELETE FROM students")


def downgrade():
    pass
'''


def test_a_migration_that_would_leave_orphans_is_refused_whole(database, tmp_path, raw, school, caplog):
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = value(raw, "SELECT version_num FROM alembic_version")
    Path(folder, "versions", "9999_bad.py").write_text(ORPHANING.format(down=head))
    app = create_app(overrides(database))
    with app.app_context():
        with pytest.raises((SystemExit, IntegrityError)):
            flask_migrate.upgrade(directory=str(folder))
        db.engine.dispose()
    assert "left rows without their parents" in caplog.text or not database.is_sqlite
    assert value(raw, "SELECT count(*) FROM students") == 2
    assert value(raw, "SELECT version_num FROM alembic_version") == head
    assert current(raw)
