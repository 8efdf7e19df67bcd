"""What is sent twice is done once: a double click, the back button, a second tab."""

from playwright.sync_api import expect

from tests.browser import books, screens
from tests.browser.conftest import Open
from tests.browser.made import Made
from tests.support.database import insert
from tests.support.server import Server


def count(serving: Server, table: str) -> int:
    return int(books.value(serving.database, f"SELECT count(*) FROM {table}"))


def test_a_double_click_and_the_way_back_add_one_fee(window: Open, serving: Server, made_school: Made) -> None:
    page = window("bursar", f"/fees/new?student={made_school.ids['asha']}")
    before = count(serving, "fees")
    page.get_by_label("Amount due").fill("40")
    page.get_by_label("Description").fill("Sports day")
    page.get_by_role("button", name="Save fee").dblclick()
    page.wait_for_url("**/fees/*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sports day")
    page.go_back()
    if page.get_by_label("Amount due").input_value():
        page.get_by_role("button", name="Save fee").click()
        page.wait_for_load_state()
    assert count(serving, "fees") == before + 1


def test_a_double_click_and_the_way_back_add_one_row_to_the_cash_book(window: Open, serving: Server) -> None:
    page = window("bursar", "/transactions/new?type=expense")
    before = count(serving, "financial_transactions")
    page.get_by_label("Amount").fill("15.50")
    page.get_by_label("Category").select_option("Salaries")
    page.get_by_role("button", name="Save expense").dblclick()
    expect(page.get_by_text("Expense added.")).to_be_visible()
    page.go_back()
    if page.get_by_label("Amount").input_value():
        page.get_by_role("button", name="Save expense").click()
        page.wait_for_load_state()
    assert count(serving, "financial_transactions") == before + 1


def test_a_form_without_scripts_that_is_sent_again_leads_to_the_first_receipt(
    window: Open, serving: Server, made_school: Made
) -> None:
    page = window("bursar", f"/desk?student={made_school.ids['asha']}", java_script_enabled=False)
    before = books.payments(serving.database)
    page.locator("[name=amount]").fill("7")
    page.locator("label[for=field-method-cash]").click()
    key = page.locator("#pay [name=request_key]").get_attribute("value")
    page.get_by_role("button", name="Save payment").click()
    page.wait_for_url("**/receipts/*")
    receipt = page.url
    page.go_back()
    form = {
        name: page.locator(f"#pay [name={name}]").first.get_attribute("value") or ""
        for name in ("csrf_token", "student_id")
    }
    again = page.context.request.post("/desk", form={**form, "request_key": key or "", "amount": "7", "method": "cash"})
    assert again.url == receipt
    assert books.payments(serving.database) == before + 1


def test_two_tabs_with_one_student_do_not_take_the_same_debt_twice(
    window: Open, serving: Server, made_school: Made
) -> None:
    asha = made_school.ids["asha"]
    with books.outside(serving.database) as raw:
        insert(raw, "fees", student_id=asha, amount_due=90_000, description="Camp", due_on="2099-01-01")
    first = window("bursar", f"/desk?student={asha}")
    second = first.context.new_page()
    second.goto(f"/desk?student={asha}")
    screens.live(second)
    before = books.payments(serving.database)
    owed = books.value(serving.database, "SELECT arrears FROM student_balances WHERE student_id = ?", asha)
    expect(second.locator("#field-amount")).to_have_value(f"{owed / 100:.2f}")

    first.locator("#field-amount").fill("650")
    first.keyboard.press("Control+Enter")
    expect(first.locator("[data-done-receipt]")).to_be_visible()

    expect(second.locator("#field-amount")).to_have_value(f"{(owed - 65_000) / 100:.2f}")
    expect(second.locator(".desk-balance-figure")).to_have_text(books.money(owed - 65_000))
    first.get_by_role("link", name="Open the receipt").click()
    first.wait_for_url("**/receipts/*")
    first.go_back()
    first.wait_for_timeout(500)
    assert books.payments(serving.database) == before + 1
