"""After every action of the application: what the screens had, and the messages, make what the database says."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result
from flask import Flask, request_started
from flask.cli import ScriptInfo
from werkzeug.test import TestResponse

from app import create_app
from app.clock import today
from app.domain.permissions import STATISTICS_ROOMS
from app.extensions import db
from app.jobs.loop import all_tasks
from app.queries.statistics import figures_since, of_room
from app.realtime.announcements import TABLE_PERMISSIONS
from app.realtime.manager import RealTimeSyncManager
from app.realtime.messages import Changed, Message
from app.statistics.spec import AUDITED_TABLES, QUIET_COLUMNS, metrics_of
from tests.realtime.actions import ANEW, COMMANDS, READING, ROUTES, TASKS, WRITING_GETS, Action, Office
from tests.realtime.clients import Copy
from tests.support.database import NewDatabase, insert, is_sqlite, overrides, raw_connection, rows, value
from tests.support.samples import SAMPLES, add_one

pytestmark = pytest.mark.usefixtures("same_day", "postgresql_programs")

BACKEND_SCOPE = "module"
SAFE = {"GET", "HEAD", "OPTIONS"}
WRITTEN = (
    "SELECT (SELECT max(id) FROM user_activity_log), (SELECT version FROM sync_clock), (SELECT count(*) FROM outbox), "
    "(SELECT count(*) FROM user_sessions), (SELECT count(*) FROM notification_reads), "
    "(SELECT count(*) FROM system_notifications), (SELECT sum(value) FROM counters)"
)
"""What is another value after almost anything that is written."""


class Screens:
    """A screen in each room, and an admin's lists, following the messages of a dispatcher."""

    def __init__(self, app: Flask, raw: Any) -> None:
        self.app = app
        self.raw = raw
        self.heard: list[tuple[Message, str]] = []
        self.dispatcher = RealTimeSyncManager(app, lambda message, room: self.heard.append((message, room)), print)
        self.copies: dict[str, Copy] = {}
        self.lists: dict[str, dict[Any, Any]] = {}

    def look(self) -> None:
        """Take a snapshot of each room and read every list."""
        self.dispatcher.publish()
        self.heard.clear()
        self.copies = {room: Copy() for room in STATISTICS_ROOMS}
        for room, copy in self.copies.items():
            with self.app.app_context():
                snapshot = self.dispatcher.snapshot(room)
            assert dict(snapshot.metrics) == self.fresh(room), "a snapshot that is kept is not what the database says"
            copy.hear(snapshot.name, snapshot.payload())
        self.lists = self.rows()

    def follow(self) -> frozenset[str]:
        """Take the messages; the rooms whose figures are others now. Fails where a screen is not what it should be."""
        before = {room: copy.values() for room, copy in self.copies.items()}
        self.dispatcher.publish()
        assert not self.dispatcher.publish(), "everything is said in one turn"
        for message, room in self.heard:
            if room in self.copies:
                self.copies[room].hear(message.name, message.payload())
        for room, copy in self.copies.items():
            assert copy.metrics == self.fresh(room), room
        self.lists_were_told_of()
        return frozenset(room for room, copy in self.copies.items() if copy.values() != before[room])

    def lists_were_told_of(self) -> None:
        """Fails when a row of an admin's list changed without a word; of notifications, only new ones are news."""
        told = {
            (each.table, each.id) for each, room in self.heard if isinstance(each, Changed) and room == "role:admin"
        }
        for table, now in self.rows().items():
            was = self.lists[table]
            changed = {key for key in {*was, *now} if was.get(key) != now.get(key)}
            for key in changed if table != "system_notifications" else changed - set(was):
                assert (table, key) in told or (table, None) in told, f"nobody was told of {table} {key}"

    def fresh(self, room: str) -> dict[str, tuple[int, int]]:
        with self.app.app_context():
            return of_room(figures_since(-1, today()), room)

    def rows(self) -> dict[str, dict[Any, Any]]:
        found = {}
        for table in sorted(set(TABLE_PERMISSIONS) & {*AUDITED_TABLES, "system_notifications"}):
            found[table] = {
                row.get("id"): {name: each for name, each in row.items() if name not in QUIET_COLUMNS}
                for row in rows(self.raw, f"SELECT * FROM {table}")
            }
        return found


