"""What the pages make of the news: charts follow, a changed row flashes, typing is left alone, silence is told."""

import os
import signal

from playwright.sync_api import expect

from tests.browser import books, screens
from tests.browser.conftest import Open
from tests.browser.made import Made
from tests.browser.watching import Complaints
from tests.support.server import Server


def test_figures_of_the_year_and_of_classes_follow_too(window: Open, serving: Server, made_school: Made) -> None:
    wall, dashboard = (
        screens.live(window(role, path)) for role, path in (("wall", "/wall"), ("principal", "/dashboard"))
    )
    owed = books.figure(serving.database, "total_outstanding_fees")

    books.pay(serving.database, made_school.ids["asha"], 2_000)

    screens.expect_figure(dashboard, "total_outstanding_fees", books.money(owed - 2_000))
    screens.expect_figure(wall, "total_outstanding_fees", books.whole(owed - 2_000))
    for series, name in enumerate(("collected", "outstanding")):
        ids = [
            item["id"]
            for item in dashboard.evaluate("JSON.parse(document.querySelector('[data-screen]').dataset.classes)")
        ]
        expected = [books.figure(serving.database, f"class_{class_id}_fees_{name}") for class_id in ids]
        assert screens.chart_values(wall, "classes", series) == expected


def test_an_open_list_shows_the_row_that_changed_and_flashes_it_once(
    window: Open, serving: Server, made_school: Made
) -> None:
    page = screens.live(window("principal", "/fees?q=asha"))
    row = page.locator(f'[data-row-id="{made_school.ids["asha_tuition"]}"]')
    page.evaluate(
        """() => {
          window.flashed = [];
          document.addEventListener("animationstart", (event) => {
            const row = event.target.closest("[data-row-id]");
            const isFirst = row && event.target === row.firstElementChild;
            if (event.animationName === "is-new" && isFirst) window.flashed.push(row.dataset.rowId);
          });
        }"""
    )
    paid = books.value(serving.database, "SELECT amount_paid FROM fees WHERE id = ?", made_school.ids["asha_tuition"])

    books.pay(serving.database, made_school.ids["asha"], 1_700)

    expect(row.locator('[data-label="Paid"]')).to_have_text(books.money(paid + 1_700))
    page.wait_for_timeout(1_000)
    assert page.evaluate("() => window.flashed") == [str(made_school.ids["asha_tuition"])]
    assert screens.is_the_same(page)


def test_a_row_that_somebody_types_in_is_left_alone(window: Open, serving: Server, made_school: Made) -> None:
    page = screens.live(window("bursar", f"/desk?student={made_school.ids['asha']}"))
    page.locator("#field-amount").fill("12.34")
    owed = page.locator(".desk-balance-figure")
    before = owed.text_content()

    books.pay(serving.database, made_school.ids["asha"], 300)

    expect(owed).not_to_have_text(before or "")
    expect(page.locator("#field-amount")).to_have_value("12.34")


def test_a_server_that_falls_silent_is_not_called_live(window: Open, serving: Server, complaints: Complaints) -> None:
    """Its socket stays open, so only the missing beacon tells; the clock of the page is moved on instead of waiting."""
    complaints.expect("WebSocket", "ERR_", "console error")
    wall = window("wall")
    wall.clock.install()
    wall.goto("/wall")
    screens.live(wall)
    assert serving.web is not None
    os.kill(serving.web.pid, signal.SIGSTOP)
    try:
        wall.clock.fast_forward(27_000)
        expect(screens.words(wall)).to_contain_text("Delayed since")
        expect(wall.locator("[data-live-banner]")).to_contain_text("News comes late.")
        wall.clock.fast_forward(40_000)
        expect(screens.words(wall)).to_contain_text("Offline, figures of")
    finally:
        os.kill(serving.web.pid, signal.SIGCONT)
    wall.clock.resume()
    screens.live(wall, within=30_000)
    expect(wall.locator("[data-live-banner]")).to_be_hidden()
    assert screens.is_the_same(wall)


def test_a_wall_that_was_away_reloads_only_when_its_classes_are_others(
    window: Open, serving: Server, complaints: Complaints
) -> None:
    complaints.expect("WebSocket connection", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
    page = window("wall")
    page.add_init_script("Math.random = () => 0")
    page.goto("/wall")
    screens.live(page)
    with page.expect_response("**/wall", timeout=30_000):
        serving.kill()
        serving.start()
    page.wait_for_load_state("networkidle")
    assert screens.is_the_same(page)

    with page.expect_event("load", timeout=20_000):
        serving.raw.execute("INSERT INTO classes (name) VALUES ('Basic 9 Gold')")
    expect(page.locator("[data-chart=classes]")).to_contain_text("Basic 9 Gold")
