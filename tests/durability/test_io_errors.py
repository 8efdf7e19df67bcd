"""A disk that reports errors: nothing that was answered is lost, and what it failed under is not asked again."""

import errno
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select

from app import create_app
from app.database import sqlite, watcher
from app.errors import StorageFailed
from app.extensions import db
from app.models import SchoolClass
from app.services.payments import record_payment
from tests.durability.planted import IO_ERROR, plant, take_away
from tests.durability.power import Story
from tests.durability.storm import STUDENTS, fill, found_wrong, let_visits_be_noted_again
from tests.support.database import Database, copied, overrides, raw_connection, value
from tests.support.disk import Disk, Step
from tests.support.people import Person, Program, program, sign_in
from tests.support.school import School

JOURNALS = ("wal", "delete")
SENTENCE = StorageFailed().message
RATE = 0.02
SYNCS = 20


class Sick:
    """Refuses writes at random, and one sync: the first, second, ... from now.

    `used` are the connections of the program in the order in which it took them; `failed_at` is how many it had taken
    when the disk failed last, so that the last of these is the one that it failed under.
    """

    def __init__(self) -> None:
        self.used: list[Any] = []
        self.failed_at = 0
        self.rate = 0.0
        self.sync_in = 0
        self.refused: Counter[str] = Counter()
        self._chance = Random(58_030)

    def __call__(self, step: Step) -> int:
        refused = step.kind == "write" and self._chance.random() < self.rate
        if step.kind == "sync" and self.sync_in:
            self.sync_in -= 1
            refused = self.sync_in == 0
        if refused:
            self.refused[step.kind] += 1
            self.failed_at = len(self.used)
            raise OSError(errno.EIO, "the disk is sick")
        return len(step.data)

    def watch(self, engine: Engine) -> None:
        """Look which connections an engine hands out."""
        event.listen(engine, "checkout", lambda connection, record, proxy: self.used.append(connection))

    @contextmanager
    def well(self) -> Iterator[None]:
        """The disk is well for a moment, and nobody uses the connection that it failed under."""
        rate, self.rate, at = self.rate, 0.0, self.failed_at
        yield
        self.rate = rate
        assert all(each is not self.used[at - 1] for each in self.used[at:]), "it was trusted again"


@dataclass
class Office:
    """A program that takes payments on a sick disk, and what it was answered."""

    sick: Sick
    disk: Disk
    story: Story
    caller: Program
    asked: dict[str, dict[str, object]] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)

    def pays(self, key: str) -> bool:
        """Take a payment, or ask what became of it; whether it was answered."""
        chance = Random(key)
        body = {"student_id": chance.randint(1, STUDENTS), "amount": chance.randint(1, 9_000), "allow_credit": True}
        self.asked[key] = body
        answer = self.caller.post("/payments", body, {"Idempotency-Key": key})
        self.answers[answer.status_code] += 1
        if answer.status_code == 201:
            self.story.answer(self.disk, key, int(answer.get_json()["payment"]["amount"]))
            return True
        told = answer.get_json()["error"]
        assert (answer.status_code, told["code"], told["message"]) == (503, "storage_failed", SENTENCE)
        assert answer.headers["Retry-After"]
        with self.sick.well():
            assert self.caller.get(f"/students/{body['student_id']}").status_code == 200
        return False

    def check(self, database: Database) -> None:
        """All that was answered is there; of the rest, each payment is there as it was asked for, or not at all."""
        assert found_wrong(database) == []
        with closing(raw_connection(database)) as raw:
            stored = dict(raw.execute("SELECT request_key, amount FROM payments").fetchall())
        assert {key: stored.get(key) for key in self.story.answered} == self.story.answered
        assert {key: self.asked[key]["amount"] for key in stored} == stored


@contextmanager
def office(template: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, journal: str) -> Iterator[Office]:
    """The program on a disk that is well until it is told otherwise; the log is folded into the file often."""
    if journal == "delete":
        monkeypatch.setattr(sqlite, "has_wal_reset_bug", lambda version: True)
    database, sick = copied(template, folder / "school.db"), Sick()
    app = create_app(overrides(database))
    with closing(raw_connection(database)) as raw:
        fill(raw)
        caller = program(app, raw)
    story = Story.of(database)
    with app.app_context(), Disk(sick, note=story.steps.append) as disk:
        event.listen(db.engine, "connect", lambda raw, record: raw.execute("PRAGMA wal_autocheckpoint = 60"))
        # The dispatcher has its own connection as long as the program runs.
        watching = watcher()
        sick.watch(db.engine)
        made = Office(sick, disk, story, caller)
        yield made
        watching.close()
        db.engine.dispose()
    made.check(database)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("journal", "payments"), [("wal", 80), ("delete", 80), pytest.param("wal", 1_000, marks=pytest.mark.long)]
)
def test_writes_that_fail_lose_nothing(
    template: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str, payments: int
) -> None:
    with office(template, tmp_path, monkeypatch, journal) as sick_office:
        sick_office.sick.rate = RATE
        for number in range(payments):
            # Half of those who hear of an error ask once more.
            if not sick_office.pays(f"payment-{number}") and number % 2:
                sick_office.pays(f"payment-{number}")
        sick_office.sick.rate = 0.0
    answers, refused = sick_office.answers, sick_office.sick.refused["write"]
    assert min(answers[201], answers[503]) >= 10
    print(f"\n  {journal}: {refused} writes failed; {answers[201]} payments answered, {answers[503]} refused, 0 lost")


