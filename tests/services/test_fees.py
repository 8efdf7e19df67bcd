"""Adding, changing and deleting fees: worked examples of what the money does."""

from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.errors import Conflict, Invalid, KeyReused, Missing, SchoolError, Stale
from app.services.fees import FeeResult, add_fee, delete_fee, update_fee
from app.services.payments import record_payment, void_payment
from tests.support.database import insert, rows, value
from tests.support.office import (
    alerts_told,
    booked,
    close,
    credit_of,
    everything,
    fee_of,
    figure,
    receipts,
    working,
)
from tests.support.school import School
from tests.support.threads import at_once

CREATED = "Payment recorded and financial transaction created"
UPDATED = "Payment and financial records updated"
DELETED = "Payment and financial records deleted"
TODAY = "2026-03-10"
pytestmark = pytest.mark.usefixtures("office")


def change(raw: Any, fee_id: int, **changes: Any) -> FeeResult:
    """Change a fee from its newest version."""
    return update_fee(fee_id=fee_id, version=fee_of(raw, fee_id)["version"], **changes)


# Adding


def test_a_fee_that_is_paid_at_once_is_in_the_books(school: School, raw: Any) -> None:
    done = add_fee(student_id=school.kofi, amount_due=60_000, amount_paid=20_000, description="Tuition", method="momo")
    assert done.message == CREATED
    assert done.fee and done.payment
    assert (done.fee.amount_paid, done.fee.arrears) == (20_000, 40_000)
    (row,) = rows(raw, "SELECT * FROM financial_transactions")
    assert (row["reference"], row["amount"], row["type"]) == (f"FEE-{done.fee.id}", 20_000, "income")
    assert (row["transaction_date"], row["payment_method"], row["created_by"]) == (TODAY, "momo", school.bursar)
    assert row["description"] == "Kofi Boateng: Tuition (R-000001)"
    category = value(raw, "SELECT name FROM financial_categories WHERE id = ?", (row["category_id"],))
    assert category == "School Fees"


def test_a_fee_without_a_payment_claims_none(school: School, raw: Any) -> None:
    done = add_fee(student_id=school.kofi, amount_due=60_000)
    assert (done.message, done.payment) == ("Fee added", None)
    assert rows(raw, "SELECT * FROM financial_transactions") == []


def test_a_fee_type_with_a_category_of_its_own_posts_there(school: School, raw: Any) -> None:
    buses = insert(raw, "financial_categories", name="Buses", type="income")
    transport = insert(raw, "fee_types", name="Transport", category_id=buses)
    done = add_fee(student_id=school.kofi, amount_due=500, amount_paid=200, fee_type_id=transport)
    assert done.fee
    raw.execute("UPDATE fee_types SET category_id = NULL")
    change(raw, done.fee.id, amount_paid=500)
    booked_in = rows(raw, "SELECT category_id, amount FROM financial_transactions ORDER BY id")
    assert [row["amount"] for row in booked_in] == [200, 300]
    assert booked_in[0]["category_id"] == buses, "what is posted stays where it was posted"
    assert booked_in[1]["category_id"] != buses
    assert figure(raw, f"category_{buses}_2026-03") == 200


def test_a_new_bill_takes_the_credit_and_income_is_counted_once(school: School, raw: Any, office: Any) -> None:
    record_payment(student_id=school.kofi, amount=10_000, paid_on=date(2026, 1, 20), allow_credit=True)
    assert booked(raw, "CREDIT-1") == [("2026-01-20", 10_000)]
    first = add_fee(student_id=school.kofi, amount_due=6_000)
    second = add_fee(student_id=school.kofi, amount_due=6_000)
    assert first.fee and second.fee
    assert (first.fee.arrears, second.fee.amount_paid) == (0, 4_000)
    assert (first.message, first.payment) == ("Fee added", None), "no money came in"
    assert booked(raw, "CREDIT-1") == [("2026-01-20", 10_000), (TODAY, -6_000), (TODAY, -4_000)]
    assert booked(raw, f"FEE-{first.fee.id}") == [(TODAY, 6_000)]
    assert (figure(raw, "total_income"), credit_of(raw, school.kofi)) == (10_000, 0)
    assert figure(raw, "monthly_income_2026-01") == 10_000
    assert figure(raw, "monthly_income_2026-03") == 0
    assert figure(raw, "monthly_fees_2026-03") == 10_000


