"""What each word after `tools/dev.py` does."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools import frontend, install, processes
from tools.install import PYTHON, ROOT, Stop, say
from tools.prepare import prepare, prepare_browser

_ROOM = 4 * 1024**3
"""Bytes that the files of all tests may need."""


def setup(_args: Sequence[str]) -> int:
    """Install everything: what running, testing and checking need. Starts nothing."""
    prepare(dev=True)
    prepare_browser()
    say("Everything is installed. Start with: make run")
    return 0


def install_only(args: Sequence[str]) -> int:
    """Install what running needs, and start nothing: for servers and containers."""
    _no_arguments("install", args)
    prepare(dev=False)
    return 0


def run(args: Sequence[str]) -> int:
    """Start the program: the web process and the worker."""
    _no_arguments("run", args)
    prepare(dev=False)
    return processes.run()


def serve(args: Sequence[str]) -> int:
    """The same for a server behind a proxy: `--processes N` web processes on PORT and the ports after it."""
    parser = argparse.ArgumentParser(prog="dev.py serve")
    parser.add_argument("--processes", type=int, default=1, choices=range(1, 33), metavar="N")
    chosen = parser.parse_args(args)
    prepare(dev=False)
    return processes.serve(processes=chosen.processes)


def demo(args: Sequence[str]) -> int:
    """Start on a demo school of its own, with payments arriving by themselves."""
    parser = argparse.ArgumentParser(prog="dev.py demo")
    parser.add_argument("--students", type=int, default=400)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--rate", type=float, default=0.3, help="payments a second")
    parser.add_argument("--fresh", action="store_true", help="make the demo school anew, ending today")
    chosen = parser.parse_args(args)
    prepare(dev=False)
    return processes.demo(students=chosen.students, years=chosen.years, rate=chosen.rate, fresh=chosen.fresh)


def test(args: Sequence[str]) -> int:
    """Run the tests; arguments go to pytest. Without any, all but the long ones, several at a time."""
    prepare(dev=True)
    prepare_browser()
    # By file, for the tests of one file share their server; in their order, for the last folders have the small files.
    # One more than there are cores, up to four: a test often waits for a browser or a program that it started.
    spread = ["-n", str(min((os.cpu_count() or 1) + 2, 4)), "--dist", "loadfile", "--no-loadscope-reorder"]
    chosen = args or ["-m", "not long", *spread]
    with _quick_folder() as folder:
        return _pytest(*chosen, TMPDIR=folder)


def test_long(args: Sequence[str]) -> int:
    """Run the drills that take more than two minutes each, one after the other; arguments go to pytest."""
    prepare(dev=True)
    prepare_browser()
    return _pytest("-m", "long", *args)


def bench(args: Sequence[str]) -> int:
    """Run the measurements in bench/, all or the named ones."""
    prepare(dev=True)
    scripts = sorted((ROOT / "bench").glob("*.py"))
    chosen = [script for script in scripts if not args or script.stem in args]
    if not chosen:
        raise Stop(f"No such measurement; there are: {', '.join(script.stem for script in scripts) or 'none yet'}.")
    failed = [script.stem for script in chosen if _call(PYTHON, script)]
    return _verdict(failed)


def check(args: Sequence[str]) -> int:
    """Lint, format, types, translations and the tests of the browser's own modules."""
    _no_arguments("check", args)
    prepare(dev=True)
    failed = []
    for name, argv in (
        ("ruff check", ["ruff", "check", "--quiet", "."]),
        ("ruff format", ["ruff", "format", "--check", "--quiet", "."]),
        ("mypy", ["mypy", "--no-error-summary"]),
    ):
        if _call(PYTHON, "-m", *argv):
            failed.append(name)
    if _call(PYTHON, "-m", "tools.texts", "--check"):
        failed.append("translations")
    if modules := sorted((ROOT / "tests" / "js").glob("*.test.mjs")):
        with install.alone():
            node = frontend.node_command()
        if _call(*node, "--test", *modules):
            failed.append("node --test")
    return _verdict(failed)


