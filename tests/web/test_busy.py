"""A database that another program holds: an answer in time, nothing saved, and nothing that was typed is lost."""

from typing import Any

import pytest
from flask import Flask

from app.database import transaction
from tests.support.database import hold_the_write_lock, value
from tests.support.people import Person, program, sign_in
from tests.support.school import School

JSON = {"Accept": "application/json"}


@pytest.fixture
def esi(app: Flask, raw: Any, school: School) -> Person:
    person = sign_in(app, raw, "bursar")
    person.get("/desk")  # the session has just been seen, so that reading a page writes nothing
    return person


@pytest.fixture
def held(raw: Any, esi: Person, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(transaction, "LOCK_TIMEOUT", 0.2)
    hold_the_write_lock(raw)
    yield raw
    raw.execute("ROLLBACK")


def test_a_form_comes_back_as_it_was_typed(esi: Person, school: School, held: Any) -> None:
    typed = {"student_id": str(school.kofi), "amount_due": "12.50", "description": "Bus", "request_key": "k" * 20}
    for path, form in (("/fees/new", typed), ("/desk", {**typed, "student_id": str(school.asha), "amount": "12.50"})):
        answer = esi.post(path, form)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "The database is busy; nothing was saved." in answer.text
        assert 'value="12.50"' in answer.text
        assert f'value="{"k" * 20}"' in answer.text, "the same key is sent again"


def test_a_script_and_a_program_hear_503(app: Flask, esi: Person, school: School, raw: Any, held: Any) -> None:
    form = {"student_id": str(school.asha), "amount": "12.50", "request_key": "k" * 20}
    answer = esi.post("/desk", form, headers=JSON)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "database_busy")
    assert answer.headers["Retry-After"]


def test_afterwards_the_same_form_is_saved(esi: Person, school: School, raw: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(transaction, "LOCK_TIMEOUT", 0.2)
    form = {"student_id": str(school.asha), "amount": "12.50", "request_key": "k" * 20}
    hold_the_write_lock(raw)
    assert esi.post("/desk", form, headers=JSON).status_code == 503
    raw.execute("ROLLBACK")
    assert esi.post("/desk", form, headers=JSON).status_code == 201
    assert value(raw, "SELECT count(*) FROM payments") == 1


def test_a_payment_over_the_api_hears_503(app: Flask, raw: Any, school: School, monkeypatch: Any) -> None:
    monkeypatch.setattr(transaction, "LOCK_TIMEOUT", 0.2)
    office = program(app, raw)
    hold_the_write_lock(raw)
    answer = office.post("/payments", {"student_id": school.asha, "amount": 5}, {"Idempotency-Key": "k"})
    raw.execute("ROLLBACK")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert value(raw, "SELECT count(*) FROM payments") == 0
