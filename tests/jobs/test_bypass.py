"""Somebody else's tool goes past the triggers: the check puts every figure right, screens hear of it, admins too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from app.clock import today
from app.extensions import db
from app.jobs.verify import Drift
from app.queries.statistics import figures_since, of_room
from app.realtime.manager import RealTimeSyncManager
from app.statistics.verify import differences
from tests.realtime.clients import Copy
from tests.support.database import as_sqlalchemy, drop_trigger, insert, is_sqlite, rows, value
from tests.support.school import School


@contextmanager
def past_the_triggers(raw: Any) -> Iterator[None]:
    """Nothing that the program made notices what happens in the block; afterwards it is all there again."""
    if not is_sqlite(raw):
        raw.execute("SET session_replication_role = replica")
        yield
        raw.execute("RESET session_replication_role")
        return
    triggers = rows(raw, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    for each in triggers:
        drop_trigger(raw, each["name"])
    yield
    for each in triggers:
        raw.execute(each["sql"])


def add_rows(raw: Any, school: School) -> None:
    insert(raw, "teachers", first_name="Abena", last_name="Sarpong")
    insert(raw, "attendance", student_id=school.asha, date=today().isoformat(), status="present")


def replace_a_row(raw: Any, school: School) -> None:
    if is_sqlite(raw):
        raw.execute("PRAGMA recursive_triggers = OFF")
        fields = "id, admission_no, first_name, last_name, class_id, status"
        raw.execute(
            f"REPLACE INTO students ({fields}) VALUES (?, 'S2', 'Kofi', 'Boateng', ?, 'withdrawn')",
            (school.kofi, school.gold),
        )
        return
    raw.execute(
        "INSERT INTO students (id, admission_no, first_name, last_name) VALUES (?, 'S2', 'Kofi', 'Boateng') "
        "ON CONFLICT (id) DO UPDATE SET status = 'withdrawn'",
        (school.kofi,),
    )


def empty_a_table(raw: Any, school: School) -> None:
    raw.execute("DELETE FROM fees" if is_sqlite(raw) else "TRUNCATE fees CASCADE")


WAYS: dict[str, Callable[[Any, School], None]] = {
    "rows added": add_rows,
    "a row replaced": replace_a_row,
    "a table emptied": empty_a_table,
}


@pytest.mark.parametrize("way", WAYS)
def test_what_went_past_the_triggers_is_found_put_right_shown_and_told(
    in_app: Flask, school: School, raw: Any, check: Any, way: str
) -> None:
    copy = Copy()
    dispatcher = RealTimeSyncManager(
        in_app, lambda message, room: copy.hear(message.name, message.payload()) if room == "finance" else None, print
    )
    dispatcher.publish()
    first = dispatcher.snapshot("finance")
    copy.hear(first.name, first.payload())
    db.session.rollback()
    with past_the_triggers(raw):
        WAYS[way](raw, school)
    dispatcher.publish()
    with as_sqlalchemy(raw) as connection:
        assert differences(connection), "nothing drifted, so nothing is shown here"
    Drift().all()
    check()
    dispatcher.publish()
    db.session.rollback()
    assert copy.metrics == of_room(figures_since(-1, today()), "finance")
    (alert,) = rows(raw, "SELECT message, target_roles FROM system_notifications WHERE type = 'statistics_drift'")
    assert alert["target_roles"] == ",admin,"
    assert "put right" in alert["message"]


def test_triggers_that_are_switched_off_are_told_and_the_figures_put_right_all_the_same(
    in_app: Flask, school: School, raw: Any, check: Any
) -> None:
    if is_sqlite(raw):
        drop_trigger(raw, "teacher_count_sync")
    else:
        raw.execute("ALTER TABLE teachers DISABLE TRIGGER USER")
    add_rows(raw, school)
    Drift().all()
    check()
    told = {row["type"] for row in rows(raw, "SELECT type FROM system_notifications WHERE cleared_at IS NULL")}
    assert {"statistics_triggers", "statistics_drift"} <= told
    assert value(raw, "SELECT metric_value FROM statistics_cache WHERE metric_name = 'total_teachers'") == 1