@pytest.mark.sqlite
@pytest.mark.parametrize("journal", JOURNALS)
def test_a_sync_that_failed_is_not_believed_later(
    template: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    """What a failed sync did not write is never written by the next one, as on Linux: a power cut shows who relied
    on it."""
    with office(template, tmp_path, monkeypatch, journal) as sick_office:
        for nth in range(1, SYNCS + 1):
            sick_office.sick.sync_in, number = nth, 0
            while sick_office.sick.sync_in:
                sick_office.pays(f"sync-{nth}-{number}")
                number += 1
            assert sick_office.pays(f"after-{nth}")
    answers, story = sick_office.answers, sick_office.story
    assert sick_office.sick.refused["sync"] == SYNCS and answers[503] >= 5
    states = [left for seed in range(4) for left in story.cuts(25, Random(seed), tmp_path / "cut")]
    assert [(left.lost, left.wrong) for left in states if left.lost or left.wrong] == []
    print(f"\n  {journal}: {SYNCS} syncs failed, {answers[503]} payments refused, {answers[201]} answered, 0 lost")


@pytest.fixture
def fails(database: Database, raw: Any) -> Iterator[Callable[[bool], None]]:
    """Makes every write fail with an error of the disk, and no more."""
    if not database.is_sqlite:
        yield lambda now: plant(raw, IO_ERROR) if now else take_away(raw)
        take_away(raw)
        return
    sick = Sick()
    with Disk(sick):
        yield lambda now: setattr(sick, "rate", float(now))


@pytest.fixture
def esi(fails: Callable[[bool], None], app: Flask, raw: Any, school: School) -> Person:
    person = sign_in(app, raw)
    person.get("/desk")  # the session has just been seen, so that reading a page writes nothing
    return person


def test_a_form_comes_back_with_a_sentence_and_can_be_sent_again(
    esi: Person, school: School, raw: Any, fails: Callable[[bool], None]
) -> None:
    form = {"student_id": str(school.asha), "amount": "12.50", "request_key": "k" * 20}
    fails(True)
    page = esi.post("/desk", form)
    told = esi.post("/desk", form, headers={"Accept": "application/json"})
    assert esi.get(f"/desk?student={school.asha}").status_code == 200
    fails(False)
    assert (page.status_code, told.status_code) == (503, 503)
    assert page.headers["Retry-After"] and told.headers["Retry-After"]
    assert SENTENCE in page.text and 'value="12.50"' in page.text and f'value="{"k" * 20}"' in page.text
    assert (told.get_json()["error"]["code"], told.get_json()["error"]["message"]) == ("storage_failed", SENTENCE)
    assert value(raw, "SELECT count(*) FROM payments") == 0
    assert esi.post("/desk", form, headers={"Accept": "application/json"}).status_code == 201
    assert value(raw, "SELECT count(*) FROM payments") == 1


def test_a_visit_that_cannot_be_noted_is_answered_all_the_same(
    esi: Person, app: Flask, raw: Any, fails: Callable[[bool], None]
) -> None:
    let_visits_be_noted_again(raw)
    newcomer = program(app, raw)
    fails(True)
    answers = [esi.get("/desk"), esi.get("/dashboard"), newcomer.get("/stats")]
    fails(False)
    assert [answer.status_code for answer in answers] == [200] * 3


def test_what_fails_in_a_service_is_told_and_its_connection_given_up(
    fails: Callable[[bool], None], in_app: Flask, school: School, raw: Any
) -> None:
    used: list[Any] = []
    event.listen(db.engine, "checkout", lambda connection, record, proxy: used.append(connection))
    db.session.scalars(select(SchoolClass)).all()
    fails(True)
    with pytest.raises(StorageFailed):
        record_payment(student_id=school.asha, amount=500)
    failed, before = used[-1], len(used)
    fails(False)
    record_payment(student_id=school.asha, amount=500)
    assert len(used) > before and all(each is not failed for each in used[before:])
    assert value(raw, "SELECT count(*) FROM payments") == 1
