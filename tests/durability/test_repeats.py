"""The same request many times at once: a double click, a proxy that repeats, a client that lost its patience."""

import threading
from pathlib import Path

import pytest

from app.statistics.verify import differences
from tests.support import school as a_school
from tests.support.database import Database, as_sqlalchemy, copied, value
from tests.support.server import MODES, Answer, running

REPEATS = 100


@pytest.mark.parametrize("mode", MODES)
def test_a_hundred_identical_submits_at_once_are_one_payment(template: Database, tmp_path: Path, mode: str) -> None:
    with running(copied(template, tmp_path / "school.db"), mode=mode) as server:
        school = a_school.found(server.raw)
        token = server.token("bursar")
        together = threading.Barrier(REPEATS)
        answers: list[Answer] = []

        def submit() -> None:
            caller = server.caller(token)
            together.wait()
            answers.append(caller.post("/payments", {"student_id": school.asha, "amount": 12_345}, "the-same-key"))

        threads = [threading.Thread(target=submit) for _ in range(REPEATS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status for answer in answers] == [201] * REPEATS
        assert len({answer.body for answer in answers}) == 1
        assert sum(answer.headers.get("Idempotent-Replayed") != "true" for answer in answers) == 1
        assert value(server.raw, "SELECT count(*) FROM payments") == 1
        assert value(server.raw, "SELECT sum(amount) FROM financial_transactions") == 12_345
        with as_sqlalchemy(server.raw) as connection:
            assert differences(connection) == []
        assert "Traceback" not in server.logs()
