"""How long a payment takes from the bursar's click to every screen, and how much of it is the answer to the click.

The server, the screens and this script share one machine; the screens are one node process with the official client.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.school import DATABASES, school, server
from tests.support.database import Database
from tests.support.server import running
from tools.frontend import node_command

STUDENTS = 100
PAUSE = 0.3
"""Longer than the 250 ms in which a room gets one message, so that each payment is a message of its own."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screens", type=int, default=100)
    parser.add_argument("--payments", type=int, default=60)
    parser.add_argument("--mode", default="eventlet", choices=["eventlet", "threading"])
    parser.add_argument("--database", default="sqlite", choices=DATABASES)
    chosen = parser.parse_args()
    with server(chosen.database) as url:
        made = school(1_000, STUDENTS, on=url)
        database = Database(made.config["SQLALCHEMY_DATABASE_URI"], made.config["SCHOOLPULSE"].instance_path)
        measure(database, chosen.mode, chosen.screens, chosen.payments)


def measure(database: Database, mode: str, shown: int, payments: int) -> None:
    with running(database, mode=mode) as serving, tempfile.TemporaryFile("w+") as heard:
        office = serving.program("bursar")
        # One user may hold 30 sockets.
        tokens = [serving.program("bursar").token for _ in range(1 + shown // 25)]
        asked = json.dumps({"url": serving.url, "tokens": tokens, "screens": shown})
        command = [*node_command(), Path(__file__).with_name("screens.mjs"), asked]
        screens = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=heard)
        try:
            wait_until_ready(heard)
            clicks = pay(office, payments)
            time.sleep(1)
        finally:
            screens.communicate()
        report(clicks, read(heard), shown)


def wait_until_ready(heard) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        heard.seek(0)
        if '"ready"' in heard.read():
            return
        time.sleep(0.1)
    sys.exit("the screens did not connect")


def pay(office, payments: int) -> list[tuple[int, float, float]]:
    """Figure after the payment, when it was sent, when it was answered (ms of the wall clock)."""
    clicks = []
    for number in range(payments):
        sent = time.time() * 1000
        answer = office.post("/payments", {"student_id": 1 + number % STUDENTS, "amount": 100}, key=f"bench-{number}")
        assert answer.status == 201, answer.text
        clicks.append((1_000_000 + 100 * (number + 1), sent, time.time() * 1000))
        time.sleep(PAUSE)
    return clicks


def read(heard) -> dict[int, list[float]]:
    heard.seek(0)
    times: dict[int, list[float]] = defaultdict(list)
    for line in heard:
        said = json.loads(line)
        if said != "ready":
            times[said[0]].append(said[1])
    return times


def report(clicks: list[tuple[int, float, float]], heard: dict[int, list[float]], screens: int) -> None:
    from_click = [at - sent for figure, sent, _ in clicks for at in heard[figure]]
    from_answer = [at - answered for figure, _, answered in clicks for at in heard[figure]]
    answers = [answered - sent for _, sent, answered in clicks]
    print(f"{len(from_click)} of {len(clicks) * screens} figures heard by {screens} screens")
    print(f"answer to the click        p50 {statistics.median(answers):6.1f} ms")
    print(f"click to screen            p50 {statistics.median(from_click):6.1f} ms   p99 {p99(from_click):6.1f} ms")
    print(f"answer (commit) to screen  p50 {statistics.median(from_answer):6.1f} ms   p99 {p99(from_answer):6.1f} ms")


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99) - 1]


if __name__ == "__main__":
    main()