def test_a_bill_takes_the_oldest_credit_first_and_only_what_it_owes(school: School, raw: Any) -> None:
    for amount in (300, 500):
        record_payment(student_id=school.kofi, amount=amount, allow_credit=True)
    done = add_fee(student_id=school.kofi, amount_due=600, amount_paid=200)
    assert done.fee and done.payment
    assert done.fee.arrears == 0
    shares = rows(raw, "SELECT payment_id, amount FROM payment_allocations ORDER BY id")
    assert [(row["payment_id"], row["amount"]) for row in shares] == [(3, 200), (1, 300), (2, 100)]
    assert credit_of(raw, school.kofi) == 400


def test_paying_more_than_the_fee_needs_a_yes(school: School, raw: Any) -> None:
    before = everything(raw)
    with pytest.raises(Invalid) as refused:
        add_fee(student_id=school.kofi, amount_due=100, amount_paid=150)
    assert (refused.value.code, refused.value.param) == ("overpayment", "amount_paid")
    assert refused.value.details == {"credit": 50}
    assert everything(raw) == before
    add_fee(student_id=school.kofi, amount_due=100, amount_paid=150, allow_credit=True)
    assert credit_of(raw, school.kofi) == 50


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"amount_due": 0}, "amount_due"),
        ({"amount_due": -1}, "amount_due"),
        ({"amount_due": 10**12 + 1}, "amount_due"),
        ({"amount_due": 1.0}, "amount_due"),
        ({"amount_due": True}, "amount_due"),
        ({"amount_due": "100"}, "amount_due"),
        ({"amount_paid": -1}, "amount_paid"),
        ({"amount_paid": 10**13}, "amount_paid"),
        ({"amount_paid": 1, "method": "shells"}, "method"),
        ({"amount_paid": 1, "paid_on": date(2026, 3, 11)}, "paid_on"),
        ({"amount_paid": 1, "paid_on": date(1999, 12, 31)}, "paid_on"),
        ({"student_id": 999}, "student_id"),
        ({"fee_type_id": 999}, "fee_type_id"),
        ({"term_id": 999}, "term_id"),
        ({"month": 13}, "month"),
        ({"year": 1999}, "year"),
        ({"description": "x" * 201}, "description"),
    ],
)
def test_a_refusal_names_the_field_and_changes_nothing(
    school: School, raw: Any, given: dict[str, Any], param: str
) -> None:
    before = everything(raw)
    with pytest.raises(Invalid) as refused:
        add_fee(**{"student_id": school.kofi, "amount_due": 100, **given})
    assert refused.value.param == param
    assert everything(raw) == before


def test_a_withdrawn_student_is_not_charged(school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.kofi,))
    with pytest.raises(Invalid, match="Kofi Boateng has withdrawn"):
        add_fee(student_id=school.kofi, amount_due=100)


def test_a_repeated_request_charges_and_takes_the_money_once(school: School, raw: Any) -> None:
    asked: dict[str, Any] = {"student_id": school.kofi, "amount_due": 500, "amount_paid": 200, "request_key": "k"}
    first, again = (add_fee(**asked, request_hash="h") for _ in range(2))
    assert first.fee and again.fee and first.payment and again.payment
    assert (again.fee.id, again.payment.id, again.message) == (first.fee.id, first.payment.id, first.message)
    assert (first.replayed, again.replayed) == (False, True)
    assert len(receipts(raw)) == 1
    with pytest.raises(KeyReused):
        add_fee(**asked, request_hash="another body")
    with working(insert(raw, "users", username="ama", role="bursar")), pytest.raises(KeyReused):
        add_fee(**asked, request_hash="h")


