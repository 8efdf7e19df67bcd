"""The dispatcher, one turn at a time: what it sends to whom, and what it does when something goes wrong."""

import logging
import threading
from dataclasses import asdict, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.database import atomic
from app.models import SchoolClass
from app.queries.statistics import figures_since, of_room
from app.realtime import manager as module
from app.realtime.announcements import MANY, everything_changed
from app.realtime.connections import Connection
from app.realtime.logs import ROWS_A_TURN, TOASTS_AT_ONCE
from app.realtime.manager import RealTimeSyncManager
from app.realtime.messages import Changed, Control, Message, Notify, StatsDelta, StatsHead, StatsSnapshot
from tests.realtime.clients import Copy
from tests.support import school as a_school
from tests.support.database import insert
from tests.support.school import School
from tests.support.threads import at_once

ROOMS = ("finance", "people", "wall")


class Radio:
    """Records what the dispatcher sends, as a screen of each room would hear it."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, str]] = []
        self.gone: list[str] = []
        self.broken_for: set[str] = set()

    def emit(self, message: Message, room: str) -> None:
        if room in self.broken_for:
            raise RuntimeError(f"{room} is broken")
        self.sent.append((message, room))

    def heard(self, kind: type[Message], room: str | None = None) -> list[Any]:
        return [message for message, to in self.sent if isinstance(message, kind) and room in (None, to)]

    def forget(self) -> None:
        self.sent.clear()


@pytest.fixture
def radio() -> Radio:
    return Radio()


@pytest.fixture
def dispatcher(app: Flask, school: School, radio: Radio) -> RealTimeSyncManager:
    """A dispatcher that has read the database once."""
    made = RealTimeSyncManager(app, radio.emit, radio.gone.append)
    made.publish()
    return made


def screen(dispatcher: RealTimeSyncManager, role: str = "bursar", room: str = "finance") -> Connection:
    return Connection(sid=f"sid-{role}", kind="token", key=0, role=role, room=room)


def enrol(raw: Any, school: School, number: int = 1) -> None:
    insert(raw, "students", admission_no=f"E{number}", first_name="Efua", last_name="Owusu", class_id=school.blue)


def fresh(app: Flask, room: str) -> dict[str, tuple[int, int]]:
    """What the database says now, read without the dispatcher."""
    with app.app_context():
        return of_room(figures_since(-1, DAY), room)


def snapshot(dispatcher: RealTimeSyncManager, room: str) -> StatsSnapshot:
    answer = dispatcher.welcome(screen(dispatcher, room, room), None, None)
    assert isinstance(answer, StatsSnapshot)
    return answer


DAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "today", lambda: DAY)


def told(copy: Copy, message: Message) -> None:
    copy.hear(message.name, message.payload())


def test_every_message_is_declared_with_the_fields_of_the_contract() -> None:
    declared = {kind.name: {field.name for field in fields(kind)} for kind in Message.__subclasses__()}
    assert declared == {
        "stats:snapshot": {"epoch", "version", "at", "metrics"},
        "stats:delta": {"epoch", "base", "version", "at", "metrics"},
        "stats:head": {"epoch", "version", "at", "worker_age"},
        "notify": {"id", "type", "title", "message", "priority", "at", "action_url"},
        "changed": {"table", "id", "op", "at"},
        "progress": {"job", "done", "total", "at"},
        "ctl": {"reload", "auth_changed", "drain"},
    }


def test_a_dispatcher_that_stood_still_says_so_for_a_while(dispatcher: RealTimeSyncManager) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        dispatcher.publish()
        clock.shift(2)
        assert not dispatcher.was_away()
        clock.shift(5)
        assert dispatcher.was_away(), "nobody has read since"
        dispatcher.publish()
        for _ in range(9):
            assert dispatcher.was_away(), "what waited has not had its turn"
            clock.shift(2)
            dispatcher.publish()
        clock.shift(2)
        dispatcher.publish()
        assert not dispatcher.was_away()


def test_the_first_turn_only_remembers_where_the_database_stands(dispatcher: RealTimeSyncManager, radio: Radio) -> None:
    assert radio.sent == []
    assert dispatcher.publish() is False
    assert radio.sent == []


def test_each_room_has_a_chain_of_its_own(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any, school: School
) -> None:
    start = dispatcher.sent["people"]
    a_school.pay(raw, school.asha, 500, {school.tuition: 500})
    dispatcher.publish()
    after_payment = dispatcher.sent["finance"]
    enrol(raw, school)
    dispatcher.publish()
    (enrolled,) = radio.heard(StatsDelta, "people")
    assert (enrolled.base, enrolled.version) == (start, dispatcher.sent["people"])
    assert [delta.base for delta in radio.heard(StatsDelta, "finance")] == [start, after_payment]
    assert {delta.epoch for delta in radio.heard(StatsDelta, "wall")} == {snapshot(dispatcher, "wall").epoch}


def test_no_room_is_sent_a_figure_that_it_may_not_see(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any, school: School
) -> None:
    a_school.pay(raw, school.asha, 500, {school.tuition: 500}, on=DAY.isoformat())
    dispatcher.publish()
    assert radio.heard(StatsDelta, "people") == []
    (wall,), (finance,) = radio.heard(StatsDelta, "wall"), radio.heard(StatsDelta, "finance")
    assert f"daily_fees_{DAY}_cash" in finance.metrics
    assert f"daily_fees_{DAY}_cash" not in wall.metrics
    assert f"daily_fees_{DAY}" in wall.metrics


def test_what_could_not_be_sent_is_sent_with_the_next_turn(
    app: Flask, dispatcher: RealTimeSyncManager, radio: Radio, raw: Any, school: School
) -> None:
    copies = {room: Copy() for room in ROOMS}
    for room, copy in copies.items():
        told(copy, snapshot(dispatcher, room))
    radio.broken_for = {"people"}
    enrol(raw, school)
    with pytest.raises(RuntimeError):
        dispatcher.publish()
    radio.broken_for = set()
    insert(raw, "teachers", first_name="Abena", last_name="Sarpong")
    dispatcher.publish()
    for room, copy in copies.items():
        for message in radio.heard(StatsDelta, room):
            told(copy, message)
        assert copy.metrics == fresh(app, room)


def test_an_error_of_the_database_is_survived(
    app: Flask, school: School, radio: Radio, raw: Any, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(module, "POLL_EVERY", 0.05)
    errors = iter([OperationalError("SELECT", {}, Exception("disk I/O error"))] * 3)
    real = module.clock

    def clock_that_fails_thrice() -> Any:
        if error := next(errors, None):
            raise error
        return real()

    monkeypatch.setattr(module, "clock", clock_that_fails_thrice)
    dispatcher = RealTimeSyncManager(app, radio.emit, radio.gone.append)
    with running(dispatcher), caplog.at_level(logging.ERROR):
        wait_until(lambda: dispatcher.last_read_at is not None)
        enrol(raw, school)
        wait_until(lambda: radio.heard(StatsDelta, "people"))
    assert [record.message for record in caplog.records] == [
        "the dispatcher could not read or send; it tries again"
    ] * 3


def test_the_loop_hears_of_its_own_commits_and_of_others_and_sends_beacons(
    app: Flask, school: School, radio: Radio, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEACON_EVERY", 0.3)
    dispatcher = RealTimeSyncManager(app, radio.emit, radio.gone.append)
    with running(dispatcher):
        wait_until(lambda: dispatcher.clock is not None)
        enrol(raw, school)
        wait_until(lambda: radio.heard(StatsDelta, "people"))
        with app.app_context(), atomic() as session:
            session.add(SchoolClass(name="Red"))
        wait_until(lambda: [each for each in radio.heard(Changed, "role:bursar") if each.table == "classes"])
        wait_until(lambda: len(radio.heard(StatsHead, "wall")) > 2)
    assert radio.heard(Control, "wall") == [Control(drain={"max_delay_ms": 5_000})]


def test_versions_that_begin_anew_make_every_screen_ask(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any
) -> None:
    before = snapshot(dispatcher, "finance")
    raw.execute("UPDATE sync_clock SET version = 1")
    raw.execute("UPDATE statistics_cache SET version = 1")
    dispatcher.publish()
    (head,) = radio.heard(StatsHead, "finance")
    assert head.epoch != before.epoch
    assert head.version == 1
    answer = dispatcher.welcome(screen(dispatcher), before.epoch, before.version)
    assert isinstance(answer, StatsSnapshot)
    assert (answer.epoch, answer.version) == (head.epoch, 1)


def test_another_epoch_of_the_database_makes_every_screen_ask(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any
) -> None:
    before = snapshot(dispatcher, "wall")
    raw.execute("UPDATE sync_clock SET epoch = 'another'")
    dispatcher.publish()
    assert len({head.epoch for head in radio.heard(StatsHead)} | {before.epoch}) == 4
    assert isinstance(
        dispatcher.welcome(screen(dispatcher, "wall", "wall"), before.epoch, before.version), StatsSnapshot
    )


def test_a_cursor_of_another_process_or_room_is_not_trusted(
    dispatcher: RealTimeSyncManager, app: Flask, radio: Radio
) -> None:
    here = snapshot(dispatcher, "finance")
    assert isinstance(dispatcher.welcome(screen(dispatcher), here.epoch, here.version), StatsHead)
    other = RealTimeSyncManager(app, radio.emit, radio.gone.append)
    assert isinstance(other.welcome(screen(other), here.epoch, here.version), StatsSnapshot)
    for cursor in (here.version - 1, here.version + 1, None, True, "7", 1.5):
        assert isinstance(dispatcher.welcome(screen(dispatcher), here.epoch, cursor), StatsSnapshot), cursor
    people = screen(dispatcher, "teacher", "people")
    assert isinstance(dispatcher.welcome(people, here.epoch, here.version), StatsSnapshot)


def test_a_change_while_the_snapshot_is_read_is_not_lost(
    app: Flask, dispatcher: RealTimeSyncManager, radio: Radio, raw: Any, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = module.figures_since
    once = iter([True])

    def read_while_somebody_enrols(version: int, day: Any) -> Any:
        if next(once, False):
            enrol(raw, school)
            dispatcher.publish()
        return read(version, day)

    monkeypatch.setattr(module, "figures_since", read_while_somebody_enrols)
    late = snapshot(dispatcher, "people")
    (early,) = radio.heard(StatsDelta, "people")
    assert late.metrics["total_enrollment"][0] == 2, "the snapshot is of one moment"
    copy = Copy()
    told(copy, late)
    told(copy, early)
    assert copy.metrics == fresh(app, "people")


def test_a_crowd_that_comes_back_costs_one_read(
    app: Flask, dispatcher: RealTimeSyncManager, raw: Any, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    read = module.figures_since
    monkeypatch.setattr(module, "figures_since", lambda version, day: reads.append(version) or read(version, day))
    answers = {id(dispatcher.welcome(screen(dispatcher), None, None)) for _ in range(300)}
    assert (len(answers), reads) == (1, [-1])
    version = snapshot(dispatcher, "finance").version
    enrol(raw, school)
    assert snapshot(dispatcher, "finance").metrics == fresh(app, "finance")
    assert reads == [-1, version], "what is known is not read again"


def test_a_crowd_that_comes_at_the_same_moment_costs_one_read(
    dispatcher: RealTimeSyncManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of them reads until all the others want to."""
    came, everybody, reads = iter(range(1, 100)), threading.Event(), []
    tell, read = module.clock, module.figures_since

    def clock_of_one_more() -> Any:
        here = tell()
        if next(came) == 6:
            everybody.set()
        return here

    def read_slowly(version: int, day: Any) -> Any:
        reads.append(version)
        assert everybody.wait(10)
        return read(version, day)

    monkeypatch.setattr(module, "clock", clock_of_one_more)
    monkeypatch.setattr(module, "figures_since", read_slowly)
    answers = at_once([lambda: dispatcher.welcome(screen(dispatcher), None, None)] * 6)
    assert (len({id(answer) for answer in answers}), reads) == (1, [-1])


