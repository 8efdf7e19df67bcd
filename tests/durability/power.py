"""Payments whose every step to the disk was noted, and what a power cut at any of them would leave."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random

from app.statistics.verify import differences
from tests.support.database import Database, as_sqlalchemy, figures, raw_connection, sqlite_file
from tests.support.disk import Disk, Step
from tests.support.power_cut import Platter

_BOOKED = """
SELECT p.request_key, p.amount, (SELECT sum(t.amount) FROM financial_transactions AS t WHERE t.payment_id = p.id)
FROM payments AS p ORDER BY p.id
"""


@dataclass
class Story:
    """What SQLite did to a school's database, and which payments were answered on the way."""

    database: Database
    beginning: Mapping[str, bytes]
    steps: list[Step] = field(default_factory=list)
    answered: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, database: Database) -> "Story":
        """It begins with a database that nobody has open."""
        return cls(database, {database.file.name: database.file.read_bytes()})

    def answer(self, disk: Disk, key: str, amount: int) -> None:
        """From now on this payment must be there."""
        disk.mark(key)
        self.answered[key] = amount

    def cuts(self, states: int, chance: Random, folder: Path) -> Iterator["Remains"]:
        """Cut the power at random moments, and look each time at what is left."""
        platter = Platter(self.database.folder, self.beginning, chance)
        steps, gone, promised = iter(self.steps), 0, dict[str, int]()
        for moment in sorted(chance.choices(range(len(self.steps) + 1), k=states)):
            for step in islice(steps, moment - gone):
                platter.take(step)
                if step.kind == "mark":
                    promised[step.path] = self.answered[step.path]
            gone = moment
            left = platter.left(chance.choice([0, 1, 0.5, 0.9, chance.random(), chance.random()]))
            yield examined(_restored(left, folder, self.database.file.name), promised)


@dataclass(frozen=True)
class Remains:
    """A database after a power cut, opened as the program would open it."""

    database: Database
    stored: int
    figures: Mapping[str, int]
    lost: list[str]
    wrong: list[object]

    def drift(self) -> list[object]:
        """Figures that differ from their recount."""
        with closing(raw_connection(self.database)) as raw, as_sqlalchemy(raw) as connection:
            return list(differences(connection))


def examined(database: Database, promised: Mapping[str, int]) -> Remains:
    """Whatever is missing from a database, or does not agree in it."""
    with closing(raw_connection(database)) as raw:
        # What happens to this copy in another power cut is nobody's concern.
        raw.execute("PRAGMA synchronous = OFF")
        wrong: list[object] = [row for row in raw.execute("PRAGMA integrity_check").fetchall() if row != ("ok",)]
        wrong += raw.execute("PRAGMA foreign_key_check").fetchall()
        payments = raw.execute(_BOOKED).fetchall()
        wrong += [(key, amount, booked) for key, amount, booked in payments if amount != booked]
        stored = {key: amount for key, amount, _ in payments}
        lost = [key for key, amount in promised.items() if stored.get(key) != amount]
        return Remains(database, len(payments), figures(raw), lost, wrong)


def _restored(files: Mapping[str, bytes], folder: Path, name: str) -> Database:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for each, content in files.items():
        (folder / each).write_bytes(content)
    return sqlite_file(folder / name)
