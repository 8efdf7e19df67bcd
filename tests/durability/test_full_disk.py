"""The disk fills up in a storm of payments: it is said in one sentence, nothing that was answered is lost, everything
can be read, and when there is room again it goes on by itself."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.durability.planted import DISK_FULL, plant, take_away
from tests.durability.room import Room
from tests.durability.storm import Cashier, Storm, let_visits_be_noted_again
from tests.support.database import Database, raw_connection
from tests.support.server import Answer, Caller, Server

SENTENCE = "The disk is full; nothing was saved. Free some space and try again."
PAGES = ("/dashboard", "/desk?student=1", "/students", "/fees", "/payments", "/transactions", "/activity", "/health")
TIMES = 2

Fill = Callable[[int], None]


@pytest.fixture
def fill(database: Database, tmp_path: Path) -> Iterator[Fill]:
    """Lets the disk take only so many bytes more; a negative number frees it."""
    if database.is_sqlite:
        room = Room(tmp_path / "room")
        yield lambda left: room.free() if left < 0 else room.fill(left)
        return
    raw = raw_connection(database)
    yield lambda left: take_away(raw) if left < 0 else plant(raw, DISK_FULL)
    take_away(raw)
    raw.close()


@pytest.fixture
def server(database: Database, tmp_path: Path) -> Iterator[Server]:
    on_full_disk = ("-m", "tests.durability.broken", "full", str(tmp_path / "room"))
    server = Server(database, web=on_full_disk if database.is_sqlite else ("wsgi.py",))
    try:
        yield server.start()
    finally:
        server.close()


def test_a_full_disk_loses_nothing_and_stops_nobody_from_reading(
    server: Server, database: Database, raw: Any, fill: Fill
) -> None:
    _, head = server.person("admin")
    programs = [server.program() for _ in range(TIMES)]
    storm, chance, took = Storm(server, patient=(507,)), Random(507), []
    try:
        storm.begin()
        for program in programs:
            storm.go_on(10, 0)
            let_visits_be_noted_again(raw)
            fill(chance.randint(0, 50_000))
            everybody(storm, lambda cashier: cashier.refused.total())
            everything_is_read(server, head, program)
            what_was_typed_comes_back(storm, head)
            fill(-1)
            began = time.monotonic()
            everybody(storm, lambda cashier: len(cashier.answered))
            took.append(time.monotonic() - began)
        storm.end()
        refused = sum((cashier.refused for cashier in storm.cashiers), Counter[tuple[int, str]]())
        assert set(refused) == {(507, SENTENCE)}
        assert server.stop() == 0
        told = f"{refused.total()} refused, going on after {max(took):.2f} s at most"
        print(f"\n  {TIMES} times full: {storm.check(database)}; {told}")
        assert "Traceback" not in server.logs(), server.logs()[-6000:]
    finally:
        storm.give_up()


def everybody(storm: Storm, has: Callable[[Cashier], int]) -> None:
    """Wait until each cashier has more of something."""
    before = [has(cashier) for cashier in storm.cashiers]
    storm.until(lambda: all(has(cashier) > then for cashier, then in zip(storm.cashiers, before, strict=True)))


def everything_is_read(server: Server, head: Caller, program: Caller) -> None:
    """Also by those whose visit would be noted at any other time."""
    assert {page: head.get(page).status for page in PAGES} == dict.fromkeys(PAGES, 200)
    assert program.get("/api/v1/stats").status == 200
    assert server.caller().get("/healthz").status == 200


def what_was_typed_comes_back(storm: Storm, head: Caller) -> None:
    """Something small may still find room; what does not is said on the page, with the form as it was typed."""
    answers: list[Answer] = []

    def refused() -> bool:
        answers.append(head.submit("/classes/new", {"name": f"Class {secrets.token_hex(4)}", "capacity": "37"}))
        return answers[-1].status != 302

    storm.until(refused)
    assert answers[-1].status == 507
    assert SENTENCE in answers[-1].text
    assert 'value="37"' in answers[-1].text
