"""Receipts, the cash book and categories as pages, over HTTP on a real database."""

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School, pay, school_fees


@pytest.fixture
def esi(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "bursar", username="esi.bursar")


@pytest.fixture
def chalk(raw: Any) -> int:
    return insert(raw, "financial_categories", name="Chalk", type="expense")


def receipt_of(raw: Any, payment: int) -> str:
    return str(value(raw, "SELECT receipt_no FROM payments WHERE id = ?", (payment,)))


def test_a_receipt_shows_what_it_settled(esi: Person, school: School, raw: Any) -> None:
    number = receipt_of(
        raw, pay(raw, school.asha, 61_500, {school.tuition: 60_000, school.books: 1_000}, method="momo")
    )
    page = esi.get(f"/receipts/{number}").text
    for words in ("Asha Mensah", number, "Tuition", "GH₵600.00", "Books", "GH₵10.00", "Kept as credit", "GH₵5.00",
                  "GH₵615.00", "Six hundred and fifteen cedis", "MoMo", "15 Jan 2026", "GH₵40.00"):  # fmt: skip
        assert words in page
    assert ">VOID<" not in page
    assert ">COPY<" not in page
    assert esi.get("/receipts/R-999999").status_code == 404


def test_the_first_print_is_the_original_and_every_later_one_says_copy(esi: Person, school: School, raw: Any) -> None:
    number = receipt_of(raw, pay(raw, school.asha, 100, {school.tuition: 100}))
    first = esi.get(esi.post(f"/receipts/{number}/print").location).text
    assert "data-printing" in first
    assert ">COPY<" not in first
    assert ">COPY<" in esi.get(f"/receipts/{number}").text
    second = esi.get(esi.post(f"/receipts/{number}/print").location).text
    assert "data-printing" in second
    assert ">COPY<" in second
    assert "data-printing" not in esi.get(f"/receipts/{number}").text
    assert value(raw, "SELECT count(*) FROM user_activity_log WHERE activity_type = 'receipt.printed'") == 2
    assert esi.post("/receipts/R-999999/print").status_code == 404


def test_the_paper_is_remembered(esi: Person, school: School, raw: Any) -> None:
    number = receipt_of(raw, pay(raw, school.asha, 100, {school.tuition: 100}))
    assert "receipt-roll" in esi.get(f"/receipts/{number}?paper=roll").text
    assert "receipt-roll" in esi.get(f"/receipts/{number}").text
    assert "receipt-roll" not in esi.get(f"/receipts/{number}?paper=a5").text


def test_a_code_is_drawn_where_others_can_reach_it(esi: Person, school: School, raw: Any) -> None:
    number = receipt_of(raw, pay(raw, school.asha, 100, {school.tuition: 100}))
    assert "receipt-code" not in esi.get(f"/receipts/{number}", base_url="http://127.0.0.1:5000").text


def test_voiding_asks_for_a_reason_and_stamps_the_receipt(esi: Person, school: School, raw: Any, check: Any) -> None:
    payment = pay(raw, school.asha, 60_000, {school.tuition: 60_000})
    path = f"/payments/{payment}/void"
    assert "is owed again: Tuition GH₵600.00" in esi.get(path).text
    refused = esi.post(path, {"reason": "  "})
    assert refused.status_code == 422
    assert 'id="error-reason"' in refused.text
    long = esi.post(path, {"reason": "x" * 201})
    assert long.status_code == 422
    assert "x" * 201 in long.text
    done = esi.get(esi.post(path, {"reason": "typed <twice>"}).location)
    assert ">VOID<" in done.text
    assert "typed &lt;twice&gt;" in done.text
    assert esi.get(path).status_code == 302
    again = esi.post(path, {"reason": "again"})
    assert again.status_code == 422
    assert "was voided before" in again.text
    assert value(raw, "SELECT count(*) FROM financial_transactions") == 0
    check()


def test_voiding_after_the_day_is_closed_posts_a_reversal(esi: Person, school: School, raw: Any, check: Any) -> None:
    payment = pay(raw, school.asha, 60_000, {school.tuition: 60_000})
    insert(raw, "day_closes", closed_on="2026-01-15", method="cash", expected=60_000, counted=60_000)
    esi.post(f"/payments/{payment}/void", {"reason": "bounced"})
    booked = rows(raw, "SELECT amount, transaction_date, reference FROM financial_transactions ORDER BY id")
    assert [row["amount"] for row in booked] == [60_000, -60_000]
    assert booked[0]["transaction_date"] == "2026-01-15"
    assert booked[1]["transaction_date"] != "2026-01-15"
    assert "−" in esi.get("/transactions?from=").text or "-GH₵600.00" in esi.get("/transactions?from=").text
    check()


