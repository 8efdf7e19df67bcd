"""Where the browser finds its files: the published libraries, and our own scripts and styles.

Templates ask `asset("chart.js")` for a library (by its name in the set-up's manifest) and `asset("js/wall.js")`
for a file of `app/static`; the answer prints as the address and has `.url` and `.integrity`. Both kinds live at
addresses that change with their content, so browsers keep them for good. Our own files share one changing folder,
so that modules may import each other by relative paths. What is only for those who read the source stays at home, and
the styles of every page travel as one file: a phone with a weak line waits for each byte and each answer.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

from app.config import ConfigError

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDOR = STATIC / "vendor"
# Beside the libraries, not among them: another process may be writing a copy here while this one lists them.
COMPRESSED = STATIC / "compressed"
OURS = ("css", "img", "js")
SHELL = tuple(
    "tokens base layout states button form combobox table tile chart toast work ticker status-dot empty-state dialog "
    "palette print".split()
)
"""The styles of every page behind the sign-in, in their order."""
_JOINED = "css/shell.css"
_OF_READERS = {
    ".css": re.compile(r"/\*.*?\*/|^[ \t]+|\n(?=\s*\n)", re.S | re.M),
    # Whole lines only: what stands behind code, or in a text, is left alone.
    ".js": re.compile(r"^[ \t]*(?://.*|/\*(?:(?!\*/)[\s\S])*\*/[ \t]*)\n|^[ \t]+", re.M),
}
"""Comments and indentation. No text of ours goes over several lines (tests/web/test_assets.py)."""


@dataclass(frozen=True)
class Asset:
    """One file for the browser; `integrity` is empty for our own files."""

    url: str
    integrity: str = ""

    def __str__(self) -> str:
        return self.url


class Assets:
    """The addresses of all files for the browser, fixed when the program starts."""

    def __init__(self, static: Path, vendor: Path) -> None:
        self.static = static
        self.libraries = _read_manifest(vendor / "manifest.json")
        self.version = _tree_hash(static)
        self.is_joined = False

    def __call__(self, name: str) -> Asset:
        """The file of this name. Raises LookupError for one that is not there, so a page never lacks it quietly."""
        if name in self.libraries:
            return self.libraries[name]
        if name.split("/")[0] in OURS and (self.static / name).is_file() or (name == _JOINED and self.is_joined):
            return Asset(f"/static/{self.version}/{name}")
        raise LookupError(f"asset({name!r}): neither a published library nor a file of app/static")

    def shell(self) -> list[Asset]:
        """The styles of every page: one file, or each by itself where no copy could be made."""
        return [self(_JOINED)] if self.is_joined else [self(f"css/{name}.css") for name in SHELL]


def init_app(app: Flask) -> None:
    """Give templates `asset()` and serve the files. Call before SocketIO binds to the application.

    Raises ConfigError when the libraries were not published.
    """
    assets = Assets(STATIC, VENDOR)
    app.jinja_env.globals["asset"] = assets
    app.extensions["assets"] = assets
    files = WhiteNoise(
        app.wsgi_app,
        max_age=0,
        allow_all_origins=False,
        immutable_file_test=lambda _path, _url: True,
    )
    files.add_files(str(VENDOR), "static/vendor/")
    ours = _compressed(assets.version)
    assets.is_joined = (ours / _JOINED).is_file()
    for folder in OURS:
        if (ours / folder).is_dir():
            files.add_files(str(ours / folder), f"static/{assets.version}/{folder}/")
    app.wsgi_app = files  # type: ignore[method-assign]


def _read_manifest(manifest: Path) -> dict[str, Asset]:
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        return {name: Asset(f"/static/vendor/{at['file']}", at["integrity"]) for name, at in entries.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            "The browser's libraries are not there (app/static/vendor/manifest.json). Run: python3 tools/dev.py setup"
        ) from error


def _tree_hash(static: Path) -> str:
    total = hashlib.sha256(Path(__file__).read_bytes())
    for folder in OURS:
        for file in sorted((static / folder).rglob("*")):
            if file.is_file():
                total.update(file.relative_to(static).as_posix().encode() + b"\0")
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:10]


def _lighten(copy: Path) -> None:
    """Leave out what only readers of the source need, and join the styles of every page."""
    for file in copy.rglob("*"):
        if pattern := _OF_READERS.get(file.suffix):
            file.write_text(pattern.sub("", file.read_text(encoding="utf-8")), encoding="utf-8")
    sheets = [copy / "css" / f"{name}.css" for name in SHELL]
    if all(sheet.is_file() for sheet in sheets):
        (copy / _JOINED).write_text("".join(sheet.read_text(encoding="utf-8") for sheet in sheets), encoding="utf-8")


def _compressed(version: str) -> Path:
    """A copy of our own files with compressed siblings, made once per version; the files themselves if it fails."""
    copy = COMPRESSED / version
    if copy.is_dir():
        return copy
    try:
        COMPRESSED.mkdir(exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="new-", dir=COMPRESSED))
    except OSError:  # a read-only installation serves them uncompressed
        return STATIC
    try:
        for folder in OURS:
            if (STATIC / folder).is_dir():
                shutil.copytree(STATIC / folder, building / folder)
        _lighten(building)
        compressor = Compressor(quiet=True)
        for root, _dirs, names in os.walk(building):
            for name in filter(compressor.should_compress, names):
                list(compressor.compress(os.path.join(root, name)))
        building.chmod(0o755)
        building.rename(copy)
        # A server still running may serve an earlier one.
        finished = [folder for folder in COMPRESSED.iterdir() if not folder.name.startswith("new-")]
        for old in sorted(finished, key=lambda folder: folder.stat().st_mtime)[:-3]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return copy if copy.is_dir() else STATIC
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return copy
