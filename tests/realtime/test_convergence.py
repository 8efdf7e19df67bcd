"""Whatever gets lost between database and screen: once it is quiet and one beacon has come, every screen is right.

Both sides are the shipped ones: the dispatcher and the socket handlers on a real database, and the pages' own modules
in a node process. Between them is a network that does what a random schedule says (schedules.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import event

from app import create_app
from app.extensions import db
from app.realtime import handlers, manager
from tests.realtime.fleet import Fleet
from tests.realtime.rest import Place, Stale
from tests.realtime.schedules import Schedule
from tests.realtime.writers import BY_SERVICE, BY_SQL, DAY, Writers
from tests.support.database import Database, NewDatabase, overrides

BACKEND_SCOPE = "module"
SCHEDULES, MANY = {"sqlite": 1_600, "postgresql": 400}, {"sqlite": 6_500, "postgresql": 3_500}
STEPS = 12
ENOUGH_TO_NOTICE = 300
"""Schedules within which a missing part must show."""
HAPPENED = {
    *BY_SQL, *BY_SERVICE, "stay", "rollback", "lose", "repeat", "overtake", "cut", "lost question", "fail", "restart",
    "restore", "change role", "connect", "greet", "answer", "serve", "hello", "stats:delta", "stats:snapshot",
}  # fmt: skip


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    made = Fleet()
    yield made
    made.close()


def _application(database: Database) -> Flask:
    app = create_app(overrides(database))
    if database.is_sqlite:
        with app.app_context():
            event.listen(db.engine, "connect", lambda raw, record: raw.execute("PRAGMA synchronous = OFF"))
    return app


@pytest.fixture(scope="module")
def two_processes(
    backend: str, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sequence[Flask], Writers]]:
    """Two processes on one database, for one schedule after the other."""
    with new_database(backend, tmp_path_factory.mktemp("convergence")) as database:
        apps, writers = [_application(database) for _ in range(2)], Writers(database)
        yield apps, writers
        writers.close()
        for app in apps:
            with app.app_context():
                db.engine.dispose()


@pytest.fixture
def place(two_processes: tuple[Sequence[Flask], Writers], fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Where the handlers' rooms and background tasks are those of our network, and screens follow figures alone."""
    apps, writers = two_processes
    place = Place(apps, writers, fleet)
    monkeypatch.setattr(manager, "today", lambda: DAY)
    monkeypatch.setattr(manager, "Logs", NoLogs)
    monkeypatch.setattr(manager, "worker_age", lambda: None)
    for module in (manager, handlers):
        monkeypatch.setattr(module, "no_longer_allowed", place.writers.no_longer_allowed)
    monkeypatch.setattr(handlers, "join_room", lambda room: place.network.join(room))
    monkeypatch.setattr(handlers.socketio, "start_background_task", lambda *task: place.network.put_off(*task))
    monkeypatch.setattr(handlers.socketio, "sleep", lambda seconds: None)
    monkeypatch.setattr(handlers.log, "exception", _raise_again)
    return place


class NoLogs:
    """In the place of the logs that lists and toasts follow."""

    recent = tuple

    def begin(self) -> None: ...

    def news(self, at: str) -> Sequence[Any]:
        return ()


def _raise_again(*told: object) -> None:
    """What the handlers would write down and survive is a failure here."""
    raise


def run(place: Place, schedules: int, **more: Any) -> None:
    Schedule.place = place
    run_state_machine_as_test(
        Schedule,
        settings=settings(
            max_examples=schedules,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )


@pytest.mark.parametrize("schedules", [SCHEDULES, pytest.param(MANY, marks=pytest.mark.long)], ids=["some", "many"])
def test_after_any_schedule_and_one_beacon_every_screen_shows_what_the_database_says(
    place: Place, schedules: Mapping[str, int], backend: str
) -> None:
    # The same schedules in every run; in the long one others each time, and it says how to have one again.
    run(place, schedules[backend], derandomize=schedules is SCHEDULES, print_blob=True)
    print(f"\n  {schedules[backend]} schedules: {dict(place.done)}")
    assert {what for what in HAPPENED if not place.done[what]} == set()


@pytest.mark.parametrize("part", ["base chain", "beacon", "join before read"])
def test_without_one_of_its_parts_a_screen_stays_stale(place: Place, part: str) -> None:
    place.without = part
    with pytest.raises(Stale):
        run(place, ENOUGH_TO_NOTICE, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False)
