"""Long work says how far it is, to the screens of its user or to the terminal, and can be stopped between two steps.

What it says stands in a small file of the instance folder and not in the database, which the work itself keeps locked.
So every web process with that folder can tell it (`realtime/`), a page that is reloaded finds it again, and asking it
to stop is a file, too. A lock on a file says whether the process that works is still there.
"""

import json
import logging
import os
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar

from flask import current_app

from app import green
from app.database import current_actor
from app.errors import Conflict, Missing, SchoolError
from app.words import Words, say

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

T = TypeVar("T")
log = logging.getLogger(__name__)

TELL_EVERY = 0.25
"""Seconds between two words of one job."""
REST_EVERY = 0.02
"""Seconds that a job works before it lets everybody else of the process go on."""
LONGEST_REST = 0.02
"""Seconds that it lets them, a fifth of what it worked at most."""
REMEMBERED = 600.0
"""Seconds that the end of a job can be asked for."""


class Cancelled(Conflict):
    """Somebody asked for the end of the work; its transaction is rolled back."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled, as you asked: nothing was changed.")


@dataclass(frozen=True)
class Job:
    """How far a user's work is. `state` is running, done, failed, cancelled, or gone with its process."""

    id: str
    user_id: int
    title: Words
    can_cancel: bool
    done: int = 0
    total: int = 0
    at: str = ""
    state: str = "running"
    words: str | None = None


class Teller(Protocol):
    """Where a job says how far it is."""

    def tell(self, done: int, total: int) -> None: ...

    def is_cancelled(self) -> bool: ...

    def end(self, state: str, words: str | None) -> None: ...


class Work:
    """A piece of long work, for the one who does it."""

    def __init__(self, teller: Teller | None) -> None:
        self._teller = teller
        self._done = self._total = 0
        self._told = self._rested = time.monotonic()
        self.result: str | None = None
        """What came of it, in one sentence; said when the work ends well."""

    def expect(self, total: int) -> None:
        """Say how many steps there are in all, as far as is known."""
        self._total = max(total, self._done)

    def step(self, steps: int = 1) -> None:
        """Some steps are done: lets others go on, and tells it now and then. Raises Cancelled when that was asked."""
        if self._is_moment(steps):
            self._rest()

    def step_apart(self, steps: int = 1) -> None:
        """The same inside `green.run_blocking`, where nobody has to wait. Raises Cancelled when that was asked."""
        if self._is_moment(steps):
            self._rested = time.monotonic()

    def _is_moment(self, steps: int) -> bool:
        """Count some steps, and look around now and then."""
        self._done += steps
        self._total = max(self._total, self._done)
        moment = time.monotonic()
        if moment - self._rested < REST_EVERY:
            return False
        self.check()
        if self._teller is not None and moment - self._told >= TELL_EVERY:
            self._teller.tell(self._done, self._total)
            self._told = moment
        return True

    def _rest(self) -> None:
        """Let the others go on: a green thread that never pauses would let no socket of the process be served."""
        if green.mode() != "threading":
            # Long enough for several of their steps: a page is many small requests.
            time.sleep(min(LONGEST_REST, (time.monotonic() - self._rested) / 5))
        self._rested = time.monotonic()

    def over(self, things: Iterable[T]) -> Iterator[T]:
        """The things, each of them a step."""
        for thing in things:
            yield thing
            self.step()

    def check(self) -> None:
        """The last moment before something is saved. Raises Cancelled when that was asked."""
        if self._teller is not None and self._teller.is_cancelled():
            raise Cancelled()


_current: ContextVar[Work | None] = ContextVar("work", default=None)
_terminal: ContextVar[IO[str] | None] = ContextVar("terminal", default=None)


@contextmanager
def long_work(title: Words, *, can_cancel: bool = True) -> Iterator[Work]:
    """Tell of the work of this block; within another one it is part of that."""
    if outer := _current.get():
        yield outer
        return
    teller = _teller(title, can_cancel)
    work = Work(teller)
    token = _current.set(work)
    words: str = _FAILED
    state = "failed"
    try:
        yield work
        state, words = "done", work.result or _DONE
    except Cancelled as error:
        state, words = "cancelled", error.message
        raise
    except SchoolError as error:
        words = error.message
        raise
    finally:
        _current.reset(token)
        if teller is not None:
            teller.end(state, words)


_DONE = say("It is done.")
_FAILED = say("Something went wrong on our side; nothing was saved. The error has been written down.")
_GONE = say("The program was stopped meanwhile. Look whether this was saved before you do it again.")


def _teller(title: Words, can_cancel: bool) -> Teller | None:
    if stream := _terminal.get():
        return _Terminal(stream, title)
    user_id = current_actor().user_id
    if user_id is None:
        return None
    try:
        return _File(folder(), Job(secrets.token_hex(8), user_id, title, can_cancel))
    except OSError:
        # Whoever cannot be told how far the work is can still have it done.
        log.warning("the progress of a job cannot be written down", exc_info=True)
        return None


# ---- the terminal


@contextmanager
def on_terminal(stream: IO[str]) -> Iterator[None]:
    """Whatever works long inside the block says so in one line of this stream, if somebody looks at it."""
    token = _terminal.set(stream if stream.isatty() else None)
    try:
        yield
    finally:
        _terminal.reset(token)


