"""The disk under SQLite in a test's hands: what is written is noted down, and what is told to fail fails.

SQLite asks the operating system through a table of functions that may be exchanged (`xSetSystemCall` of its VFS), which
is how it is tested itself. Here they are exchanged for functions of this process; nothing else on the machine notices.
`fsync` is not in that table: it is met one step earlier, as a method of each open file.

with Disk(note=trace.append):
    ...
"""

import ctypes
import errno
import os
import sqlite3
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_int64, c_size_t, c_ssize_t, c_void_p
from dataclasses import dataclass, replace
from importlib import import_module
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

from app.database.sqlite import sqlite_driver

Kind = Literal["create", "write", "truncate", "sync", "unlink", "sync folder", "mark"]


@dataclass(frozen=True)
class Step:
    """One thing that SQLite asked of the disk.

    `at` is where a write begins, or the size that a truncate leaves. A sync that was `refused` did not happen.
    """

    kind: Kind
    path: str
    at: int = 0
    data: bytes = b""
    refused: bool = False


Judge = Callable[[Step], int]
"""Raises OSError to refuse a step before it happens; for a write, returns how many of its bytes the disk takes."""


def take_all(step: Step) -> int:
    """A disk that never fails."""
    return len(step.data)


class Disk:
    """Between SQLite and the system for every file that is opened inside the block, one disk at a time.

    `judge` may refuse, `note` hears of each step that happened (of those that were refused, only of the syncs).
    """

    def __init__(self, judge: Judge = take_all, note: Callable[[Step], None] = lambda step: None) -> None:
        self._judge = judge
        self._note = note
        self._vfs = _unix_vfs()
        self._paths: dict[int, str] = {}  # of what was opened, by its number
        self._files: dict[int, str] = {}  # the same, by SQLite's own structure
        self._methods: dict[int, _Methods] = {}
        self._real: dict[str, Any] = {}
        self._open_file = _OPEN_FILE(self._vfs.open)

    # ---- its life

    def __enter__(self) -> Self:
        # What SQLite may still call after the block must never be collected.
        _KEPT.append(self)
        for name, shape, mine in (
            ("open", _OPEN, self._opens),
            ("openDirectory", _OPEN_FOLDER, self._syncs_folder),
            ("write", _WRITE, self._writes),
            ("pwrite", _WRITE_AT, lambda *call: self._writes_at("pwrite", *call)),
            ("pwrite64", _WRITE_AT, lambda *call: self._writes_at("pwrite64", *call)),
            ("ftruncate", _TRUNCATE, self._truncates),
            ("unlink", _UNLINK, self._unlinks),
        ):
            if address := self._vfs.get_call(_address(self._vfs), name.encode()):
                self._real[name] = shape(address)
                _KEPT.append(callback := shape(mine))
                self._vfs.set_call(_address(self._vfs), name.encode(), ctypes.cast(callback, c_void_p))
        _KEPT.append(opening := _OPEN_FILE(self._opens_file))
        self._vfs.open = ctypes.cast(opening, c_void_p).value
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._judge, self._note = take_all, lambda step: None
        for name in self._real:
            self._vfs.set_call(_address(self._vfs), name.encode(), None)
        self._vfs.open = ctypes.cast(self._open_file, c_void_p).value

    def mark(self, name: str) -> None:
        """Note that something is true from now on."""
        self._note(Step("mark", name))

    # ---- what SQLite calls

    def _opens(self, path: bytes, flags: int, mode: int) -> int:
        step = Step("create", os.fsdecode(path))
        new = bool(flags & os.O_CREAT) and not os.path.exists(path)
        if new and self._refuses(step):
            return -1
        number = int(self._real["open"](path, flags, mode))
        if number >= 0:
            self._paths[number] = step.path
            if new:
                self._note(step)
        return number

    def _writes(self, number: int, data: int, size: int) -> int:
        at = os.lseek(number, 0, os.SEEK_CUR)
        return self._put(number, data, size, at, lambda taken: self._real["write"](number, data, taken))

    def _writes_at(self, call: str, number: int, data: int, size: int, at: int) -> int:
        return self._put(number, data, size, at, lambda taken: self._real[call](number, data, taken, at))

    def _put(self, number: int, data: int, size: int, at: int, go_on: Callable[[int], int]) -> int:
        step = Step("write", self._paths.get(number, ""), at, ctypes.string_at(data, size))
        try:
            taken = self._judge(step)
        except OSError as refusal:
            ctypes.set_errno(refusal.errno or errno.EIO)
            return -1
        done = int(go_on(taken))
        if done > 0:
            self._note(replace(step, data=step.data[:done]))
        return done

    def _truncates(self, number: int, size: int) -> int:
        step = Step("truncate", self._paths.get(number, ""), size)
        return self._do(step, lambda: self._real["ftruncate"](number, size))

    def _unlinks(self, path: bytes) -> int:
        return self._do(Step("unlink", os.fsdecode(path)), lambda: self._real["unlink"](path))

    def _syncs_folder(self, path: bytes, number: Any) -> int:
        """SQLite opens a folder for nothing but to sync it."""
        failed = int(self._real["openDirectory"](path, number))
        if not failed:
            self._note(Step("sync folder", os.path.dirname(os.fsdecode(path))))
        return failed

    def _do(self, step: Step, go_on: Callable[[], int]) -> int:
        if self._refuses(step):
            return -1
        done = int(go_on())
        if done == 0:
            self._note(step)
        return done

    def _refuses(self, step: Step) -> bool:
        try:
            self._judge(step)
        except OSError as refusal:
            ctypes.set_errno(refusal.errno or errno.EIO)
            return True
        return False

    # ---- the files themselves

    def _opens_file(self, vfs: int, name: int | None, file: int, flags: int, given: int | None) -> int:
        failed = int(self._open_file(vfs, name, file, flags, given))
        methods = c_void_p.from_address(file)
        if name and not failed and methods.value:
            self._files[file] = os.fsdecode(ctypes.string_at(name))
            methods.value = _address(self._methods_like(methods.value))
        return failed

    def _methods_like(self, address: int) -> "_Methods":
        """A kind of file that differs from another in its sync only."""
        if address not in self._methods:
            real = _Methods.from_address(address)
            mine = _Methods.from_buffer_copy(real)
            sync_really = _SYNC(real.sync)
            _KEPT.append(callback := _SYNC(lambda file, flags: self._syncs(sync_really, file, flags)))
            mine.sync = ctypes.cast(callback, c_void_p).value
            self._methods[address] = mine
        return self._methods[address]

    def _syncs(self, sync_really: Any, file: int, flags: int) -> int:
        step = Step("sync", self._files[file])
        if self._refuses(step):
            self._note(replace(step, refused=True))
            return _SYNC_FAILED
        failed = int(sync_really(file, flags))
        if not failed:
            self._note(step)
        return failed


