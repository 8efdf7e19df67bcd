"""What a page shows while a part of it is on its way, when it does not come, and when it came after all."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser import books, screens
from tests.browser.conftest import Open
from tests.browser.looking import barriers
from tests.browser.made import Made
from tests.browser.watching import Complaints
from tests.support.pictures import png
from tests.support.server import Server

FAILED = "[data-load-failed]"


class Line:
    """The line to the server for some addresses: it can be held, cut and mended."""

    def __init__(self, page: Page, addresses: str) -> None:
        self.held: list[Route] = []
        self.answer: Callable[[Route], None] = self.held.append
        page.route(addresses, lambda route: self.answer(route))

    def cut(self) -> None:
        self.answer = lambda route: route.abort()
        while self.held:
            self.held.pop().abort()

    def mend(self) -> None:
        self.answer = lambda route: route.continue_()
        while self.held:
            self.held.pop().continue_()


def test_a_list_says_that_it_may_be_old_and_is_right_again(
    window: Open, serving: Server, made_school: Made, complaints: Complaints
) -> None:
    complaints.expect("ERR_FAILED", "failed")
    page = window("bursar", "/fees?q=asha")
    screens.live(page)
    line = Line(page, "**/fees**")
    line.cut()
    row = page.locator(f'[data-row-id="{made_school.ids["asha_books"]}"]')
    before = row.inner_text()

    books.pay(serving.database, made_school.ids["asha"], 100)

    note = page.locator(FAILED)
    expect(note).to_contain_text("This list may be old.")
    assert row.inner_text() == before, "what was known stays"
    assert barriers(page) == []
    line.mend()
    note.get_by_role("button", name="Try again").click()
    expect(note).to_have_count(0)
    expect(page.locator("[data-live-table]").first).to_contain_text("1.00")


def test_a_student_who_cannot_be_opened_says_so_and_can_be_opened_again(window: Open, complaints: Complaints) -> None:
    complaints.expect("ERR_FAILED", "failed")
    page = window("bursar", "/desk")
    account = page.locator("[data-desk-account]")
    line = Line(page, "**/desk?student=*")
    page.keyboard.type("asha men")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(account).to_have_attribute("aria-busy", "true")
    expect(account).to_contain_class("is-waiting")

    line.cut()
    note = account.locator(FAILED)
    expect(note).to_contain_text("The student could not be opened. Nothing was saved or changed.")
    expect(account).not_to_have_attribute("aria-busy", "true")
    assert barriers(page) == []

    line.mend()
    note.get_by_role("button", name="Try again").click()
    expect(account).to_contain_text("Asha Mensah")
    expect(note).to_have_count(0)


def test_the_look_of_a_colour_is_shown_while_it_is_typed(window: Open) -> None:
    page = window("admin", "/settings")
    button = page.locator('[data-look-sample="light"] .btn-primary')
    before = button.evaluate("element => getComputedStyle(element).backgroundColor")
    page.fill("#field-school_colour", "#7b1e3a")
    expect(button).to_have_css("background-color", "rgb(123, 30, 58)")
    page.fill("#field-school_colour", "")
    expect(button).to_have_css("background-color", before)


def test_nothing_moves_for_who_wants_no_motion(window: Open) -> None:
    page = window("admin", "/styleguide", reduced_motion="reduce")
    line = page.locator(".skeleton-line").first
    expect(line).to_have_css("animation-name", "none")
    longest = page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("*")].flatMap((element) => {
          const { animationDuration, transitionDuration } = getComputedStyle(element);
          const seconds = `${animationDuration},${transitionDuration}`.split(",");
          return seconds.map((text) => parseFloat(text) * (text.includes("ms") ? 1 : 1000));
        }))"""
    )
    assert longest <= 0.011


def test_who_wants_no_motion_sees_new_colours_at_once(window: Open) -> None:
    """Not one part after the other: a transition of any length on everything is passed on from parent to child."""
    page = window("admin", "/styleguide", reduced_motion="reduce", color_scheme="light")
    screens.live(page)
    before, at_once, in_the_end = page.evaluate(
        """async () => {
          const parts = [...document.querySelectorAll("body *")];
          const colours = () => parts.map((part) => getComputedStyle(part).color);
          const before = colours();
          document.documentElement.dataset.bsTheme = "dark";
          const atOnce = colours();
          await new Promise((resolve) => setTimeout(resolve, 1000));
          return [before, atOnce, colours()];
        }"""
    )
    assert before != in_the_end
    assert at_once == in_the_end


def test_a_logo_straight_from_a_camera_is_made_small_enough(window: Open, tmp_path: Path) -> None:
    file = tmp_path / "badge.png"
    file.write_bytes(png(2_400, 1_600))
    page = window("admin", "/settings")
    page.set_input_files("#field-logo", file)
    expect(page.locator(".look-head img")).to_have_count(2)
    page.get_by_role("button", name="Save the look").click()
    expect(page.locator(".notice")).to_contain_text("The look of the school is saved.")
    logo = page.locator(".sidebar .school-logo")
    expect(logo).to_be_visible()
    assert logo.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [800, 533]
