"""`kill -9` in a storm of payments: what was answered is there, once; what was not is there once or not at all."""

import http.client
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.queries.audit import check_log
from app.statistics.verify import differences
from tests.support import school as a_school
from tests.support.database import Database, as_sqlalchemy, copied, insert, raw_connection, value
from tests.support.server import Caller, Server

CASHIERS = 4
STUDENTS = 12


@dataclass
class Cashier:
    """One client that takes payments one after another, and asks again with the same key when it heard nothing."""

    number: int
    caller: Caller
    stop: threading.Event
    answered: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    unknown: int = 0
    found_done: int = 0
    wrong: list[str] = field(default_factory=list)

    def work(self) -> None:
        chance = random.Random(self.number)
        while not self.stop.is_set():
            key = f"cashier-{self.number}-{len(self.answered)}"
            body = {
                "student_id": chance.randint(1, STUDENTS),
                "amount": chance.randint(1, 9_000),
                "method": chance.choice(["cash", "momo"]),
                "allow_credit": True,
            }
            if not self._pay(key, body):
                return

    def _pay(self, key: str, body: Mapping[str, object]) -> bool:
        lost = False
        while True:
            try:
                answer = self.caller.post("/payments", body, key)
            except ConnectionRefusedError:
                if self.stop.is_set() and not lost:
                    return False
                time.sleep(0.01)
                continue
            except (OSError, http.client.HTTPException):
                self.unknown += not lost
                lost = True
                continue
            if answer.status == 503:
                time.sleep(0.01)
                continue
            if answer.status != 201:
                self.wrong.append(answer.text)
                return False
            self.answered[key] = answer.json()["payment"]
            self.found_done += lost and answer.headers.get("Idempotent-Replayed") == "true"
            return True


def found_wrong(database: Database) -> list[object]:
    """Whatever is not as it must be in a database that nobody has open."""
    raw = raw_connection(database)
    try:
        with as_sqlalchemy(raw) as connection:
            wrong: list[object] = list(differences(connection))
            # What the worker sealed between the kills still holds.
            wrong += check_log(connection).problems
        wrong += [row for row in raw.execute("PRAGMA integrity_check").fetchall() if row != ("ok",)]
        wrong += raw.execute("PRAGMA foreign_key_check").fetchall()
        wrong += raw.execute(
            "SELECT 'no cash-book row', p.id FROM payments AS p WHERE NOT EXISTS "
            "(SELECT 1 FROM financial_transactions AS t WHERE t.payment_id = p.id)"
        ).fetchall()
        wrong += raw.execute(
            "SELECT 'no activity', p.id FROM payments AS p WHERE NOT EXISTS (SELECT 1 FROM user_activity_log AS l "
            "WHERE l.table_name = 'payments' AND l.record_id = p.id AND l.activity_type = 'payments.insert')"
        ).fetchall()
        wrong += raw.execute(
            "SELECT 'more shares than money', p.id FROM payments AS p JOIN payment_allocations AS a "
            "ON a.payment_id = p.id GROUP BY p.id HAVING sum(a.amount) > p.amount"
        ).fetchall()
        return wrong
    finally:
        raw.close()


@pytest.mark.parametrize("kills", [50, pytest.param(200, marks=pytest.mark.long)])
def test_no_acknowledged_payment_is_lost(template: Database, tmp_path: Path, kills: int) -> None:
    database = copied(template, tmp_path / "school.db")
    server = Server(database, worker=True)
    fill(server.raw)
    token = server.token("bursar")
    # A connection that stays open would spare the program the recovery of the log.
    server.raw.close()
    chance = random.Random(20261122 + kills)
    stop = threading.Event()
    cashiers = [Cashier(number, server.caller(token), stop) for number in range(CASHIERS)]
    # Daemons: one that waits for a lost answer would outlive a test that failed.
    threads = [threading.Thread(target=cashier.work, daemon=True) for cashier in cashiers]
    starts = []
    try:
        for kill in range(kills):
            began = time.monotonic()
            server.start()
            starts.append(time.monotonic() - began)
            if kill == 0:
                for thread in threads:
                    thread.start()
            # So many answers later, whatever the machine's speed; then anywhere in the work on the next ones.
            wanted = sum(len(cashier.answered) for cashier in cashiers) + chance.randint(0, 25)
            while sum(len(cashier.answered) for cashier in cashiers) < wanted:
                assert all(thread.is_alive() for thread in threads), [cashier.wrong for cashier in cashiers]
                assert server.web and server.web.poll() is None, server.logs()[-4000:]
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.03))
            server.kill(web_only=kill % 5 != 4)
            if kill % 10 == 9:
                assert found_wrong(database) == []
        stop.set()
        server.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        assert server.stop() == 0
        assert found_wrong(database) == []
        assert [cashier.wrong for cashier in cashiers] == [[]] * CASHIERS
        answered = {key: payment for cashier in cashiers for key, payment in cashier.answered.items()}
        check_payments(database, answered)
        unknown = sum(cashier.unknown for cashier in cashiers)
        done = sum(cashier.found_done for cashier in cashiers)
        print(
            f"\n  {kills} kills, {len(answered)} payments acknowledged, 0 lost; {unknown} outcomes unknown, {done} of "
            f"them found done; start to first answer: median {sorted(starts)[kills // 2]:.1f} s, most "
            f"{max(starts):.1f} s"
        )
    finally:
        stop.set()
        server.close()


def fill(raw: Any) -> None:
    """A class of students who owe much."""
    school = a_school.found(raw)
    for number in range(STUDENTS - 2):
        insert(
            raw, "students", admission_no=f"K{number}", first_name="Ama", last_name=f"Boateng {number}",
            class_id=school.gold,
        )  # fmt: skip
    for student_id in range(1, STUDENTS + 1):
        for month in (1, 2, 3):
            insert(
                raw, "fees", student_id=student_id, description="Feeding", amount_due=900_000, year=2026, month=month
            )


def check_payments(database: Database, answered: Mapping[str, Mapping[str, Any]]) -> None:
    """Every answer's payment is stored as it was answered, once; and nothing else is."""
    raw = raw_connection(database)
    stored = {
        key: (id_, receipt, student, amount)
        for key, id_, receipt, student, amount in raw.execute(
            "SELECT request_key, id, receipt_no, student_id, amount FROM payments"
        ).fetchall()
    }
    expected = {
        key: (payment["id"], payment["receipt_no"], payment["student_id"], payment["amount"])
        for key, payment in answered.items()
    }
    assert stored == expected
    assert value(raw, "SELECT count(*) FROM payments") == len(answered)
    for key, payment in answered.items():
        shares = raw.execute(
            "SELECT fee_id, sum(amount) FROM payment_allocations WHERE payment_id = ? GROUP BY fee_id", (payment["id"],)
        ).fetchall()
        assert {share["fee_id"]: share["amount"] for share in payment["allocations"]} == dict(shares), key
    numbers = sorted(int(payment["receipt_no"].removeprefix("R-")) for payment in answered.values())
    assert numbers == list(range(1, len(answered) + 1)), "a receipt number is missing or given twice"
    raw.close()
