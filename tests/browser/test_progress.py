"""How far long work is stands on every page of the one who started it, also after a reload."""

import re

from playwright.sync_api import expect

from tests.browser import books
from tests.browser.conftest import PHONE, Open
from tests.support.database import raw_connection, slow_rows
from tests.support.server import Server

FILE = b"first_name,last_name,class\n" + b"".join(b"Ama,Slow %d,Basic 1\n" % n for n in range(4000))


def test_an_import_is_seen_found_again_and_cancelled(window: Open, serving: Server) -> None:
    def students() -> int:
        return int(books.value(serving.database, "SELECT count(*) FROM students"))

    before, raw = students(), raw_connection(serving.database)
    other = window("admin", "/students")
    page = window("registrar", "/students/import", PHONE)
    file = {"name": "students.csv", "mimeType": "text/csv", "buffer": FILE}
    bar = page.get_by_role("progressbar", name="Importing students")
    with slow_rows(raw, "students", 0.002):
        page.locator("#field-file").set_input_files(file)
        page.get_by_label("Add classes that do not exist yet").check()
        page.get_by_role("button", name="Import", exact=True).click()
        expect(bar).to_be_visible()
        page.reload()
        expect(bar).to_be_visible()
        expect(page.locator(".work-percent")).to_have_text(re.compile("[1-9][0-9]?%"))
        page.goto("/classes")
        expect(bar).to_be_visible()
        page.get_by_role("button", name="Cancel this work").click()
        expect(page.locator(".work-words")).to_have_text("Cancelled, as you asked: nothing was changed.")
    raw.close()
    expect(bar).to_be_hidden()
    assert students() == before
    expect(other.locator("[data-work]")).to_be_hidden()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("[data-work]")).to_be_hidden()
    page.goto("/students")
    expect(page.locator("[data-work]")).to_be_hidden()
