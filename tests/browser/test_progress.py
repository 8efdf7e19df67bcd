"""How far long work is stands on every page of the one who started it, also after a reload."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser import books
from tests.browser.conftest import PHONE, Open, SchoolFile, new_context
from tests.browser.watching import Complaints
from tests.support.database import raw_connection, slow_rows
from tests.support.halting import halting
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


def test_a_backup_is_seen_found_again_and_cancelled_and_comes_into_the_list(
    browser: Browser, own_school: SchoolFile, complaints: Complaints, tmp_path: Path
) -> None:
    database = own_school.copy(tmp_path)
    folder = tmp_path / "instance" / "backups"
    with halting(database) as (server, go_on):
        context = new_context(browser, server, own_school.made, "admin", PHONE)
        complaints.watch(context)
        page = context.new_page()
        page.goto("/settings/backups")
        before = page.locator("[data-row-id]").count()
        bar = page.get_by_role("progressbar", name="Making the backup")
        begin = page.get_by_role("button", name="Back up now")
        begin.click()
        expect(bar).to_be_visible()
        page.reload()
        expect(bar).to_be_visible()
        expect(page.locator(".work-percent")).to_have_text("50%")
        with complaints.expected("answer 409: POST .*/settings/backups"):
            begin.click()
            expect(page.get_by_role("alert")).to_contain_text("A backup is being made already")
        page.goto("/settings")
        expect(bar).to_be_visible()
        page.get_by_role("button", name="Cancel this work").click()
        expect(page.locator(".work-words")).to_have_text("Cancelled, as you asked: nothing was changed.")
        page.get_by_role("link", name="Open the backups").click()
        expect(page.locator("[data-row-id]")).to_have_count(before)
        begin.click()
        expect(bar).to_be_visible()
        page.reload()
        expect(bar).to_be_visible()
        go_on.touch()
        # By itself: the answer of the form went to the page before.
        expect(page.locator(".work-words")).to_contain_text(" is made.")
        expect(page.locator("[data-row-id]")).to_have_count(before + 1)
        begin.click()
        expect(page.get_by_role("status").filter(has_text="Download it")).to_be_visible()
        newest = page.locator("[data-row-id]").first
        with page.expect_download() as loading:
            newest.get_by_role("link", name="Download").click()
        name = loading.value.suggested_filename
        assert name == newest.get_attribute("data-row-id")
        assert Path(loading.value.path()).read_bytes() == (folder / name).read_bytes()
        context.close()
