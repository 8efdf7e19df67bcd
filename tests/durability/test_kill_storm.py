"""`kill -9` in a storm of payments: what was answered is there, once; what was not is there once or not at all."""

import random
import time
from pathlib import Path

import pytest

from tests.durability.storm import Storm, found_wrong
from tests.support.database import Database, copied
from tests.support.server import Server


@pytest.mark.parametrize(
    "kills", [5, pytest.param(50, marks=pytest.mark.long), pytest.param(200, marks=pytest.mark.long)]
)
def test_no_acknowledged_payment_is_lost(template: Database, tmp_path: Path, kills: int) -> None:
    database = copied(template, tmp_path / "school.db")
    server = Server(database, worker=True)
    storm = Storm(server)
    chance = random.Random(20261122 + kills)
    starts = []
    try:
        for kill in range(kills):
            began = time.monotonic()
            server.start()
            starts.append(time.monotonic() - began)
            if kill == 0:
                storm.begin()
            storm.go_on(chance.randint(0, 25), chance.uniform(0, 0.03))
            server.kill(web_only=kill % 5 != 4)
            if kill % 5 == 4:
                assert found_wrong(database) == []
        storm.give_up()
        server.start()
        storm.end()
        assert server.stop() == 0
        told = storm.check(database)
        print(f"\n  {kills} kills, {told}; start to first answer: median {sorted(starts)[kills // 2]:.1f} s")
    finally:
        storm.give_up()
        server.close()
