"""How a payment is shared: the oldest fee first, and no money appears or vanishes."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.domain.allocation import OpenFee, Share, allocate_oldest_first, oldest_first, take_newest_first

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)

due_dates = st.none() | st.dates(date(2024, 1, 1), date(2027, 1, 1))
open_fees = st.lists(
    st.builds(OpenFee, id=st.integers(1, 10**6), owed=st.integers(0, 10**6), due_on=due_dates),
    max_size=12,
    unique_by=lambda fee: fee.id,
)


def test_a_part_payment_settles_the_oldest_fee_first():
    fees = [OpenFee(7, 5_000, FEBRUARY), OpenFee(9, 60_000, JANUARY)]
    assert allocate_oldest_first(62_000, fees) == ([Share(9, 60_000), Share(7, 2_000)], 0)


def test_fees_without_a_date_come_last_and_equals_in_the_order_they_were_billed():
    fees = [OpenFee(1, 10), OpenFee(4, 10, JANUARY), OpenFee(2, 10, FEBRUARY), OpenFee(3, 10, JANUARY)]
    assert [fee.id for fee in oldest_first(fees)] == [3, 4, 2, 1]


def test_what_no_fee_takes_is_credit():
    assert allocate_oldest_first(500, [OpenFee(1, 200)]) == ([Share(1, 200)], 300)
    assert allocate_oldest_first(500, []) == ([], 500)


@given(st.integers(1, 10**8), open_fees)
def test_no_money_appears_or_vanishes(amount, fees):
    shares, credit = allocate_oldest_first(amount, fees)
    assert sum(share.amount for share in shares) + credit == amount
    assert credit >= 0


@given(st.integers(1, 10**8), open_fees)
def test_no_fee_gets_more_than_it_owes_and_none_gets_nothing(amount, fees):
    owed = {fee.id: fee.owed for fee in fees}
    shares, credit = allocate_oldest_first(amount, fees)
    assert all(0 < share.amount <= owed[share.fee_id] for share in shares)
    assert len({share.fee_id for share in shares}) == len(shares)
    if credit:
        assert sum(owed.values()) == sum(share.amount for share in shares)


@given(st.integers(1, 10**8), open_fees)
def test_a_younger_fee_gets_money_only_when_the_older_ones_are_settled(amount, fees):
    shares, _ = allocate_oldest_first(amount, fees)
    settled = {share.fee_id: share.amount for share in shares}
    ordered = [fee for fee in oldest_first(fees) if fee.owed]
    touched = [fee for fee in ordered if fee.id in settled]
    assert touched == ordered[: len(touched)]
    assert all(settled[fee.id] == fee.owed for fee in touched[:-1])


@given(st.integers(1, 10**6), st.integers(1, 10**6), open_fees)
def test_two_payments_settle_what_one_of_their_sum_does(first, second, fees):
    def after(amount, fees):
        shares, credit = allocate_oldest_first(amount, fees)
        taken = {share.fee_id: share.amount for share in shares}
        return [OpenFee(fee.id, fee.owed - taken.get(fee.id, 0), fee.due_on) for fee in fees], credit

    between, credit = after(first, fees)
    left, more = after(second, between)
    assert (left, credit + more) == after(first + second, fees)


@given(open_fees, st.randoms(use_true_random=False))
def test_the_order_in_which_fees_arrive_does_not_matter(fees, random):
    shuffled = list(fees)
    random.shuffle(shuffled)
    assert oldest_first(shuffled) == oldest_first(fees)


def test_money_is_taken_back_from_the_newest_receipt():
    assert take_newest_first({1: 100, 2: 50, 3: 30}, 40) == {3: 0, 2: 40}


@given(st.dictionaries(st.integers(), st.integers(1, 10**6), max_size=8), st.integers(0, 10**7))
def test_no_more_is_taken_back_than_was_paid(amounts, excess):
    remains = take_newest_first(amounts, excess)
    taken = sum(amounts[key] - rest for key, rest in remains.items())
    assert taken == min(excess, sum(amounts.values()))
    assert all(0 <= rest < amounts[key] for key, rest in remains.items())
    newest = list(amounts)[len(amounts) - len(remains) :]
    assert set(remains) == set(newest)
    assert all(rest == 0 for rest in list(remains.values())[:-1])
