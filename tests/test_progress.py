"""Long work tells its own user how far it is, can be stopped between two steps, and is not forgotten by a reload."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import progress
from app.config import ROOT
from app.database import Actor, acting_as, atomic
from app.models import SchoolClass
from app.progress import Cancelled, Work, cancel, jobs_of, long_work
from app.realtime.manager import RealTimeSyncManager
from app.realtime.messages import Message, Progress
from app.services.statistics import rebuild_statistics
from app.services.student_import import import_students
from app.transfer.backup import create_backup
from app.words import say
from tests.support.database import value
from tests.support.people import Person, sign_in
from tests.support.school import School

TITLE = say("Counting the chairs")
FILE = b"first_name,last_name,class,guardian_name\n" + b"".join(b"Ama,Owusu %d,Blue,Yaa\n" % n for n in range(600))


@pytest.fixture
def esi(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "registrar")


@pytest.fixture
def kojo(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is told and looked at."""
    monkeypatch.setattr(progress, "TELL_EVERY", 0)
    monkeypatch.setattr(progress, "REST_EVERY", 0)


@pytest.fixture
def radio(app: Flask) -> tuple[RealTimeSyncManager, list[tuple[Message, str]]]:
    heard: list[tuple[Message, str]] = []
    return RealTimeSyncManager(app, lambda message, room: heard.append((message, room)), print), heard


@pytest.fixture
def begin(app: Flask, at_once: None) -> Iterator[Callable[..., Work]]:
    """Begin work for somebody; it ends with the test."""
    with ExitStack() as working:

        def begin(person: Person, **options: Any) -> Work:
            with app.app_context(), acting_as(Actor(user_id=person.user_id)):
                return working.enter_context(long_work(TITLE, **options))

        yield begin


def told(person: Person) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = person.get("/progress").get_json()["jobs"]
    return jobs


def test_a_step_is_sent_to_the_user_and_to_nobody_else(
    begin: Callable[..., Work], esi: Person, kojo: Person, radio: Any
) -> None:
    dispatcher, heard = radio
    work = begin(esi)
    work.expect(8)
    work.step(2)
    dispatcher.tell_progress()
    (job,) = told(esi)
    assert heard == [(Progress(job["job"], 2, 8, job["at"]), f"user:{esi.user_id}")]
    dispatcher.tell_progress()
    assert len(heard) == 1, "nothing new is not said again"
    assert (job["title"], job["state"], job["can_cancel"]) == (TITLE, "running", True)
    assert told(kojo) == []


def test_only_its_user_stops_work(begin: Callable[..., Work], esi: Person, kojo: Person) -> None:
    work = begin(esi)
    (job,) = told(esi)
    address = f"/progress/{job['job']}/cancel"
    assert kojo.send("POST", address).status_code == 404
    work.step()
    assert esi.client.post(address).status_code == 403, "without the token of a page"
    assert esi.send("POST", address).status_code == 204
    with pytest.raises(Cancelled):
        work.step()


def test_what_cannot_be_stopped_says_so(begin: Callable[..., Work], esi: Person) -> None:
    work = begin(esi, can_cancel=False)
    (job,) = told(esi)
    assert esi.send("POST", f"/progress/{job['job']}/cancel").status_code == 409
    work.step()


def test_steps_are_told_a_few_times_a_second(in_app: Flask, esi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: moment)
    said: list[int] = []
    monkeypatch.setattr(progress._File, "tell", lambda self, done, total: said.append(done))
    with acting_as(Actor(user_id=esi.user_id)), long_work(TITLE) as work:
        for _ in range(1000):
            moment += 0.001
            work.step()
    assert 3 <= len(said) <= 4


def test_an_import_that_is_cancelled_leaves_nothing_behind(
    in_app: Flask, school: School, esi: Person, raw: Any, at_once: None, monkeypatch: pytest.MonkeyPatch, check: Any
) -> None:
    before = value(raw, "SELECT count(*) FROM students")
    told_of: list[int] = []
    tell = progress._File.tell

    def tell_and_cancel(self: Any, done: int, total: int) -> None:
        tell(self, done, total)
        told_of.append(done)
        if done > 700:
            cancel(jobs_of(esi.user_id)[-1].id, user_id=esi.user_id)

    monkeypatch.setattr(progress._File, "tell", tell_and_cancel)
    with acting_as(Actor(user_id=esi.user_id)), pytest.raises(Cancelled):
        import_students(data=FILE)
    assert max(told_of) < 1200, "it went on although it was cancelled"
    assert value(raw, "SELECT count(*) FROM students") == before
    (job,) = told(esi)
    assert (job["state"], job["words"]) == ("cancelled", "Cancelled, as you asked: nothing was changed.")
    check()