def test_a_repeated_request_tells_only_of_its_own_payment(school: School, raw: Any) -> None:
    """What was paid later, at the desk or by a change of the fee, is not what the first answer told."""
    asked: dict[str, Any] = {"student_id": school.kofi, "amount_due": 500, "request_key": "k", "request_hash": "h"}
    done = add_fee(**asked)
    assert done.fee
    change(raw, done.fee.id, amount_paid=100)
    record_payment(student_id=school.kofi, amount=100)
    again = add_fee(**asked)
    assert (again.payment, again.message, again.replayed) == (None, "Fee added", True)


def test_the_key_of_a_fee_with_a_payment_is_no_key_for_another_payment(school: School, raw: Any) -> None:
    add_fee(student_id=school.kofi, amount_due=500, amount_paid=200, request_key="k", request_hash="h")
    with pytest.raises(KeyReused):
        record_payment(student_id=school.kofi, amount=200, request_key="k", request_hash="other")
    record_payment(student_id=school.kofi, amount=100, request_key="p", request_hash="h")
    before = everything(raw)
    with pytest.raises(KeyReused):
        add_fee(student_id=school.kofi, amount_due=500, amount_paid=200, request_key="p", request_hash="h2")
    assert everything(raw) == before


# Instalments


def test_a_second_instalment_never_moves_the_month_of_the_first(school: School, raw: Any, office: Any) -> None:
    fee = school.tuition
    office.move_to("2026-01-15T09:00:00+00:00")
    assert change(raw, fee, amount_paid=20_000).message == UPDATED
    office.move_to("2026-02-16T09:00:00+00:00")
    assert change(raw, fee, amount_paid=45_000, method="momo").message == UPDATED
    assert booked(raw, f"FEE-{fee}") == [("2026-01-15", 20_000), ("2026-02-16", 25_000)]
    assert (figure(raw, "monthly_fees_2026-01"), figure(raw, "monthly_fees_2026-02")) == (20_000, 25_000)
    office.move_to("2026-03-10T09:00:00+00:00")
    change(raw, fee, amount_paid=30_000)
    assert booked(raw, f"FEE-{fee}") == [("2026-01-15", 20_000), ("2026-02-16", 10_000)]
    change(raw, fee, amount_due=70_000, description="Tuition, corrected")
    assert (figure(raw, "monthly_income_2026-01"), figure(raw, "monthly_income_2026-03")) == (20_000, 0)


# Changing what was paid


def test_lower_takes_the_newest_receipts_back_and_posts_what_remains(school: School, raw: Any) -> None:
    for paid in (20_000, 40_000, 60_000):
        change(raw, school.tuition, amount_paid=paid)
    done = change(raw, school.tuition, amount_paid=30_000)
    assert (done.message, done.payment) == (UPDATED, None)
    assert receipts(raw) == [
        ("R-000001", 20_000, TODAY, True),
        ("R-000002", 20_000, TODAY, False),
        ("R-000003", 20_000, TODAY, False),
        ("R-000004", 10_000, TODAY, True),
    ]
    assert value(raw, "SELECT replaces_id FROM payments WHERE id = 4") == 2
    change(raw, school.tuition, amount_paid=0)
    assert booked(raw, f"FEE-{school.tuition}") == [], "nothing is orphaned at zero"
    assert not any(stands for *_, stands in receipts(raw))


