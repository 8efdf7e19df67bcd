"""A server whose backups stop half-way until somebody lets them go on.

with halting(database, mode="eventlet") as (server, go_on):
    ...
    go_on.touch()
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.database import Database
from tests.support.postgres import path_with_programs
from tests.support.server import Server, running


@contextmanager
def halting(database: Database, **options: Any) -> Iterator[tuple[Server, Path]]:
    """The server, and the file that lets its backups go on while it is there."""
    go_on = database.folder / "go-on"
    more = {"GO_ON": str(go_on), "PATH": path_with_programs()}
    with running(database, web=("-m", "tests.support.halted"), env=more, **options) as server:
        yield server, go_on
