"""What every test may ask for: a database of its own with all triggers, the application on it, and a small school."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings

from app import create_app
from app.extensions import db
from tests.support import school as a_school
from tests.support.database import as_sqlalchemy, copied, in_memory, migrated, overrides, raw_connection
from tests.support.school import School

# A busy machine is no reason to fail.
settings.register_profile("school", deadline=None)
settings.load_profile("school")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database; copied, never written."""
    return migrated(tmp_path_factory.mktemp("template") / "school.db")


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Path:
    """The file of this test's database."""
    return copied(template, tmp_path / "school.db")


@pytest.fixture
def app(database: Path) -> Iterator[Flask]:
    """The application on this test's database."""
    app = create_app(overrides(database))
    app.testing = True
    yield app
    with app.app_context():
        db.engine.dispose()


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
def raw(database: Path) -> Iterator[Any]:
    """A careful administrator's own connection to this test's database."""
    connection = raw_connection(database)
    yield connection
    connection.close()


@pytest.fixture
def careless(database: Path) -> Iterator[Any]:
    """A script's connection with SQLite's defaults: no foreign keys, no recursive triggers."""
    connection = raw_connection(database, careful=False)
    yield connection
    connection.close()


@pytest.fixture
def memory(template: Path) -> Iterator[Any]:
    """A copy of the template in memory, for thousands of statements."""
    connection = in_memory(template)
    yield connection
    connection.close()


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