def test_the_newest_receipt_is_the_one_of_the_latest_day(school: School, raw: Any) -> None:
    """A receipt that replaces an old one has a high number, and is still the older money."""
    record_payment(student_id=school.asha, amount=20_000, paid_on=date(2026, 1, 15),
                   allocations=[(school.tuition, 15_000), (school.books, 5_000)])  # fmt: skip
    record_payment(student_id=school.asha, amount=10_000, paid_on=date(2026, 2, 15))
    change(raw, school.books, amount_paid=1_000)
    change(raw, school.tuition, amount_paid=20_000)
    assert figure(raw, "monthly_income_2026-01") == 16_000
    assert figure(raw, "monthly_income_2026-02") == 5_000


def test_other_fees_of_a_receipt_keep_their_money(school: School, raw: Any) -> None:
    record_payment(
        student_id=school.asha, amount=65_700, method="momo", external_reference="MM-7", paid_on=date(2026, 2, 3),
        note="By the aunt", allow_credit=True,
    )  # fmt: skip
    change(raw, school.tuition, amount_paid=25_000)
    assert receipts(raw) == [("R-000001", 65_700, "2026-02-03", False), ("R-000002", 30_700, "2026-02-03", True)]
    (kept,) = rows(raw, "SELECT * FROM payments WHERE voided_at IS NULL")
    assert (kept["method"], kept["external_reference"], kept["note"]) == ("momo", "MM-7", "By the aunt")
    assert kept["received_by"] == school.bursar
    assert booked(raw, f"FEE-{school.books}") == [("2026-02-03", 5_000)]
    assert booked(raw, f"FEE-{school.tuition}") == [("2026-02-03", 25_000)]
    assert booked(raw, "CREDIT-2") == [("2026-02-03", 700)]
    assert credit_of(raw, school.asha) == 700


def test_lower_after_the_close_reverses_and_posts_again_today(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=65_000, paid_on=date(2026, 2, 3))
    close(raw, "2026-02-03", cashier=school.bursar)
    change(raw, school.tuition, amount_paid=40_000)
    assert booked(raw, f"FEE-{school.tuition}") == [("2026-02-03", 60_000), (TODAY, -60_000), (TODAY, 40_000)]
    assert booked(raw, f"FEE-{school.books}") == [("2026-02-03", 5_000), (TODAY, -5_000), (TODAY, 5_000)]
    assert figure(raw, "monthly_income_2026-02") == 65_000
    assert figure(raw, "monthly_income_2026-03") == -20_000
    assert receipts(raw)[-1] == ("R-000002", 45_000, TODAY, True)


def test_what_came_from_credit_goes_back_to_credit(school: School, raw: Any) -> None:
    """The money was received and is the family's; only what it was used for is undone."""
    record_payment(student_id=school.kofi, amount=10_000, paid_on=date(2026, 1, 20), allow_credit=True)
    done = add_fee(student_id=school.kofi, amount_due=6_000)
    assert done.fee
    change(raw, done.fee.id, amount_paid=2_000)
    assert (credit_of(raw, school.kofi), figure(raw, "total_income")) == (8_000, 10_000)
    assert figure(raw, "monthly_income_2026-01") == 10_000
    assert delete_fee(fee_id=done.fee.id).message == DELETED
    assert (credit_of(raw, school.kofi), figure(raw, "total_income")) == (10_000, 10_000)
    again = add_fee(student_id=school.kofi, amount_due=6_000)
    assert again.fee and again.fee.arrears == 0


def test_only_the_part_that_was_paid_for_the_fee_is_voided(school: School, raw: Any) -> None:
    """Half from credit, half at the counter: the counter's half goes, the credit comes back."""
    record_payment(student_id=school.kofi, amount=300, paid_on=date(2026, 1, 20), allow_credit=True)
    done = add_fee(student_id=school.kofi, amount_due=600, amount_paid=300)
    assert done.fee and done.fee.arrears == 0
    delete_fee(fee_id=done.fee.id)
    assert (credit_of(raw, school.kofi), figure(raw, "total_income")) == (300, 300)


