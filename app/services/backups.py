"""Backups that are made, listed and taken away in the browser; they are kept in a folder beside the other files."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from flask import current_app

from app.errors import Conflict, Invalid, Missing
from app.green import run_blocking
from app.progress import hold, long_work
from app.services.activity import record_activity
from app.transfer.backup import MAKING, save_school, told
from app.transfer.container import manifest_of
from app.words import say

_NAME = re.compile(r"\w[\w .()+-]*\.zip", re.ASCII)
_BEING_MADE = ".making"


@dataclass(frozen=True)
class Contents:
    """What a backup says of itself; `database` is sqlite or postgresql, `revision` that of the schema."""

    rows: int
    database: str
    revision: str
    wrong_figures: int


@dataclass(frozen=True)
class KeptBackup:
    """A file of the backups' folder; its size is in bytes, and without `contents` it cannot be read."""

    name: str
    size: int
    made_at: datetime
    contents: Contents | None


def make_backup() -> KeptBackup:
    """Save the whole school in a new file of the backups' folder, and write that down.

    Raises Conflict while another one is being made, Cancelled, NotDone, and what writing it down raises; then there is
    no file.
    """
    with long_work(MAKING) as work, _alone():
        made = save_school(backups_folder(), work)
        try:
            record_activity("backup.made", f"backup made: {made.file.name}")
        except BaseException:
            made.file.unlink(missing_ok=True)
            raise
        work.result = say("The backup {name} is made.", name=made.file.name)
        return _as_kept(made.file)


def kept_backups() -> Sequence[KeptBackup]:
    """The backups that are kept, the newest first."""
    return run_blocking(_newest_first, _files())


def take_backup(name: str) -> BinaryIO:
    """A backup, opened for somebody who takes it away, which is written down. Raises Missing."""
    # A name of the list and nothing else, so that no other file can be asked for.
    try:
        opened = next(file for file in _files() if file.name == name).open("rb")
    except (StopIteration, FileNotFoundError):
        raise Missing("This backup does not exist any more.", param="name") from None
    record_activity("backup.downloaded", f"backup downloaded: {name}")
    return opened


def backups_folder() -> Path:
    """Where they are."""
    return Path(current_app.instance_path) / "backups"


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody else makes one meanwhile, in no process of this folder. Raises Conflict, NotDone."""
    folder = backups_folder()
    with told(say("No backup was made: {reason}.")):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = (folder / _BEING_MADE).open("ab")
    with place:
        try:
            hold(place)
        except OSError as error:
            raise Conflict("A backup is being made already; wait until it is ready.", code="being_made") from error
        yield


def _files() -> Sequence[Path]:
    try:
        found = list(backups_folder().iterdir())
    except OSError:
        return []
    return [file for file in found if _NAME.fullmatch(file.name) and file.is_file() and not file.is_symlink()]


def _newest_first(files: Sequence[Path]) -> Sequence[KeptBackup]:
    kept = []
    for file in files:
        # Somebody may tidy the folder meanwhile.
        with suppress(FileNotFoundError):
            kept.append(_as_kept(file))
    return sorted(kept, key=lambda each: (each.made_at, each.name), reverse=True)


def _as_kept(file: Path) -> KeptBackup:
    about = file.stat()
    changed_at = datetime.fromtimestamp(about.st_mtime, UTC)
    try:
        manifest = manifest_of(file)
        contents = Contents(
            sum(manifest.rows.values()), str(manifest.database), str(manifest.revision), int(manifest.wrong_figures)
        )
        made_at = datetime.fromisoformat(manifest.made_at).astimezone(UTC)
    except (Invalid, ValueError, TypeError, AttributeError):
        # Whoever wrote it may have written anything into it.
        return KeptBackup(file.name, about.st_size, changed_at, None)
    return KeptBackup(file.name, about.st_size, made_at, contents)