def texts(args: Sequence[str]) -> int:
    """Bring the translations up to date with the program's texts; `--check` only says what is wrong with them."""
    prepare(dev=False)
    return _call(PYTHON, "-m", "tools.texts", *args)


def screenshots(args: Sequence[str]) -> int:
    """Take pictures of every page of the demo school, and those of the README."""
    prepare(dev=True)
    prepare_browser()
    return _call(PYTHON, ROOT / "tools" / "screenshots.py", *args)


def audit(args: Sequence[str]) -> int:
    """Let Lighthouse judge the pages that a school opens most; the figures go into docs/audit.md."""
    prepare(dev=True)
    prepare_browser()
    frontend.install_lighthouse()
    return _call(PYTHON, ROOT / "tools" / "audit.py", *args)


def lock(args: Sequence[str]) -> int:
    """For maintainers: lock requirements*.in and package.json anew (`--upgrade` to the newest). Needs uv."""
    uv = shutil.which("uv")
    if uv is None:
        raise Stop("Locking needs uv on the PATH: python3 -m pip install uv")
    for name in ("requirements", "requirements-dev", "requirements-node"):
        options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
        options += ["--no-emit-index-url", "--no-emit-find-links", "--quiet", *args]
        if _call(uv, "pip", "compile", *options, f"{name}.in", "-o", f"{name}.txt"):
            return 1
    prepare(dev=False)
    npm = [*frontend.npm_command(), "install", "--package-lock-only"]
    return _call(*npm) or _call(*npm, "--prefix", frontend.LIGHTHOUSE)


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    **{word.__name__: word for word in (setup, run, serve, test, bench, demo, check, texts, screenshots, audit, lock)},
    "install": install_only,
    "test-long": test_long,
}


def main(argv: Sequence[str]) -> int:
    """Carry out one command; its exit code. A reason to stop is told in one sentence, without a traceback."""
    if not argv or argv[0] not in COMMANDS:
        lines = [f"  {word:11} {(call.__doc__ or '').splitlines()[0]}" for word, call in COMMANDS.items()]
        print("usage: python3 tools/dev.py COMMAND\n\n" + "\n".join(lines))
        return 0 if argv and re.fullmatch(r"-h|--help|help", argv[0]) else 2
    try:
        return COMMANDS[argv[0]](argv[1:])
    except Stop as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


@contextmanager
def _quick_folder() -> Iterator[str]:
    """For the files of the tests: in memory where there is plenty of it, for they sync to disk ten thousand times."""
    with tempfile.TemporaryDirectory(prefix="schoolpulse-", dir=_memory(), ignore_cleanup_errors=True) as folder:
        # The database server may run as another user.
        os.chmod(folder, 0o711)
        yield folder


def _memory() -> Path | None:
    """A folder in memory with room enough, in which programs may run; None if there is none."""
    folder = Path("/dev/shm")
    if not (hasattr(os, "statvfs") and os.access(folder, os.W_OK)):
        return None
    found = os.statvfs(folder)
    return folder if found.f_bavail * found.f_frsize >= _ROOM and not found.f_flag & os.ST_NOEXEC else None


def _call(*argv: str | Path, **environment: str) -> int:
    given = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.call([str(part) for part in argv], cwd=ROOT, env=given)


def _pytest(*args: str, **environment: str) -> int:
    # The program is started hundreds of times: a fifth of each start would be compiling it anew.
    return _call(PYTHON, "-m", "pytest", *args, PYTHONDONTWRITEBYTECODE="", **environment)


def _no_arguments(word: str, args: Sequence[str]) -> None:
    if args:
        raise Stop(f"{word} takes no arguments; its settings come from the environment (HOST, PORT ...).")


def _verdict(failed: Sequence[str]) -> int:
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0
