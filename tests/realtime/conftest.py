"""Live servers, one for each way of running the program, and clients that are ended with the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.realtime.clients import JsClient, NodeClient, RawSocket, Screen
from tests.support import school as a_school
from tests.support.database import NewDatabase, insert
from tests.support.school import School
from tests.support.server import Server, running
from tests.support.ways import Way, ways_for


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of a running program run in every way."""
    for name, scope in (("server", "session"), ("own_server", "function")):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, ways_for(metafunc), indirect=True, ids=str, scope=scope)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A running program that the tests share; each makes its own students and screens."""
    way: Way = request.param
    with (
        new_database(way.backend, tmp_path_factory.mktemp(str(way))) as database,
        running(database, mode=way.mode) as server,
    ):
        insert(server.raw, "users", username="head", role="admin")
        yield server
        assert "Traceback" not in server.logs(), server.logs()[-6000:]


@pytest.fixture(scope="session")
def live_school(server: Server) -> School:
    """Asha owes two fees; Kofi owes nothing."""
    return a_school.found(server.raw)


@pytest.fixture
def client(server: Server) -> Iterator[Callable[..., JsClient]]:
    """Start official clients."""
    yield from _started(server, JsClient)


@pytest.fixture
def screen(server: Server) -> Iterator[Callable[..., Screen]]:
    """Start pages' live connections."""
    yield from _started(server, Screen)


@pytest.fixture
def raw_socket(server: Server) -> Iterator[Callable[..., RawSocket]]:
    """Open sockets that send frames."""
    yield from _started(server, RawSocket)


def _started(server: Server, kind: type[Any]) -> Iterator[Callable[..., Any]]:
    running: list[NodeClient | RawSocket] = []

    def start(**options: Any) -> Any:
        running.append(kind(server, **options))
        return running[-1]

    yield start
    for each in running:
        each.close()
