"""Files that are there whole or not at all, also after a power cut."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.green import run_blocking

_PREFIX = ".schoolpulse-"
_STALE_SECONDS = 24 * 3600


@contextmanager
def workspace(parent: Path) -> Iterator[Path]:
    """A folder for unfinished things; what an earlier run that was killed left behind goes, too."""
    sweep(parent)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent) as folder:
        yield Path(folder)


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A file to write, which has its name once all of it is on the disk, and never when the block fails."""
    sweep(target.parent)
    handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".part", dir=target.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        sync(unfinished)
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync(file: Path) -> None:
    """Bring a file's content to the disk."""
    with file.open("rb+") as opened:
        run_blocking(os.fsync, opened.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> None:
    """Throw away what a killed run left unfinished, but not what another one is writing."""
    for path in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
