"""A wall that nobody touches for a day of 20,000 updates: it stays right, and does not grow."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.browser import books, screens
from tests.browser.conftest import DESKTOP, SchoolFile, new_context
from tests.browser.hurried import IN_THE_PAGE, Ahead
from tests.browser.watching import Complaints
from tests.support.database import insert
from tests.support.school import pay
from tests.support.server import Server

STEP = 4.2
"""Seconds of the day between two updates: 20,000 are 23 hours and 20 minutes."""
BY_THE_OFFICE = 10
"""Every so many updates is a payment of the office, with its toast; the others are rows of another program."""
INTERPRETING = "--js-flags=--no-opt --no-maglev --no-sparkplug"
"""No script becomes machine code, which an ordinary browser goes on making for hours of what runs often."""
WALL = "/wall?boards=money,attendance,enrolment,classes&seconds=20&theme=schedule"
LET_PASS = """(ms) => {
  window.hurry(ms);
  const { body, documentElement } = document;
  const board = document.querySelector("[data-board].is-shown");
  return [body && body.dataset.state, board && board.dataset.board, documentElement.dataset.bsTheme];
}"""


@dataclass(frozen=True)
class Weight:
    """What a page holds after its garbage is gone: bytes of everything, with what the browser made of its scripts."""

    heap: int
    nodes: int
    listeners: int

    def __str__(self) -> str:
        return f"{self.heap / 1e6:.2f} MB, {self.nodes} nodes, {self.listeners} listeners"


class Life:
    """A wall, the program behind it, and their common, hurried clock."""

    def __init__(self, page: Page, server: Server, ahead: Ahead, student: int) -> None:
        self.page, self.server, self.ahead, self.student = page, server, ahead, student
        self.office = server.program("admin")
        self.updates = self.loads = 0
        self.said: set[str] = set()
        self.boards: set[str] = set()
        self.themes: set[str] = set()
        self.days: set[str] = set()
        self._cdp = page.context.new_cdp_session(page)
        self._numbers, self._key = count(1), secrets.token_hex(8)
        page.on("websocket", lambda socket: socket.on("framereceived", self._heard))
        page.on("load", lambda: setattr(self, "loads", self.loads + 1))

    def _heard(self, frame: Any) -> None:
        self.updates += "stats:delta" in str(frame)

    @property
    def now(self) -> datetime:
        return self.ahead.now(UTC)

    def pass_until(self, updates: int = 10**9, loads: int = 10**9) -> None:
        """Change something and let a few seconds pass, until the page heard so many updates or was loaded so often."""
        with books.outside(self.server.database) as raw:
            while self.updates < updates and self.loads < loads:
                self._change(raw)
                self.ahead.set(self.ahead.seconds + STEP)
                self._pass()

    def _pass(self) -> None:
        """A few seconds of the page's time, and what it shows then."""
        try:
            seen = self.page.evaluate(LET_PASS, STEP * 1000)
        except Error as error:
            if "navigation" not in str(error):
                raise
            # It loads itself again.
            self.page.wait_for_load_state()
        else:
            self._look(*seen)

    def _change(self, raw: Any) -> None:
        number, before = next(self._numbers), self.updates
        if number % BY_THE_OFFICE:
            pay(raw, self.student, 100, on=self.now.date().isoformat())
        else:
            answer = self.office.post("/payments", {"student_id": self.student, "amount": 100}, f"{self._key}-{number}")
            assert answer.status == 201, answer.text
        for _ in range(500):
            if self.updates > before:
                return
            self.page.wait_for_timeout(2)

    def _look(self, state: str, board: str, theme: str) -> None:
        self.said.add(state)
        self.boards.add(board)
        self.themes.add(theme)
        self.days.add(self.now.date().isoformat())

    def weigh(self) -> Weight:
        """Let the toasts go, and the garbage be collected."""
        self.page.evaluate("window.hurry(8000)")
        self.page.wait_for_timeout(1_000)
        for _ in range(3):
            self._cdp.send("HeapProfiler.collectGarbage")
        counters = self._cdp.send("Memory.getDOMCounters")
        return Weight(self._heap(), counters["nodes"], counters["jsEventListeners"])

    def _heap(self) -> int:
        chunks: list[str] = []

        def take(event: Any) -> None:
            chunks.append(event["chunk"])

        self._cdp.on("HeapProfiler.addHeapSnapshotChunk", take)
        self._cdp.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
        self._cdp.remove_listener("HeapProfiler.addHeapSnapshotChunk", take)
        found = json.loads("".join(chunks))
        fields = found["snapshot"]["meta"]["node_fields"]
        sizes: list[int] = found["nodes"][fields.index("self_size") :: len(fields)]
        return sum(sizes)

    def check(self) -> None:
        """Every figure is the database's, and every canvas has its one chart."""
        screens.live(self.page)
        self.page.wait_for_timeout(1_500)
        assert screens.wrong_figures(self.page, self.server.database) == []
        canvases, own, charts = self.page.evaluate(
            """() => {
              const canvases = [...document.querySelectorAll("canvas")];
              const own = canvases.filter((canvas) => window.Chart.getChart(canvas));
              return [canvases.length, own.length, Object.keys(window.Chart.instances).length];
            }"""
        )
        assert canvases == own == charts > 0
        collected = books.figure(self.server.database, f"daily_fees_{self.now.date()}")
        assert screens.chart_values(self.page, "collections")[-1] == collected > 0


