"""Writers at the same moment: versions in the order of the commits, no deadlock, and exact figures afterwards."""

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from app.statistics.verify import differences
from tests.support.database import as_sqlalchemy, insert, raw_connection, rows, value
from tests.support.school import School, pay, school_fees, void

pytestmark = pytest.mark.postgresql

WRITERS = 8


def together(database: Any, writers: int, work: Callable[[Any, int, random.Random], None]) -> list[BaseException]:
    """Run `work` in so many threads, each on a connection of its own; what went wrong."""
    wrong: list[BaseException] = []

    def run(number: int) -> None:
        raw = raw_connection(database)
        try:
            work(raw, number, random.Random(number))
        except BaseException as error:
            wrong.append(error)
        finally:
            raw.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def exact(raw: Any) -> None:
    with as_sqlalchemy(raw) as connection:
        assert differences(connection) == []


class Reader(threading.Thread):
    """Reads what is newer than what it read last, until told to stop, and once more after that."""

    def __init__(self, database: Any, query: str) -> None:
        super().__init__()
        self._raw = raw_connection(database)
        self._query = query
        self.ended = threading.Event()
        self.seen: dict[Any, Any] = {}
        self.last = 0

    def run(self) -> None:
        while not self.ended.is_set():
            self.look()
            time.sleep(0.001)
        self.look()
        self._raw.close()

    def look(self) -> None:
        for name, content, number in self._raw.execute(self._query, (self.last,)).fetchall():
            self.seen[name] = content
            self.last = max(self.last, number)


def test_a_reader_of_newer_versions_misses_nothing(database, raw, school):
    def work(own, number, dice):
        student = insert(own, "students", admission_no=f"W{number}", first_name="Ama", last_name="Addo")
        for turn in range(30):
            own.execute("BEGIN")
            insert(own, "attendance", student_id=student, date=f"2026-01-{turn + 1:02}", status="present")
            time.sleep(dice.random() * 0.004)
            own.execute("COMMIT")

    reader = Reader(
        database, "SELECT metric_name, metric_value, version FROM statistics_cache WHERE version > ? ORDER BY version"
    )
    reader.start()
    wrong = together(database, WRITERS, work)
    reader.ended.set()
    reader.join()
    assert wrong == []
    kept = dict(raw.execute("SELECT metric_name, metric_value FROM statistics_cache WHERE version > 0").fetchall())
    assert {name: reader.seen.get(name) for name in kept} == kept
    exact(raw)


def test_a_reader_of_newer_sequence_numbers_would_miss_some(database, raw):
    """The control: the same with the numbers of a sequence, which are drawn long before they are committed."""
    raw.execute("CREATE TABLE numbered (id bigserial PRIMARY KEY, writer integer)")

    def work(own, number, dice):
        for _ in range(30):
            own.execute("BEGIN")
            own.execute("INSERT INTO numbered (writer) VALUES (?)", (number,))
            time.sleep(dice.random() * 0.004)
            own.execute("COMMIT")

    reader = Reader(database, "SELECT id, writer, id FROM numbered WHERE id > ? ORDER BY id")
    reader.start()
    wrong = together(database, WRITERS, work)
    reader.ended.set()
    reader.join()
    assert wrong == []
    assert len(reader.seen) < value(raw, "SELECT count(*) FROM numbered")


