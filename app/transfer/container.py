"""A backup as one file: a zip archive of the database, the archived activity and a list of both with their hashes.

manifest.json           what is inside: kind of database, schema, time, rows of each table, SHA-256 of each file
database                an SQLite file, or what pg_dump wrote
archive/activity-...    the archived activity, as it is beside the database
"""

import hashlib
import json
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app.errors import Invalid
from app.transfer.files import appearing

FORMAT = 1
DATABASE = "database"
ARCHIVE = "archive/"
_MANIFEST = "manifest.json"
_PROGRAM = "SchoolPulse"
_LARGEST_MANIFEST = 64 * 1024 * 1024
_BLOCK = 1024 * 1024
_BROKEN = (BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Contained:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; `wrong_figures` differed from their recount when it was made."""

    database: str
    revision: str
    made_at: str
    rows: Mapping[str, int]
    wrong_figures: int
    files: Mapping[str, Contained]
    program: str = _PROGRAM
    format: int = FORMAT


def pack(target: Path, members: Mapping[str, Path], about: Mapping[str, Any]) -> Manifest:
    """Write a backup, read it back, and give it its name once all of it is on the disk."""
    listed = {name: Contained(path.stat().st_size, _sha256(path)) for name, path in members.items()}
    manifest = Manifest(files=listed, **about)
    with appearing(target) as unfinished:
        with ZipFile(unfinished, "w", strict_timestamps=False) as packed:
            packed.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1), ZIP_DEFLATED)
            for name, path in members.items():
                # Archived activity is compressed, and so is what pg_dump writes.
                plain = name == DATABASE and manifest.database == "sqlite"
                packed.write(path, name, ZIP_DEFLATED if plain else ZIP_STORED, 6)
        with _reading(unfinished) as packed:
            for name, expected in manifest.files.items():
                _check(packed, name, expected, None)
    return manifest


def manifest_of(file: Path) -> Manifest:
    """What is in a backup, without looking at it all. Raises Invalid for anything else."""
    with _reading(file) as packed:
        return _manifest(packed)


def unpack(file: Path, folder: Path) -> Mapping[str, Path]:
    """Take all files out of a backup into a folder, and see that each is what it was. Raises Invalid."""
    taken = {}
    with _reading(file) as packed:
        for number, (name, expected) in enumerate(_manifest(packed).files.items()):
            if name != DATABASE and not _is_archive(name):
                raise BadZipFile(f"a file named {name!r}")
            taken[name] = folder / str(number)
            _check(packed, name, expected, taken[name])
    return taken


def _is_archive(name: str) -> bool:
    """A name that stays inside the archive's folder, whoever wrote the backup."""
    inner = name.removeprefix(ARCHIVE)
    return name.startswith(ARCHIVE) and inner == Path(inner).name and "\\" not in inner


@contextmanager
def _reading(file: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(file) as packed:
            yield packed
    except _BROKEN as error:
        raise Invalid(
            f"{file.name} is damaged or not a backup ({error}); nothing was changed.", param="path"
        ) from error
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror or error}.", param="path") from error


def _manifest(packed: ZipFile) -> Manifest:
    entry: ZipInfo = packed.getinfo(_MANIFEST)
    if entry.file_size > _LARGEST_MANIFEST:
        raise BadZipFile("its list of contents is too long")
    found = json.loads(packed.read(entry))
    if found.get("program") != _PROGRAM:
        raise BadZipFile("another program made it")
    if found.get("format") != FORMAT:
        raise Invalid("This backup was made by a newer program; nothing was changed.", param="path")
    found["files"] = {name: Contained(**contained) for name, contained in found["files"].items()}
    manifest = Manifest(**found)
    if DATABASE not in manifest.files:
        raise BadZipFile("there is no database in it")
    return manifest


def _check(packed: ZipFile, name: str, expected: Contained, to: Path | None) -> None:
    digest, size = hashlib.sha256(), 0
    with packed.open(name) as member:
        if to is None:
            while block := member.read(_BLOCK):
                digest.update(block)
                size += len(block)
        else:
            with to.open("wb") as file:
                shutil.copyfileobj(member, file, _BLOCK)
            digest_of, size = _sha256(to), to.stat().st_size
    found = digest.hexdigest() if to is None else digest_of
    if (size, found) != (expected.size, expected.sha256):
        raise BadZipFile(f"{name} is not what was saved")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