def test_payments_are_searched_and_filtered(esi: Person, school: School, raw: Any) -> None:
    first = pay(raw, school.asha, 100, {school.tuition: 100}, on="2026-01-05")
    second = pay(raw, school.asha, 200, {school.tuition: 200}, on="2026-02-05", method="momo")
    esi.post(f"/payments/{first}/void", {"reason": "x"})

    def shown(query: str) -> set[int]:
        return {int(found) for found in re.findall(r'data-row-id="(\d+)"', esi.get(f"/payments?{query}").text)}

    assert shown("") == shown("q=asha") == {first, second}
    assert shown(f"q={receipt_of(raw, second).lower()}") == shown("method=momo") == shown("state=live") == {second}
    assert shown("state=voided") == shown("to=2026-01-31") == {first}
    assert shown("from=2026-02-01&to=2026-02-28") == {second}
    assert shown("q=nobody") == shown(f"student={school.kofi}") == set()
    assert f'data-row-id="{first}"' in esi.get(f"/payments/{first}/row").text
    assert esi.get("/payments/999/row").status_code == 404


def expense(chalk: int, **typed: object) -> dict[str, object]:
    return {"type": "expense", "category_id": chalk, "amount": "15.50", "transaction_date": "2026-01-10",
            "description": "Two boxes", "payment_method": "cash", "request_key": "k" * 24, **typed}  # fmt: skip


def test_an_expense_is_added_changed_and_removed(esi: Person, chalk: int, raw: Any, check: Any) -> None:
    assert esi.get("/transactions/new").status_code == 200
    assert "Expense added." in esi.get(esi.post("/transactions/new", expense(chalk)).location).text
    esi.post("/transactions/new", expense(chalk))
    (row,) = rows(raw, "SELECT * FROM financial_transactions")
    assert (row["amount"], row["description"]) == (1_550, "Two boxes")
    path = f"/transactions/{row['id']}"
    assert 'value="15.50"' in esi.get(f"{path}/edit").text
    assert esi.post(f"{path}/edit", expense(chalk, amount="1,000")).status_code == 302
    assert value(raw, "SELECT amount FROM financial_transactions") == 100_000
    check()
    assert esi.post(f"{path}/delete").status_code == 302
    assert value(raw, "SELECT count(*) FROM financial_transactions") == 0
    assert esi.get(f"{path}/edit").status_code == 404
    check()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"amount": "NaN"}, "amount"), ({"amount": "-5"}, "amount"), ({"amount": ""}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1e9"}, "amount"), ({"amount": "1.005"}, "amount"), ({"category_id": ""}, "category_id"),
        ({"category_id": "999"}, "category_id"), ({"transaction_date": ""}, "transaction_date"),
        ({"transaction_date": "2999-01-01"}, "transaction_date"),
        ({"transaction_date": "1999-01-01"}, "transaction_date"),
        ({"reference": "FEE-1"}, "reference"), ({"reference": "x" * 65}, "reference"),
        ({"description": "x" * 201}, "description"), ({"payment_method": "shells"}, "payment_method"),
    ],
)  # fmt: skip
def test_a_bad_row_names_its_field_and_changes_nothing(
    esi: Person, chalk: int, raw: Any, typed: dict[str, str], field: str
) -> None:
    answer = esi.post("/transactions/new", expense(chalk, **typed))
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text
    assert "Two boxes" in answer.text or "description" in typed
    assert value(raw, "SELECT count(*) FROM financial_transactions") == 0


def test_rows_of_receipts_are_read_only(esi: Person, school: School, raw: Any) -> None:
    number = receipt_of(raw, pay(raw, school.asha, 100, {school.tuition: 100}))
    row = value(raw, "SELECT id FROM financial_transactions")
    page = esi.get("/transactions?from=").text
    assert f"/receipts/{number}" in page
    assert f"/transactions/{row}/edit" not in page
    for path in (f"/transactions/{row}", f"/transactions/{row}/edit"):
        assert esi.get(path).location == f"/receipts/{number}"
    assert esi.post(f"/transactions/{row}/delete").status_code == 409
    assert esi.post(f"/transactions/{row}/edit", expense(school_fees(raw), type="income")).status_code == 422
    assert value(raw, "SELECT amount FROM financial_transactions") == 100


