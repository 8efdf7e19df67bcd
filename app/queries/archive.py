"""Activity that has left the database: compressed files whose every line is what one seal's hash was made of.

A file is named for its first and last seal and for its own content, so that any change of it shows:
`activity-1-240-0123456789abcdef.jsonl.gz`. The SHA-256 of a line is the hash of its seal, and each line begins with
the hash of the seal before: `zcat` and `sha256sum` are enough to check the chain.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flask import current_app

from app.words import say

_NAME = re.compile(r"activity-([0-9]+)-([0-9]+)-([0-9a-f]{16})\.jsonl\.gz")
MISSING = say("are missing: no archive file has them")
OTHER = say("are not in the archive as they were sealed")


class Sealed(Protocol):
    """A seal, as far as the archive must know it."""

    @property
    def id(self) -> Any: ...
    @property
    def hash(self) -> Any: ...
    @property
    def head(self) -> str: ...


@dataclass(frozen=True)
class ArchiveFile:
    """One file: the seals from `first` to `last`."""

    path: Path
    first: int
    last: int
    digest: str


def archive_folder() -> Path:
    """Where the archive is: a folder beside the database, of the same backup."""
    return Path(current_app.instance_path) / "archive"


def digest_of(path: Path) -> str:
    """The part of a file's name that stands for its content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def name_of(first: int, last: int, digest: str) -> str:
    """The name of a file."""
    return f"activity-{first}-{last}-{digest}.jsonl.gz"


class Archive:
    """The files of a folder as they are now; nothing is kept open."""

    def __init__(self, folder: Path) -> None:
        self.files = sorted(_files(folder), key=lambda file: (file.first, file.last))
        self._read: dict[Path, Mapping[str, str]] = {}

    def changed(self) -> Iterator[str]:
        """The names of files that are not what they were when they were written."""
        for file in self.files:
            try:
                if digest_of(file.path) == file.digest:
                    continue
            except OSError:
                pass
            yield file.path.name

    def lacks(self, seal: Sealed) -> str:
        """Why the archive does not have the rows of a seal as they were sealed; nothing when it has."""
        covering = [file for file in self.files if file.first <= seal.id <= file.last]
        if not covering:
            return MISSING
        held = any(self._heads(file).get(seal.hash) == seal.head for file in covering)
        return "" if held else OTHER

    def _heads(self, file: ArchiveFile) -> Mapping[str, str]:
        """The hash of each line of a file, with what stands before its rows."""
        if file.path not in self._read:
            # Seals are asked for in their order: those of the files before will not be needed again.
            self._read = dict(list(self._read.items())[-1:])
            self._read[file.path] = dict(_lines(file.path))
        return self._read[file.path]


def _files(folder: Path) -> Iterator[ArchiveFile]:
    for path in folder.iterdir() if folder.is_dir() else ():
        if found := _NAME.fullmatch(path.name):
            yield ArchiveFile(path, int(found[1]), int(found[2]), found[3])


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                content = line.removesuffix(b"\n")
                head, _, _ = content[1:].partition(b"],[")
                yield hashlib.sha256(content).hexdigest(), f"{head.decode(errors='replace')}]"
    except (OSError, EOFError, zlib.error):
        # What cannot be read is not there.
        return
