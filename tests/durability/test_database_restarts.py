"""PostgreSQL restarted in a storm of payments, in order and by `kill -9`: nothing is lost, nothing is taken twice."""

import random
import signal
from pathlib import Path

import pytest

from tests.durability.storm import Storm
from tests.support.database import Database, migrated
from tests.support.postgres import Postgres
from tests.support.server import Server


@pytest.mark.postgresql
@pytest.mark.parametrize("restarts", [4, pytest.param(20, marks=pytest.mark.long)])
def test_a_database_that_restarts_under_the_program_loses_nothing(backend: str, tmp_path: Path, restarts: int) -> None:
    postgres = Postgres()
    try:
        postgres.start()
        database = migrated(Database(postgres.url, tmp_path))
        server = Server(database)
        storm = Storm(server)
        chance = random.Random(20)
        try:
            server.start()
            storm.begin()
            for restart in range(restarts):
                storm.go_on(chance.randint(1, 15), chance.uniform(0, 0.03))
                # In turn: closing connections in order, and everything at once as in a power cut of the server.
                postgres.stop(signal.SIGINT if restart % 2 else signal.SIGQUIT)
                postgres.start()
            storm.go_on(10, 0)
            storm.end()
            assert server.stop() == 0
            print(f"\n  {restarts} restarts of PostgreSQL, {storm.check(database)}")
        finally:
            storm.give_up()
            server.close()
    finally:
        postgres.close()
