"""The principal at her dashboard: she chooses the days, follows figures to their rows, and sees money come in."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import books, screens
from tests.browser.conftest import PHONE, Open
from tests.browser.looking import overflow
from tests.browser.made import Made
from tests.support.server import Server

DESK = {"width": 1366, "height": 768}
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["1366", "390"])
BAR = """([name, place]) => {
  const canvas = document.querySelector(`[data-chart=${name}] canvas`);
  canvas.scrollIntoView({ block: "center", behavior: "instant" });
  const { x, y } = window.Chart.getChart(canvas).getDatasetMeta(0).data[place];
  const box = canvas.getBoundingClientRect();
  return [box.x + x, box.y + y + 4];
}"""


def tile(page: Page, key: str) -> Locator:
    return page.locator(f'[data-tile="{key}"]')


def monday_on() -> str:
    on = books.today()
    return (on - timedelta(days=on.weekday())).isoformat()


def sum_of(page: Page) -> Locator:
    """What the page behind a figure says."""
    return page.locator("[data-sum]").first


def book(serving: Server, more: str = "", *values: object) -> str:
    """What the cash book adds up to since Monday."""
    sql = f"SELECT coalesce(sum(amount), 0) FROM financial_transactions WHERE transaction_date >= ? {more}"
    return books.money(int(books.value(serving.database, sql, monday_on(), *values)))


@SIZES
def test_the_days_are_chosen_kept_and_come_back(window: Open, size: dict[str, int]) -> None:
    page = window("principal", "/dashboard", size)
    kinds = page.get_by_role("navigation", name="Period")
    for kind in ("Week", "Month", "Term", "Year"):
        kinds.get_by_role("link", name=kind, exact=True).click()
        expect(kinds.locator("[aria-current]")).to_have_text(kind)
        assert page.url.endswith(f"/dashboard?period={kind.lower()}")
        assert overflow(page) == ""
    year = page.locator(".period-title").text_content() or ""
    page.reload()
    expect(page.locator(".period-title")).to_have_text(year)
    page.go_back()
    expect(kinds.locator("[aria-current]")).to_have_text("Term")
    kinds.get_by_role("link", name="Day", exact=True).click()
    kinds.get_by_role("link", name="Earlier").click()
    assert page.url.endswith(f"/dashboard?period=day&on={books.today() - timedelta(days=1)}")
    kinds.get_by_role("link", name="Later").click()
    expect(page.locator(".period-lead")).to_have_text("Today")


@SIZES
def test_a_tile_a_bar_and_a_cell_lead_to_rows_with_the_same_sum(window: Open, size: dict[str, int]) -> None:
    page = screens.live(window("principal", "/dashboard?period=week", size))
    for key in ("collected", "income", "expenses"):
        said = tile(page, key).text_content() or ""
        page.locator(".tile", has=tile(page, key)).click()
        expect(sum_of(page)).to_have_text(said)
        page.go_back()
    screens.live(page)
    place = books.today().weekday()
    value = screens.chart_values(page, "collections")[place]
    page.mouse.click(*page.evaluate(BAR, ["collections", place]))
    page.wait_for_url(lambda url: url.endswith(f"/transactions?type=fees&from={books.today()}&to={books.today()}"))
    expect(sum_of(page)).to_have_text(books.money(value))
    page.go_back()
    screens.live(page)
    page.locator("details[data-details=period] summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    said = link.text_content() or ""
    page.keyboard.press("Enter")
    expect(sum_of(page)).to_have_text(said)


@SIZES
def test_money_that_comes_in_is_seen_in_the_chosen_days(
    window: Open, serving: Server, made_school: Made, size: dict[str, int]
) -> None:
    week, year = (screens.live(window("principal", f"/dashboard?period={kind}", size)) for kind in ("week", "year"))
    before = tile(year, "income").text_content() or ""

    books.pay(serving.database, made_school.ids["asha"], 4_321)
    with books.outside(serving.database) as raw:
        raw.execute(
            "INSERT INTO financial_transactions (transaction_date, category_id, type, amount, description) "
            "VALUES (?, ?, 'expense', 1717, 'Chalk')",
            (books.today().isoformat(), made_school.ids["salaries_id"]),
        )

    fees = "AND type = 'income' AND reference LIKE 'FEE-%'"
    expect(tile(week, "collected")).to_have_text(book(serving, fees))
    expect(tile(week, "income")).to_have_text(book(serving, "AND type = ?", "income"))
    expect(tile(week, "expenses")).to_have_text(book(serving, "AND type = ?", "expense"))
    expect(tile(year, "income")).not_to_have_text(before)
    week.wait_for_function(
        "sum => window.Chart.getChart(document.querySelector('[data-chart=income-expenses] canvas'))"
        ".data.datasets[1].data.reduce((total, value) => total + value, 0) === sum",
        arg=int(books.value(
            serving.database,
            "SELECT sum(amount) FROM financial_transactions WHERE type = 'expense' AND transaction_date >= ?",
            monday_on(),
        )),
    )  # fmt: skip
    expect(week.locator("[data-chart=collections] [data-chart-words]")).to_contain_text(book(serving, fees))
    for page in (week, year):
        assert screens.is_the_same(page)


def test_what_has_the_focus_keeps_it_when_the_parts_are_drawn_again(
    window: Open, serving: Server, made_school: Made
) -> None:
    page = screens.live(window("principal", "/dashboard?period=week", DESK))
    page.locator("details[data-details=period] summary").click()
    link = page.locator("[data-part=period-table] a").nth(1)
    link.focus()
    href = link.get_attribute("href")
    books.pay(serving.database, made_school.ids["asha"], 150)
    expect(tile(page, "income")).to_have_text(book(serving, "AND type = ?", "income"))
    assert page.evaluate("() => document.activeElement.getAttribute('href')") == href
    assert page.locator("details[data-details=period]").get_attribute("open") is not None


def test_terms_are_compared_when_the_page_has_come(window: Open) -> None:
    page = screens.live(window("principal", "/dashboard", PHONE))
    words = page.locator("[data-terms-words]")
    expect(words).to_contain_text(re.compile(r"On day \d+ of Term \d"))
    assert page.evaluate(
        "() => window.Chart.getChart(document.querySelector('[data-pace-chart] canvas')) !== undefined"
    )
    assert overflow(page) == ""
    page.get_by_role("link", name="Open", exact=True).click()
    expect(words).to_contain_text("On day")


def test_the_sum_above_an_open_list_follows(window: Open, serving: Server, made_school: Made) -> None:
    page = screens.live(window("principal", "/fees?status=open", DESK))
    owed = page.locator("[data-live-box=sums] [data-sum]").last
    expect(owed).to_have_text(books.money(books.figure(serving.database, "total_outstanding_fees")))
    books.pay(serving.database, made_school.ids["asha"], 250)
    expect(owed).to_have_text(books.money(books.figure(serving.database, "total_outstanding_fees")))
    assert page.locator("[data-row-id]").count() > 10, "the rows are still there"
    assert screens.is_the_same(page)


@SIZES
def test_who_comes_back_is_told_once(window: Open, serving: Server, made_school: Made, size: dict[str, int]) -> None:
    with books.outside(serving.database) as raw:
        gone = "away_since = NULL, dashboard_seen_at = datetime('now', '-9 hours') || '.000000'"
        raw.execute(f"UPDATE users SET {gone} WHERE id = ?", (made_school.users["principal"],))
    page = window("principal", "/dashboard?period=month", size)
    news = page.locator("[data-news]")
    expect(news).to_contain_text("While you were away")
    expect(news).to_contain_text("payments received")
    assert overflow(page) == ""
    page.get_by_role("button", name="Got it").click()
    expect(news).to_have_count(0)
    assert page.url.endswith("/dashboard?period=month")