def test_a_snapshot_of_another_day_is_read_whole(
    dispatcher: RealTimeSyncManager, raw: Any, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(raw, "attendance", student_id=school.asha, date=DAY.isoformat(), status="present")
    assert f"attendance_{DAY}" in snapshot(dispatcher, "people").metrics
    monkeypatch.setattr(module, "today", lambda: DAY + timedelta(days=60))
    assert f"attendance_{DAY}" not in snapshot(dispatcher, "people").metrics


def test_a_few_rows_are_named_and_many_are_not(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any, school: School
) -> None:
    enrol(raw, school)
    dispatcher.publish()
    (named,) = [each for each in radio.heard(Changed, "role:teacher") if each.table == "students"]
    assert (named.id, named.op) == (3, "insert")
    radio.forget()
    for number in range(MANY):
        enrol(raw, school, 10 + number)
    dispatcher.publish()
    (unnamed,) = [each for each in radio.heard(Changed, "role:teacher") if each.table == "students"]
    assert (unnamed.id, unnamed.op) == (None, "update")


def test_a_change_of_a_students_fee_is_a_change_of_the_student(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any, school: School
) -> None:
    raw.execute("UPDATE fees SET description = 'Tuition, term 1' WHERE id = ?", (school.tuition,))
    dispatcher.publish()
    told_bursar = {(each.table, each.id, each.op) for each in radio.heard(Changed, "role:bursar")}
    assert told_bursar == {("fees", school.tuition, "update"), ("students", school.asha, "update")}
    assert {each.table for each in radio.heard(Changed, "role:teacher")} == {"students"}
    assert {each.table for each in radio.heard(Changed, "role:principal")} == {"fees", "students", "user_activity_log"}
    assert radio.heard(Changed, "role:wall") == []


def test_an_import_does_not_hold_up_the_news_of_a_payment(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any, school: School
) -> None:
    raw.execute("BEGIN")
    for number in range(ROWS_A_TURN + 50):
        insert(raw, "guardians", full_name=f"Guardian {number}")
    raw.execute("COMMIT")
    dispatcher.publish()
    expected = [asdict(each) | {"at": ""} for each, room in everything_changed("") if room == "role:bursar"]
    assert [asdict(each) | {"at": ""} for each in radio.heard(Changed, "role:bursar")] == expected
    radio.forget()
    a_school.pay(raw, school.asha, 500, {school.tuition: 500})
    dispatcher.publish()
    assert ("payments", 1) in {(each.table, each.id) for each in radio.heard(Changed, "role:bursar")}


def notice(raw: Any, number: int, roles: str = ",bursar,wall,", at: datetime | None = None) -> int:
    when = (at or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S.%f")
    return insert(
        raw, "system_notifications", type="arrears", title="High arrears", message=f"Number {number}",
        target_roles=roles, action_url="/students/1", created_at=when,
    )  # fmt: skip


def test_a_toast_goes_to_its_roles_and_to_the_wall_without_an_address(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any
) -> None:
    number = notice(raw, 1)
    dispatcher.publish()
    assert {(room, each.id, each.action_url) for each, room in radio.sent if isinstance(each, Notify)} == {
        ("role:bursar", number, "/students/1"),
        ("role:wall", number, None),
    }


def test_a_screen_that_was_away_is_told_of_twenty_young_toasts_and_that_lists_may_have_changed(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any
) -> None:
    notice(raw, 0, at=datetime.now(UTC) - timedelta(minutes=11))
    for number in range(30):
        notice(raw, number, roles=",bursar," if number % 2 else ",bursar,wall,")
    dispatcher.publish()
    radio.forget()
    back = screen(dispatcher)
    dispatcher.greet(back, "an epoch of before", 5)
    assert all(room == back.sid for _, room in radio.sent)
    assert len(radio.heard(Notify)) == TOASTS_AT_ONCE
    assert len({each.id for each in radio.heard(Notify)}) == TOASTS_AT_ONCE
    tables = [each.table for each in radio.heard(Changed)]
    assert {"fees", "payments", "students"} <= set(tables)
    assert "users" not in tables
    radio.forget()
    dispatcher.greet(back, None, None)
    assert [type(message) for message, _ in radio.sent] == [StatsSnapshot]


def test_an_old_toast_is_not_told_to_a_screen_that_comes_back(
    dispatcher: RealTimeSyncManager, radio: Radio, raw: Any
) -> None:
    notice(raw, 1, at=datetime.now(UTC) - timedelta(minutes=11))
    dispatcher.publish()
    assert not [each for each in dispatcher.missed(screen(dispatcher)) if isinstance(each, Notify)]


def test_who_may_no_longer_be_here_is_told_and_sent_away_until_gone(
    dispatcher: RealTimeSyncManager, radio: Radio
) -> None:
    dispatcher.connections.add(screen(dispatcher))
    dispatcher.publish()
    dispatcher.publish()
    assert radio.gone == ["sid-bursar"] * 2
    assert radio.heard(Control, "sid-bursar") == [Control(auth_changed=True)] * 2
    dispatcher.connections.remove("sid-bursar")
    dispatcher.publish()
    assert len(radio.gone) == 2


class running:
    """The loop of a dispatcher in a thread."""

    def __init__(self, dispatcher: RealTimeSyncManager) -> None:
        self.dispatcher = dispatcher
        self.thread = threading.Thread(target=dispatcher.run)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *error: object) -> None:
        self.dispatcher.stop()
        self.thread.join(10)
        assert not self.thread.is_alive()


def wait_until(true: Any, within: float = 10) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=within)
    while not true():
        assert datetime.now(UTC) < deadline
        threading.Event().wait(0.01)
