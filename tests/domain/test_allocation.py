"""How a payment is shared: the oldest fee first, and no money appears or vanishes."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.domain.allocation import (
    OpenFee,
    PostedShare,
    Share,
    allocate_oldest_first,
    oldest_first,
    take_newest_first,
    take_share_back,
)

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


def test_the_last_share_is_taken_back_first_and_credit_is_credit_again():
    received = PostedShare(1, 300, on=JANUARY, from_credit=False)
    others = PostedShare(2, 50, on=JANUARY, from_credit=False)
    from_credit = PostedShare(1, 200, on=FEBRUARY, from_credit=True)
    shares = [received, others, from_credit]
    assert take_share_back(shares, 1, 350) == ([received, others, PostedShare(1, 50, FEBRUARY, True)], 0)
    assert take_share_back(shares, 1, 100) == ([PostedShare(1, 100, JANUARY, False), others], 200)
    assert take_share_back(shares, 1, 0) == ([others], 300)


posted_shares = st.lists(
    st.builds(PostedShare, st.integers(1, 3), st.integers(1, 10**6), on=st.just(JANUARY), from_credit=st.booleans()),
    min_size=1,
    max_size=8,
)


@given(posted_shares, st.data())
def test_only_the_named_fee_gives_back_and_the_payment_loses_only_what_it_was_received_for(shares, data):
    had = sum(share.amount for share in shares if share.fee_id == 1)
    kept = data.draw(st.integers(0, had))
    left, lost = take_share_back(shares, 1, kept)
    assert sum(share.amount for share in left if share.fee_id == 1) == kept
    assert [share for share in left if share.fee_id != 1] == [share for share in shares if share.fee_id != 1]
    assert sum(share.amount for share in shares if not share.from_credit) - lost == sum(
        share.amount for share in left if not share.from_credit
    )
    assert 0 <= lost <= had - kept
