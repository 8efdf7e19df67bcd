"""The fees manager's pages over HTTP, on a real database."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.support.database import rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School, pay

CREATED = "Payment recorded and financial transaction created"
UPDATED = "Payment and financial records updated"
DELETED = "Payment and financial records deleted"


@pytest.fixture
def esi(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "bursar")


def form_of(page: Any) -> dict[str, str]:
    """What a browser would send back: the hidden fields, the texts and the chosen options of the page's own form."""
    text = page.text[page.text.index('class="panel form-panel') :]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", text):
        name, kind = _attribute(tag, "name"), _attribute(tag, "type")
        if name and name != "csrf_token" and (kind not in ("radio", "checkbox") or " checked" in tag):
            found[name] = _attribute(tag, "value")
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""


def fill(person: Person, path: str, **typed: str) -> Any:
    return person.post(path, {**form_of(person.get(path)), **typed})


def test_a_new_fee_with_a_payment_is_in_the_books(esi: Person, school: School, raw: Any, check: Any) -> None:
    answer = fill(
        esi, "/fees/new", student_id=str(school.kofi), amount_due="1,500.00", amount_paid="500", description="Tuition",
        due_on="2026-01-31", month="1", year="2026", method="momo",
    )  # fmt: skip
    assert answer.status_code == 302
    page = esi.get(answer.location)
    assert CREATED in page.text
    assert "GH₵1,000.00" in page.text
    (fee,) = rows(raw, "SELECT * FROM fees WHERE student_id = ?", (school.kofi,))
    assert (fee["amount_due"], fee["amount_paid"], fee["month"], fee["due_on"]) == (150_000, 50_000, 1, "2026-01-31")
    booked = value(raw, "SELECT amount FROM financial_transactions WHERE reference = ?", (f"FEE-{fee['id']}",))
    assert booked == 50_000
    check()


def test_a_form_that_arrives_twice_charges_once(esi: Person, school: School, raw: Any) -> None:
    form = {**form_of(esi.get("/fees/new")), "student_id": str(school.kofi), "amount_due": "10"}
    first, second = esi.post("/fees/new", form), esi.post("/fees/new", form)
    assert first.location == second.location
    assert value(raw, "SELECT count(*) FROM fees WHERE student_id = ?", (school.kofi,)) == 1


BAD_AMOUNTS = [
    "NaN",
    "1e9",
    "-5",
    "1.005",
    "١٥",
    "１５",
    "abc",
    "",
    "0",
    "1,50.00",
    "1_000",
    "Infinity",
    "9" * 29,
    "9" * 99,
]


@pytest.mark.parametrize("typed", BAD_AMOUNTS)
def test_a_bad_amount_is_refused_and_kept(esi: Person, school: School, raw: Any, typed: str) -> None:
    answer = fill(esi, "/fees/new", student_id=str(school.kofi), amount_due=typed, description="Bus & lunch")
    assert answer.status_code == 422
    assert "Amount due" in answer.text
    assert 'id="error-amount_due"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'value="Bus &amp; lunch"' in answer.text
    assert "Kofi Boateng" in answer.text
    assert value(raw, "SELECT count(*) FROM fees WHERE student_id = ?", (school.kofi,)) == 0


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"student_id": ""}, "student_id", "The student must be chosen."),
        ({"student_id": "999"}, "student_id", "This student_id does not exist."),
        ({"due_on": "1999-12-31"}, "due_on", "Due on cannot be before 2000-01-01."),
        ({"due_on": "31.01.2026"}, "due_on", "Due on must be a date"),
        ({"year": "1999"}, "year", "The year must be between"),
        ({"year": "two"}, "year", "The year must be a whole number."),
        ({"month": "13"}, "month", "The month must be between"),
        ({"fee_type_id": "999"}, "fee_type_id", "This fee_type_id does not exist."),
        ({"description": "x" * 201}, "description", "Description can have at most 200 characters."),
        ({"amount_paid": "11"}, "amount_paid", "more than is owed"),
        ({"amount_paid": "1", "method": "shells"}, "method", "must be one of"),
    ],
)
def test_bad_input_is_one_sentence_at_its_field(
    esi: Person, school: School, raw: Any, typed: dict[str, str], field: str, sentence: str
) -> None:
    answer = fill(esi, "/fees/new", **{"student_id": str(school.kofi), "amount_due": "10", **typed})
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text
    assert sentence in answer.text
    assert value(raw, "SELECT count(*) FROM fees WHERE student_id = ?", (school.kofi,)) == 0
    assert value(raw, "SELECT count(*) FROM payments") == 0


