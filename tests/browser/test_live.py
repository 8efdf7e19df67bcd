"""The promise of the program, watched in a browser: money taken at the desk is on every screen, and only that money."""

import time

import pytest
from playwright.sync_api import Page, expect

from app.database import atomic
from app.services.payments import record_payment
from tests.browser import books, screens
from tests.browser.conftest import PHONE, Open
from tests.browser.made import Made, application
from tests.browser.watching import Complaints
from tests.support.database import hold_the_write_lock
from tests.support.school import pay as pay_by_sql
from tests.support.server import Server
from tests.support.ways import ways_for

TODAY = f"daily_fees_{books.today()}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The promise holds however the program is run."""
    metafunc.parametrize("way", ways_for(metafunc), ids=str, scope="module")


def open_screens(window: Open) -> tuple[Page, Page, Page]:
    """The wall, the principal's dashboard and a telephone."""
    opened = window("wall", "/wall"), window("principal", "/dashboard"), window("principal", "/dashboard", PHONE)
    for page in opened:
        screens.live(page)
    return opened


def take_at_the_desk(desk: Page, name: str, amount: str) -> None:
    """As a bursar does it: no mouse."""
    desk.keyboard.type(name)
    expect(desk.get_by_role("option")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.locator("#field-amount")).to_be_focused()
    desk.keyboard.type(amount)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("[data-done-receipt]")).to_be_visible()


def test_a_payment_at_the_desk_is_on_every_screen_without_a_reload(window: Open, serving: Server) -> None:
    wall, dashboard, phone = open_screens(window)
    desk = window("bursar", "/desk")
    before = books.collected_today(serving.database)

    take_at_the_desk(desk, "asha men", "150.50")

    after = books.collected_today(serving.database)
    assert after == before + 15_050
    for page, text in ((wall, books.whole(after)), (dashboard, books.money(after)), (phone, books.money(after))):
        screens.expect_figure(page, TODAY, text)
        expect(screens.chart_words(page, "collections")).to_contain_text(f"{books.money(after)} of it today")
        assert screens.chart_values(page, "collections")[-1] == after
        expect(screens.toasts(page).filter(has_text="GH₵150.50 received")).to_have_count(1)
        expect(page.locator("[data-ticker] li").first).to_contain_text("GH₵150.50 received · Cash · Basic 1")
        assert screens.is_the_same(page)
    assert "Asha" not in wall.content()


def test_money_that_was_rolled_back_is_never_seen(window: Open, serving: Server, made_school: Made) -> None:
    wall, dashboard, _ = open_screens(window)
    asha, fee = made_school.ids["asha"], made_school.ids["asha_tuition"]
    before = books.collected_today(serving.database)
    for page in (wall, dashboard):
        screens.remember_texts(page, TODAY)

    with books.outside(serving.database) as raw:
        hold_the_write_lock(raw)
        pay_by_sql(raw, asha, 77_700, {fee: 1_000}, on=books.today().isoformat())
        time.sleep(0.7)
        raw.execute("ROLLBACK")
    with application(serving.database), pytest.raises(ZeroDivisionError), atomic():
        record_payment(student_id=asha, amount=4_400)
        _ = 1 // 0
    books.pay(serving.database, asha, 100)

    screens.expect_figure(dashboard, TODAY, books.money(before + 100))
    screens.expect_figure(wall, TODAY, books.whole(before + 100))
    assert set(screens.texts_shown(dashboard)) == {books.money(before), books.money(before + 100)}
    assert set(screens.texts_shown(wall)) <= {books.whole(before), books.whole(before + 100)}
    expect(screens.toasts(wall).filter(has_text="777")).to_have_count(0)


def test_a_row_changed_by_another_program_appears_at_once(window: Open, serving: Server) -> None:
    """By the screen's own clock, and the middle of seven changes, because the machine of the test may be busy."""
    page = screens.live(window("principal", "/dashboard"))
    screens.note_when_shown(page, "total_teachers")
    waits = []
    with books.outside(serving.database) as raw:
        for number in range(7):
            shown = str(books.figure(serving.database, "total_teachers") + 1)
            raw.execute("INSERT INTO teachers (first_name, last_name) VALUES ('Kweku', ?)", (f"Ansah {number}",))
            committed = time.time()
            waits.append(screens.when_shown(page, shown) - committed)
            page.wait_for_timeout(300)
    assert sorted(waits)[3] < 0.3


def test_screens_say_that_the_server_is_gone_and_recover_by_themselves(
    window: Open, serving: Server, made_school: Made, complaints: Complaints
) -> None:
    pages = open_screens(window)
    complaints.expect("WebSocket connection", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
    before = books.collected_today(serving.database)

    serving.kill()
    for page in pages:
        expect(screens.words(page)).to_contain_text("Offline, figures of", timeout=15_000)
        expect(page.locator("[data-live-banner]")).to_contain_text("No connection to the school's server")
    screens.expect_figure(pages[1], TODAY, books.money(before))
    books.pay(serving.database, made_school.ids["asha"], 1_100)
    serving.start()

    after = books.collected_today(serving.database)
    assert after == before + 1_100
    for page, text in zip(pages, (books.whole(after), books.money(after), books.money(after)), strict=True):
        screens.live(page, within=25_000)
        screens.expect_figure(page, TODAY, text)
        expect(page.locator("[data-live-banner]")).to_be_hidden()
        assert screens.chart_values(page, "collections")[-1] == after
        assert screens.is_the_same(page)
