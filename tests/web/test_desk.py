"""The fee desk over HTTP: as a page without scripts, and as its script uses it."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.support.database import rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School
from tests.support.threads import at_once

JSON = {"Accept": "application/json"}


@pytest.fixture
def esi(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "bursar", username="esi.bursar")


def form_of(page: Any) -> dict[str, str]:
    """What a browser would send back of the payment form."""
    text = page.text[page.text.index('id="pay"') : page.text.index("data-desk-state")]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", text):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") not in ("radio", "checkbox") or " checked" in tag:
            found[attributes["name"]] = attributes.get("value", "")
    found.pop("csrf_token")
    return found


def desk(person: Person, student: int, **typed: str) -> Any:
    return person.post("/desk", {**form_of(person.get(f"/desk?student={student}")), **typed})


def ask(person: Person, form: dict[str, str]) -> Any:
    return person.post("/desk", form, headers=JSON)


def test_the_form_opens_with_all_that_is_owed(esi: Person, school: School) -> None:
    page = esi.get(f"/desk?student={school.asha}")
    form = form_of(page)
    assert (form["amount"], form["method"], form["student_id"]) == ("650.00", "cash", str(school.asha))
    assert len(form["request_key"]) >= 16
    assert page.text.index("Tuition") < page.text.index("Books"), "the oldest fee stands first"
    assert form_of(esi.get(f"/desk?student={school.asha}&fee={school.books}"))["amount"] == "50.00"
    assert form_of(esi.get(f"/desk?student={school.kofi}"))["amount"] == ""
    assert 'id="pay"' not in esi.get("/desk").text
    assert 'id="pay"' not in esi.get("/desk?student=999").text
    assert 'id="pay"' not in esi.get("/desk?student=x").text


def test_without_scripts_a_payment_ends_at_its_receipt(esi: Person, school: School, raw: Any, check: Any) -> None:
    answer = desk(esi, school.asha, amount="620")
    assert answer.status_code == 302
    page = esi.get(answer.location)
    assert "Payment recorded and financial transaction created" in page.text
    assert "R-000001" in page.text
    paid = rows(raw, "SELECT amount_paid FROM fees ORDER BY id")
    assert [row["amount_paid"] for row in paid] == [60_000, 2_000]
    assert value(raw, "SELECT received_by FROM payments") == esi.user_id
    check()


def test_the_script_hears_the_receipt_number_only_from_the_server(esi: Person, school: School, raw: Any) -> None:
    form = form_of(esi.get(f"/desk?student={school.asha}"))
    answer = ask(esi, {**form, "amount": "100"})
    assert answer.status_code == 201
    saved = answer.get_json()
    assert (saved["receipt_no"], saved["amount"], saved["arrears"]) == ("R-000001", 10_000, 55_000)
    assert ask(esi, {**form, "amount": "100"}).get_json() == saved, "a lost answer is asked for with the same key"
    assert value(raw, "SELECT count(*) FROM payments") == 1
    assert esi.get(f"/desk/status?key={form['request_key']}").get_json()["saved"] == saved
    assert esi.get("/desk/status?key=unknown").get_json() == {"saved": None}


def test_a_hundred_equal_submits_at_once_pay_once(
    app: Flask, esi: Person, school: School, raw: Any, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A slow machine may need longer for a hundred than one office would wait.
    monkeypatch.setattr("app.database.transaction.LOCK_TIMEOUT", 60)
    form = form_of(esi.get(f"/desk?student={school.asha}"))
    cookie = esi.client.get_cookie("sid")
    assert cookie is not None

    def submit() -> Any:
        client = app.test_client()
        client.set_cookie("sid", cookie.value)
        return client.post("/desk", data={**form, "csrf_token": esi.csrf}, headers=JSON)

    answers = at_once([submit] * 100)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert value(raw, "SELECT count(*) FROM payments") == 1
    check()


def test_a_form_sent_again_with_other_values_shows_the_first_receipt(esi: Person, school: School, raw: Any) -> None:
    form = form_of(esi.get(f"/desk?student={school.asha}"))
    ask(esi, {**form, "amount": "100"})
    again = ask(esi, {**form, "amount": "200"})
    assert (again.status_code, again.get_json()["error"]["code"]) == (409, "already_saved")
    assert again.get_json()["error"]["saved"]["receipt_no"] == "R-000001"
    page = esi.post("/desk", {**form, "amount": "300"})
    assert page.location == "/receipts/R-000001"
    assert "nothing new was saved" in esi.get(page.location).text
    assert value(raw, "SELECT sum(amount) FROM payments") == 10_000


def test_a_key_of_somebody_else_tells_nothing(app: Flask, esi: Person, school: School, raw: Any) -> None:
    form = form_of(esi.get(f"/desk?student={school.asha}"))
    ask(esi, {**form, "amount": "100"})
    kwame = sign_in(app, raw, "bursar")
    answer = ask(kwame, {**form, "amount": "100"})
    assert answer.status_code == 422
    assert "R-0" not in answer.text
    assert kwame.get(f"/desk/status?key={form['request_key']}").get_json() == {"saved": None}


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"amount": "NaN"}, "amount", "plain number"),
        ({"amount": "1e9"}, "amount", "plain number"),
        ({"amount": "-5"}, "amount", "plain number"),
        ({"amount": "1.005"}, "amount", "at most 2 decimals"),
        ({"amount": "١٥"}, "amount", "plain number"),
        ({"amount": ""}, "amount", "must be filled in"),
        ({"amount": "0"}, "amount", "more than zero"),
        ({"amount": "650.01"}, "amount", "more than is owed"),
        ({"student_id": "999"}, "student_id", "does not exist"),
        ({"student_id": ""}, "student_id", "must be chosen"),
        ({"paid_on": "2999-01-01"}, "paid_on", "in the future"),
        ({"paid_on": "1999-12-31"}, "paid_on", "before 2000-01-01"),
        ({"paid_on": "today"}, "paid_on", "must be a date"),
        ({"method": "shells"}, "method", "must be one of"),
        ({"method": "momo"}, "external_reference", "MoMo reference must be filled in"),
        ({"method": "bank"}, "external_reference", "Bank reference must be filled in"),
        ({"method": "cheque", "external_reference": "x" * 65}, "external_reference", "at most 64"),
        ({"note": "x" * 201}, "note", "at most 200"),
        ({"fee_id": "999"}, "allocations", "not a fee of this student"),
    ],
)
def test_bad_input_is_one_sentence_at_its_field(
    esi: Person, school: School, raw: Any, typed: dict[str, str], field: str, sentence: str
) -> None:
    form = {**form_of(esi.get(f"/desk?student={school.asha}")), **typed}
    told = ask(esi, form)
    assert told.status_code == 422
    assert sentence in told.get_json()["error"]["fields"][field]
    page = esi.post("/desk", form)
    assert page.status_code == 422
    assert sentence in page.text
    if "student_id" not in typed:
        again = form_of(page)
        assert again["request_key"] == form["request_key"]
        assert again["amount"] == form["amount"]
    assert value(raw, "SELECT count(*) FROM payments") == 0


def test_overpaying_is_asked_for_and_becomes_credit(esi: Person, school: School, raw: Any, check: Any) -> None:
    form = {**form_of(esi.get(f"/desk?student={school.asha}")), "amount": "700"}
    told = ask(esi, form).get_json()["error"]
    assert told["ask"] == ["allow_credit"]
    assert "GH₵50.00 more than is owed" in told["message"]
    page = esi.post("/desk", form)
    assert re.search(r'data-ask="allow_credit"\s*>', page.text), "the box is shown"
    saved = ask(esi, {**form, "allow_credit": "1"}).get_json()
    assert (saved["arrears"], saved["credit"]) == (0, 5_000)
    check()


def test_a_withdrawn_student_can_still_settle_when_confirmed(esi: Person, school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.asha,))
    form = form_of(esi.get(f"/desk?student={school.asha}"))
    told = ask(esi, form).get_json()["error"]
    assert told["ask"] == ["allow_withdrawn"]
    assert "Asha Mensah has withdrawn" in told["message"]
    assert ask(esi, {**form, "allow_withdrawn": "1"}).status_code == 201


def test_a_reference_is_not_booked_twice_by_accident(esi: Person, school: School, raw: Any) -> None:
    first = {
        **form_of(esi.get(f"/desk?student={school.asha}")),
        "amount": "10",
        "method": "momo",
        "external_reference": "MP1",
    }
    assert ask(esi, first).status_code == 201
    assert ask(esi, first).status_code == 201, "the same form again is not a second payment"
    second = {**first, "request_key": form_of(esi.get(f"/desk?student={school.asha}"))["request_key"]}
    told = ask(esi, second)
    assert told.status_code == 422
    assert "already on receipt R-000001" in told.get_json()["error"]["fields"]["external_reference"]
    assert told.get_json()["error"]["ask"] == ["allow_used_reference"]
    page = esi.post("/desk", second)
    assert re.search(r'data-ask="allow_used_reference"\s*>', page.text), "the box is shown"
    assert ask(esi, {**second, "allow_used_reference": "1"}).status_code == 201
    assert value(raw, "SELECT count(*) FROM payments") == 2


def test_a_chosen_fee_comes_first_and_the_oldest_takes_the_rest(
    esi: Person, school: School, raw: Any, check: Any
) -> None:
    ask(esi, {**form_of(esi.get(f"/desk?student={school.asha}")), "amount": "80", "fee_id": str(school.books)})
    shares = rows(raw, "SELECT fee_id, amount FROM payment_allocations ORDER BY id")
    assert [tuple(row.values()) for row in shares] == [(school.books, 5_000), (school.tuition, 3_000)]
    check()


def test_the_way_of_paying_is_remembered(esi: Person, school: School) -> None:
    desk(esi, school.asha, amount="10", method="momo", external_reference="A1")
    assert form_of(esi.get(f"/desk?student={school.asha}"))["method"] == "momo"


def test_the_list_of_today_is_the_cashiers_own(app: Flask, esi: Person, school: School, raw: Any) -> None:
    kwame = sign_in(app, raw, "bursar")
    desk(esi, school.asha, amount="10")
    desk(esi, school.asha, amount="20")
    desk(kwame, school.asha, amount="5")
    (last,) = rows(raw, "SELECT id FROM payments WHERE amount = 2000")
    esi.post(f"/payments/{last['id']}/void", {"reason": "typed twice"})
    part = esi.get("/desk", headers={"X-Fragment": "table"}).text
    assert "R-000001" in part
    assert "R-000003" not in part
    assert "1 receipt, GH₵10.00" in part
    assert 'data-live-table="payments"' in part
    assert "<html" not in part


def test_students_are_found_with_what_they_owe(esi: Person, school: School) -> None:
    (item,) = esi.get("/desk/search?q=mens ash").get_json()["items"]
    assert item == {"id": school.asha, "label": "Asha Mensah", "note": "Blue · S1", "end": "GH₵650.00"}
    assert esi.get("/desk/search?q=").get_json() == {"items": []}
    assert esi.get("/desk/search?q=%25").get_json() == {"items": []}
    assert "Asha Mensah" in esi.get("/desk?q=asha").text
    assert "Nobody found" in esi.get("/desk?q=zzz").text


def test_a_script_without_the_token_changes_nothing(esi: Person, school: School, raw: Any) -> None:
    form = form_of(esi.get(f"/desk?student={school.asha}"))
    assert esi.client.post("/desk", data=form, headers=JSON).status_code == 403
    assert value(raw, "SELECT count(*) FROM payments") == 0


@pytest.mark.parametrize("role", ["principal", "registrar", "teacher"])
def test_only_who_takes_money_comes_to_the_desk(app: Flask, raw: Any, school: School, role: str) -> None:
    person = sign_in(app, raw, role)
    for answer in (
        person.get("/desk"),
        person.post("/desk"),
        person.get("/desk/search?q=a"),
        person.get("/desk/status?key=x"),
    ):
        assert answer.status_code == 403
    assert "Not for your role" in person.get("/desk").text


def test_names_are_only_ever_text(esi: Person, school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET first_name = '<b>\"x' WHERE id = ?", (school.asha,))
    raw.execute("UPDATE fees SET description = '</script><i>' WHERE id = ?", (school.tuition,))
    page = esi.get(f"/desk?student={school.asha}").text
    assert "<b>" not in page
    assert "<i>" not in page