def test_paying_more_is_kept_as_credit_once_confirmed(esi: Person, school: School, raw: Any, check: Any) -> None:
    asked = fill(esi, "/fees/new", student_id=str(school.kofi), amount_due="10", amount_paid="12")
    assert 'name="allow_credit"' in asked.text
    nonsense = fill(esi, "/fees/new", student_id=str(school.kofi), amount_due="10", amount_paid="abc")
    assert 'name="allow_credit"' not in nonsense.text
    answer = esi.post("/fees/new", {**form_of(asked), "allow_credit": "1"})
    assert answer.status_code == 302
    assert value(raw, "SELECT credit FROM student_balances WHERE student_id = ?", (school.kofi,)) == 200
    check()


def test_a_withdrawn_student_is_refused_by_name(esi: Person, school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.kofi,))
    answer = fill(esi, "/fees/new", student_id=str(school.kofi), amount_due="10")
    assert answer.status_code == 422
    assert "Kofi Boateng has withdrawn" in answer.text


def test_an_edit_posts_only_the_difference(esi: Person, school: School, raw: Any, check: Any) -> None:
    path = f"/fees/{school.tuition}/edit"
    assert UPDATED in esi.get(fill(esi, path, amount_paid="200").location).text
    assert UPDATED in esi.get(fill(esi, path, amount_paid="350.50", method="bank").location).text
    assert [row["amount"] for row in rows(raw, "SELECT amount FROM payments ORDER BY id")] == [20_000, 15_050]
    assert "Fee updated" in esi.get(fill(esi, path, description="Tuition, term 1").location).text
    assert value(raw, "SELECT count(*) FROM payments") == 2
    check()


def test_an_edit_from_an_old_page_shows_both_values_and_keeps_what_was_typed(
    app: Flask, esi: Person, school: School, raw: Any, check: Any
) -> None:
    kwame = sign_in(app, raw, "bursar")
    path = f"/fees/{school.tuition}/edit"
    mine = form_of(esi.get(path))
    fill(kwame, path, amount_due="700", amount_paid="100")
    lost = esi.post(path, {**mine, "amount_due": "650", "description": "Term 1"})
    assert lost.status_code == 409
    assert "Somebody else changed this fee" in lost.text
    assert "GH₵650.00" in lost.text
    assert "GH₵700.00" in lost.text
    again = form_of(lost)
    assert (again["amount_due"], again["description"]) == ("650", "Term 1")
    assert again["amount_paid"] == "100.00", "a field that nobody touched takes the new value"
    assert value(raw, "SELECT amount_due FROM fees WHERE id = ?", (school.tuition,)) == 70_000
    assert esi.post(path, again).status_code == 302
    (fee,) = rows(raw, "SELECT * FROM fees WHERE id = ?", (school.tuition,))
    assert (fee["amount_due"], fee["amount_paid"], fee["description"]) == (65_000, 10_000, "Term 1")
    assert value(raw, "SELECT count(*) FROM payments WHERE voided_at IS NOT NULL") == 0
    check()


def test_a_refused_edit_still_knows_what_was_touched(esi: Person, school: School, raw: Any) -> None:
    path = f"/fees/{school.tuition}/edit"
    refused = fill(esi, path, amount_due="abc", description="Term 1")
    assert refused.status_code == 422
    again = form_of(refused)
    assert (again["amount_due"], again["drawn_amount_due"], again["drawn_description"]) == ("abc", "600.00", "Tuition")
    assert esi.post(path, {**again, "amount_due": "600"}).status_code == 302
    assert value(raw, "SELECT description FROM fees WHERE id = ?", (school.tuition,)) == "Term 1"


def test_a_due_amount_below_what_was_paid_is_refused(esi: Person, school: School, raw: Any) -> None:
    pay(raw, school.asha, 50_000, {school.tuition: 50_000})
    answer = fill(esi, f"/fees/{school.tuition}/edit", amount_due="400")
    assert answer.status_code == 422
    assert 'id="error-amount_due"' in answer.text


def test_deleting_asks_first_and_says_what_it_did(esi: Person, school: School, raw: Any, check: Any) -> None:
    pay(raw, school.asha, 61_000, {school.tuition: 60_000, school.books: 1_000})
    path = f"/fees/{school.tuition}/delete"
    asked = esi.get(path)
    assert "GH₵600.00 was paid" in asked.text
    refused = esi.post(path, form_of(asked))
    assert refused.status_code == 422
    assert "The reason must be filled in" in refused.text
    assert value(raw, "SELECT count(*) FROM payments WHERE voided_at IS NOT NULL") == 0
    done = esi.post(path, {**form_of(asked), "reason": "Left before term"})
    assert DELETED in esi.get(done.location).text
    assert value(raw, "SELECT amount_paid FROM fees WHERE id = ?", (school.books,)) == 1_000
    assert value(raw, "SELECT sum(amount) FROM financial_transactions") == 1_000
    gone = fill(esi, f"/fees/{school.books}/edit", amount_paid="0")
    assert gone.status_code == 302
    check()