def test_an_import_counts_to_its_end_and_says_what_came_of_it(
    in_app: Flask, school: School, esi: Person, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[int, int]] = []
    monkeypatch.setattr(progress._File, "tell", lambda self, done, total: steps.append((done, total)))
    with acting_as(Actor(user_id=esi.user_id)):
        import_students(data=FILE)
    shares = [done / total for done, total in steps]
    assert shares == sorted(shares), "the bar never goes back"
    assert shares[-1] == 1
    (job,) = told(esi)
    assert (job["state"], job["words"]) == ("done", "600 students were imported.")


@pytest.mark.usefixtures("postgresql_programs")
def test_a_backup_counts_to_its_end(
    in_app: Flask, school: School, esi: Person, at_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[int, int]] = []
    monkeypatch.setattr(progress._File, "tell", lambda self, done, total: steps.append((done, total)))
    with acting_as(Actor(user_id=esi.user_id)):
        create_backup(tmp_path / "school.zip")
    shares = [done / total for done, total in steps]
    assert len(shares) >= 3
    assert shares == sorted(shares), "the bar never goes back"
    assert shares[-1] == 1


@pytest.mark.usefixtures("postgresql_programs")
def test_a_backup_that_is_cancelled_at_its_last_step_is_none(
    in_app: Flask, school: School, esi: Person, at_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(self: Any, done: int, total: int) -> None:
        if done == total:
            cancel(jobs_of(esi.user_id)[-1].id, user_id=esi.user_id)

    monkeypatch.setattr(progress._File, "tell", tell)
    with acting_as(Actor(user_id=esi.user_id)), pytest.raises(Cancelled):
        create_backup(tmp_path / "school.zip")
    assert not (tmp_path / "school.zip").exists()
    assert [*tmp_path.rglob(".schoolpulse-*")] == []


def test_work_within_work_is_part_of_it(in_app: Flask, esi: Person) -> None:
    with acting_as(Actor(user_id=esi.user_id)):
        rebuild_statistics()
    (job,) = told(esi)
    assert (job["title"], job["state"]) == ("Rebuilding the figures", "done")


def test_work_that_fails_says_so_and_work_of_nobody_says_nothing(in_app: Flask, esi: Person) -> None:
    with acting_as(Actor(user_id=esi.user_id)), pytest.raises(ZeroDivisionError), long_work(TITLE), atomic() as session:
        session.add(SchoolClass(name="Half"))
        raise ZeroDivisionError
    with long_work(TITLE) as work:
        work.step()
    (job,) = told(esi)
    assert job["state"] == "failed"
    assert not list(progress.folder().glob("*.held"))


def test_work_whose_process_is_gone_is_not_running(app: Flask, esi: Person) -> None:
    folder = Path(app.instance_path) / "progress"
    process = subprocess.Popen([sys.executable, "-c", _WORKS, str(folder), str(esi.user_id)], cwd=ROOT, stdout=-1)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"working\n"
        assert [job["state"] for job in told(esi)] == ["running"]
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    (job,) = told(esi)
    assert job["state"] == "gone"
    assert "Look whether this was saved" in job["words"]
    for file in folder.iterdir():
        os.utime(file, (0, 0))
    assert told(esi) == []
    assert list(folder.iterdir()) == []


_WORKS = """
import sys, time
from pathlib import Path
from app.progress import Job, _File
from app.words import say
held = _File(Path(sys.argv[1]), Job("0123456789abcdef", int(sys.argv[2]), say("Counting the chairs"), True))
print("working", flush=True)
time.sleep(60)
"""


def test_a_folder_that_cannot_be_written_stops_no_work(in_app: Flask, esi: Person) -> None:
    Path(in_app.instance_path).mkdir(parents=True, exist_ok=True)
    progress.folder().write_text("a file in its place")
    with acting_as(Actor(user_id=esi.user_id)), long_work(TITLE) as work:
        work.step()
    assert told(esi) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_in_one_line_that_is_wiped_out(school: School, in_app: Flask, at_once: None) -> None:
    looked_at, piped = Terminal(), io.StringIO()
    with progress.on_terminal(looked_at):
        import_students(data=FILE)
    with progress.on_terminal(piped):
        import_students(data=FILE)
    assert "\r\x1b[KImporting students: 100 %" in looked_at.getvalue()
    assert looked_at.getvalue().endswith("\r\x1b[K")
    assert "\n" not in looked_at.getvalue()
    assert piped.getvalue() == ""