def test_the_totals_are_those_of_the_choice(esi: Person, school: School, chalk: int, raw: Any) -> None:
    pay(raw, school.asha, 10_000, {school.tuition: 10_000}, on="2026-01-15")
    esi.post("/transactions/new", expense(chalk, amount="30"))
    whole = esi.get("/transactions?from=").text
    for words in ("2 rows", "GH₵100.00", "GH₵30.00", "GH₵70.00"):
        assert words in whole
    assert "1 row" in esi.get("/transactions?type=expense").text
    assert "No row matches" in esi.get("/transactions?from=2026-03-01").text


def test_the_next_page_is_of_the_same_month(esi: Person, chalk: int, raw: Any) -> None:
    old = "INSERT INTO financial_transactions (transaction_date, category_id, type, amount) VALUES (?, ?, 'expense', 1)"
    raw.executemany(old, [(date(2020, 1, 5).isoformat(), chalk)] * 5)
    raw.executemany(old, [(date.today().replace(day=1).isoformat(), chalk)] * 60)  # noqa: DTZ011
    first = esi.get("/transactions").text
    (onward,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = esi.get("/transactions" + onward.replace("&amp;", "&")).text
    assert (first.count("data-row-id"), second.count("data-row-id")) == (50, 10)
    assert "60 rows" in second


def test_a_category_is_added_renamed_and_taken_out_of_use(esi: Person, raw: Any) -> None:
    esi.post("/categories", {"name": " Farm  produce ", "type": "income"})
    category = value(raw, "SELECT id FROM financial_categories WHERE name = 'Farm produce'")
    taken = esi.post("/categories", {"name": "farm produce", "type": "income", "description": "mine"})
    assert taken.status_code == 422
    assert "already a category" in taken.text
    assert 'value="mine"' in taken.text
    esi.post(f"/categories/{category}", {"name": "Garden", "type": "income", "description": ""})
    esi.post(f"/categories/{category}/deactivate")
    (row,) = rows(raw, "SELECT * FROM financial_categories WHERE id = ?", (category,))
    assert (row["name"], row["is_active"]) == ("Garden", 0)
    assert ">Garden</option>" not in esi.get("/transactions/new?type=income").text
    esi.post(f"/categories/{category}/activate")
    assert ">Garden</option>" in esi.get("/transactions/new?type=income").text
    assert esi.get("/categories/999").status_code == 404


def test_school_fees_cannot_be_taken_out_of_use(esi: Person, raw: Any) -> None:
    esi.post(f"/categories/{school_fees(raw)}/deactivate")
    assert "cannot be taken out of use" in esi.get("/categories").text
    assert value(raw, "SELECT is_active FROM financial_categories WHERE name = 'School Fees'") == 1


def test_a_fee_type_is_added_and_offered(esi: Person, raw: Any) -> None:
    esi.post("/fee-types", {"name": "Transport", "category_id": ""})
    assert ">Transport</option>" in esi.get("/fees/new").text
    refused = esi.post("/fee-types", {"name": "transport", "category_id": ""})
    assert refused.status_code == 422
    assert "already a fee type" in refused.text
    kind = value(raw, "SELECT id FROM fee_types")
    esi.post(f"/fee-types/{kind}/deactivate")
    assert ">Transport</option>" not in esi.get("/fees/new").text


@pytest.mark.parametrize("role", ["principal", "registrar", "teacher"])
def test_who_may_not_gets_a_page_that_says_so(app: Flask, raw: Any, school: School, role: str) -> None:
    person = sign_in(app, raw, role)
    payment = pay(raw, school.asha, 100, {school.tuition: 100})
    sees = 200 if role == "principal" else 403
    for path in (
        "/payments",
        "/transactions",
        "/categories",
        f"/receipts/{receipt_of(raw, payment)}",
        f"/payments/{payment}/row",
    ):
        assert person.get(path).status_code == sees
    assert person.get(f"/payments/{payment}/void").status_code == sees
    for path in ("/transactions/new", "/transactions/1/edit", "/categories/1"):
        answer = person.get(path)
        assert answer.status_code == 403
        assert "Not for your role" in answer.text
    for path in ("/transactions/1/delete", "/categories", "/fee-types", "/categories/1/deactivate"):
        assert person.post(path).status_code == 403
