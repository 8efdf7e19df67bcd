"""What every test may ask for: a database of its own with all triggers, the application on it, and a small school.

Whatever hangs on `database` runs on each backend of `--backend`; the marks `sqlite` and `postgresql` are for promises
that only one of them needs to make.
"""

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings

from app import create_app
from app.extensions import db
from tests.support import school as a_school
from tests.support.database import (
    BACKENDS,
    Database,
    NewDatabase,
    as_sqlalchemy,
    copied,
    in_memory,
    migrated,
    overrides,
    raw_connection,
    sqlite_file,
)
from tests.support.postgres import QUICK, path_with_programs, serving_postgres
from tests.support.recycling import Recycled
from tests.support.remembering import remember_what_is_the_same
from tests.support.school import School

BEGAN = datetime.now(UTC)

# A busy machine is no reason to fail.
settings.register_profile("school", deadline=None)
settings.load_profile("school")
remember_what_is_the_same()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=(*BACKENDS, "both"), default="both", help="the databases to run on")


def pytest_collection_finish() -> None:
    """The program and five thousand tests stay until the end: searching them for garbage would take a tenth of it."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_configure(config: pytest.Config) -> None:
    """With several workers, one server for all of them; they find its address in the environment."""
    # A run that is told to end takes its server along.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if config.getoption("numprocesses", None) and config.getoption("backend") != "sqlite":
        stack = ExitStack()
        config.add_cleanup(stack.close)
        os.environ["TEST_DATABASE_URL"] = stack.enter_context(serving_postgres(QUICK))


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask for the backend last, so that a test's name ends with it.

    A module whose own fixtures keep a database longer than one test says so with `BACKEND_SCOPE`.
    """
    if "backend" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("backend")
        scope = getattr(metafunc.module, "BACKEND_SCOPE", None)
        metafunc.parametrize("backend", BACKENDS if chosen == "both" else [chosen], scope=scope)


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """A test that is marked with one backend does not run on the other."""
    items[:] = [item for item in items if _belongs(item)]


def _belongs(item: pytest.Function) -> bool:
    backend = item.callspec.params.get("backend") if hasattr(item, "callspec") else None
    marked = [name for name in BACKENDS if item.get_closest_marker(name)]
    return backend is None or not marked or backend in marked


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A migrated, empty SQLite database; copied, never written."""
    return migrated(sqlite_file(tmp_path_factory.mktemp("template") / "school.db"))


@pytest.fixture(scope="session")
def recycled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recycled]:
    """A PostgreSQL server that lends out databases."""
    with serving_postgres(QUICK) as server:
        name = f"schoolpulse_test_{os.getpid()}"
        databases = Recycled(server, name, tmp_path_factory.mktemp("template_of_postgresql"))
        yield databases
        databases.close()


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """Makes a database of a backend, with its files in a folder."""

    @contextmanager
    def made(backend: str, folder: Path) -> Iterator[Database]:
        if backend == "sqlite":
            yield copied(request.getfixturevalue("template"), folder / "school.db")
            return
        databases = request.getfixturevalue("recycled")
        lent = databases.lend(folder)
        try:
            yield lent
        finally:
            databases.take_back(lent)

    return made


@pytest.fixture
def database(backend: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[Database]:
    """This test's own database."""
    with new_database(backend, tmp_path) as own:
        yield own


@pytest.fixture
def app(database: Database) -> Iterator[Flask]:
    """The application on this test's database."""
    app = create_app(overrides(database))
    app.testing = True
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def same_day() -> Iterator[None]:
    """The day on which the test files were read, also in a run that goes past midnight."""
    if datetime.now(UTC).date() == BEGAN.date():
        yield
        return
    with time_machine.travel(BEGAN):
        yield


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that has not signed in."""
    return app.test_client()


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    """The application with its context entered, for tests of queries and services."""
    with app.app_context():
        yield app


@pytest.fixture
def postgresql_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the server that the tests run on."""
    monkeypatch.setenv("PATH", path_with_programs())


@pytest.fixture
def raw(database: Database) -> Iterator[Any]:
    """A careful administrator's own connection to this test's database."""
    connection = raw_connection(database)
    yield connection
    connection.close()


@pytest.fixture
def careless(database: Database) -> Iterator[Any]:
    """A script's connection; with SQLite's defaults it has no foreign keys and no recursive triggers."""
    connection = raw_connection(database, careful=False)
    yield connection
    connection.close()


@pytest.fixture
def memory(backend: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A connection for thousands of statements: that of SQLite is to a copy in memory."""
    if backend == "sqlite":
        connection = in_memory(request.getfixturevalue("template"))
        yield connection
        connection.close()
    else:
        yield request.getfixturevalue("raw")


@pytest.fixture
def school(raw: Any) -> School:
    """Asha owes two fees; Kofi owes nothing."""
    return a_school.found(raw)


@pytest.fixture
def check(raw: Any) -> Any:
    """A function that asserts that every figure equals its recount."""
    from app.statistics.verify import differences

    def assert_exact() -> None:
        with as_sqlalchemy(raw) as connection:
            assert differences(connection) == []

    return assert_exact
