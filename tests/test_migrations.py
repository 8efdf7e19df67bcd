"""The migrations make exactly the tables of the models, and triggers survive every way through them."""

import re
import shutil
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from app import create_app
from app.database.sqlite import sqlite_driver
from app.extensions import db
from app.schema import MIGRATIONS
from app.statistics.install import is_current, sync_derived
from tests.support.database import as_sqlalchemy, figures, overrides, raw_connection, rows, sqlite_file, value
from tests.support.school import found, pay


def described(raw, kind):
    """What sqlite_schema says of tables, indexes or triggers, by name; the order of constraints aside."""
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
def created(tmp_path):
    """A database made from the models, without migrations."""
    engine = create_engine(f"sqlite:///{tmp_path / 'created.db'}", module=sqlite_driver())
    db.metadata.create_all(engine)
    engine.dispose()
    connection = raw_connection(sqlite_file(tmp_path / "created.db"))
    yield connection
    connection.close()


def test_autogenerate_finds_nothing_to_do(in_app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
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
        raw.execute(f"DROP TRIGGER {name}")
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


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TRIGGER somebodys AFTER INSERT ON students BEGIN SELECT 1; END",
        "DROP VIEW recent_activities",
        "DROP TRIGGER attendance_sync",
    ],
)
def test_anything_that_the_program_did_not_make_is_noticed_and_healed(raw, change):
    raw.execute(change)
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

revision = '0002'
down_revision = '{down}'


def upgrade():
    op.execute("DELETE FROM students")


def downgrade():
    pass
'''


def test_a_migration_that_leaves_orphans_is_refused_whole(database, tmp_path, raw, school, caplog):
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = value(raw, "SELECT version_num FROM alembic_version")
    Path(folder, "versions", "0002_bad.py").write_text(ORPHANING.format(down=head))
    app = create_app(overrides(database))
    with app.app_context():
        with pytest.raises(SystemExit):
            flask_migrate.upgrade(directory=str(folder))
        db.engine.dispose()
    assert "left rows without their parents" in caplog.text
    assert value(raw, "SELECT count(*) FROM students") == 2
    assert value(raw, "SELECT version_num FROM alembic_version") == head
    assert current(raw)
