"""A request that was here before is answered also while somebody else holds the write lock."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.database import Actor, acting_as
from app.errors import DatabaseBusy, KeyReused
from app.services.fees import add_fee
from app.services.guardians import add_guardian_of
from app.services.payments import record_payment
from app.services.students import add_student
from app.services.teachers import add_teacher
from app.services.transactions import add_transaction
from tests.support.database import hold_the_write_lock, value
from tests.support.office import working
from tests.support.school import School

Request = Callable[..., Any]


@pytest.fixture(autouse=True)
def office(in_app: Flask, school: School) -> Iterator[None]:
    with working(school.bursar):
        yield


@pytest.fixture(params=["payment", "fee", "transaction", "student", "teacher", "guardian"])
def send(request: pytest.FixtureRequest, school: School, raw: Any) -> Request:
    """One of the requests that carry a key; the id of what it made."""
    canteen = value(raw, "SELECT id FROM financial_categories WHERE type = 'income' LIMIT 1")
    given = {"request_key": "k", "request_hash": "h"}
    ama = {"first_name": "Ama", "last_name": "Owusu"}
    requests: dict[str, Request] = {
        "payment": lambda **kw: record_payment(student_id=school.asha, amount=500, **{**given, **kw}).payment.id,
        "fee": lambda **kw: add_fee(student_id=school.asha, amount_due=900, amount_paid=500, **{**given, **kw}).fee.id,
        "transaction": lambda **kw: add_transaction(type="income", category_id=canteen, amount=5, **{**given, **kw}).id,
        "student": lambda **kw: add_student(**ama, **{**given, **kw}).id,
        "teacher": lambda **kw: add_teacher(**ama, **{**given, **kw}).id,
        "guardian": lambda **kw: add_guardian_of(student_id=school.asha, full_name="Ama Owusu", **{**given, **kw}).id,
    }
    return requests[request.param]


@pytest.mark.sqlite
def test_a_repeat_is_answered_without_the_write_lock(
    send: Request, raw: Any, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = send()
    monkeypatch.setattr("app.database.transaction.LOCK_TIMEOUT", 0.1)
    hold_the_write_lock(raw)
    assert send() == first
    with pytest.raises(KeyReused):
        send(request_hash="another")
    with acting_as(Actor(None, "clock")), pytest.raises(KeyReused):
        send()
    with pytest.raises(DatabaseBusy):
        send(request_key="another")
    raw.execute("ROLLBACK")