def test_writers_in_mixed_order_never_wait_for_each_other_in_a_circle(database, raw, school):
    fees = [
        insert(raw, "fees", student_id=insert(
            raw, "students", admission_no=f"D{number}", first_name="Esi", last_name="Owusu", class_id=school.blue
        ), description="Tuition", amount_due=10_000)
        for number in range(20)
    ]  # fmt: skip
    category = school_fees(raw)

    def work(own, number, dice):
        for _ in range(60):
            steps = [
                ("UPDATE fees SET amount_due = amount_due + 1 WHERE id = ?", (dice.choice(fees),)),
                (
                    "INSERT INTO financial_transactions (transaction_date, category_id, type, amount, description) "
                    "VALUES ('2026-01-05', ?, 'income', 5, 'Sale')",
                    (category,),
                ),
                ("UPDATE teachers SET status = 'active' WHERE id = ?", (number,)),
            ]
            if number % 2:
                steps.reverse()
            own.execute("BEGIN")
            for statement, parameters in steps:
                own.execute(statement, parameters)
            own.execute("COMMIT")

    assert together(database, 6, work) == []
    assert value(raw, "SELECT sum(amount_due) FROM fees WHERE description = 'Tuition'") == (
        School.TUITION + 20 * 10_000 + 6 * 60
    )
    exact(raw)


def test_a_threshold_that_moves_while_fees_do_judges_everybody_by_the_last_one(database, raw, school):
    students = [
        insert(raw, "students", admission_no=f"T{number}", first_name="Yaw", last_name="Asare") for number in range(6)
    ]
    for student in students:
        insert(raw, "fees", student_id=student, description="Tuition", amount_due=50_000)
    insert(raw, "settings", key="arrears_alert_threshold", value="50000")

    def work(own, number, dice):
        for _ in range(25):
            if number == 0:
                limit = dice.choice(("40000", "50000", "60000"))
                own.execute("UPDATE settings SET value = ? WHERE key = 'arrears_alert_threshold'", (limit,))
            else:
                change, student = dice.choice((-9_000, 9_000)), students[number]
                own.execute(
                    "UPDATE fees SET amount_due = CASE WHEN amount_due + ? BETWEEN 20000 AND 80000 "
                    "THEN amount_due + ? ELSE 50000 END WHERE student_id = ?",
                    (change, change, student),
                )

    assert together(database, 6, work) == []
    exact(raw)
    open_alerts = {
        row["dedupe_key"]
        for row in rows(raw, "SELECT dedupe_key FROM system_notifications WHERE cleared_at IS NULL AND type = ?",
                        ("high_arrears",))
    }  # fmt: skip
    high = {
        f"high_arrears:{row['id']}" for row in rows(raw, "SELECT student_id AS id FROM student_balances WHERE is_high")
    }
    assert open_alerts == high


def test_a_share_and_the_void_of_its_receipt_exclude_each_other(database, raw, school):
    for _ in range(12):
        payment = pay(raw, school.asha, 100)

        def work(own, number, dice, payment=payment):
            own.execute("BEGIN")
            try:
                if number == 0:
                    void(own, payment)
                else:
                    insert(own, "payment_allocations", payment_id=payment, fee_id=school.books, amount=100)
                time.sleep(0.002)
                own.execute("COMMIT")
            except own.IntegrityError:
                own.execute("ROLLBACK")

        assert together(database, 2, work) == []
        live = value(
            raw,
            "SELECT coalesce(sum(a.amount), 0) FROM payment_allocations AS a JOIN payments AS p ON p.id = a.payment_id "
            "WHERE a.fee_id = ? AND p.voided_at IS NULL",
            (school.books,),
        )
        assert value(raw, "SELECT amount_paid FROM fees WHERE id = ?", (school.books,)) == live
    with as_sqlalchemy(raw) as connection:
        # Shares without cash-book rows were added by hand here; everything else must agree.
        assert [found for found in differences(connection) if not found.name.startswith("cash_book/")] == []


def test_two_shares_never_settle_a_fee_twice(database, raw, school):
    payments = [pay(raw, school.asha, School.BOOKS) for _ in range(4)]
    refused = []

    def work(own, number, dice):
        try:
            insert(own, "payment_allocations", payment_id=payments[number], fee_id=school.books, amount=School.BOOKS)
        except own.IntegrityError as error:
            refused.append(error.diag.message_primary)

    assert together(database, 4, work) == []
    assert refused == ["fee_over_settled"] * 3
    assert value(raw, "SELECT arrears FROM fees WHERE id = ?", (school.books,)) == 0