def test_a_credit_used_in_another_month_stays_in_that_month(school: School, raw: Any, office: Any) -> None:
    """Taking one share of a receipt back moves no other share, also not one that was paid from its credit later."""
    office.move_to("2026-01-20T09:00:00+00:00")
    record_payment(student_id=school.asha, amount=70_000, allow_credit=True)
    office.move_to("2026-02-05T09:00:00+00:00")
    trip = add_fee(student_id=school.asha, amount_due=3_000, description="Trip").fee
    assert trip
    office.move_to("2026-03-10T09:00:00+00:00")
    change(raw, school.books, amount_paid=4_000)
    assert booked(raw, f"FEE-{trip.id}") == [("2026-02-05", 3_000)]
    assert booked(raw, "CREDIT-2") == [("2026-01-20", 5_000), ("2026-02-05", -3_000)]
    assert figure(raw, "monthly_fees_2026-01") == 64_000
    assert figure(raw, "monthly_fees_2026-02") == 3_000
    assert figure(raw, "monthly_income_2026-01") == 69_000


def test_due_and_paid_can_fall_together(school: School, raw: Any) -> None:
    change(raw, school.tuition, amount_paid=50_000)
    with pytest.raises(Invalid) as refused:
        change(raw, school.tuition, amount_due=40_000)
    assert (refused.value.param, refused.value.code) == ("amount_due", "due_below_paid")
    done = change(raw, school.tuition, amount_due=40_000, amount_paid=30_000)
    assert done.fee and (done.fee.amount_due, done.fee.amount_paid, done.fee.arrears) == (40_000, 30_000, 10_000)


def test_the_due_cannot_fall_below_what_was_taken_off(school: School, raw: Any) -> None:
    raw.execute("UPDATE fees SET amount_adjusted = 50000 WHERE id = ?", (school.tuition,))
    with pytest.raises(Invalid) as refused:
        change(raw, school.tuition, amount_due=40_000)
    assert refused.value.param == "amount_due"
    assert "paid" not in refused.value.message, "nothing was paid"


def test_due_and_paid_can_rise_together(school: School, raw: Any) -> None:
    done = change(raw, school.tuition, amount_due=80_000, amount_paid=80_000)
    assert done.payment and done.payment.amount == 80_000
    assert done.fee and done.fee.arrears == 0


def test_a_change_without_money_says_so(school: School, raw: Any) -> None:
    done = change(raw, school.tuition, description="Tuition, term 1")
    assert (done.message, done.payment) == ("Fee updated", None)
    assert done.fee and done.fee.version == 2


def test_the_same_version_wins_once_and_the_other_sees_both_values(school: School, raw: Any) -> None:
    update_fee(fee_id=school.tuition, version=1, amount_paid=10_000)
    with pytest.raises(Stale) as stale:
        update_fee(fee_id=school.tuition, version=1, amount_paid=20_000, due_on=date(2026, 4, 1))
    assert stale.value.details["yours"] == {"amount_paid": 20_000, "due_on": "2026-04-01"}
    current = stale.value.details["current"]
    assert current == {"amount_paid": 10_000, "due_on": "2026-01-31", "version": fee_of(raw, school.tuition)["version"]}


def test_a_payment_at_the_desk_makes_an_open_form_old(school: School) -> None:
    record_payment(student_id=school.asha, amount=1_000)
    with pytest.raises(Stale):
        update_fee(fee_id=school.tuition, version=1, amount_paid=500)


def test_of_two_changes_at_once_one_is_told_of_the_other(app: Flask, school: School, raw: Any) -> None:
    def set_paid(amount: int) -> Stale | None:
        with app.app_context():
            try:
                update_fee(fee_id=school.tuition, version=1, amount_paid=amount)
            except Stale as stale:
                return stale
        return None

    (refused,) = filter(None, at_once([lambda: set_paid(10_000), lambda: set_paid(20_000)]))
    paid = fee_of(raw, school.tuition)["amount_paid"]
    assert refused.details["current"]["amount_paid"] == paid  # type: ignore[index]
    assert refused.details["yours"] == {"amount_paid": 30_000 - paid}
    assert len(receipts(raw)) == 1