class _Terminal:
    def __init__(self, stream: IO[str], title: Words) -> None:
        self._stream, self._title = stream, title
        self._line(f"{title} ...")

    def tell(self, done: int, total: int) -> None:
        self._line(f"{self._title}: {100 * done // total if total else 0} %")

    def is_cancelled(self) -> bool:
        return False

    def end(self, state: str, words: str | None) -> None:
        self._line("")

    def _line(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()


# ---- files, for the screens of a user


def folder() -> Path:
    """Where the jobs of this program's processes stand."""
    return Path(current_app.instance_path) / "progress"


class _File:
    def __init__(self, place: Path, job: Job) -> None:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(place)
        self._place, self._job = place, job
        self._held = _held(place, job.id).open("ab")
        try:
            hold(self._held)
            self._write()
        except OSError:
            self._held.close()
            raise

    def tell(self, done: int, total: int) -> None:
        self._job = replace(self._job, done=done, total=total)
        with suppress(OSError):
            self._write()

    def is_cancelled(self) -> bool:
        return self._job.can_cancel and _asked(self._place, self._job.id).exists()

    def end(self, state: str, words: str | None) -> None:
        self._job = replace(self._job, state=state, words=words)
        with suppress(OSError):
            self._write()
        self._held.close()
        for file in (_held(self._place, self._job.id), _asked(self._place, self._job.id)):
            with suppress(OSError):
                file.unlink(missing_ok=True)

    def _write(self) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._job = replace(self._job, at=at)
        unfinished = self._place / f"{self._job.id}.part"
        unfinished.write_text(_as_json(self._job), "utf-8")
        unfinished.replace(_said(self._place, self._job.id))


def jobs_of(user_id: int | None) -> list[Job]:
    """The jobs of a user, the oldest first, those that ended a moment ago included; of nobody, none."""
    if user_id is None:
        return []
    place = folder()
    found = (_read(place, file.stem) for file in _files(place, ".json"))
    return sorted((job for job in found if job and job.user_id == user_id), key=lambda job: job.at)


def is_working_for(user_id: int | None) -> bool:
    """Whether a page of this user has to look for jobs."""
    return any(job.state == "running" for job in jobs_of(user_id))


class News:
    """What the jobs of a folder said since the last look."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._seen: dict[str, int] = {}

    def take(self) -> list[Job]:
        """Cheap when there is nothing: this is asked ten times a second."""
        seen = {file.stem: changed for file in _files(self._place, ".json") if (changed := _changed(file))}
        fresh = [name for name, changed in seen.items() if self._seen.get(name) != changed]
        self._seen = seen
        return [job for name in fresh if (job := _read(self._place, name))]


def cancel(job_id: str, *, user_id: int | None) -> None:
    """Ask a running job of this user to stop at its next step. Raises Missing, and Conflict when it cannot."""
    job = next((job for job in jobs_of(user_id) if job.id == job_id and job.state == "running"), None)
    if job is None:
        raise Missing("This work has ended already.", param="job")
    if not job.can_cancel:
        raise Conflict("This work cannot be cancelled.", param="job", code="cannot_cancel")
    _asked(folder(), job.id).touch()


def sweep(place: Path) -> None:
    """Throw away what nobody asks for any more: jobs that ended, or whose process did, ten minutes ago."""
    for file in _files(place):
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > REMEMBERED and not _is_held(place, file.stem):
                file.unlink()


def _read(place: Path, job_id: str) -> Job | None:
    job = _as_it_stands(place, job_id)
    if job is None or job.state != "running" or _is_held(place, job_id):
        return job
    # Nobody holds it: it has just ended and said so, or its process is gone.
    job = _as_it_stands(place, job_id)
    return job if job is None or job.state != "running" else replace(job, state="gone", words=_GONE)


def _as_it_stands(place: Path, job_id: str) -> Job | None:
    try:
        return _from_json(_said(place, job_id).read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _files(place: Path, ending: str = "") -> list[Path]:
    try:
        with os.scandir(place) as entries:
            return [Path(entry.path) for entry in entries if entry.name.endswith(ending)]
    except OSError:
        return []


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _said(place: Path, job_id: str) -> Path:
    return place / f"{job_id}.json"


def _held(place: Path, job_id: str) -> Path:
    return place / f"{job_id}.held"


def _asked(place: Path, job_id: str) -> Path:
    return place / f"{job_id}.stop"


def hold(file: IO[bytes]) -> None:
    """Hold a file until it is closed, or this process ends. Raises OSError when somebody has it."""
    if sys.platform == "win32":
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_held(place: Path, job_id: str) -> bool:
    try:
        with _held(place, job_id).open("rb+") as file:
            hold(file)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _as_json(job: Job) -> str:
    return json.dumps({**vars(job), "title": _parts(job.title), "words": job.words and _parts(job.words)})


def _from_json(text: str) -> Job:
    told: Mapping[str, Any] = json.loads(text)
    return Job(**{**told, "title": _words(told["title"]), "words": told["words"] and _words(told["words"])})


def _words(parts: tuple[str, Mapping[str, object], str | None]) -> Words:
    text, values, many = parts
    return Words(text, values, many=many)


def _parts(words: str) -> tuple[str, Mapping[str, object], str | None]:
    if not isinstance(words, Words):
        return words, {}, None
    values = {name: value if isinstance(value, int) else str(value) for name, value in words.values.items()}
    return words.text, values, words.many
