"""What the families of the demo school are charged, and when they pay it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from app.demo.calendar import Calendar, DemoTerm, working_day
from app.demo.people import Child
from app.demo.words import EXPENSES, LAST_LEVEL, OTHER_INCOME, PAYING, price
from app.domain.allocation import OpenFee, Share, allocate_oldest_first

FIVE_CEDIS = 500
PAID_TODAY = 14
"""How many families pay today before the story begins."""


@dataclass
class Charge:
    """One fee of one child; its number is its place in the list of all."""

    number: int
    child: int
    kind: str
    term: DemoTerm
    level: int
    amount: int
    adjusted: int
    due_on: date
    owed: int = field(default=0)


@dataclass(frozen=True)
class Receipt:
    """One payment with its shares by the number of the charge."""

    child: int
    at: datetime
    amount: int
    method: str
    reference: str | None
    shares: Sequence[Share]


@dataclass(frozen=True)
class BookRow:
    """One row of the cash book that is not a fee."""

    on: date
    type: str
    category: str
    description: str
    amount: int
    method: str


def bill(calendar: Calendar, children: Sequence[Child]) -> list[Charge]:
    """Everything that was charged, term by term."""
    charges: list[Charge] = []
    for term in calendar.begun:
        due_on = term.period.starts_on + timedelta(days=21)
        for place, child in enumerate(children):
            level = child.path.get(term.year)
            if level is None:
                continue
            for kind in _kinds(child, level, term):
                amount = price(kind, level, term.year)
                adjusted = amount // 4 // FIVE_CEDIS * FIVE_CEDIS if child.discount and kind == "Tuition" else 0
                charges.append(
                    Charge(len(charges), place, kind, term, level, amount, adjusted, due_on, amount - adjusted)
                )
    return charges


def receive(dice: Random, calendar: Calendar, children: Sequence[Child], charges: Sequence[Charge]) -> list[Receipt]:
    """Everything that was paid, in the order of time; every payment settles the oldest fees first."""
    receipts: list[Receipt] = []
    of_child: dict[int, list[Charge]] = {}
    for charge in charges:
        of_child.setdefault(charge.child, []).append(charge)
    for place, own in of_child.items():
        for term in calendar.begun:
            open_now = [charge for charge in own if charge.term.period.starts_on <= term.period.starts_on]
            for day, share in _instalments(dice, calendar, children[place].family.pays, term):
                receipts += _pay(dice, place, open_now, day, share)
    owing = [place for place, own in of_child.items() if sum(charge.owed for charge in own) > 100 * FIVE_CEDIS]
    active = [place for place in owing if children[place].status == "active"]
    for place in dice.sample(active, min(PAID_TODAY, len(active))):
        receipts += _pay(dice, place, of_child[place], calendar.today, 0.3)
    return sorted(receipts, key=lambda receipt: receipt.at)


def other_rows(dice: Random, calendar: Calendar, children: int) -> list[BookRow]:
    """What else came in and went out, since the first day of the first year."""
    rows: list[BookRow] = []
    scale = max(children, 20) / 400
    for type, lines in (("expense", EXPENSES), ("income", OTHER_INCOME)):
        for category, words, cedis, every, method in lines:
            day = calendar.years[0].starts_on + timedelta(days=dice.randrange(every))
            while day <= calendar.today:
                rise = 1.06 ** ((day - calendar.years[0].starts_on).days / 365) * dice.uniform(0.9, 1.1)
                amount = max(1, round(cedis * scale * rise * 0.8)) * 100
                rows.append(BookRow(working_day(day, calendar.today), type, category, words, amount, method))
                day += timedelta(days=every)
    return sorted(rows, key=lambda row: row.on)


def method_and_reference(dice: Random) -> tuple[str, str | None]:
    """How somebody pays, with the number that comes with mobile money, a bank slip or a cheque."""
    method = dice.choices([name for name, _ in PAYING], [share for _, share in PAYING])[0]
    return method, None if method in ("cash", "card") else f"{method[:2].upper()}{dice.randrange(10**9):09d}"


def _kinds(child: Child, level: int, term: DemoTerm) -> Iterator[str]:
    yield from ("Tuition", "Feeding", "PTA levy")
    if child.family.rides:
        yield "Transport"
    if term.number == 1:
        yield "Books"
    if level == LAST_LEVEL and term.number == 2:
        yield "Examination fee"


def _instalments(dice: Random, calendar: Calendar, pays: str, term: DemoTerm) -> Iterator[tuple[date, float]]:
    """Days and shares of what is owed on that day."""
    plans: dict[str, list[tuple[tuple[int, int], float]]] = {
        "prompt": [((-4, 16), 1.0)] if dice.random() < 0.7 else [((-4, 12), 0.6), ((20, 60), 1.0)],
        "instalments": [((0, 24), 0.4), ((25, 56), 0.55), ((50, 95), 1.0)],
        "slow": [((14, 58), 0.45), ((50, 100), 0.6)],
        "hardly": [((30, 80), 0.4)],
    }
    limit = min(calendar.next_start(term) - timedelta(days=1), calendar.today - timedelta(days=1))
    offsets = sorted(dice.randint(first, last) for (first, last), _ in plans[pays])
    for offset, (_, share) in zip(offsets, plans[pays], strict=True):
        day = working_day(term.period.starts_on + timedelta(days=offset), calendar.today)
        if day <= limit:
            yield max(day, term.period.starts_on), share


def _pay(dice: Random, place: int, charges: Sequence[Charge], day: date, share: float) -> Iterator[Receipt]:
    owed = sum(charge.owed for charge in charges)
    amount = owed if share == 1.0 else round(owed * share / FIVE_CEDIS / 2) * FIVE_CEDIS * 2
    if amount <= 0:
        return
    opened = {charge.number: charge for charge in charges}
    shares, _ = allocate_oldest_first(
        amount, [OpenFee(charge.number, charge.owed, charge.due_on) for charge in charges if charge.owed]
    )
    for part in shares:
        opened[part.fee_id].owed -= part.amount
    at = datetime.combine(day, time(dice.randint(7, 14), dice.randrange(60), dice.randrange(60)), tzinfo=UTC)
    method, reference = method_and_reference(dice)
    yield Receipt(place, at, amount, method, reference, shares)
