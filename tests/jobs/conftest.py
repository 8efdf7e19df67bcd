"""Workers of a test that never leave would keep PostgreSQL's lock from those of the next."""

from collections.abc import Iterator

import pytest

from app.services.worker import SessionLock


@pytest.fixture(autouse=True)
def locks_end_with_the_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made: list[SessionLock] = []
    begin = SessionLock.__init__

    def remembered(self: SessionLock) -> None:
        begin(self)
        made.append(self)

    monkeypatch.setattr(SessionLock, "__init__", remembered)
    yield
    for lock in made:
        lock.drop()
