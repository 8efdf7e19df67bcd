"""Lighthouse on the pages that a school opens most, as a phone on a slow line: fails below 95 in any of three scores.

    make audit                                   login, dashboard, desk and register, into docs/audit.md
    make audit ARGS="--only desk --runs 1"       one page, printed only

Lighthouse comes from npm into tools/lighthouse, for this alone; `tools/commands.py` installs it and starts this.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.browser import find_browser
from tools.frontend import node_command
from tools.screenshots import Demo, Photographer

ROOT = Path(__file__).resolve().parent.parent
OF_DOCS = ROOT / "docs" / "audit.md"
SCRIPT = ROOT / "tools" / "lighthouse" / "audit.mjs"
LEAST = 95
PAGES = {
    "login": ("nobody", "/login"),
    "dashboard": ("principal", "/dashboard"),
    "desk": ("bursar", "/desk?student={esi}"),
    "register": ("teacher", "/attendance?class_id={class_id}"),
}
"""Who opens a page, and where it is in the demo school."""
INTRODUCTION = """# Lighthouse

Written by `make audit`: the demo school of {students} students, on a phone and a line as Lighthouse simulates them
(4 x slower processor, 1.6 Mbit/s, 150 ms), the middle of {runs} runs. The command fails when a score is below {least}.

"""
_COOKIE = ("name", "value", "domain", "path")
HEAD = "| Page | Performance | Accessibility | Best practices | First load |\n| --- | --- | --- | --- | --- |"


@dataclass(frozen=True)
class Run:
    """What Lighthouse said of a page once: scores from 0 to 100, bytes over the wire, and what kept it from 100."""

    scores: Mapping[str, int]
    bytes: int
    short: Sequence[str]


def audited(url: str, cookies: Sequence[object], chrome: str) -> Run:
    """One run of Lighthouse on one page. Raises SystemExit where it could not look at that page."""
    found = find_browser()
    wanted = {
        "url": url,
        "cookies": cookies,
        "chrome": chrome,
        "flags": [*found.args, "--no-sandbox"],
        "env": found.env,
    }
    command = [*map(str, node_command()), str(SCRIPT)]
    done = subprocess.run(command, input=json.dumps(wanted), capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise SystemExit(f"Lighthouse failed on {url}:\n{done.stderr[-2000:]}")
    told = json.loads(done.stdout)
    if told["address"] != url:
        raise SystemExit(f"{url} led to {told['address']}.")
    return Run(told["scores"], round(told["bytes"]), told["short"])


def middle(runs: Sequence[Run]) -> Mapping[str, int]:
    """The middle of each score."""
    return {name: int(statistics.median(run.scores[name] for run in runs)) for name in runs[0].scores}


def line(name: str, runs: Sequence[Run]) -> str:
    """A page as a line of the table."""
    cells = [name, *map(str, middle(runs).values()), f"{runs[0].bytes / 1000:.0f} kB"]
    return f"| {' | '.join(cells)} |"


def cookies_of(photographer: Photographer, role: str) -> Sequence[object]:
    """What the browser of a role keeps; nothing for nobody."""
    context = photographer.context(role, {})
    try:
        return [{name: kept[name] for name in _COOKIE} for kept in context.cookies()]  # type: ignore[literal-required]
    finally:
        context.close()


def audit(demo: Demo, folder: Path, names: Sequence[str], count: int) -> Mapping[str, Sequence[Run]]:
    """Every run, by page; each page is told as soon as it is done."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**find_browser().launch_options())  # type: ignore[arg-type]
        chrome = find_browser().executable or playwright.chromium.executable_path
        photographer = Photographer(browser, demo, folder, "light")
        cookies = {name: cookies_of(photographer, PAGES[name][0]) for name in names}
        browser.close()
    print(HEAD)
    runs: dict[str, Sequence[Run]] = {}
    for name in names:
        url = demo.url + PAGES[name][1].format_map(demo.ids())
        runs[name] = [audited(url, cookies[name], str(chrome)) for _ in range(count)]
        print(line(name, runs[name]), flush=True)
    return runs


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py audit", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=PAGES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--students", type=int, default=400)
    parser.add_argument("--years", type=int, default=3)
    chosen = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder), chosen.students, chosen.years)
        with demo.running():
            runs = audit(demo, Path(folder), [chosen.only] if chosen.only else [*PAGES], chosen.runs)
    if not chosen.only:
        about = INTRODUCTION.format(students=chosen.students, runs=chosen.runs, least=LEAST)
        table = "\n".join([HEAD, *(line(name, found) for name, found in runs.items())])
        OF_DOCS.write_text(f"{about}{table}\n", encoding="utf-8")
    poor = {name: found for name, found in runs.items() if min(middle(found).values()) < LEAST}
    for name, found in poor.items():
        print(f"{name}:", *found[-1].short, sep="\n  ", file=sys.stderr)
    return 1 if poor else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