# Deleting


def test_a_fee_that_was_never_paid_goes(school: School, raw: Any) -> None:
    done = delete_fee(fee_id=school.books)
    assert (done.fee, done.payment, done.message) == (None, None, "Fee deleted")
    assert value(raw, "SELECT count(*) FROM fees WHERE id = ?", (school.books,)) == 0
    with pytest.raises(Missing):
        delete_fee(fee_id=school.books)


def test_deleting_a_paid_fee_voids_its_receipts_and_cancels_it(school: School, raw: Any) -> None:
    change(raw, school.tuition, amount_paid=20_000)
    change(raw, school.tuition, amount_paid=30_000)
    done = delete_fee(fee_id=school.tuition, reason="Charged twice")
    assert done.message == DELETED
    fee = fee_of(raw, school.tuition)
    assert (fee["amount_paid"], fee["arrears"], fee["cancel_reason"]) == (0, 0, "Charged twice")
    assert fee["cancelled_by"] == school.bursar
    assert [(amount, stands) for _, amount, _, stands in receipts(raw)] == [(20_000, False), (10_000, False)]
    assert {row["void_reason"] for row in rows(raw, "SELECT void_reason FROM payments")} == {"Charged twice"}
    assert booked(raw, f"FEE-{school.tuition}") == []
    assert (figure(raw, "total_income"), figure(raw, "total_fees_billed")) == (0, 5_000)
    with pytest.raises(Conflict, match="was cancelled"):
        delete_fee(fee_id=school.tuition)
    with pytest.raises(Conflict, match="was cancelled"):
        change(raw, school.tuition, amount_paid=10)
    with pytest.raises(Invalid):
        record_payment(student_id=school.asha, amount=10, allocations=[(school.tuition, 10)])


def test_deleting_one_fee_of_a_receipt_leaves_the_others_theirs(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=65_000, paid_on=date(2026, 2, 3))
    delete_fee(fee_id=school.tuition)
    assert booked(raw, f"FEE-{school.books}") == [("2026-02-03", 5_000)]
    assert fee_of(raw, school.books)["arrears"] == 0
    assert receipts(raw)[-1] == ("R-000002", 5_000, "2026-02-03", True)


def test_deleting_after_the_close_reverses_today(school: School, raw: Any) -> None:
    record_payment(student_id=school.asha, amount=10_000, paid_on=date(2026, 2, 3))
    close(raw, "2026-02-03")
    assert delete_fee(fee_id=school.tuition).message == DELETED
    assert booked(raw, f"FEE-{school.tuition}") == [("2026-02-03", 10_000), (TODAY, -10_000)]


def test_a_fee_with_only_voided_payments_is_cancelled_and_no_money_is_claimed(school: School, raw: Any) -> None:
    change(raw, school.books, amount_paid=100)
    void_payment(payment_id=1, reason="typed twice")
    done = delete_fee(fee_id=school.books)
    assert done.message == "Fee cancelled"
    assert done.fee and done.fee.cancelled_at is not None


def test_a_fee_with_a_reduction_is_cancelled(school: School, raw: Any) -> None:
    insert(raw, "fee_adjustments", fee_id=school.books, kind="discount", amount=500, reason="A sibling")
    raw.execute("UPDATE fees SET amount_adjusted = 500 WHERE id = ?", (school.books,))
    assert delete_fee(fee_id=school.books).message == "Fee cancelled"


def test_deleting_from_an_old_version_is_refused(school: School, raw: Any) -> None:
    change(raw, school.tuition, amount_paid=100)
    before = everything(raw)
    with pytest.raises(Stale):
        delete_fee(fee_id=school.tuition, version=1)
    assert everything(raw) == before