def ahead_until(hour: int, minute: int) -> float:
    """Seconds from now until the clock of a school says so, on a day whose next is in the same month."""
    now = datetime.now(UTC)
    moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0) + timedelta(days=1)
    while (moment + timedelta(days=2)).month != moment.month:
        moment += timedelta(days=1)
    return (moment - now).total_seconds()


@pytest.fixture
def interpreting(launch_browser: Callable[..., Browser], browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """A browser whose heap is the page's alone."""
    browser = launch_browser(args=[*browser_type_launch_args.get("args", []), INTERPRETING])
    yield browser
    browser.close()


@pytest.fixture
def life(
    own_school: SchoolFile, tmp_path: Path, complaints: Complaints, request: pytest.FixtureRequest
) -> Iterator[Life]:
    """A wall that has just come in; the test says in which browser and at what hour."""
    name, hour, minute = request.param
    browser: Browser = request.getfixturevalue(name)
    ahead = Ahead(tmp_path / "ahead")
    ahead.seconds = ahead_until(hour, minute)
    with ahead.opened():
        server = Server(own_school.database, web=("-m", "tests.browser.hurried", str(ahead.path)))
        try:
            server.start()
            context = new_context(browser, server, own_school.made, "wall", DESKTOP, reduced_motion="reduce")
            complaints.watch(context)
            context.add_init_script(IN_THE_PAGE)
            page = context.new_page()
            lived = Life(page, server, ahead, debtor(own_school))
            page.goto(WALL)
            screens.live(page)
            yield lived
            context.close()
        finally:
            server.close()


def debtor(school: SchoolFile) -> int:
    """A student who owes enough to pay all day."""
    student = school.made.ids["asha"]
    with books.outside(school.database) as raw:
        insert(raw, "fees", student_id=student, description="Building fund", amount_due=10_000_000)
    return student


def lives(life: Life, warm: int, updates: int) -> None:
    """From `warm` updates on the heap grows by less than ten per cent, nothing else does, and all is right."""
    life.pass_until(updates=warm)
    before = life.weigh()
    life.pass_until(updates=updates)
    after = life.weigh()
    print(f"\n  {warm} updates: {before}\n  {life.updates} updates, {life.now:%H:%M}: {after}")
    print(f"  {after.heap / before.heap - 1:+.1%}; it said {', '.join(sorted(life.said))}")
    life.check()
    assert life.loads == 1
    assert life.boards == {"money", "attendance", "enrolment", "classes"}
    assert len(life.days) == 2, "midnight was among it"
    assert after.heap < before.heap * 1.10
    assert after.nodes <= before.nodes * 1.02 + 20
    assert after.listeners <= before.listeners + 5


@pytest.mark.sqlite
@pytest.mark.parametrize("life", [("interpreting", 23, 40)], indirect=True)
def test_a_wall_does_not_grow_with_its_updates_nor_at_midnight(life: Life) -> None:
    lives(life, warm=200, updates=600)


@pytest.mark.sqlite
@pytest.mark.long
@pytest.mark.parametrize(
    ("life", "warm"),
    [
        pytest.param(("interpreting", 3, 20), 200, id="interpreting"),
        # By then it has made most of its machine code.
        pytest.param(("browser", 3, 20), 4_000, id="ordinary"),
    ],
    indirect=["life"],
)
def test_a_wall_does_not_grow_in_a_day_of_20_000_updates(life: Life, warm: int) -> None:
    lives(life, warm, updates=20_000)
    assert life.themes == {"light", "dark"}
    life.pass_until(loads=2)
    assert f"{life.now:%H}" == "03", "it loads itself again in the night"
    life.check()
