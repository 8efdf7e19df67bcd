"""A disk of another process that fills up and has room again when a test says so."""

import errno
import os
from pathlib import Path

from tests.support.disk import Step


class Room:
    """What a disk still takes; both the test and the program look at the file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = 0
        self._left = 0

    def fill(self, left: int = 0) -> None:
        """From now on there is room for so many bytes only."""
        new = self._file.with_suffix(".new")
        new.write_text(str(left))
        new.replace(self._file)

    def free(self) -> None:
        """There is room for everything."""
        self._file.unlink(missing_ok=True)

    def __call__(self, step: Step) -> int:
        """How much of a write the disk takes; what lies inside a file has its place already."""
        size = len(step.data)
        try:
            written = os.stat(self._file).st_mtime_ns
        except FileNotFoundError:
            return size
        if written != self._seen:
            self._seen, self._left = written, int(self._file.read_text())
        if step.kind != "write":
            return size
        new = max(0, step.at + size - os.path.getsize(step.path))
        taken = size - max(0, new - self._left)
        if taken <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._left = max(0, self._left - new)
        return taken
