"""The ways of running the program that tests of what people see must hold in."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.support.database import BACKENDS


@dataclass(frozen=True)
class Way:
    """Who serves the sockets, and on which database."""

    mode: str
    backend: str

    def __str__(self) -> str:
        return self.mode if self.backend == "sqlite" else f"{self.mode}-{self.backend}"


WAYS = (Way("eventlet", "sqlite"), Way("threading", "sqlite"), Way("eventlet", "postgresql"))


def ways_for(metafunc: pytest.Metafunc) -> Sequence[Way]:
    """All ways on the databases of --backend; a test with the mark of one database needs those on that one only."""
    chosen = metafunc.config.getoption("backend")
    marked = [name for name in BACKENDS if metafunc.definition.get_closest_marker(name)]
    return [way for way in WAYS if way.backend in (marked or BACKENDS) and chosen in (way.backend, "both")]
