"""Who goes, went and teaches at the demo school: invented, from a fixed seed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from app.demo.calendar import Calendar
from app.demo.words import BOYS, GIRLS, KIN, LAST_LEVEL, PHONES, STREETS, SURNAMES

REPEATS = 0.03
COMES_LATER = 0.04
PAYS = (("prompt", 38), ("instalments", 31), ("slow", 26), ("hardly", 5))
"""How families pay, of a hundred."""


@dataclass
class Family:
    """Who pays for some children."""

    surname: str
    guardian: str
    relation: str
    phone: str
    address: str
    pays: str
    rides: bool


@dataclass
class Child:
    """One student; `path` is the level in each year at the school, by the year's number from 0."""

    first_name: str
    last_name: str
    gender: str
    family: Family
    path: dict[int, int]
    status: str = "active"
    born_on: date = date.min
    admitted_on: date = date.min
    discount: bool = False
    absent: float = field(default=0.05)

    @property
    def level(self) -> int:
        """The level of the last year."""
        return self.path[max(self.path)]


def children(dice: Random, calendar: Calendar, count: int) -> list[Child]:
    """`count` students of today, those who finished in earlier years, and a few who left; by day of admission."""
    last = len(calendar.years) - 1
    made: list[Child] = []
    families: list[Family] = []

    def add(level: int, year: int, status: str) -> None:
        family = _family(dice, families)
        girl = dice.random() < 0.51
        child = Child(
            dice.choice(GIRLS if girl else BOYS),
            family.surname,
            "F" if girl else "M",
            family,
            _path(dice, level, year),
            status,
            discount=dice.random() < 0.03,
            absent=min(0.4, dice.expovariate(18)),
        )
        first = min(child.path)
        began = calendar.years[first].starts_on
        child.born_on = date(began.year - child.path[first] - 3, 1, 1) + timedelta(days=dice.randrange(330))
        years_before = max(0, child.path[first] - 1) if first == 0 else 0
        child.admitted_on = min(date(began.year - years_before, 9, 1 + dice.randrange(20)), calendar.today)
        made.append(child)

    for level in dice.choices(range(1, LAST_LEVEL + 1), range(43, 43 - LAST_LEVEL, -1), k=count):
        add(level, last, "active")
    for year in range(last):
        for _ in range(round(count / LAST_LEVEL * 0.9)):
            add(LAST_LEVEL, year, "graduated")
        for _ in range(round(count * 0.012)):
            add(dice.randint(2, LAST_LEVEL - 1), year, dice.choice(("withdrawn", "transferred")))
    made.sort(key=lambda child: child.admitted_on)
    return made


def teachers(dice: Random, count: int) -> Iterator[tuple[str, str, str]]:
    """First name, last name and telephone number of as many teachers."""
    for _ in range(count):
        yield dice.choice(GIRLS if dice.random() < 0.55 else BOYS), dice.choice(SURNAMES), _phone(dice)


def _path(dice: Random, level: int, year: int) -> dict[int, int]:
    """Backwards from the last year: mostly one level a year, now and then repeated, or only come later."""
    path = {year: level}
    while year > 0 and dice.random() >= COMES_LATER:
        repeated = dice.random() < REPEATS and level < LAST_LEVEL
        level = level if repeated else level - 1
        if level < 1:
            break
        year -= 1
        path[year] = level
    return dict(sorted(path.items()))


def _family(dice: Random, families: list[Family]) -> Family:
    if families and dice.random() < 0.28:
        return dice.choice(families[-60:])
    surname = dice.choice(SURNAMES)
    relation, gender = dice.choice(KIN)
    guardian = f"{dice.choice(GIRLS if gender == 'F' else BOYS)} {surname}"
    address = f"{dice.randint(1, 120)} {dice.choice(STREETS)}"
    pays = dice.choices([kind for kind, _ in PAYS], [share for _, share in PAYS])[0]
    family = Family(surname, guardian, relation, _phone(dice), address, pays, dice.random() < 0.3)
    families.append(family)
    return family


def _phone(dice: Random) -> str:
    return f"{dice.choice(PHONES)} {dice.randint(200, 999)} {dice.randint(0, 9999):04d}"