# ---- SQLite's own structures, as far as they are used

_SYNC_FAILED = 10 | 4 << 8  # SQLITE_IOERR_FSYNC
_KEPT: list[Any] = []

_OPEN = ctypes.CFUNCTYPE(c_int, c_char_p, c_int, c_int, use_errno=True)
_OPEN_FOLDER = ctypes.CFUNCTYPE(c_int, c_char_p, c_void_p, use_errno=True)
_WRITE = ctypes.CFUNCTYPE(c_ssize_t, c_int, c_void_p, c_size_t, use_errno=True)
_WRITE_AT = ctypes.CFUNCTYPE(c_ssize_t, c_int, c_void_p, c_size_t, c_int64, use_errno=True)
_TRUNCATE = ctypes.CFUNCTYPE(c_int, c_int, c_int64, use_errno=True)
_UNLINK = ctypes.CFUNCTYPE(c_int, c_char_p, use_errno=True)
_OPEN_FILE = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p, use_errno=True)
_SYNC = ctypes.CFUNCTYPE(c_int, c_void_p, c_int, use_errno=True)
_GET_CALL = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_char_p)
_SET_CALL = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)


class _Vfs(ctypes.Structure):
    _fields_: ClassVar = [
        ("version", c_int), ("file_size", c_int), ("longest_path", c_int), ("next", c_void_p), ("name", c_char_p),
        ("data", c_void_p), ("open", c_void_p), ("others", c_void_p * 12), ("set_call", _SET_CALL),
        ("get_call", _GET_CALL), ("next_call", c_void_p),
    ]  # fmt: skip


class _Methods(ctypes.Structure):
    _fields_: ClassVar = [
        ("version", c_int), ("before", c_void_p * 4), ("sync", c_void_p), ("after", c_void_p * 13)
    ]  # fmt: skip


def _address(structure: ctypes.Structure) -> int:
    return ctypes.addressof(structure)


def _unix_vfs() -> Any:
    """SQLite's way to the files, of the very library that the program uses. Skips the test where there is none."""
    import pytest  # not for the program that runs on such a disk

    driver = sqlite_driver()
    module = import_module("_sqlite3" if driver is sqlite3 else f"{driver.__package__}._sqlite3")
    try:
        find = ctypes.CDLL(getattr(module, "__file__", None)).sqlite3_vfs_find
    except (OSError, AttributeError):
        pytest.skip("this SQLite does not let itself be called from outside: its disk cannot be made to fail")
    find.restype, find.argtypes = ctypes.POINTER(_Vfs), [c_char_p]
    found = find(b"unix")
    if not found:
        pytest.skip("this system's SQLite does not open files as Unix does: its disk cannot be made to fail")
    return found.contents
