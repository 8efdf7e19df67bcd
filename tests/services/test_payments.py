"""Receiving money: worked examples, refusals that change nothing, and what happens when many pay at once."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.clock import today
from app.database import Actor, acting_as, atomic, sqlite
from app.errors import Conflict, DatabaseBusy, Invalid, KeyReused, SchoolError
from app.extensions import db
from app.services.fees import add_fee
from app.services.payments import Recorded, record_payment, void_payment
from tests.support.database import hold_the_write_lock, insert, raw_connection, rows, set_setting, value
from tests.support.office import booked, close, credit_of, everything, fee_of, figure, receipts
from tests.support.school import School

TODAY = "2026-03-10"
pytestmark = pytest.mark.usefixtures("office")


# One payment


def test_the_oldest_fee_is_settled_first(school: School, raw: Any) -> None:
    done = record_payment(student_id=school.asha, amount=62_000, method="momo", external_reference=" MM-1 ", note=" ")
    payment = done.payment
    assert (payment.receipt_no, payment.amount, payment.method) == ("R-000001", 62_000, "momo")
    assert (payment.external_reference, payment.note, payment.received_by) == ("MM-1", None, school.bursar)
    assert [(share.fee_id, share.amount) for share in payment.allocations] == [
        (school.tuition, 60_000),
        (school.books, 2_000),
    ]
    assert booked(raw, f"FEE-{school.tuition}") == [(TODAY, 60_000)]
    assert booked(raw, f"FEE-{school.books}") == [(TODAY, 2_000)]
    assert figure(raw, "total_income") == figure(raw, "daily_fees_2026-03-10_momo") == 62_000
    assert fee_of(raw, school.books)["arrears"] == 3_000


def test_the_shares_can_be_chosen(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=3_000, allocations=[(school.books, 2_000), (school.tuition, 1_000)])
    assert (fee_of(raw, school.books)["amount_paid"], fee_of(raw, school.tuition)["amount_paid"]) == (2_000, 1_000)


def test_what_nobody_owes_becomes_credit_after_a_yes(school: School, raw: Any) -> None:
    before = everything(raw)
    with pytest.raises(Invalid, match="GH₵5.00 more than is owed; confirm") as refused:
        record_payment(student_id=school.asha, amount=65_500)
    assert (refused.value.param, refused.value.code) == ("amount", "overpayment")
    assert refused.value.details == {"credit": 500}
    assert everything(raw) == before
    record_payment(student_id=school.asha, amount=65_500, allow_credit=True)
    assert booked(raw, "CREDIT-1") == [(TODAY, 500)]
    assert credit_of(raw, school.asha) == 500
    assert (figure(raw, "total_income"), figure(raw, "total_fees_collected")) == (65_500, 65_000)


def test_a_rest_that_could_settle_a_fee_is_not_called_more_than_is_owed(school: School) -> None:
    with pytest.raises(Invalid, match="The shares leave GH₵10.00 of the amount over"):
        record_payment(student_id=school.asha, amount=3_000, allocations=[(school.books, 2_000)])


def test_the_bursar_the_wall_and_the_log_are_told_once(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=500)
    (told,) = rows(raw, "SELECT * FROM system_notifications")
    assert (told["message"], told["action_url"]) == ("GH₵5.00 received · Cash · Blue", "/receipts/R-000001")
    assert "Asha" not in told["title"] + told["message"], "the wall names nobody"
    assert ",wall," in told["target_roles"]
    logged = rows(raw, "SELECT * FROM user_activity_log WHERE table_name = 'payments'")
    assert [row["username"] for row in logged] == ["esi"]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -500}, "amount"),
        ({"amount": 10**12 + 1}, "amount"),
        ({"amount": 10**30}, "amount"),
        ({"amount": 5.0}, "amount"),
        ({"amount": "5"}, "amount"),
        ({"amount": True}, "amount"),
        ({"method": "gold"}, "method"),
        ({"paid_on": date(2026, 3, 11)}, "paid_on"),
        ({"paid_on": date(1999, 12, 31)}, "paid_on"),
        ({"student_id": 999}, "student_id"),
        ({"external_reference": "x" * 65}, "external_reference"),
        ({"note": "x" * 201}, "note"),
        ({"note": "rang\x07"}, "note"),
        ({"allocations": [(1, 600)]}, "allocations"),
        ({"allocations": [(1, 300), (1, 200)]}, "allocations"),
        ({"allocations": [(1, -100), (2, 600)]}, "allocations"),
        ({"allocations": [(1, 0)]}, "allocations"),
        ({"allocations": [(3, 500)]}, "allocations"),
        ({"allocations": [(999, 500)]}, "allocations"),
        ({"amount": 6_000, "allocations": [(2, 6_000)]}, "allocations"),
    ],
)
def test_a_refusal_names_the_field_and_changes_nothing(
    school: School, raw: Any, given: dict[str, Any], param: str
) -> None:
    assert insert(raw, "fees", student_id=school.kofi, amount_due=1_000) == 3
    before = everything(raw)
    with pytest.raises(Invalid) as refused:
        record_payment(**{"student_id": school.asha, "amount": 500, **given})
    assert refused.value.param == param
    assert refused.value.message.endswith(".")
    assert everything(raw) == before


def test_a_withdrawn_student_pays_after_a_yes(school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.asha,))
    with pytest.raises(Invalid, match="Asha Mensah has withdrawn; confirm"):
        record_payment(student_id=school.asha, amount=500)
    assert record_payment(student_id=school.asha, amount=500, allow_withdrawn=True).payment.amount == 500


def test_a_reference_on_two_receipts_needs_a_yes(school: School, raw: Any) -> None:
    momo = {"method": "momo", "external_reference": "MM-1"}
    first = record_payment(student_id=school.asha, amount=500, **momo).payment
    before = everything(raw)
    for again in (momo, {**momo, "external_reference": " MM-1 "}):
        with pytest.raises(Invalid, match="MoMo MM-1 is already on receipt R-000001; confirm") as refused:
            record_payment(student_id=school.asha, amount=700, **again)
        assert (refused.value.param, refused.value.code) == ("external_reference", "reference_used")
        assert refused.value.details == {"receipt_no": "R-000001"}
    assert everything(raw) == before
    record_payment(student_id=school.asha, amount=700, allow_used_reference=True, **momo)
    record_payment(student_id=school.asha, amount=100, method="bank", external_reference="MM-1")
    for _ in range(2):
        record_payment(student_id=school.asha, amount=100, method="momo", external_reference=" ")
    assert len(receipts(raw)) == 5
    void_payment(payment_id=first.id, reason="typed twice")
    with pytest.raises(Invalid, match="R-000002"):
        record_payment(student_id=school.asha, amount=500, **momo)
    void_payment(payment_id=2, reason="typed twice")
    assert record_payment(student_id=school.asha, amount=500, **momo).payment.receipt_no == "R-000006"


def test_a_new_prefix_leaves_no_gap_and_no_number_twice(school: School, raw: Any) -> None:
    numbers = []
    for prefix in ("A", "B", "A"):
        set_setting(raw, "receipt_prefix", prefix)
        numbers.append(record_payment(student_id=school.asha, amount=1).payment.receipt_no)
    assert numbers == ["A-000001", "B-000002", "A-000003"]


# Closed days


def test_a_closed_day_takes_no_more_receipts(school: School, raw: Any) -> None:
    close(raw, "2026-03-04", cashier=school.bursar)
    before = everything(raw)
    with pytest.raises(Conflict, match="The day 2026-03-04 is closed for Cash") as refused:
        record_payment(student_id=school.asha, amount=500, paid_on=date(2026, 3, 4))
    assert (refused.value.code, refused.value.param) == ("day_closed", "paid_on")
    assert everything(raw) == before
    record_payment(student_id=school.asha, amount=500, paid_on=date(2026, 3, 4), method="momo")
    record_payment(student_id=school.asha, amount=500, paid_on=date(2026, 3, 5))
    with acting_as(Actor(insert(raw, "users", username="ama", role="bursar"), "ama")):
        record_payment(student_id=school.asha, amount=500, paid_on=date(2026, 3, 4))


def test_a_day_closed_for_everybody_is_closed_for_programs_too(school: School, raw: Any) -> None:
    close(raw, TODAY)
    for actor in (Actor(school.bursar, "esi"), Actor(None, "clock")):
        with acting_as(actor), pytest.raises(Conflict):
            record_payment(student_id=school.asha, amount=500)


def test_a_repeated_request_is_answered_after_the_close_too(school: School, raw: Any) -> None:
    first = record_payment(student_id=school.asha, amount=500, request_key="k", request_hash="h")
    close(raw, TODAY)
    again = record_payment(student_id=school.asha, amount=500, request_key="k", request_hash="h")
    assert again.replayed and again.payment.id == first.payment.id


def test_credit_of_a_closed_day_is_used_today(school: School, raw: Any) -> None:
    record_payment(student_id=school.kofi, amount=500, paid_on=date(2026, 3, 4), allow_credit=True)
    close(raw, "2026-03-04")
    add_fee(student_id=school.kofi, amount_due=300)
    assert booked(raw, "CREDIT-1") == [("2026-03-04", 500), (TODAY, -300)]


# Repeats


def test_a_repeated_request_takes_the_money_once(school: School, raw: Any) -> None:
    asked: dict[str, Any] = {"student_id": school.asha, "amount": 500, "request_key": "k", "request_hash": "h"}
    first, again = record_payment(**asked), record_payment(**asked)
    assert (first.payment.id, first.replayed, again.replayed) == (again.payment.id, False, True)
    assert len(receipts(raw)) == 1
    assert value(raw, "SELECT count(*) FROM system_notifications") == 1


def test_a_repeat_is_answered_whatever_happened_since(school: School, raw: Any) -> None:
    asked: dict[str, Any] = {"student_id": school.asha, "amount": 65_000, "request_key": "k", "request_hash": "h"}
    first = record_payment(**asked).payment.id
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.asha,))
    assert record_payment(**asked).payment.id == first
    void_payment(payment_id=first, reason="bounced")
    again = record_payment(**asked).payment
    assert (again.id, again.void_reason) == (first, "bounced"), "a repeat never takes the money again"


@pytest.mark.parametrize("same_user", [True, False])
def test_a_key_stands_for_one_request_of_one_person(school: School, raw: Any, same_user: bool) -> None:
    record_payment(student_id=school.asha, amount=500, request_key="k", request_hash="h")
    before = everything(raw)
    user_id = school.bursar if same_user else insert(raw, "users", username="ama", role="bursar")
    before["user_activity_log"] = everything(raw)["user_activity_log"]
    with acting_as(Actor(user_id, "ama")), pytest.raises(KeyReused) as refused:
        record_payment(student_id=school.asha, amount=500, request_key="k", request_hash="H" if same_user else "h")
    assert refused.value.details == {}
    assert everything(raw) == before


def test_without_a_key_two_payments_are_two(school: School, raw: Any) -> None:
    for _ in range(2):
        record_payment(student_id=school.asha, amount=500)
    assert len(receipts(raw)) == 2


# All or nothing


class Boom(Exception):
    """Something that nobody expected."""


def test_a_rollback_gives_the_receipt_number_back(school: School, raw: Any) -> None:
    before = everything(raw)
    with pytest.raises(Boom), atomic():
        record_payment(student_id=school.asha, amount=500)
        raise Boom
    assert everything(raw) == before
    assert record_payment(student_id=school.asha, amount=500).payment.receipt_no == "R-000001"


def test_every_statement_of_a_payment_can_fail_and_leave_nothing(school: School, raw: Any) -> None:
    """The power goes at each statement in turn; only the last attempt, in which nothing fails, leaves something."""
    before = everything(raw)
    seen, limit = 0, 0

    def fail(*ignored: object) -> None:
        nonlocal seen
        seen += 1
        if seen == limit:
            raise Boom

    event.listen(db.engine, "after_cursor_execute", fail)
    try:
        while True:
            seen, limit = 0, limit + 1
            try:
                record_payment(student_id=school.asha, amount=65_500, allow_credit=True, request_key="k")
                break
            except Boom:
                assert everything(raw) == before
    finally:
        event.remove(db.engine, "after_cursor_execute", fail)
    assert 10 < limit < 30
    assert receipts(raw) == [("R-000001", 65_500, TODAY, True)]


def test_a_busy_database_takes_nothing(
    school: School, raw: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.database.transaction.LOCK_TIMEOUT", 0.2)
    before = everything(raw)
    other = raw_connection(database)
    hold_the_write_lock(other)
    with pytest.raises(DatabaseBusy):
        record_payment(student_id=school.asha, amount=500, request_key="k")
    other.execute("ROLLBACK")
    other.close()
    assert everything(raw) == before
    assert record_payment(student_id=school.asha, amount=500, request_key="k").replayed is False


def test_a_payment_costs_few_statements(school: School, backend: str) -> None:
    record_payment(student_id=school.asha, amount=500)
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    record_payment(student_id=school.asha, amount=500, request_key="k")
    # On PostgreSQL a write begins with its locks.
    assert len(statements) <= (17 if backend == "sqlite" else 18), statements


# Many at once


def together(app: Flask, work: Sequence[Callable[[], Recorded]]) -> tuple[list[tuple[int, bool]], list[SchoolError]]:
    """Start everything at once, each in a thread of its own; payments (id, replayed) that were made, and refusals."""
    done: list[tuple[int, bool]] = []
    refused: list[SchoolError] = []
    start = threading.Barrier(len(work))

    def run(one: Callable[[], Recorded]) -> None:
        with app.app_context(), acting_as(Actor(None, "desk")):
            start.wait()
            try:
                recorded = one()
                done.append((recorded.payment.id, recorded.replayed))
            except SchoolError as refusal:
                refused.append(refusal)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) + len(refused) == len(work)
    return done, refused


def test_eight_desks_never_take_more_than_one_fee_owes(app: Flask, school: School, raw: Any) -> None:
    def pay() -> Recorded:
        return record_payment(student_id=school.asha, amount=900, allocations=[(school.books, 900)])

    done, refused = together(app, [pay] * 8)
    assert len(done) == 5
    assert {refusal.code for refusal in refused} == {"fee_over_settled"}
    assert fee_of(raw, school.books)["amount_paid"] == 4_500
    assert [number for number, *_ in receipts(raw)] == [f"R-{number:06}" for number in range(1, 6)]


def test_eight_desks_settle_the_oldest_first_and_not_a_pesewa_more(app: Flask, school: School, raw: Any) -> None:
    done, refused = together(app, [lambda: record_payment(student_id=school.asha, amount=10_000)] * 8)
    assert len(done) == 6
    assert {refusal.code for refusal in refused} == {"overpayment"}
    assert (figure(raw, "total_outstanding_fees"), credit_of(raw, school.asha)) == (5_000, 0)


def test_eight_desks_with_a_yes_leave_the_rest_as_credit(app: Flask, school: School, raw: Any) -> None:
    pay = [lambda: record_payment(student_id=school.asha, amount=10_000, allow_credit=True)] * 8
    done, refused = together(app, pay)
    assert (len(done), refused) == (8, [])
    assert (figure(raw, "total_outstanding_fees"), credit_of(raw, school.asha)) == (0, 15_000)
    assert figure(raw, "total_income") == 80_000


def test_a_hundred_equal_requests_make_one_payment(
    app: Flask, school: School, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A slow machine may need longer for a hundred than one office would wait.
    monkeypatch.setattr("app.database.transaction.LOCK_TIMEOUT", 60)
    pay = [lambda: record_payment(student_id=school.asha, amount=500, request_key="k", request_hash="h")] * 100
    done, refused = together(app, pay)
    assert refused == []
    assert sorted(done) == [(1, False)] + [(1, True)] * 99
    assert len(receipts(raw)) == 1


# The school's own date

ZONES = ("Africa/Accra", "America/New_York", "Europe/London", "Pacific/Auckland")


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(month=st.integers(1, 12), seconds=st.integers(-86_400, 86_400), at_midnight=st.booleans())
def test_a_payment_belongs_to_the_month_on_the_school_s_wall(
    school: School, raw: Any, zone: str, month: int, seconds: int, at_midnight: bool
) -> None:
    """Around each turn of a month, also where clocks change: today is the school's date, and tomorrow is refused."""
    set_setting(raw, "timezone", zone)
    turn = datetime(2025, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp()
    moment = turn + (seconds % 2 if at_midnight else seconds) - (1 if at_midnight else 0)
    with time_machine.travel(moment, tick=False):
        expected = datetime.fromtimestamp(moment, ZoneInfo(zone)).date()
        assert today() == expected
        before = figure(raw, f"monthly_income_{expected:%Y-%m}")
        payment = record_payment(student_id=school.kofi, amount=7, allow_credit=True).payment
        assert payment.paid_on == expected
        assert figure(raw, f"monthly_income_{expected:%Y-%m}") == before + 7
        with pytest.raises(Invalid, match="cannot be in the future"):
            record_payment(student_id=school.kofi, amount=7, paid_on=date.fromordinal(expected.toordinal() + 1))


def test_a_receipt_voided_after_midnight_is_reversed_on_the_new_day(school: School, raw: Any, office: Any) -> None:
    raw.execute("INSERT INTO settings (key, value) VALUES ('timezone', 'Pacific/Auckland')")
    office.move_to("2026-03-31T10:59:30+00:00")
    payment = record_payment(student_id=school.asha, amount=500).payment
    assert payment.paid_on == date(2026, 3, 31)
    close(raw, "2026-03-31")
    office.move_to("2026-03-31T11:00:30+00:00")
    void_payment(payment_id=payment.id, reason="bounced")
    assert booked(raw, f"FEE-{school.tuition}") == [("2026-03-31", 500), ("2026-04-01", -500)]


def test_the_lock_is_free_again_after_every_refusal(school: School) -> None:
    for amount in (-1, 10**9):
        with pytest.raises(Invalid):
            record_payment(student_id=school.asha, amount=amount)
    assert sqlite._write_lock.acquire(timeout=1)
    sqlite._write_lock.release()
