"""The virtual environment: made in the checkout, filled from the locked requirements, and never half-trusted.

Every finished step leaves a stamp (a hash of what it was made from) inside what it made, removed before the
step begins again. A set-up that was killed therefore repeats the step instead of believing it.
"""

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMPS = VENV / "stamps"
INSTALLING = STAMPS / "installing"

_lock_fds: list[int] = []


class Stop(Exception):
    """The reason why a command cannot go on, in one sentence for the person who typed it."""


def say(text: str) -> None:
    """Tell the person at the keyboard what is being done."""
    print(text, flush=True)


def digest(*files: Path, also: str = "") -> str:
    """A hash of the contents of files, and of `also`."""
    total = hashlib.sha256(also.encode())
    for file in files:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def read_stamp(stamp: Path) -> str:
    """What a step left when it last finished; empty when it did not."""
    try:
        return stamp.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


@contextmanager
def stamped(stamp: Path, value: str) -> Iterator[None]:
    """Do a step: its stamp goes first and comes back only when all of it is done."""
    stamp.unlink(missing_ok=True)
    yield
    stamp.parent.mkdir(parents=True, exist_ok=True)
    fresh = stamp.with_name(f"{stamp.name}.{os.getpid()}")
    fresh.write_text(value + "\n", encoding="ascii")
    os.replace(fresh, stamp)


def command(argv: Sequence[str | Path], failure: str) -> None:
    """Run one installing command in the checkout, silent unless it fails. Raises Stop with its last lines."""
    # The lock goes along: if this process is killed, the command that lives on still keeps the next set-up waiting.
    keep: dict[str, Any] = {} if os.name == "nt" else {"pass_fds": tuple(_lock_fds)}
    done = subprocess.run(
        [str(part) for part in argv],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **keep,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise Stop(f"{failure}\n{tail}")


@contextmanager
def alone() -> Iterator[None]:
    """Hold the set-up's lock, so that two commands started at once do not install into each other."""
    with (ROOT / ".setup.lock").open("a+") as file:
        fd = file.fileno()
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            while True:
                try:
                    msvcrt.locking(fd, msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # LK_LOCK gives up after ten seconds
                    say("Waiting for another set-up to finish ...")
        else:
            import fcntl

            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("Waiting for another set-up to finish ...")
                fcntl.flock(fd, fcntl.LOCK_EX)
        _lock_fds.append(fd)
        try:
            yield
        finally:
            _lock_fds.remove(fd)


def venv_is_ready() -> bool:
    """Whether a whole virtual environment is there: made to the end, and not left in the middle of an install."""
    return PYTHON.exists() and bool(read_stamp(STAMPS / "venv")) and not INSTALLING.exists()


def make_venv() -> None:
    """Make .venv with the running Python. Raises Stop with what to install when the system's Python cannot."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        raise Stop(
            f"This Python ({version}) cannot make virtual environments. On Debian or Ubuntu: "
            f"sudo apt install {version}-venv (or python3-venv), then run the same command again."
        )
    say("Making the virtual environment .venv ...")
    shutil.rmtree(VENV, ignore_errors=True)
    with stamped(STAMPS / "venv", platform.python_version()):
        # Not sys.executable: that may be the python of the very .venv that is being replaced.
        base = getattr(sys, "_base_executable", sys.executable)
        command([base, "-m", "venv", "--clear", VENV], "The virtual environment could not be made.")


def requirements_are_installed(name: str) -> bool:
    """Whether the environment holds what `requirements*.txt` says now."""
    return read_stamp(STAMPS / name) == digest(ROOT / name)


def install_requirements(name: str) -> None:
    """Install one locked requirements file, every package checked against its hash."""
    count = len(re.findall(r"^[\w.-]+==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
    say(f"Installing {count} Python package{'s' if count > 1 else ''} ({name}) ...")
    STAMPS.mkdir(parents=True, exist_ok=True)
    INSTALLING.touch()
    with stamped(STAMPS / name, digest(ROOT / name)):
        failure = f"The packages of {name} could not be installed."
        options: list[str | Path] = ["--quiet", "--quiet", "--require-hashes", "-r", ROOT / name]
        compiled = name == "requirements.txt"  # for a quick first start; what tests need can wait until it is used
        uv = shutil.which("uv")
        try:
            if uv is None:
                raise Stop("uv is not here")
            bytecode = ["--compile-bytecode"] if compiled else []
            command([uv, "pip", "install", "--python", PYTHON, *bytecode, *options], failure)
        except Stop:  # uv is only faster; pip knows the machine's own settings (proxy, mirror)
            bytecode = [] if compiled else ["--no-compile"]
            pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
            command([*pip, *bytecode, *options], failure)
    INSTALLING.unlink()