def test_deleting_says_what_becomes_credit_again(esi: Person, school: School, raw: Any, check: Any) -> None:
    fill(esi, "/fees/new", student_id=str(school.kofi), amount_due="3", amount_paid="10", allow_credit="1")
    fill(esi, "/fees/new", student_id=str(school.kofi), amount_due="9", amount_paid="2")
    fee = value(raw, "SELECT id FROM fees WHERE amount_due = 900 AND amount_paid = 900")
    asked = esi.get(f"/fees/{fee}/delete").text
    assert "GH₵9.00 was paid" in asked
    assert "GH₵2.00 is taken out of the books" in asked
    assert "GH₵7.00 came from the credit of Kofi Boateng and becomes credit again" in asked
    fill(esi, f"/fees/{fee}/delete", reason="A mistake")
    assert value(raw, "SELECT credit FROM student_balances WHERE student_id = ?", (school.kofi,)) == 700
    for other in rows(raw, "SELECT id FROM fees WHERE amount_due <> 900"):
        assert "credit" not in esi.get(f"/fees/{other['id']}/delete").text
    check()


def test_an_unpaid_fee_is_simply_removed(esi: Person, school: School, raw: Any) -> None:
    done = fill(esi, f"/fees/{school.books}/delete")
    assert "Fee deleted" in esi.get(done.location).text
    assert value(raw, "SELECT count(*) FROM fees WHERE id = ?", (school.books,)) == 0
    assert esi.get(f"/fees/{school.books}").status_code == 404
    assert esi.get(f"/fees/{school.books}/row").status_code == 404


def test_deleting_from_an_old_page_is_refused(esi: Person, school: School, raw: Any) -> None:
    asked = form_of(esi.get(f"/fees/{school.books}/delete"))
    fill(esi, f"/fees/{school.books}/edit", amount_due="60")
    answer = esi.post(f"/fees/{school.books}/delete", asked)
    assert answer.status_code == 422
    assert value(raw, "SELECT count(*) FROM fees WHERE id = ?", (school.books,)) == 1


def test_the_list_is_searched_and_filtered(esi: Person, school: School, raw: Any) -> None:
    pay(raw, school.asha, 1_000, {school.books: 1_000})

    def shown(query: str) -> set[int]:
        return {int(found) for found in re.findall(r'data-row-id="(\d+)"', esi.get(f"/fees?{query}").text)}

    both = {school.tuition, school.books}
    assert shown("") == shown("q=mensah+asha") == shown("q=S1") == shown(f"class={school.blue}") == both
    assert shown("status=partial") == {school.books}
    assert shown("status=unpaid") == {school.tuition}
    assert shown("status=overdue") == both
    assert shown("status=paid") == shown("q=kofi") == shown(f"class={school.gold}") == set()
    assert shown("status=nonsense&class=x&term=%00") == both
    assert "No fee matches" in esi.get("/fees?q=nobody").text
    assert 'data-live-table="fees"' in esi.get("/fees?q=nobody").text


def test_a_long_list_is_paged(esi: Person, school: School, raw: Any) -> None:
    raw.executemany(
        "INSERT INTO fees (student_id, amount_due) VALUES (?, ?)", [(school.kofi, 100 + number) for number in range(60)]
    )
    first = esi.get("/fees?q=kofi").text
    (onward,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = esi.get("/fees" + onward.replace("&amp;", "&")).text
    assert (first.count("data-row-id"), second.count("data-row-id")) == (50, 10)
    (back,) = re.findall(r'rel="prev" href="([^"]+)"', second)
    assert esi.get("/fees" + back.replace("&amp;", "&")).text.count("data-row-id") == 50


def test_names_are_only_ever_text(esi: Person, school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET first_name = '<script>alert(1)</script>' WHERE id = ?", (school.asha,))
    for path in ("/fees", f"/fees/{school.tuition}", f"/fees/{school.tuition}/edit", f"/fees/{school.tuition}/delete"):
        assert "<script>alert" not in esi.get(path).text


@pytest.mark.parametrize("role", ["principal", "registrar", "teacher"])
def test_who_may_not_gets_a_page_that_says_so(app: Flask, raw: Any, school: School, role: str) -> None:
    person = sign_in(app, raw, role)
    for path in ("/fees/new", f"/fees/{school.tuition}/edit", f"/fees/{school.tuition}/delete"):
        for answer in (person.get(path), person.post(path)):
            assert answer.status_code == 403
            assert "Not for your role" in answer.text
    seen = person.get("/fees")
    assert seen.status_code == (200 if role == "principal" else 403)
    assert "/fees/new" not in seen.text


def test_a_form_without_its_token_changes_nothing(esi: Person, school: School, raw: Any) -> None:
    answer = esi.client.post("/fees/new", data={"student_id": str(school.kofi), "amount_due": "10"})
    assert answer.status_code == 403
    assert value(raw, "SELECT count(*) FROM fees WHERE student_id = ?", (school.kofi,)) == 0
