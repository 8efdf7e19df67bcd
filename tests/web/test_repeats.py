"""A form that adds something is saved once, however often it arrives; changed in between, it is a new one."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.support.database import value
from tests.support.people import Person, sign_in
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("same_day")
_KEY = re.compile(r'name="request_key" value="([^"]+)"')
FORMS = {
    "students": ("registrar", "/students/new", {"first_name": "Ama", "last_name": "Owusu", "born_on": "2019-05-31"}),
    "teachers": ("registrar", "/teachers/new", {"first_name": "Ama", "last_name": "Owusu", "hired_on": "2020-09-01"}),
    "guardians": ("registrar", "/students/1/guardians/new", {"full_name": "Yaa Owusu", "pays_fees": "1"}),
    "fees": ("bursar", "/fees/new", {"student_id": "1", "amount_due": "40", "due_on": "2026-12-01"}),
    "financial_transactions": (
        "bursar",
        "/transactions/new",
        {"type": "income", "amount": "40", "category_id": "1", "transaction_date": "2026-01-05"},
    ),
}
CHANGES = {"first_name": "Esi", "full_name": "Esi Owusu", "amount_due": "41", "amount": "41"}


@pytest.fixture(params=FORMS)
def table(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def person(app: Flask, raw: Any, school: School, table: str) -> Person:
    return sign_in(app, raw, FORMS[table][0])


def key_of(answer: Any) -> str:
    found = _KEY.search(answer.get_data(as_text=True))
    assert found
    return found[1]


def test_a_form_is_saved_once_and_once_more_when_it_was_changed(person: Person, raw: Any, table: str) -> None:
    _, address, fields = FORMS[table]
    form = {**fields, "request_key": key_of(person.get(address))}
    count = f"SELECT count(*) FROM {table}"
    before = value(raw, count)

    first, second = person.post(address, form), person.post(address, form)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]
    assert value(raw, count) == before + 1

    changed = {**form, **{name: word for name, word in CHANGES.items() if name in form}}
    refused = person.post(address, changed)
    assert refused.status_code == 422
    assert "This form was saved already, and changed afterwards." in refused.get_data(as_text=True)
    assert value(raw, count) == before + 1

    assert person.post(address, {**changed, "request_key": key_of(refused)}).status_code == 302
    assert value(raw, count) == before + 2