@pytest.fixture(scope="module")
def opened(
    backend: str, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], tuple[Flask, Any, Path]]]:
    with ExitStack() as stack:

        def open_one() -> tuple[Flask, Any, Path]:
            folder = tmp_path_factory.mktemp("office")
            database = stack.enter_context(new_database(backend, folder))
            app, raw = create_app(overrides(database)), raw_connection(database)
            stack.callback(close, app)
            stack.callback(raw.close)
            return app, raw, folder

        yield open_one


def close(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def shared(opened: Callable[[], tuple[Flask, Any, Path]]) -> tuple[Office, Screens]:
    """One school for all actions that need no other."""
    app, raw, folder = opened()
    return Office(app, raw, folder), Screens(app, raw)


@pytest.fixture
def place(
    request: pytest.FixtureRequest, opened: Callable[[], tuple[Flask, Any, Path]]
) -> Callable[[Action], tuple[Office, Screens]]:
    """The school in which an action happens."""

    def found(action: Action) -> tuple[Office, Screens]:
        if not action.empty:
            return request.getfixturevalue("shared")  # type: ignore[no-any-return]
        app, raw, folder = opened()
        return Office(app, raw, folder, empty=True), Screens(app, raw)

    return found


Place = Callable[[Action], tuple[Office, Screens]]


def carry_out(action: Action, office: Office, screens: Screens) -> Any:
    """Do it under the eyes of the screens; what it answered."""
    steps = action.do(office)
    next(steps)
    screens.look()
    answer = next(steps)
    assert next(steps, None) is None
    return answer


def check(action: Action, screens: Screens) -> None:
    """The rooms whose figures changed are the ones that the action is entered with."""
    changed = screens.follow()
    assert changed == action.changes or (action.or_more and changed > action.changes)


# ---- HTTP


def write_routes(app: Flask) -> set[str]:
    return {
        f"{method} {rule.endpoint}" for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - SAFE
    }


def test_every_route_that_may_write_is_in_the_list(shared: tuple[Office, Screens]) -> None:
    assert sorted(write_routes(shared[0].app) | WRITING_GETS) == sorted(ROUTES)


def test_other_requests_write_nothing(shared: tuple[Office, Screens]) -> None:
    office, screens = shared
    office.fee(paid=500)
    screens.look()
    before = rows(office.raw, WRITTEN)
    asked = 0
    for rule in office.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or f"GET {rule.endpoint}" in WRITING_GETS or "path:" in rule.rule:
            continue
        arguments = {name: "R-000001" if name == "receipt_no" else 1 for name in rule.arguments}
        adapter = office.app.url_map.bind("localhost")
        answer = office.admin.get(adapter.build(rule.endpoint, arguments, method="GET"))
        assert answer.status_code < 500, rule
        asked += 1
    assert asked > 40
    assert rows(office.raw, WRITTEN) == before
    assert screens.follow() == frozenset()


@pytest.mark.parametrize("name", ROUTES)
def test_after_a_request_every_screen_shows_what_the_database_says(name: str, place: Place) -> None:
    action = ROUTES[name]
    office, screens = place(action)
    reached: list[str] = []

    def note(sender: Flask, **more: Any) -> None:
        from flask import request

        reached.append(f"{request.method} {request.endpoint}")

    with request_started.connected_to(note, office.app):
        answer: TestResponse = carry_out(action, office, screens)
    assert reached[-1] == name
    assert answer.status_code in (200, 201, 204, 302), answer.text
    if name != "POST auth.logout":
        assert answer.headers.get("Location") != "/login"
    check(action, screens)


# ---- the command line


def commands(app: Flask) -> Iterator[str]:
    """Every command of the program, without those of Flask and its extensions."""
    context = click.Context(app.cli, obj=ScriptInfo(create_app=lambda: app))
    for name in app.cli.list_commands(context):
        found = app.cli.get_command(context, name)
        assert found is not None
        module = getattr(found.callback, "__module__", "") if not isinstance(found, click.Group) else ""
        if isinstance(found, click.Group):
            for inner in found.list_commands(context):
                each = found.get_command(context, inner)
                if each is not None and _ours(each):
                    yield f"{name} {inner}"
        elif module.startswith("app."):
            yield name


def _ours(found: click.Command) -> bool:
    function = found.callback
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return getattr(function, "__module__", "").startswith("app.")


def test_every_command_is_in_the_list(shared: tuple[Office, Screens]) -> None:
    assert sorted(set(commands(shared[0].app)) - READING - ANEW) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_after_a_command_every_screen_shows_what_the_database_says(name: str, place: Place) -> None:
    action = COMMANDS[name]
    office, screens = place(action)
    result: Result = carry_out(action, office, screens)
    assert result.exit_code == 0, result.output
    check(action, screens)


# ---- the worker


def test_every_task_of_the_worker_is_in_the_list() -> None:
    assert sorted(task.name for task in all_tasks()) == sorted(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_after_a_task_every_screen_shows_what_the_database_says(name: str, place: Place) -> None:
    office, screens = place(TASKS[name])
    carry_out(TASKS[name], office, screens)
    check(TASKS[name], screens)


# ---- SQL typed by hand


@pytest.fixture(scope="module")
def by_hand(opened: Callable[[], tuple[Flask, Any, Path]]) -> tuple[Any, Screens]:
    """An administrator's connection."""
    app, raw, _ = opened()
    return raw, Screens(app, raw)


@pytest.mark.parametrize("table", [table for table in SAMPLES if table in AUDITED_TABLES])
def test_after_a_row_typed_by_hand_every_screen_shows_what_the_database_says(
    table: str, by_hand: tuple[Any, Screens]
) -> None:
    raw, screens = by_hand
    tables = list(SAMPLES)
    number, ids = tables.index(table) + 2, {}
    for parent in tables[: tables.index(table)]:
        add_one(raw, parent, ids, number)
    screens.look()
    before = value(raw, "SELECT version FROM sync_clock")
    add_one(raw, table, ids, number)
    screens.follow()
    # Figures of long ago move the clock too, but no screen.
    assert (value(raw, "SELECT version FROM sync_clock") > before) == bool(metrics_of(table))


REPLACE = {
    True: "INSERT OR REPLACE INTO attendance (student_id, date, status) VALUES (2, '2026-11-02', 'absent')",
    False: "INSERT INTO attendance (student_id, date, status) VALUES (2, '2026-11-02', 'absent') "
    "ON CONFLICT (student_id, date) DO UPDATE SET status = excluded.status",
}
"""A register typed again, in the words of SQLite and of PostgreSQL."""

BY_HAND: Mapping[str, tuple[str | Mapping[bool, str], bool]] = {
    "a class leaves": ("UPDATE students SET status = 'withdrawn', class_id = NULL", True),
    "everybody comes back": ("UPDATE students SET status = 'active', class_id = (SELECT min(id) FROM classes)", True),
    "a register is typed again": (REPLACE, True),
    "the registers are emptied": ("DELETE FROM attendance", True),
    "a price changes": ("UPDATE fees SET amount_due = amount_due + 100 WHERE cancelled_at IS NULL", True),
    "an unpaid fee goes": ("DELETE FROM fees WHERE id = (SELECT max(id) FROM fees WHERE amount_paid = 0)", True),
    "a student goes with everything": ("DELETE FROM students WHERE id = (SELECT max(id) FROM students)", True),
    "a teacher leaves": ("UPDATE teachers SET status = 'left'", True),
    "an expense moves to another month": (
        "UPDATE financial_transactions SET transaction_date = '2026-02-03' WHERE payment_id IS NULL",
        True,
    ),
    "nothing is set to itself": ("UPDATE students SET status = status, class_id = class_id", False),
    "a name is corrected": ("UPDATE students SET last_name = 'Asante'", False),
    "a class is renamed": ("UPDATE classes SET name = name || '!'", False),
}


def test_statements_typed_by_hand_reach_every_screen(opened: Callable[[], tuple[Flask, Any, Path]]) -> None:
    app, raw, folder = opened()
    office, screens = Office(app, raw, folder), Screens(app, raw)
    office.transaction()
    office.fee(paid=500)
    office.teacher()
    for student in (office.school.asha, office.school.kofi):
        insert(raw, "attendance", student_id=student, date="2026-11-02", status="present")
    office.student()
    for words, (statement, changes_figures) in BY_HAND.items():
        screens.look()
        raw.execute(statement if isinstance(statement, str) else statement[is_sqlite(raw)])
        assert bool(screens.follow()) == changes_figures, words


def test_what_is_rolled_back_reaches_nobody(shared: tuple[Office, Screens]) -> None:
    office, screens = shared
    screens.look()
    office.raw.execute("BEGIN")
    office.fee(paid=500)
    office.raw.execute("ROLLBACK")
    assert screens.follow() == frozenset()
    assert screens.heard == []
