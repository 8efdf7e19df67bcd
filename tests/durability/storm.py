"""A storm of payments over HTTP, and what must be true of the database after whatever happened in it."""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.queries.archive import Archive
from app.queries.audit import check_log
from app.statistics.verify import differences
from tests.support import school as a_school
from tests.support.database import Database, as_sqlalchemy, insert, is_sqlite, raw_connection, value
from tests.support.server import Caller, Server

CASHIERS = 4
STUDENTS = 12
WITHIN = 300.0
"""A failure limit, not a promise: a loaded machine may take long."""


@dataclass
class Cashier:
    """One client that takes payments one after another, and asks again with the same key when it heard nothing.

    So it does after an answer that it is `patient` with.
    """

    number: int
    caller: Caller
    stop: threading.Event
    patient: Collection[int] = (503,)
    refused: Counter[tuple[int, str]] = field(default_factory=Counter)
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
            if answer.status in self.patient:
                self.refused[answer.status, answer.json()["error"]["message"]] += 1
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
            wrong += check_log(connection, Archive(database.folder / "instance" / "archive")).problems
        if is_sqlite(raw):
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


def let_visits_be_noted_again(raw: Any) -> None:
    """Whoever is signed in was last seen a while ago, so that the next request wants to write that down."""
    moment = datetime.now(UTC) - timedelta(minutes=3)
    raw.execute("UPDATE user_sessions SET last_seen_at = ?", (moment.strftime("%Y-%m-%d %H:%M:%S"),))


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


class Storm:
    """Cashiers who take payments at a server until it is over, each in a thread of its own."""

    def __init__(self, server: Server, patient: Collection[int] = (503,)) -> None:
        fill(server.raw)
        token = server.token("bursar")
        # A connection that stays open would spare the program the recovery of the log.
        server.raw.close()
        self.server = server
        self._stop = threading.Event()
        self.cashiers = [Cashier(number, server.caller(token), self._stop, patient) for number in range(CASHIERS)]
        # Daemons: one that waits for a lost answer would outlive a test that failed.
        self._threads = [threading.Thread(target=cashier.work, daemon=True) for cashier in self.cashiers]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def go_on(self, answers: int, moment: float) -> None:
        """Wait for so many answers more, whatever the machine's speed, and `moment` seconds into the next ones."""
        wanted = self._answers() + answers
        self.until(lambda: self._answers() >= wanted)
        time.sleep(moment)

    def until(self, holds: Callable[[], object]) -> None:
        """Wait for something that the storm brings about."""
        deadline = time.monotonic() + WITHIN
        while not holds():
            assert time.monotonic() < deadline, self.server.logs()[-4000:]
            assert all(thread.is_alive() for thread in self._threads), self._complaints()
            assert self.server.web and self.server.web.poll() is None, self.server.logs()[-4000:]
            time.sleep(0.001)

    def end(self) -> None:
        """Let every cashier hear what became of the last payment."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def give_up(self) -> None:
        self._stop.set()

    def check(self, database: Database) -> str:
        """Fail on anything lost, doubled or wrong; otherwise what happened, in words."""
        assert found_wrong(database) == []
        assert [cashier.wrong for cashier in self.cashiers] == [[]] * CASHIERS
        answered = {key: payment for cashier in self.cashiers for key, payment in cashier.answered.items()}
        check_payments(database, answered)
        unknown = sum(cashier.unknown for cashier in self.cashiers)
        done = sum(cashier.found_done for cashier in self.cashiers)
        return f"{len(answered)} payments acknowledged, 0 lost; {unknown} outcomes unknown, {done} of them found done"

    def _complaints(self) -> str:
        return f"{[cashier.wrong for cashier in self.cashiers]}\n{self.server.logs()[-6000:]}"

    def _answers(self) -> int:
        return sum(len(cashier.answered) for cashier in self.cashiers)
