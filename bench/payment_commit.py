"""What one payment costs: at a million fees against a thousand, and against one bare durable insert.

Prints ratios of medians; the three kinds of commit take turns in one loop, so that noise meets all of them.
"""

import argparse
import logging
import random
import statistics
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask
from sqlalchemy import text

from app.database import atomic
from app.services.payments import record_payment
from bench.school import DATABASES, school, server

logging.disable(logging.INFO)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, action="append", help="both, unless named")
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=600)
    chosen = parser.parse_args()
    for database in chosen.database or DATABASES:
        with server(database) as url:
            measure(database, school(1_000, on=url), school(chosen.large, on=url), chosen.large, chosen.rounds)


def measure(database: str, small: Flask, large: Flask, fees: int, rounds: int) -> None:
    with small.app_context(), atomic() as session:
        session.execute(text("CREATE TABLE bare (id INTEGER PRIMARY KEY, amount INTEGER)"))
    numbers = count(1)
    kinds: dict[str, Callable[[], None]] = {
        "bare": lambda: bare(small, next(numbers)),
        "small": lambda: pay(small, 100),
        "large": lambda: pay(large, fees // 10),
    }
    wall: dict[str, list[float]] = {kind: [] for kind in kinds}
    cpu: dict[str, list[float]] = {kind: [] for kind in kinds}
    for turn in range(rounds + 50):
        for kind, commit in kinds.items():
            before, worked = time.perf_counter(), time.process_time()
            commit()
            if turn >= 50:
                wall[kind].append(time.perf_counter() - before)
                cpu[kind].append(time.process_time() - worked)
    print(f"{database} (cpu: of the program alone)")
    for kind in kinds:
        print(f"{kind:6} wall {_us(wall[kind]):8.0f} us   cpu {_us(cpu[kind]):8.0f} us")
    print(f"payment at {fees:,} fees / 1,000 fees: wall {_ratio(wall):.2f}, cpu {_ratio(cpu):.2f}  (goal 1.2)")
    print(f"full payment (service) / bare durable insert (service): {_us(wall['small']) / _us(wall['bare']):.1f}")


def pay(app: Flask, students: int) -> None:
    with app.app_context():
        record_payment(student_id=random.randint(1, students), amount=100)


def bare(app: Flask, number: int) -> None:
    with app.app_context(), atomic() as session:
        session.execute(text("INSERT INTO bare VALUES (:number, 1)"), {"number": number})


def _us(times: list[float]) -> float:
    return statistics.median(times) * 1e6


def _ratio(times: dict[str, list[float]]) -> float:
    return _us(times["large"]) / _us(times["small"])


if __name__ == "__main__":
    main()
