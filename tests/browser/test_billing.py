"""A bursar writes the price lists of a term, bills its classes and takes one back; the work is seen and cancelled."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import books, screens
from tests.browser.conftest import PHONE, Open
from tests.browser.made import Made, application
from tests.support.database import insert, raw_connection, slow_rows
from tests.support.server import Server

STUDENTS = 1_200


def billed(serving: Server) -> int:
    return int(books.value(serving.database, "SELECT count(*) FROM fees WHERE billing_run_id IS NOT NULL"))


def test_a_term_is_billed_and_a_class_taken_back(window: Open, serving: Server, made_school: Made) -> None:
    before = billed(serving)
    principal = window("principal", "/billing")
    screens.live(principal)
    page = window("bursar", "/fee-structures/new", PHONE)
    for name in ("Nursery 1", "Basic 1"):
        page.get_by_text(name, exact=True).click()
    page.locator(f"#field-amount_{made_school.ids['meals_id']}").fill("15")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("2 price lists are added.")).to_be_visible()
    page.get_by_role("link", name="Bill this term").click()
    page.get_by_role("checkbox", name="Nursery 1").uncheck()
    page.get_by_role("button", name="Bill", exact=True).click()
    page.wait_for_url("**/billing")
    expect(page.get_by_text("are billed.").first).to_be_visible()
    made = billed(serving) - before
    assert made > 20, "Basic 1, and the class whose list was there"
    # The list of somebody who looks on knows it by itself.
    expect(principal.locator("[data-row-id]").filter(has_text="Basic 1")).to_be_visible()
    row = page.locator("[data-row-id]").filter(has_text="Basic 1")
    row.get_by_role("button", name="Take back").click()
    page.get_by_role("dialog").get_by_role("button", name="Take back").click()
    expect(page.get_by_text("fees are taken back.")).to_be_visible()
    expect(row).to_contain_text("Taken back")
    expect(principal.locator("[data-row-id]").filter(has_text="Basic 1")).to_contain_text("Taken back")
    assert billed(serving) < before + made


@pytest.fixture
def large_class(serving: Server, made_school: Made) -> int:
    """A class with many students, and a price list for them; its id."""
    from app.services.fee_structures import Priced, add_fee_structure

    raw: Any = raw_connection(serving.database)
    class_id = insert(raw, "classes", name="Everybody", level=9)
    for number in range(STUDENTS):
        student = {"admission_no": f"E{number}", "first_name": "Ama", "last_name": f"Many {number:04d}"}
        insert(raw, "students", **student, class_id=class_id)
    raw.close()
    with application(serving.database):
        items = [Priced(made_school.ids["meals_id"], 1_500)]
        return int(add_fee_structure(class_id=class_id, term_id=made_school.ids["term_id"], items=items).id)


def test_billing_is_seen_found_again_and_cancelled(window: Open, serving: Server, large_class: int) -> None:
    before, raw = billed(serving), raw_connection(serving.database)
    page = window("bursar", f"/billing/new?list={large_class}", PHONE)
    bar = page.get_by_role("progressbar", name="Billing fees")
    with slow_rows(raw, "fees", 0.004):
        page.get_by_role("button", name="Bill", exact=True).click()
        expect(bar).to_be_visible()
        page.reload()
        expect(bar).to_be_visible()
        expect(page.locator(".work-percent")).to_have_text(re.compile("[1-9][0-9]?%"))
        page.goto("/fees")
        expect(bar).to_be_visible()
        page.get_by_role("button", name="Cancel this work").click()
        expect(page.locator(".work-words")).to_have_text("Cancelled, as you asked: nothing was changed.")
    assert billed(serving) == before
    page.goto(f"/billing/new?list={large_class}")
    page.get_by_role("button", name="Bill", exact=True).click()
    expect(page.get_by_text("1200 fees of GH₵18,000.00 are billed.").first).to_be_visible()
    raw.close()
    assert billed(serving) == before + STUDENTS
