"""The fee desk in a real browser: one hand on the keyboard, and a line that loses answers."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.books import pay, payments, value
from tests.browser.conftest import PHONE, Open
from tests.browser.made import Made
from tests.browser.watching import Complaints
from tests.support.database import raw_connection
from tests.support.server import Server


@pytest.fixture
def asha(made_school: Made) -> int:
    return int(made_school.ids["asha"])


@pytest.fixture
def owed(serving: Server, asha: int) -> Callable[[], int]:
    """What Asha owes by now."""
    return lambda: int(value(serving.database, "SELECT arrears FROM student_balances WHERE student_id = ?", asha))


@pytest.fixture(autouse=True)
def owes_something(serving: Server, asha: int) -> None:
    """Every test begins with a new fee, so that none depends on what the others took."""
    raw = raw_connection(serving.database)
    raw.execute(
        "INSERT INTO fees (student_id, amount_due, description, due_on) VALUES (?, 100000, 'Trip', '2099-01-01')",
        (asha,),
    )
    raw.close()


def opened(window: Open, asha: int, **options: object) -> Page:
    page = window("bursar", f"/desk?student={asha}", **options)
    expect(page.locator("#field-amount")).to_be_focused()
    return page


def receipt(page: Page) -> str:
    shown = page.locator("[data-done-receipt]")
    expect(shown).to_have_text(re.compile(r"R-\d{6}"), timeout=20_000)
    return shown.inner_text()


def test_a_queue_of_parents_is_served_without_the_mouse(
    window: Open, serving: Server, owed: Callable[[], int], complaints: Complaints
) -> None:
    page = window("bursar", "/desk")
    box = page.locator("#desk-student")
    expect(box).to_be_focused()
    before, receipts = owed(), []
    for typed in ("120", "1,000.50"):
        page.keyboard.type("asha mens")
        expect(page.get_by_role("option")).to_have_count(1)
        page.keyboard.press("Enter")
        amount = page.locator("#field-amount")
        expect(amount).to_be_focused()
        assert page.evaluate("getSelection().toString()") == f"{owed() / 100:.2f}"
        page.keyboard.type(typed)
        preview = page.locator("[data-desk-preview]")
        expect(preview).to_contain_text("Owed after this payment")
        page.keyboard.press("Enter")
        expect(page.locator("[name=method]:checked")).to_be_focused()
        page.keyboard.press("Enter")
        receipts.append(receipt(page))
        expect(page.get_by_role("button", name="Next student")).to_be_focused()
        page.keyboard.press("Enter")
        expect(box).to_be_focused()
        expect(box).to_have_value("")
    assert before - owed() == 12_000 + 100_050
    assert receipts[0] < receipts[1]
    for number in receipts:
        expect(page.locator(".desk-today")).to_contain_text(number)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Change the way of paying")


def test_a_reference_is_asked_for_where_one_exists(window: Open, asha: int, complaints: Complaints) -> None:
    page = opened(window, asha)
    reference = page.locator("#field-external_reference")
    expect(reference).to_be_hidden()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    expect(reference).to_be_visible()
    page.keyboard.press("Enter")
    expect(reference).to_be_focused()
    with complaints.expected("answer 422: POST .*/desk"):
        page.keyboard.press("Enter")
        expect(page.locator("#error-external_reference")).to_have_text("The MoMo reference must be filled in.")
    expect(page.locator("#field-amount")).to_have_value("5")
    page.keyboard.type("MP-77")
    page.keyboard.press("Enter")
    receipt(page)
    page.goto(f"/desk?student={asha}")
    expect(page.locator("[name=method]:checked")).to_have_value("momo")


def test_paying_too_much_is_confirmed_with_the_keyboard(
    window: Open, asha: int, owed: Callable[[], int], complaints: Complaints
) -> None:
    page = opened(window, asha)
    page.locator("#field-method-cash").check()
    page.locator("#field-amount").fill(f"{(owed() + 2_500) / 100:.2f}")
    expect(page.locator("[data-ask=allow_credit]")).to_contain_text("GH₵25.00 as credit of Asha Mensah")
    with complaints.expected("answer 422: POST .*/desk"):
        page.keyboard.press("Control+Enter")
        expect(page.locator("#field-allow_credit")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    receipt(page)
    expect(page.locator("[data-done-balance]")).to_have_text("Owes nothing now. Credit GH₵25.00.")


def test_a_double_click_pays_once(window: Open, asha: int, serving: Server) -> None:
    page = opened(window, asha)
    before = payments(serving.database)
    page.locator("#field-amount").fill("1")
    page.locator("#field-method-cash").check()
    page.get_by_role("button", name="Save payment").dblclick()
    receipt(page)
    assert payments(serving.database) - before == 1


def test_a_lost_answer_ends_at_the_first_receipt(
    window: Open, asha: int, serving: Server, complaints: Complaints
) -> None:
    page = opened(window, asha)
    before, lost = payments(serving.database), []

    def lose_two(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/desk", lose_two)
    page.locator("#field-method-cash").check()
    page.locator("#field-amount").fill("2")
    with complaints.expected("request failed: POST .*/desk"):
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-desk-state]")).to_contain_text("Checking whether it was saved")
        receipt(page)
    assert lost == [201, 201]
    assert payments(serving.database) - before == 1


def test_a_page_reloaded_while_saving_says_what_became_of_it(
    window: Open, asha: int, serving: Server, complaints: Complaints
) -> None:
    page = opened(window, asha)
    before = payments(serving.database)
    complaints.expect("request failed: POST .*/desk")

    def save_silently(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/desk", save_silently)
    page.locator("#field-method-cash").check()
    page.locator("#field-amount").fill("3")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-desk-state]")).to_contain_text("Checking")
    page.unroute("**/desk")
    page.reload()
    expect(page.locator("[data-done-words]")).to_have_text("This payment was saved")
    assert payments(serving.database) - before == 1

    page.goto(f"/desk?student={asha}")
    page.route("**/desk", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator("#field-amount").fill("4")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-desk-state]")).to_contain_text("Checking")
    page.unroute("**/desk")
    page.reload()
    expect(page.locator("[data-checking-words]")).to_have_text("The payment before was not saved.")
    assert payments(serving.database) - before == 1
    page.keyboard.press("Enter")
    receipt(page)
    assert payments(serving.database) - before == 2


def test_what_another_cashier_takes_is_seen_without_losing_what_was_typed(
    window: Open, asha: int, serving: Server, owed: Callable[[], int]
) -> None:
    page = opened(window, asha)
    expect(page.locator("[data-live-status]")).to_have_attribute("data-state", "live")
    page.locator("#field-amount").fill("77")
    pay(serving.database, asha, 1_100)
    expect(page.locator(".desk-balance-figure")).to_have_text(f"GH₵{owed() / 100:,.2f}")
    expect(page.locator("#field-amount")).to_have_value("77")


def test_without_scripts_the_form_ends_at_the_receipt(window: Open, asha: int, complaints: Complaints) -> None:
    page = window("bursar", "/desk", java_script_enabled=False)
    page.locator("[name=q]").fill("asha mens")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Asha Mensah").click()
    page.locator("[name=amount]").fill("6")
    page.locator("label[for=field-method-cash]").click()
    page.get_by_role("button", name="Save payment").click()
    page.wait_for_url("**/receipts/R-*")
    expect(page.locator(".receipt")).to_contain_text("Six cedis")


def test_a_phone_takes_a_payment_too(window: Open, asha: int) -> None:
    page = opened(window, asha, size=PHONE)
    page.locator("#field-amount").fill("8")
    page.locator("label[for=field-method-cash]").click()
    page.get_by_role("button", name="Save payment").click()
    receipt(page)


def test_the_print_button_prints_the_original_once(window: Open, asha: int) -> None:
    page = opened(window, asha)
    page.locator("#field-method-cash").check()
    page.locator("#field-amount").fill("9")
    page.keyboard.press("Control+Enter")
    receipt(page)
    button = page.get_by_role("button", name="Print")
    for is_copy in (False, True):
        with page.context.expect_page() as opened_page:
            button.click()
        printed = opened_page.value
        expect(printed.locator(".receipt[data-printing]")).to_be_visible()
        assert ("COPY" in printed.locator(".receipt").inner_text()) == is_copy
        printed.close()


def test_a_payment_just_taken_is_undone_with_one_key_or_beside_the_next_student(
    window: Open, asha: int, serving: Server, owed: Callable[[], int]
) -> None:
    page = opened(window, asha)
    before = owed()
    page.locator("#field-method-cash").check()
    page.locator("#field-amount").fill("11")
    page.keyboard.press("Control+Enter")
    first = receipt(page)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("[data-undone-words]")).to_have_text(
        f"Receipt {first} is undone: it is void, and nothing was taken."
    )
    assert owed() == before
    assert (
        value(serving.database, "SELECT void_reason FROM payments WHERE receipt_no = ?", first) == "undone at the desk"
    )
    expect(page.locator(".desk-today .voided").filter(has_text=first)).to_be_visible()

    page.get_by_role("button", name="Enter it again").click()
    expect(page.locator("#field-amount")).to_be_focused()
    page.locator("#field-amount").fill("12")
    page.keyboard.press("Control+Enter")
    second = receipt(page)
    page.keyboard.press("Enter")  # the next student
    expect(page.locator("#desk-student")).to_be_focused()
    page.locator("[data-toasts]").get_by_role("button", name="Undo").click()
    expect(page.locator("[data-undone-words]")).to_contain_text(f"Receipt {second} is undone")
    assert owed() == before


def test_undo_is_offered_for_ten_seconds_and_then_the_receipt_is_voided_on_its_page(window: Open, asha: int) -> None:
    page = window("bursar")
    page.clock.install()
    page.goto(f"/desk?student={asha}")
    page.locator("#field-method-cash").check()
    page.locator("#field-amount").fill("13")
    page.keyboard.press("Control+Enter")
    receipt(page)
    button = page.locator("[data-done-undo]")
    expect(button).to_be_visible()
    page.clock.fast_forward(9_000)
    expect(button).to_be_visible()
    page.clock.fast_forward(2_000)
    expect(button).to_be_hidden()
    page.keyboard.press("u")
    page.get_by_role("link", name="Void the receipt").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Void receipt R-")