def test_a_fee_with_money_cannot_be_given_to_another_student(school: School, raw: Any) -> None:
    change(raw, school.tuition, amount_paid=100)
    with pytest.raises(raw.IntegrityError, match="fee_has_payments"):
        raw.execute("UPDATE fees SET student_id = ? WHERE id = ?", (school.kofi, school.tuition))
    with pytest.raises(raw.IntegrityError):
        raw.execute("DELETE FROM students WHERE id = ?", (school.asha,))


# The alert


def test_an_alert_tells_only_what_is_owed_in_the_end(school: School, raw: Any) -> None:
    """A large fee that is paid at once was never owed."""
    add_fee(student_id=school.kofi, amount_due=300_000, amount_paid=300_000)
    assert alerts_told(raw) == []
    add_fee(student_id=school.kofi, amount_due=300_000, amount_paid=150_000)
    assert alerts_told(raw) == ["Kofi Boateng owes GHS 1,500.00, more than the alert threshold."]


def test_a_raised_fee_that_is_paid_at_once_alerts_nobody(school: School, raw: Any) -> None:
    change(raw, school.tuition, amount_due=500_000, amount_paid=500_000)
    assert alerts_told(raw) == []
    change(raw, school.tuition, amount_due=900_000, amount_paid=600_000)
    assert alerts_told(raw) == ["Asha Mensah owes GHS 3,050.00, more than the alert threshold."]


def test_a_correction_alerts_only_when_the_result_is_high(school: School, raw: Any) -> None:
    big = add_fee(student_id=school.kofi, amount_due=300_000, amount_paid=300_000).fee
    assert big
    change(raw, big.id, amount_paid=290_000)
    assert alerts_told(raw) == []
    change(raw, big.id, amount_paid=100_000)
    assert alerts_told(raw) == ["Kofi Boateng owes GHS 2,000.00, more than the alert threshold."]
    change(raw, big.id, amount_paid=90_000)
    assert len(alerts_told(raw)) == 1, "still above: told once"


def test_deleting_a_paid_fee_alerts_nobody(school: School, raw: Any) -> None:
    big = add_fee(student_id=school.kofi, amount_due=300_000, amount_paid=300_000).fee
    assert big
    delete_fee(fee_id=big.id)
    assert alerts_told(raw) == []


def test_an_alert_that_stood_is_cleared_once(school: School, raw: Any) -> None:
    big = add_fee(student_id=school.kofi, amount_due=300_000, amount_paid=1_000).fee
    assert big
    delete_fee(fee_id=big.id)
    (alert,) = rows(raw, "SELECT * FROM system_notifications WHERE type = 'high_arrears'")
    assert alert["message"] == "Kofi Boateng owes GHS 2,990.00, more than the alert threshold."
    assert alert["cleared_at"] is not None


def test_a_bill_that_credit_pays_alerts_nobody(school: School, raw: Any) -> None:
    record_payment(student_id=school.kofi, amount=300_000, allow_credit=True)
    add_fee(student_id=school.kofi, amount_due=300_000)
    assert alerts_told(raw) == []


# Closed days


def test_a_fee_cannot_be_paid_into_a_closed_day(school: School, raw: Any) -> None:
    close(raw, TODAY, cashier=school.bursar)
    before = everything(raw)
    for attempt in (
        lambda: add_fee(student_id=school.kofi, amount_due=100, amount_paid=50),
        lambda: change(raw, school.tuition, amount_paid=50),
    ):
        with pytest.raises(SchoolError) as refused:
            attempt()
        assert (refused.value.code, refused.value.param) == ("day_closed", "amount_paid")
    with pytest.raises(SchoolError) as refused:
        add_fee(student_id=school.kofi, amount_due=100, amount_paid=50, paid_on=date(2026, 3, 10))
    assert refused.value.param == "paid_on"
    assert everything(raw) == before
    assert add_fee(student_id=school.kofi, amount_due=100, amount_paid=50, method="momo").message == CREATED
