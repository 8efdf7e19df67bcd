"""The power goes at any moment of a hundred payments: whatever was answered is there, and all of it agrees."""

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from app import create_app
from app.database import sqlite
from app.extensions import db
from app.services.payments import record_payment
from tests.durability.power import Story
from tests.durability.storm import STUDENTS, fill
from tests.support.database import Database, copied, overrides, raw_connection
from tests.support.disk import Disk

PAYMENTS = 100

Figures = list[Mapping[str, int]]


def told(template: Database, file: Path) -> tuple[Story, Figures]:
    """A hundred payments through the service; the figures before each of them and at the end."""
    database = copied(template, file)
    raw = raw_connection(database)
    fill(raw)
    raw.close()
    story, chance, after = Story.of(database), Random(3), []
    with Disk(note=story.steps.append) as disk:
        app = create_app(overrides(database))
        with app.app_context():
            after.append(_figures())
            for number in range(PAYMENTS):
                key, amount = f"payment-{number}", chance.randint(1, 9_000)
                record_payment(student_id=chance.randint(1, STUDENTS), amount=amount, request_key=key)
                story.answer(disk, key, amount)
                after.append(_figures())
                if number % 30 == 29:
                    # Whoever closes last folds the log into the file and removes it; the next one makes a new log.
                    db.session.remove()
                    db.engine.dispose()
            db.session.remove()
            db.engine.dispose()
    assert len(story.answered) == PAYMENTS
    return story, after


def _figures() -> Mapping[str, int]:
    found = db.session.execute(text("SELECT metric_name, metric_value FROM statistics_cache WHERE metric_value <> 0"))
    return {name: value for name, value in found}


def with_rollback_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the program runs on an SQLite whose write-ahead log loses commits."""
    monkeypatch.setattr(sqlite, "has_wal_reset_bug", lambda version: True)


def less_careful(monkeypatch: pytest.MonkeyPatch, **changed: tuple[str, int]) -> None:
    """Another `synchronous` than the program's."""
    real = sqlite.pragmas
    monkeypatch.setattr(sqlite, "pragmas", lambda version: {**real(version), **changed})


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("journal", "states"), [("wal", 450), ("delete", 150), pytest.param("wal", 2_400, marks=pytest.mark.long)]
)
def test_a_power_cut_loses_nothing_that_was_answered(
    template: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str, states: int
) -> None:
    if journal == "delete":
        with_rollback_journal(monkeypatch)
    story, after = told(template, tmp_path / "school.db")
    recounted: set[int] = set()
    for left in story.cuts(states, Random(2_211), tmp_path / "cut"):
        assert (left.lost, left.wrong) == ([], [])
        assert left.figures == after[left.stored], f"after {left.stored} payments"
        if left.stored % 5 == 0 and left.stored not in recounted:
            recounted.add(left.stored)
            assert left.drift() == []
    print(f"\n  {journal}: {len(story.steps)} steps, {states} states, 0 of {PAYMENTS} lost; {len(recounted)} recounted")


@pytest.mark.sqlite
@pytest.mark.parametrize(("journal", "synchronous"), [("wal", ("NORMAL", 1)), ("delete", ("FULL", 2))])
def test_with_less_care_answered_payments_would_be_lost(
    template: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str, synchronous: tuple[str, int]
) -> None:
    if journal == "delete":
        with_rollback_journal(monkeypatch)
    less_careful(monkeypatch, synchronous=synchronous)
    story, after = told(template, tmp_path / "school.db")
    found = list(story.cuts(60, Random(1_962), tmp_path / "cut"))
    losing = [left for left in found if left.lost]
    assert losing, "these states prove nothing: even a careless program lost nothing in them"
    assert [left.wrong for left in found if left.wrong] == []
    losses = f"{len(losing)} of {len(found)} states lost up to {max(len(left.lost) for left in losing)} payments"
    print(f"\n  {journal}, synchronous={synchronous[0]}: {losses}")
