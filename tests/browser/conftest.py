"""A real browser on a real server: one server a test module, one window a person, and no complaint goes unheard."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import made
from tests.browser.made import Made
from tests.browser.watching import Complaints
from tests.support.database import Database, NewDatabase, copied, raw_connection
from tests.support.server import Server, running
from tests.support.ways import WAYS, Way
from tools.browser import find_browser

DESKTOP = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}
PICTURES = Path(__file__).parent / "pictures"
Open = Callable[..., Page]

# How soon something happens is not what these tests are about.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, **find_browser().launch_options()}


@dataclass(frozen=True)
class SchoolFile:
    """A database with a school in it, copied per module, never served itself."""

    database: Database
    made: Made

    def copy(self, folder: Path) -> Database:
        if (kept := self.database.folder / "instance").is_dir():
            shutil.copytree(kept, folder / "instance")
        return copied(self.database, folder / "school.db")


@pytest.fixture(scope="session")
def filled_school(template: Database, tmp_path_factory: pytest.TempPathFactory) -> SchoolFile:
    """A school in the middle of its term."""
    database = copied(template, tmp_path_factory.mktemp("filled") / "school.db")
    school = made.filled(database)
    made.back_up(database)
    return SchoolFile(database, _closed(database, school))


@pytest.fixture(scope="session")
def new_school(template: Database, tmp_path_factory: pytest.TempPathFactory) -> SchoolFile:
    """A school on its first day: users and nothing else."""
    database = copied(template, tmp_path_factory.mktemp("new") / "school.db")
    return SchoolFile(database, _closed(database, made.found(database)))


@pytest.fixture(scope="module")
def way() -> Way:
    """How the server is run; a module may parametrise it."""
    return WAYS[0]


@pytest.fixture(scope="module")
def own_school(
    request: pytest.FixtureRequest, way: Way, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SchoolFile]:
    """This module's own filled school: a copy, where a database is a file."""
    folder = tmp_path_factory.mktemp("served")
    if way.backend == "sqlite":
        filled: SchoolFile = request.getfixturevalue("filled_school")
        yield SchoolFile(filled.copy(folder), filled.made)
        return
    with new_database(way.backend, folder) as database:
        yield SchoolFile(database, made.filled(database))


@pytest.fixture(scope="module")
def serving(own_school: SchoolFile, way: Way) -> Iterator[Server]:
    """This module's server."""
    with running(own_school.database, mode=way.mode) as server:
        yield server
        server.stop()
        assert "Traceback" not in server.logs(), server.logs()


@pytest.fixture
def made_school(own_school: SchoolFile) -> Made:
    return own_school.made


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Collects what every window of this test complains about; the test fails on what it did not expect."""
    found = Complaints()
    yield found
    assert found.take() == []


@pytest.fixture
def window(
    browser: Browser, serving: Server, made_school: Made, complaints: Complaints, request: pytest.FixtureRequest
) -> Iterator[Open]:
    """Opens a window of its own for a role, at a path: `window("principal", "/dashboard", PHONE)`."""
    contexts: list[BrowserContext] = []

    def open_window(role: str, path: str | None = None, size: dict[str, int] | None = None, **options: Any) -> Page:
        context = new_context(browser, serving, made_school, role, size or DESKTOP, **options)
        contexts.append(context)
        complaints.watch(context)
        page = context.new_page()
        if path is not None:
            page.goto(path)
        return page

    yield open_window
    failed = getattr(request.node, "failed", False)
    for number, page in enumerate(page for context in contexts for page in context.pages):
        if failed:
            PICTURES.mkdir(exist_ok=True)
            name = request.node.name.replace("/", "_")
            page.screenshot(path=PICTURES / f"{name}-{number}.png")
    for context in contexts:
        context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.failed = report.failed


def new_context(
    browser: Browser, serving: Server, school: Made, role: str, size: dict[str, int], **options: Any
) -> BrowserContext:
    """A browser profile in which somebody is signed in."""
    state = {"cookies": made.cookies(serving.database, school, role), "origins": []}
    settings: dict[str, Any] = {
        "base_url": serving.url,
        "viewport": size,
        "locale": "en-GB",
        "timezone_id": "Africa/Accra",
        "reduced_motion": "no-preference",
    }
    # What a service worker fetches no test could intercept; tests of the worker itself allow it.
    settings["service_workers"] = "block"
    context = browser.new_context(storage_state=state, **{**settings, **options})
    context.set_default_timeout(10_000)
    return context


def _closed(database: Database, school: Made) -> Made:
    """All of it in one file, so that copies are whole."""
    raw = raw_connection(database)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    return school
