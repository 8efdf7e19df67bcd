"""How one payment is shared among the fees of a student."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True)
class OpenFee:
    """A fee that still owes something; `owed` is in minor units."""

    id: int
    owed: int
    due_on: date | None = None


@dataclass(frozen=True)
class Share:
    """The part of a payment that settles one fee, in minor units."""

    fee_id: int
    amount: int


@dataclass(frozen=True)
class PostedShare(Share):
    """A share of a payment as the cash book has it: on which day, and whether it came from the payment's credit."""

    on: date
    from_credit: bool


def oldest_first(fees: Sequence[OpenFee]) -> list[OpenFee]:
    """Fees by due date, those without one last, then in the order they were billed."""
    return sorted(fees, key=lambda fee: (fee.due_on is None, fee.due_on or date.max, fee.id))


def allocate_oldest_first(amount: int, open_fees: Sequence[OpenFee]) -> tuple[list[Share], int]:
    """Settle fees in order of due date; return the shares and the unspent credit.

    Always: sum of shares + credit == amount, and no share exceeds what its fee owes.
    """
    shares: list[Share] = []
    for fee in oldest_first(open_fees):
        part = min(amount, fee.owed)
        if part > 0:
            shares.append(Share(fee.id, part))
            amount -= part
    return shares, amount


def allocate_chosen_first(amount: int, open_fees: Sequence[OpenFee], chosen_id: int) -> tuple[list[Share], int]:
    """Settle one chosen fee, then the others in order of due date; return the shares and the unspent credit."""
    chosen, rest = allocate_oldest_first(amount, [fee for fee in open_fees if fee.id == chosen_id])
    others, credit = allocate_oldest_first(rest, [fee for fee in open_fees if fee.id != chosen_id])
    return chosen + others, credit


def take_newest_first(amounts: Mapping[int, int], excess: int) -> dict[int, int]:
    """Take `excess` back from the newest of receipts ordered oldest first; return what remains of each one touched."""
    remains: dict[int, int] = {}
    for key in reversed(list(amounts)):
        if excess <= 0:
            break
        taken = min(excess, amounts[key])
        remains[key] = amounts[key] - taken
        excess -= taken
    return remains


def take_share_back(shares: Sequence[PostedShare], fee_id: int, kept: int) -> tuple[list[PostedShare], int]:
    """Leave a fee `kept` of its shares of one payment; return all shares that remain, and what the payment loses.

    Shares come in the order they were given, and the last one is taken back first. What came from the payment's
    credit is credit again, so the payment loses only what it was received for.
    """
    excess = sum(share.amount for share in shares if share.fee_id == fee_id) - kept
    left: list[PostedShare] = []
    lost = 0
    for share in reversed(shares):
        part = min(excess, share.amount) if share.fee_id == fee_id else 0
        excess -= part
        lost += 0 if share.from_credit else part
        if share.amount > part:
            left.append(replace(share, amount=share.amount - part))
    return left[::-1], lost
