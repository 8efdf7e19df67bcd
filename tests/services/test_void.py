"""Undoing receipts: worked examples on open days and after the close."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from app.database import Actor, acting_as
from app.errors import Conflict, Invalid, Missing
from app.services.fees import add_fee, update_fee
from app.services.payments import record_payment, void_payment
from tests.support.database import insert, rows, value
from tests.support.laws import Witness
from tests.support.office import (
    alerts_told,
    booked,
    close,
    credit_of,
    everything,
    fee_of,
    figure,
    receipts,
)
from tests.support.school import School

TODAY = "2026-03-10"
FEBRUARY = date(2026, 2, 3)


@pytest.fixture(autouse=True)
def receipts_stay(office: Any, raw: Any) -> Iterator[None]:
    """Whatever is done here, no receipt has changed by the evening."""
    witness = Witness(raw)
    yield
    assert witness.look() == []


def test_on_an_open_day_the_rows_go_and_the_receipt_stays(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=62_000, paid_on=FEBRUARY)
    payment = void_payment(payment_id=1, reason=" Typed twice ")
    assert (payment.void_reason, payment.voided_by) == ("Typed twice", school.bursar)
    assert payment.voided_at is not None
    assert receipts(raw) == [("R-000001", 62_000, "2026-02-03", False)]
    assert rows(raw, "SELECT * FROM financial_transactions") == []
    assert figure(raw, "total_income") == figure(raw, "monthly_fees_2026-02") == 0
    assert figure(raw, "total_outstanding_fees") == 65_000
    assert len(rows(raw, "SELECT * FROM payment_allocations")) == 2, "what it paid stays on record"


def test_on_a_closed_day_a_reversal_is_posted_today(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=66_000, paid_on=FEBRUARY, allow_credit=True)
    close(raw, "2026-02-03", cashier=school.bursar)
    witness = Witness(raw)
    witness.look()
    void_payment(payment_id=1, reason="Cheque bounced")
    assert witness.look() == []
    assert booked(raw, f"FEE-{school.tuition}") == [("2026-02-03", 60_000), (TODAY, -60_000)]
    assert booked(raw, "CREDIT-1") == [("2026-02-03", 1_000), (TODAY, -1_000)]
    reversals = rows(raw, "SELECT * FROM financial_transactions WHERE reverses_id IS NOT NULL ORDER BY id")
    assert [row["reverses_id"] for row in reversals] == [1, 2, 3]
    assert reversals[0]["description"] == "Reversal: Asha Mensah: Tuition (R-000001)"
    assert (figure(raw, "monthly_income_2026-02"), figure(raw, "monthly_income_2026-03")) == (66_000, -66_000)
    assert figure(raw, "total_income") == 0


def test_the_day_must_be_closed_for_this_cashier_and_method(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=500, paid_on=FEBRUARY, method="momo")
    close(raw, "2026-02-03", method="cash")
    close(raw, "2026-02-03", method="momo", cashier=insert(raw, "users", username="ama", role="bursar"))
    void_payment(payment_id=1, reason="wrong student")
    assert booked(raw, f"FEE-{school.tuition}") == []


def test_whoever_voids_the_cashier_s_own_close_counts(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=500, paid_on=FEBRUARY)
    close(raw, "2026-02-03", cashier=school.bursar)
    ama = insert(raw, "users", username="ama", role="principal")
    with acting_as(Actor(ama, "ama")):
        void_payment(payment_id=1, reason="wrong student")
    assert booked(raw, f"FEE-{school.tuition}") == [("2026-02-03", 500), (TODAY, -500)]
    assert value(raw, "SELECT voided_by FROM payments") == ama


def test_closed_rows_are_reversed_and_open_rows_go(school: School, raw: Any, office: Any) -> None:
    """A receipt of a closed day whose credit a later fee used: each row by its own day."""
    record_payment(student_id=school.kofi, amount=1_000, paid_on=FEBRUARY, allow_credit=True)
    trip = add_fee(student_id=school.kofi, amount_due=300).fee
    assert trip
    close(raw, "2026-02-03")
    void_payment(payment_id=1, reason="bounced")
    assert booked(raw, "CREDIT-1") == [("2026-02-03", 1_000), (TODAY, -1_000)]
    assert booked(raw, f"FEE-{trip.id}") == []
    assert (fee_of(raw, trip.id)["arrears"], credit_of(raw, school.kofi)) == (300, 0)


def test_a_credit_that_was_used_is_owed_again(school: School, raw: Any) -> None:
    record_payment(student_id=school.kofi, amount=1_000, allow_credit=True)
    record_payment(student_id=school.kofi, amount=100, allow_credit=True)
    trip = add_fee(student_id=school.kofi, amount_due=1_050).fee
    assert trip
    void_payment(payment_id=1, reason="bounced")
    assert (fee_of(raw, trip.id)["amount_paid"], credit_of(raw, school.kofi)) == (50, 50)
    assert add_fee(student_id=school.kofi, amount_due=80).fee
    assert credit_of(raw, school.kofi) == 0, "only the credit that is left is used"


def test_a_receipt_is_voided_once(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=500, paid_on=FEBRUARY)
    close(raw, "2026-02-03")
    void_payment(payment_id=1, reason="bounced")
    before = everything(raw)
    with pytest.raises(Conflict, match="was voided before") as refused:
        void_payment(payment_id=1, reason="again")
    assert refused.value.code == "already_voided"
    assert everything(raw) == before


def test_a_replaced_receipt_is_voided_already_and_its_successor_can_be(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=65_000)
    update_fee(fee_id=school.tuition, version=fee_of(raw, school.tuition)["version"], amount_paid=10_000)
    with pytest.raises(Conflict):
        void_payment(payment_id=1, reason="again")
    void_payment(payment_id=2, reason="bounced")
    assert figure(raw, "total_income") == figure(raw, "total_fees_collected") == 0


@pytest.mark.parametrize("reason", ["", "   ", "\n", "x" * 201])
def test_a_void_has_a_reason_of_a_line(school: School, raw: Any, reason: str) -> None:
    record_payment(student_id=school.asha, amount=500)
    before = everything(raw)
    with pytest.raises(Invalid) as refused:
        void_payment(payment_id=1, reason=reason)
    assert refused.value.param == "reason"
    assert everything(raw) == before


def test_a_receipt_that_does_not_exist_is_missing() -> None:
    with pytest.raises(Missing):
        void_payment(payment_id=7, reason="x")


def test_a_number_is_never_used_again(school: School, raw: Any) -> None:
    for _ in range(3):
        void_payment(payment_id=record_payment(student_id=school.asha, amount=500).payment.id, reason="x")
    assert [number for number, *_ in receipts(raw)] == ["R-000001", "R-000002", "R-000003"]


def test_a_void_can_raise_the_alert_and_those_who_answer_for_money_are_told(school: School, raw: Any) -> None:
    add_fee(student_id=school.kofi, amount_due=150_000, amount_paid=80_000)
    assert alerts_told(raw) == []
    void_payment(payment_id=1, reason="bounced")
    assert alerts_told(raw) == ["Kofi Boateng owes GHS 1,500.00, more than the alert threshold."]
    (told,) = rows(raw, "SELECT * FROM system_notifications WHERE type = 'payment_voided'")
    assert told["message"] == "Receipt R-000001 of GH₵800.00 was voided: bounced"
    assert ",wall," not in told["target_roles"]


def test_the_alert_tells_of_all_fees_of_a_voided_receipt(school: School, raw: Any) -> None:
    raw.execute("UPDATE fees SET amount_due = 99000 WHERE id = ?", (school.tuition,))
    add_fee(student_id=school.asha, amount_due=1_000)
    assert alerts_told(raw)[1:] == []
    record_payment(student_id=school.asha, amount=105_000)
    void_payment(payment_id=1, reason="bounced")
    assert alerts_told(raw)[-1] == "Asha Mensah owes GHS 1,050.00, more than the alert threshold."


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments SET voided_at = NULL, void_reason = NULL",
        "UPDATE payments SET void_reason = 'another'",
        "UPDATE payments SET amount = 1",
        "DELETE FROM payments",
        "DELETE FROM payment_allocations",
        "UPDATE payment_allocations SET amount = 1",
        "DELETE FROM financial_transactions",
        "UPDATE financial_transactions SET amount = 1",
        "UPDATE fees SET amount_paid = 1",
        "INSERT INTO payment_allocations (payment_id, fee_id, amount) VALUES (1, 1, 1)",
    ],
)
def test_no_hand_brings_a_voided_receipt_back_or_cleans_up_after_it(school: School, raw: Any, statement: str) -> None:
    record_payment(student_id=school.asha, amount=500, paid_on=FEBRUARY)
    close(raw, "2026-02-03")
    void_payment(payment_id=1, reason="bounced")
    before = everything(raw)
    with pytest.raises(raw.IntegrityError):
        raw.execute(statement)
    assert everything(raw) == before
