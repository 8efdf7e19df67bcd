"""A backup as one file: a zip archive of the database, the archived activity and a list of both with their hashes.

manifest.json           what is inside: kind of database, schema, time, rows of each table, SHA-256 of each file
database                an SQLite file, or what pg_dump wrote
archive/activity-...    the archived activity, as it is beside the database
"""

import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app.errors import Invalid
from app.green import run_blocking
from app.progress import Work
from app.transfer.files import appearing

FORMAT = 1
DATABASE = "database"
ARCHIVE = "archive/"
_MANIFEST = "manifest.json"
_PROGRAM = "SchoolPulse"
_LARGEST_MANIFEST = 64 * 1024 * 1024
_BLOCK = 1024 * 1024
PASSES = 3
"""How often `pack` goes through all there is: to know it, to write it, to read it back."""
Step = Callable[[int], object]
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


def pack(target: Path, members: Mapping[str, Path], about: Mapping[str, Any], work: Work) -> Manifest:
    """Write a backup, read it back, and give it its name once all of it is on the disk.

    Each byte of the members is `PASSES` steps of the work. Raises Cancelled; then there is no file.
    """
    manifest = Manifest(files=run_blocking(_listed, members, work.step_apart), **about)
    with appearing(target) as unfinished:
        run_blocking(_write, unfinished, manifest, members, work.step_apart)
        run_blocking(_read_back, unfinished, manifest, work.step_apart)
        work.check()
    return manifest


def _listed(members: Mapping[str, Path], step: Step) -> Mapping[str, Contained]:
    return {name: Contained(path.stat().st_size, _sha256(path, step)) for name, path in members.items()}


def _write(target: Path, manifest: Manifest, members: Mapping[str, Path], step: Step) -> None:
    with ZipFile(target, "w", strict_timestamps=False) as packed:
        packed.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1), ZIP_DEFLATED)
        for name, path in members.items():
            entry = ZipInfo.from_file(path, name, strict_timestamps=False)
            # Archived activity is compressed, and so is what pg_dump writes.
            plain = name == DATABASE and manifest.database == "sqlite"
            entry.compress_type = ZIP_DEFLATED if plain else ZIP_STORED
            with path.open("rb") as file, packed.open(entry, "w") as member:
                for block in _blocks(file):
                    member.write(block)
                    step(len(block))


def _read_back(target: Path, manifest: Manifest, step: Step) -> None:
    with _reading(target) as packed:
        for name, expected in manifest.files.items():
            _check(packed, name, expected, None, step)


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


def _check(packed: ZipFile, name: str, expected: Contained, to: Path | None, step: Step = lambda size: None) -> None:
    digest, size = hashlib.sha256(), 0
    with packed.open(name) as member:
        if to is None:
            for block in _blocks(member):
                digest.update(block)
                size += len(block)
                step(len(block))
        else:
            with to.open("wb") as file:
                shutil.copyfileobj(member, file, _BLOCK)
            digest_of, size = _sha256(to), to.stat().st_size
    found = digest.hexdigest() if to is None else digest_of
    if (size, found) != (expected.size, expected.sha256):
        raise BadZipFile(f"{name} is not what was saved")


def _sha256(path: Path, step: Step = lambda size: None) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in _blocks(file):
            digest.update(block)
            step(len(block))
    return digest.hexdigest()


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(_BLOCK), b"")
