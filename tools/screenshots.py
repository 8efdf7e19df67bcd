"""Pictures of every page of the demo school, on a large screen and on a phone, and those of the README.

    make screenshots                         everything into build/screenshots, the README's into docs/screenshots
    make screenshots ARGS="--only desk"      pages whose name contains a word; the README's pictures stay

Runs in the project's own virtual environment; `tools/commands.py` starts it there.
"""

import argparse
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.pages import OUTSIDE, PAGES
from tests.support.server import free_port
from tools.browser import find_browser

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "build" / "screenshots"
OF_README = ROOT / "docs" / "screenshots"
MOST_BYTES = 300_000
LARGE = {"viewport": {"width": 1920, "height": 1080}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
SIZES = {"large": (LARGE, 1600), "phone": (PHONE, 2000)}
ROLES = {"desk": "bursar", "attendance": "teacher"}
"""Whose screen a page is shown on, by the first part of its name; the admin's unless named."""
IDS = {
    "student_id": "SELECT student_id FROM payments WHERE voided_at IS NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "asha": "SELECT student_id FROM student_balances ORDER BY arrears DESC LIMIT 1",
    "esi": "SELECT student_id FROM fees JOIN students s ON s.id = student_id AND s.status = 'active' WHERE arrears > 0 "
    "GROUP BY 1 HAVING count(*) IN (2, 3) ORDER BY sum(arrears) DESC LIMIT 1",
    "class_id": "SELECT class_id FROM students WHERE status = 'active' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "category_id": "SELECT id FROM financial_categories WHERE type = 'expense' LIMIT 1",
    "fee_structure_id": "SELECT id FROM fee_structures WHERE NOT is_optional ORDER BY id DESC LIMIT 1",
    "bus_list_id": "SELECT id FROM fee_structures WHERE is_optional ORDER BY id DESC LIMIT 1",
    "billing_run_id": "SELECT id FROM billing_runs ORDER BY id DESC LIMIT 1",
    "fee_id": "SELECT id FROM fees WHERE arrears > 0 AND amount_paid > 0 ORDER BY id DESC LIMIT 1",
    "asha_books": "SELECT id FROM fees WHERE amount_paid = 0 AND arrears > 0 ORDER BY id DESC LIMIT 1",
    "guardian_id": "SELECT guardian_id FROM student_guardians WHERE student_id = :student_id LIMIT 1",
    "payment_id": "SELECT id FROM payments WHERE voided_at IS NULL ORDER BY id DESC LIMIT 1",
    "receipt_no": "SELECT receipt_no FROM payments WHERE voided_at IS NULL ORDER BY id DESC LIMIT 1",
    "voided_receipt_no": "SELECT receipt_no FROM payments ORDER BY voided_at IS NULL, id DESC LIMIT 1",
    "teacher_id": "SELECT teacher_id FROM teacher_assignments GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "transaction_id": "SELECT id FROM financial_transactions WHERE payment_id IS NULL ORDER BY id DESC LIMIT 1",
    "bursar_id": "SELECT id FROM users WHERE role = 'bursar' LIMIT 1",
    "display_id": "SELECT id FROM wall_displays ORDER BY id DESC LIMIT 1",
    "year_id": "SELECT id FROM academic_years ORDER BY starts_on DESC LIMIT 1",
}
"""What the names in the addresses of tests/browser/pages.py stand for in the demo school."""


class Demo:
    """The demo school on a server of its own."""

    def __init__(self, folder: Path, students: int, years: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.env = {**os.environ, "INSTANCE_PATH": str(folder), "HOST": "127.0.0.1", "PORT": str(port)}
        self.env.pop("DATABASE_URL", None)
        self._processes: list[subprocess.Popen[bytes]] = []
        self.flask("db", "upgrade")
        self.flask("demo", "load", "--students", str(students), "--years", str(years))
        said = (folder / "logins.txt").read_text(encoding="utf-8")
        self.passwords = dict(re.findall(r"^  (\S+) +(\S.*)$", said, flags=re.MULTILINE))
        self.pairing = re.findall(r"/wall/pair/\S+", said)[0]

    def flask(self, *argv: str) -> None:
        subprocess.run([sys.executable, "-m", "flask", "--app", "app", *argv], cwd=ROOT, env=self.env, check=True)

    def query(self, sql: str, values: Mapping[str, object]) -> object:
        with sqlite3.connect(f"file:{self.folder / 'schoolpulse.db'}?mode=ro", uri=True) as connection:
            row = connection.execute(sql, values).fetchone()
        return row[0] if row else 1

    def ids(self) -> dict[str, object]:
        found: dict[str, object] = {"setup_token": "a-link-that-was-used"}
        for name, sql in IDS.items():
            found[name] = self.query(sql, found)
        return found

    @contextmanager
    def running(self) -> Iterator[None]:
        log = (self.folder / "programs.log").open("wb")
        programs = ("wsgi.py", "sync_worker.py")
        try:
            for program in programs:
                command = [sys.executable, program]
                self._processes.append(subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log))
            deadline = monotonic() + 60
            while not self._answers():
                if monotonic() > deadline:
                    raise TimeoutError("the program does not answer")
                sleep(0.1)
            yield
        finally:
            for process in self._processes:
                process.terminate()
            for process in self._processes:
                process.wait(20)
            log.close()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class Photographer:
    """Opens pages of the demo school as the right person and takes their pictures."""

    def __init__(self, browser: Browser, demo: Demo, folder: Path, colours: str) -> None:
        self.browser = browser
        self.demo = demo
        self.folder = folder
        self.colours = colours
        self._states: dict[str, dict[str, object]] = {}

    def context(self, role: str, options: Mapping[str, object]) -> BrowserContext:
        settings = {"base_url": self.demo.url, "color_scheme": self.colours, "locale": "en-GB", **options}
        context = self.browser.new_context(**settings, storage_state=self._state(role))
        context.set_default_timeout(20_000)
        return context

    def _state(self, role: str) -> dict[str, object] | None:
        if role == "nobody":
            return None
        if role not in self._states:
            context = self.browser.new_context(base_url=self.demo.url)
            page = context.new_page()
            if role == "wall":
                page.goto(self.demo.pairing)
            else:
                page.goto("/login")
                page.fill("#field-username", role)
                page.fill("#field-password", self.demo.passwords[role])
                page.keyboard.press("Enter")
                page.wait_for_url(lambda url: "/login" not in url)
            self._states[role] = context.storage_state()
            context.close()
        return self._states[role]

    def take(self, page: Page, name: str, height: int | None = None) -> Path:
        settle(page)
        path = self.folder / f"{name}.png"
        if height is None:
            page.screenshot(path=path)
            return path
        size = page.viewport_size or {"width": 0, "height": 0}
        whole = int(page.evaluate("document.documentElement.scrollHeight"))
        tall = max(size["height"], min(whole, height))
        page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": size["width"], "height": tall})
        return path

    def all_pages(self, only: str, ids: Mapping[str, object]) -> int:
        taken = 0
        for size, (options, height) in SIZES.items():
            contexts: dict[str, BrowserContext] = {}
            for endpoint, addresses in {**PAGES, **OUTSIDE}.items():
                role = "nobody" if endpoint in OUTSIDE else ROLES.get(endpoint.split(".")[0], "admin")
                role = "wall" if endpoint == "wall.show" else role
                for number, address in enumerate(addresses, start=1):
                    name = f"{endpoint}-{number}-{size}"
                    if only not in name:
                        continue
                    contexts[role] = contexts.get(role) or self.context(role, options)
                    page = contexts[role].new_page()
                    page.goto(address.format_map(ids))
                    self.take(page, name, None if role == "wall" else height)
                    page.close()
                    taken += 1
            for context in contexts.values():
                context.close()
        return taken


def settle(page: Page) -> None:
    """Wait until the page is live and its charts are drawn."""
    if page.locator("[data-live-status]").count():
        page.locator('[data-live-status][data-state="live"]').wait_for()
    page.wait_for_load_state("networkidle") if not page.locator("[data-live-status]").count() else sleep(0.4)


def of_readme(photographer: Photographer, demo: Demo) -> None:
    """The wall, the desk with a student, and the dashboard on a telephone."""
    photographer.folder = OF_README
    OF_README.mkdir(parents=True, exist_ok=True)
    wall = photographer.context("wall", LARGE).new_page()
    wall.goto("/wall")
    phone = photographer.context("principal", PHONE).new_page()
    phone.goto("/dashboard")
    desk = photographer.context("bursar", {"viewport": {"width": 1280, "height": 800}}).new_page()
    desk.goto(f"/desk?student={demo.ids()['esi']}")
    for page in (wall, phone, desk):
        settle(page)
    demo.flask("demo", "pay", "--rate", "1", "--seconds", "1")
    for page, name in ((wall, "wall"), (phone, "phone"), (desk, "desk")):
        path = photographer.take(page, name)
        if path.stat().st_size > MOST_BYTES:
            raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, more than {MOST_BYTES}.")
        page.context.close()


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py screenshots", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=PICTURES)
    parser.add_argument("--only", default="", help="pages whose picture's name contains this")
    parser.add_argument("--dark", action="store_true", help="in the dark colours")
    parser.add_argument("--students", type=int, default=400)
    parser.add_argument("--years", type=int, default=3)
    chosen = parser.parse_args(argv)
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Demo(Path(folder), chosen.students, chosen.years)
        with demo.running():
            demo.flask("demo", "pay", "--rate", "6", "--seconds", "5")
            options = find_browser().launch_options()
            # The form of dates in fields follows the browser's own language, not the page's.
            browser = playwright.chromium.launch(**{**options, "args": [*options["args"], "--lang=en-GB"]})
            photographer = Photographer(browser, demo, chosen.out, "dark" if chosen.dark else "light")
            taken = photographer.all_pages(chosen.only, demo.ids())
            print(f"{taken} pictures in {chosen.out}")
            if not chosen.only and not chosen.dark:
                of_readme(photographer, demo)
                print(f"The README's pictures are in {OF_README.relative_to(ROOT)}")
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
