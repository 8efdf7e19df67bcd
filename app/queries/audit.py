"""The activity log exactly as it is stored, and the seals over it: does anything show that it was touched?

A seal's hash covers the seal before it, its own number, range, row count and time, and every stored value of its
rows. The text of a hash is part of the format: another way to write it would break the seals of every school.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.extensions import db

FIRST_HASH = "0" * 64
MOST_PROBLEMS = 100
_LARGEST = 2**63 - 1
_ROWS = text(
    "SELECT id, user_id, username, activity_type, description, activity_data, table_name, record_id, ip_address, "
    "timestamp FROM user_activity_log WHERE id BETWEEN :first AND :last ORDER BY id LIMIT :most"
)
_SEALS = text(
    "SELECT id, from_id, to_id, row_count, previous_hash, hash, sealed_at, archived_at FROM activity_seals "
    "ORDER BY id DESC LIMIT :most"
)

Raw = Sequence[Any]
"""One row of the log with the values that are stored, not what a model would make of them."""


@dataclass(frozen=True)
class Seal:
    """One seal as it is stored; anything, once somebody has tampered with it."""

    id: Any
    from_id: Any
    to_id: Any
    row_count: Any
    previous_hash: Any
    hash: Any
    sealed_at: Any
    archived_at: Any = None

    @property
    def is_readable(self) -> bool:
        """Whether its numbers are numbers; without them nothing after it can be checked."""
        return all(type(number) is int for number in (self.id, self.from_id, self.to_id, self.row_count))

    def expected_hash(self, rows: Sequence[Raw]) -> str:
        """What the hash must be over these rows."""
        head = [self.previous_hash, self.id, self.from_id, self.to_id, self.row_count, self.sealed_at]
        content = json.dumps([head, [list(row) for row in rows]], separators=(",", ":"), default=repr)
        return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True)
class AuditReport:
    """What a check of the whole log found. `head`, written down elsewhere, proves everything up to the last seal."""

    seals: int
    rows: int
    unsealed: int
    head: str
    problems: Sequence[str]


def last_seal() -> Seal | None:
    """The newest seal."""
    found = db.session.connection().execute(_SEALS, {"most": 1}).one_or_none()
    return Seal(*found) if found else None


def rows_after(sealed_to: int, *, most: int) -> list[Raw]:
    """The next rows that no seal covers, oldest first."""
    return _rows(db.session.connection(), sealed_to + 1, _LARGEST, most)


def check_log(connection: Connection) -> AuditReport:
    """Read the whole log against its seals, from the one state that the connection's transaction sees."""
    problems: list[str] = []
    rows = seals = 0
    before = Seal(0, 0, 0, 0, "", FIRST_HASH, None)
    try:
        newest_first = connection.execute(_SEALS, {"most": _LARGEST}).all()
        for seal in [Seal(*row) for row in reversed(newest_first)]:
            seals += 1
            if not seal.is_readable:
                problems.append(f"a value of the seal after seal {before.id} is not a number")
                break
            found = list(_problems_of(connection, seal, before))
            if found:
                problems += found
            else:
                rows += seal.row_count
            before = seal
            if len(problems) >= MOST_PROBLEMS:
                break
    except DBAPIError:
        problems.append(f"the seal after seal {before.id} cannot be read")
    problems += _outside(connection, before)
    unsealed = _count(connection, "SELECT count(*) FROM user_activity_log WHERE id > :after", before.to_id)
    return AuditReport(seals, rows, unsealed, str(before.hash), problems[:MOST_PROBLEMS])


def _problems_of(connection: Connection, seal: Seal, before: Seal) -> Iterator[str]:
    name = f"seal {seal.id}"
    if seal.id != before.id + 1:
        yield f"{name} follows seal {before.id}: a seal is missing or out of order"
    if seal.from_id != before.to_id + 1 or seal.to_id < seal.from_id:
        yield f"{name} covers rows {seal.from_id} to {seal.to_id}, but the seal before it ends at row {before.to_id}"
        return
    if seal.previous_hash != before.hash:
        yield f"{name} does not carry the hash of the seal before it"
    if seal.archived_at is not None:
        yield f"{name} is marked as archived, but nothing of this version archives"
    try:
        rows = _rows(connection, seal.from_id, seal.to_id, seal.row_count + 1)
    except DBAPIError:
        yield f"rows {seal.from_id} to {seal.to_id} cannot be read"
        return
    if len(rows) != seal.row_count:
        yield f"{name} covers {seal.row_count} rows from {seal.from_id} to {seal.to_id}, but there are {len(rows)}"
    elif seal.hash != seal.expected_hash(rows):
        yield f"{name} or a row from {seal.from_id} to {seal.to_id} was changed after it was sealed"


def _outside(connection: Connection, last: Seal) -> Iterator[str]:
    """What is wrong before the first row, after the last seal, and in the tail that is not sealed yet."""
    if _count(connection, "SELECT count(*) FROM user_activity_log WHERE id < 1 OR typeof(id) <> 'integer'"):
        yield "there are rows before the first one"
    given: dict[str, int] = dict(connection.execute(text("SELECT name, seq FROM sqlite_sequence")).all())
    if given.get("activity_seals", 0) != last.id:
        yield f"seals after seal {last.id} are missing: {given.get('activity_seals', 0)} were made"
    tail = _count(connection, "SELECT count(*) FROM user_activity_log WHERE id > :after", last.to_id)
    made = given.get("user_activity_log", 0) - last.to_id
    if tail != made:
        yield f"{made} rows were written after row {last.to_id}, but there are {tail}"


def _rows(connection: Connection, first: int, last: int, most: int) -> list[Raw]:
    return list(connection.execute(_ROWS, {"first": first, "last": last, "most": most}))


def _count(connection: Connection, query: str, after: Any = None) -> int:
    return int(connection.execute(text(query), {"after": after} if after is not None else {}).scalar_one())
