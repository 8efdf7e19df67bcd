"""Lists: filters live in the address, headings stay in sight, and nothing that has the focus lies under them."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser import books, screens
from tests.browser.conftest import Open
from tests.browser.looking import overflow
from tests.browser.made import Made
from tests.support.server import Server

LISTS = ("/students", "/fees", "/payments", "/transactions", "/teachers", "/promotions", "/activity")
HIDDEN = """(isBackwards) => {
  const all = [...document.querySelectorAll("main a[href], main button:not([hidden])")];
  const stops = all.filter((stop) => stop.checkVisibility());
  if (isBackwards) stops.reverse();
  return stops.filter((stop) => {
    stop.focus();
    const { x, y, width } = stop.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + 3);
    return !(top && (stop.contains(top) || top.contains(stop)));
  }).map((stop) => stop.textContent.trim());
}"""


def controls(page: Page) -> dict[str, str]:
    """What the bar above a list filters by."""
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".list-bar :is(select, input)[name]")]
          .map(({ name, value }) => [name, value]))"""
    )
    return found


def test_filters_live_in_the_address(window: Open) -> None:
    page = window("admin")
    for path in LISTS:
        page.goto(path)
        filter_by_everything(page, path)


def filter_by_everything(page: Page, path: str) -> None:
    for select in page.locator(".list-bar select").all():
        select.select_option(index=1)
    for box in page.locator(".list-bar input[type=search]").all():
        box.fill("a")
    for day in page.locator(".list-bar input[type=date]").all():
        day.fill(books.today().isoformat())
    wanted = controls(page)
    assert wanted
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url(f"**{path}?*")
    asked = parse_qs(urlsplit(page.url).query, keep_blank_values=True)
    assert {name: values[-1] for name, values in asked.items()} == wanted
    assert controls(page) == wanted
    there = page.url
    page.goto("/account")
    page.goto(there)
    assert controls(page) == wanted
    page.get_by_role("link", name="Clear").click()
    page.wait_for_url(lambda url: urlsplit(url).path == path and not urlsplit(url).query)


def test_whose_rows_a_list_shows_is_said_and_outlives_another_filter(window: Open, made_school: Made) -> None:
    asha = made_school.ids["asha"]
    page = window("bursar", f"/fees?student={asha}")
    expect(page.locator(".filter-chip")).to_have_text("Asha MensahShow everybody, not only Asha Mensah")
    page.get_by_label("Status").select_option("unpaid")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**status=unpaid**")
    assert parse_qs(urlsplit(page.url).query)["student"] == [str(asha)]
    for row in page.locator("tbody tr").all():
        expect(row).to_contain_text("Asha Mensah")
    page.locator(".filter-chip a").click()
    page.wait_for_url("**/fees")
    expect(page.locator(".filter-chip")).to_have_count(0)


def test_headings_stay_in_sight_and_hide_no_focus(window: Open) -> None:
    page = window("admin", size={"width": 1366, "height": 768}, reduced_motion="reduce")
    for path in ("/fees", "/transactions", "/students"):
        page.goto(path)
        page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
        bar = page.locator(".topbar").bounding_box()
        stuck = page.locator("main thead th").first.bounding_box()
        assert bar is not None and stuck is not None
        assert abs(stuck["y"] - (bar["y"] + bar["height"])) < 1, path
        for is_backwards in (False, True):
            assert page.evaluate(HIDDEN, is_backwards) == [], path


def test_a_table_that_is_too_wide_moves_in_its_own_box(window: Open) -> None:
    page = window("admin")
    for path in (*LISTS, "/users", "/displays", "/classes"):
        page.goto(path)
        for width in (768, 1000, 1200):
            page.set_viewport_size({"width": width, "height": 800})
            assert overflow(page) == ""


def test_the_number_of_rows_follows_what_others_do(window: Open, serving: Server, made_school: Made) -> None:
    page = screens.live(window("bursar", "/payments"))
    before = books.payments(serving.database)
    expect(page.locator(".pager-words")).to_have_text(f"{before} receipts")
    books.pay(serving.database, made_school.ids["asha"], 200)
    expect(page.locator(".pager-words")).to_have_text(f"{before + 1} receipts")


def test_news_leaves_the_focus_where_it_is(window: Open, serving: Server, made_school: Made) -> None:
    page = screens.live(window("bursar", "/payments"))
    link = page.locator("tbody tr").nth(2).get_by_role("link").nth(1)
    link.focus()
    name = link.inner_text()
    newest = books.pay(serving.database, made_school.ids["asha"], 300)
    expect(page.locator("tbody tr").first).to_contain_text(newest)
    assert page.evaluate("document.activeElement.textContent") == name
    expect(page.locator("tbody tr").nth(3).get_by_role("link").nth(1)).to_be_focused()
