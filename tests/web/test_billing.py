"""Price lists and billing in the browser: what the bursar writes once, charges by one press, and takes back."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("same_day")


@pytest.fixture
def bursar(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "bursar", username="esi.bursar")


@pytest.fixture
def term(raw: Any, school: School) -> int:
    year = insert(raw, "academic_years", name="2099/2100", starts_on="2099-09-01", ends_on="2100-08-01")
    return insert(raw, "terms", academic_year_id=year, name="Term 1", starts_on="2099-09-01", ends_on="2100-01-01")


@pytest.fixture
def kinds(raw: Any, school: School) -> list[int]:
    return [insert(raw, "fee_types", name=name) for name in ("Exam", "Feeding")]


def key_of(page: str) -> str:
    return re.findall(r'name="request_key" value="([^"]+)"', page)[-1]


def written(bursar: Person, school: School, term: int, kinds: list[int], **form: object) -> Any:
    given = {
        "term_id": term,
        f"class_{school.blue}": "1",
        "due_on": "2099-10-01",
        f"amount_{kinds[0]}": "20",
        f"amount_{kinds[1]}": "1,50.00",
        f"due_{kinds[1]}": "2099-11-01",
        "request_key": key_of(bursar.get("/fee-structures/new").text),
        **form,
    }
    return bursar.post("/fee-structures/new", given)


@pytest.fixture
def blue(bursar: Person, school: School, term: int, kinds: list[int], raw: Any) -> int:
    """Exam 20.00 and feeding 150.00 for Blue."""
    written(bursar, school, term, kinds, **{f"amount_{kinds[1]}": "150.00"})
    return int(value(raw, "SELECT max(id) FROM fee_structures"))


def test_a_price_list_is_written_for_several_classes_at_once(
    bursar: Person, school: School, term: int, kinds: list[int], raw: Any
) -> None:
    refused = written(bursar, school, term, kinds)
    assert refused.status_code == 422
    assert "Amount must be a plain number such as 1,500.00." in refused.text
    assert 'value="1,50.00"' in refused.text
    assert value(raw, "SELECT count(*) FROM fee_structures") == 0
    form = {f"amount_{kinds[1]}": "150.00", f"class_{school.gold}": "1", "request_key": "k" * 24}
    for _ in range(2):
        answer = written(bursar, school, term, kinds, **form)
        assert answer.status_code == 302
    page = bursar.get(answer.location).text
    assert "2 price lists are added." in page
    assert page.count("GH₵170.00") == 2
    assert page.count("1 of 1 to bill") == 2
    assert [row["name"] for row in rows(raw, "SELECT name FROM fee_structures ORDER BY id")] == [
        "Blue, Term 1 2099/2100",
        "Gold, Term 1 2099/2100",
    ]
    assert rows(raw, "SELECT amount, due_on FROM fee_structure_items ORDER BY id LIMIT 2") == [
        {"amount": 2_000, "due_on": "2099-10-01"},
        {"amount": 15_000, "due_on": "2099-11-01"},
    ]
    taken = written(bursar, school, term, kinds, **{**form, "request_key": "l" * 24})
    assert (taken.status_code, "There is already a price list" in taken.text) == (422, True)
    assert value(raw, "SELECT count(*) FROM fee_structures") == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"term_id": ""}, "The term must be chosen."),
        ({"term_id": "999"}, "does not exist"),
        ({"due_on": "soon"}, "must be a date written like"),
        ({"amounts": ""}, "A price list has at least one fee"),
        ({"classes": ""}, "Choose at least one class."),
    ],
)
def test_what_is_wrong_with_a_price_list_is_said(
    bursar: Person, school: School, term: int, kinds: list[int], raw: Any, wrong: dict[str, str], words: str
) -> None:
    form: dict[str, object] = {f"amount_{kinds[1]}": "150.00", **wrong}
    if "amounts" in wrong:
        form |= {f"amount_{kind}": "" for kind in kinds}
    if "classes" in wrong:
        form[f"class_{school.blue}"] = None
    answer = written(bursar, school, term, kinds, **form)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert value(raw, "SELECT count(*) FROM fee_structures") == 0


def test_a_list_is_changed_copied_and_removed(bursar: Person, blue: int, kinds: list[int], term: int, raw: Any) -> None:
    page = bursar.get(f"/fee-structures/{blue}").text
    assert 'value="20.00"' in page
    assert 'value="2099-11-01"' in page
    copy = bursar.get(f"/fee-structures/new?from={blue}").text
    assert 'value="150.00"' in copy
    changed = bursar.post(f"/fee-structures/{blue}", {"name": "Exam only", f"amount_{kinds[0]}": "25"})
    assert "Exam only" in bursar.get(changed.location).text
    assert rows(raw, "SELECT fee_type_id, amount, due_on FROM fee_structure_items") == [
        {"fee_type_id": kinds[0], "amount": 2_500, "due_on": None}
    ]
    gone = bursar.post(f"/fee-structures/{blue}/delete")
    assert "Blue, Term 1 2099/2100: Exam only is removed." in bursar.get(gone.location).text
    assert value(raw, "SELECT count(*) FROM fee_structures") == 0
    assert bursar.get(f"/fee-structures/{blue}").status_code == 404


def test_a_term_is_billed_once_shown_and_taken_back(bursar: Person, blue: int, term: int, raw: Any, check: Any) -> None:
    page = bursar.get("/billing/new").text
    assert "GH₵170.00 each" in page
    form = {"term_id": term, f"list_{blue}": "1", "request_key": key_of(page)}
    for _ in range(2):
        answer = bursar.post("/billing/new", form)
        page = bursar.get(answer.location).text
    assert value(raw, "SELECT count(*) FROM fees WHERE billing_run_id IS NOT NULL") == 2
    assert "2 fees of GH₵170.00 are billed." in page
    run = value(raw, "SELECT id FROM billing_runs")
    assert page.count(f'action="/billing/{run}/take-back"') == 2, "in its row, and as the way back of what was done"
    fees = bursar.get(f"/fees?run={run}").text
    assert "Exam, Term 1" in fees
    assert "Tuition" not in fees.split("<tbody>")[1]
    again = bursar.post("/billing/new", {**form, "request_key": "z" * 24})
    assert (again.status_code, "Nobody in Blue is left to be billed" in again.text) == (422, True)
    assert "Everybody is billed" in bursar.get(f"/billing/new?list={blue}").text
    refused = bursar.post(f"/fee-structures/{blue}/delete")
    assert "was billed and stays" in bursar.get(refused.location).text
    back = bursar.post(f"/billing/{run}/take-back")
    assert "2 fees are taken back." in bursar.get(back.location).text
    assert "Taken back" in bursar.get(f"/billing/{run}/row").text
    assert value(raw, "SELECT count(*) FROM fees WHERE billing_run_id IS NOT NULL") == 0
    twice = bursar.post(f"/billing/{run}/take-back")
    assert "was taken back already" in bursar.get(twice.location).text
    check()


def test_a_list_only_for_some_charges_nobody_who_was_not_chosen(
    bursar: Person, blue: int, school: School, term: int, kinds: list[int], raw: Any
) -> None:
    other = insert(raw, "students", admission_no="P1", first_name="Ama", last_name="Owusu", class_id=school.blue)
    form = {f"amount_{kinds[0]}": "", f"amount_{kinds[1]}": "150.00", "is_optional": "1"}
    written(bursar, school, term, kinds, **form)
    bus = value(raw, "SELECT max(id) FROM fee_structures")
    page = bursar.get("/billing/new").text
    assert "Only for some" in page
    assert f'name="list_{bus}"' not in page
    refused = bursar.post("/billing/new", {"term_id": term, f"list_{bus}": "1", f"list_{blue}": "1"})
    assert (refused.status_code, "choose the students" in refused.text) == (422, True)
    page = bursar.get(f"/billing/new?list={bus}").text
    assert "checked" not in page.split('id="field-students"')[1].split("</ol>")[0]
    nobody = bursar.post("/billing/new", {"list_id": bus})
    assert (nobody.status_code, "Choose at least one student." in nobody.text) == (422, True)
    bursar.post("/billing/new", {"list_id": bus, f"student_{other}": "1"})
    assert rows(raw, "SELECT student_id FROM fees WHERE billing_run_id IS NOT NULL") == [{"student_id": other}]
    assert "1 of 2 take part" in bursar.get(f"/fee-structures?term={term}").text


def test_who_only_looks_may_not_bill(app: Flask, raw: Any, bursar: Person, blue: int, term: int) -> None:
    principal = sign_in(app, raw, "principal", username="head")
    for path in ("/billing", "/fee-structures"):
        page = principal.get(path)
        assert page.status_code == 200
        assert "/billing/new" not in page.text
        assert "/fee-structures/new" not in page.text
    for path in ("/billing/new", "/fee-structures/new", f"/fee-structures/{blue}"):
        assert principal.get(path).status_code == 403
        assert principal.post(path, {"term_id": term, f"list_{blue}": "1"}).status_code == 403
    teacher = sign_in(app, raw, "teacher", username="ato")
    assert teacher.get("/billing").status_code == 403
    assert value(raw, "SELECT count(*) FROM billing_runs") == 0


def test_a_new_school_is_told_what_comes_first(app: Flask, raw: Any) -> None:
    esi = sign_in(app, raw, "bursar", username="esi")
    assert "Nobody was billed yet" in esi.get("/billing").text
    assert "No terms yet" in esi.get("/fee-structures/new").text
    year = insert(raw, "academic_years", name="2099/2100", starts_on="2099-09-01", ends_on="2100-08-01")
    insert(raw, "terms", academic_year_id=year, name="Term 1", starts_on="2099-09-01", ends_on="2100-01-01")
    assert "No classes yet" in esi.get("/fee-structures/new").text
    insert(raw, "classes", name="Blue")
    assert "No fee types yet" in esi.get("/fee-structures/new").text
    assert "No price list for this term" in esi.get("/billing/new").text
