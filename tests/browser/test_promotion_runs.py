"""A registrar promotes a class on a phone, with one exception, and takes it back."""

from playwright.sync_api import expect

from tests.browser import books
from tests.browser.conftest import PHONE, Open
from tests.browser.made import Made
from tests.support.server import Server


def test_a_class_moves_on_and_comes_back(window: Open, serving: Server, made_school: Made) -> None:
    class_id = made_school.ids["class_id"]

    def there() -> int:
        return int(books.value(serving.database, f"SELECT count(*) FROM students WHERE class_id = {class_id}"))

    before = there()
    page = window("registrar", f"/promotions/run?class={class_id}", PHONE)
    page.get_by_text("Not now", exact=True).first.click()
    page.get_by_text("Repeats", exact=True).nth(1).click()
    page.get_by_role("button", name="Promote the class").click()
    page.wait_for_url("**/promotions?run=*")
    expect(page.get_by_text("students have moved.")).to_be_visible()
    assert there() == 2
    page.get_by_role("button", name="Take this run back").click()
    page.get_by_role("dialog").get_by_role("button", name="Take this run back").click()
    expect(page.get_by_text("are as before.")).to_be_visible()
    assert there() == before
