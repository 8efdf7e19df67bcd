"""Sixteen writers on PostgreSQL: statistics folded once at the commit, against folding at each statement.

A writer pays, thinks a millisecond after each statement as a program over a network does, and commits. The control
is the same database and the same triggers, told not to wait for the commit: the statistics' lock is then held while
the writer thinks. They take turns; prints commits a second, deadlocks and whether the figures are exact.
"""

import argparse
import logging
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg2
from flask import Flask
from sqlalchemy.engine import make_url

from app.extensions import db
from app.statistics.verify import differences
from bench.school import school, server

logging.disable(logging.INFO)

THINK = 0.001
FEES = 100_000
PAYMENT = """INSERT INTO payments (receipt_no, student_id, amount, method, paid_on)
SELECT %s, student_id, 5, 'cash', DATE '2025-03-09' FROM fees WHERE id = %s RETURNING id"""
SHARE = "INSERT INTO payment_allocations (payment_id, fee_id, amount) VALUES (%s, %s, 5) RETURNING id"
BOOK = """INSERT INTO financial_transactions
(transaction_date, category_id, type, amount, reference, payment_id, allocation_id)
VALUES (DATE '2025-03-09', 1, 'income', 5, %s, %s, %s)"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    rates: dict[str, list[float]] = {"at commit": [], "at each statement": []}
    with server("postgresql") as url:
        app = school(FEES, on=url)
        address = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
        dsn = address.set(drivername="postgresql").render_as_string(hide_password=False)
        for turn in range(chosen.rounds):
            for kind, rate in rates.items():
                done, deadlocks = storm(dsn, kind == "at each statement", chosen.writers, chosen.seconds)
                rate.append(done / chosen.seconds)
                print(f"{turn} {kind:18} {done / chosen.seconds:7.0f} commits/s, {deadlocks} deadlocks", flush=True)
        print(f"differences from a recount: {len(_differences(app))}")
    ratio = statistics.median(rates["at commit"]) / statistics.median(rates["at each statement"])
    print(f"{chosen.writers} writers that think: at commit / at each statement: {ratio:.1f}  (goal 3)")


def storm(dsn: str, immediately: bool, writers: int, seconds: float) -> tuple[int, int]:
    """Payments committed, and deadlocks."""
    done, deadlocks = [0] * writers, [0] * writers
    ends = time.monotonic() + seconds

    def write(number: int) -> None:
        connection = psycopg2.connect(dsn)
        with connection.cursor() as cursor:
            while time.monotonic() < ends:
                try:
                    pay(cursor.execute, cursor.fetchone, immediately)
                    connection.commit()
                    done[number] += 1
                except psycopg2.errors.DeadlockDetected:
                    connection.rollback()
                    deadlocks[number] += 1
        connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done), sum(deadlocks)


def pay(execute: Callable[..., object], row: Callable[[], tuple[int]], immediately: bool) -> None:
    fee = random.randint(1, FEES)
    if immediately:
        execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute(PAYMENT, (f"W-{random.getrandbits(60)}", fee))
    (payment,) = row()
    time.sleep(THINK)
    execute(SHARE, (payment, fee))
    (share,) = row()
    time.sleep(THINK)
    execute(BOOK, (f"FEE-{fee}", payment, share))
    time.sleep(THINK)


def _differences(app: Flask) -> list[object]:
    with app.app_context(), db.engine.connect() as connection:
        return list(differences(connection))


if __name__ == "__main__":
    main()
