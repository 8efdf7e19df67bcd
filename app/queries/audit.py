"""The activity log exactly as it is stored, and the seals over it: does anything show that it was touched?

A seal's hash covers the seal before it, its own number, range, row count and time, and every stored value of its
rows. The text of a hash is part of the format: another way to write it would break the seals of every school.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.queries.archive import Archive
from app.words import say

FIRST_HASH = "0" * 64
MOST_PROBLEMS = 100
_PAGE = 1_000
_LARGEST = 2**63 - 1
_MOMENT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
_PLAIN = {"sqlite": "{}", "postgresql": "CAST({} AS text)"}
_WHEN = {"sqlite": "{}", "postgresql": _MOMENT}


def _rows_query(dialect: str) -> TextClause:
    data, at = _PLAIN[dialect].format("activity_data"), _WHEN[dialect].format("timestamp")
    return text(
        f"SELECT id, user_id, username, activity_type, description, {data}, table_name, record_id, ip_address, {at} "  # noqa: S608
        "FROM user_activity_log WHERE id BETWEEN :first AND :last ORDER BY id LIMIT :most"
    )


def _seals_query(dialect: str, where: str) -> TextClause:
    sealed, archived = (_WHEN[dialect].format(column) for column in ("sealed_at", "archived_at"))
    return text(
        f"SELECT id, from_id, to_id, row_count, previous_hash, hash, {sealed}, {archived} FROM activity_seals {where} "  # noqa: S608
        "LIMIT :most"
    )


Raw = Sequence[Any]
"""One row of the log with the values that are stored, not what a model would make of them; moments as text in UTC."""


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

    @property
    def head(self) -> str:
        """What the hash covers besides the rows."""
        return _json([self.previous_hash, self.id, self.from_id, self.to_id, self.row_count, self.sealed_at])

    def content(self, rows: Sequence[Raw]) -> bytes:
        """What the hash is made of: the head and the rows, one line of JSON."""
        return f"[{self.head},{_json([list(row) for row in rows])}]".encode()

    def expected_hash(self, rows: Sequence[Raw]) -> str:
        """What the hash must be over these rows."""
        return hashlib.sha256(self.content(rows)).hexdigest()


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
    connection = db.session.connection()
    found = connection.execute(_seals_query(connection.dialect.name, "ORDER BY id DESC"), {"most": 1}).one_or_none()
    return Seal(*found) if found else None


def seals_to_archive(connection: Connection, *, most: int) -> list[Seal]:
    """The oldest seals whose rows are still in the log."""
    query = _seals_query(connection.dialect.name, "WHERE archived_at IS NULL ORDER BY id")
    return [Seal(*row) for row in connection.execute(query, {"most": most})]


def rows_after(sealed_to: int, *, most: int, last: int = _LARGEST) -> list[Raw]:
    """The next rows that no seal covers, oldest first, up to the row `last`."""
    return _rows(db.session.connection(), sealed_to + 1, last, most)


def rows_of(connection: Connection, seal: Seal) -> list[Raw]:
    """The rows of a seal that are in the log."""
    return _rows(connection, seal.from_id, seal.to_id, seal.row_count + 1)


def check_log(connection: Connection, archive: Archive) -> AuditReport:
    """Read the whole log against its seals, from the one state that the connection's transaction sees.

    What was archived is read from the files; log and archive are one chain.
    """
    problems: list[str] = [say("archive file {name} was changed", name=name) for name in archive.changed()]
    lost: list[Lost] = []
    rows = seals = 0
    before = Seal(0, 0, 0, 0, "", FIRST_HASH, None)
    try:
        for seal in _all_seals(connection):
            seals += 1
            if not seal.is_readable:
                problems.append(say("a value of the seal after seal {number} is not a number", number=before.id))
                break
            found = list(_problems_of(connection, seal, before))
            if seal.archived_at is not None and (why := archive.lacks(seal)):
                _add(lost, seal.id, why)
            elif not found:
                rows += seal.row_count
            problems += found
            before = seal
            if len(problems) + len(lost) >= MOST_PROBLEMS:
                break
    except DBAPIError:
        problems.append(say("the seal after seal {number} cannot be read", number=before.id))
    problems += [each.words for each in lost]
    problems += _outside(connection, before)
    unsealed = _count(connection, "SELECT count(*) FROM user_activity_log WHERE id > :after", before.to_id)
    return AuditReport(seals, rows, unsealed, str(before.hash), problems[:MOST_PROBLEMS])


@dataclass
class Lost:
    """Archived seals, one after the other, whose rows the archive does not have for the same reason."""

    first: int
    last: int
    why: str

    @property
    def words(self) -> str:
        if self.first == self.last:
            return say("the archived rows of seal {number} {why}", number=self.first, why=self.why)
        return say("the archived rows of seals {first} to {last} {why}", first=self.first, last=self.last, why=self.why)


def _add(lost: list[Lost], seal_id: int, why: str) -> None:
    if lost and lost[-1].last == seal_id - 1 and lost[-1].why == why:
        lost[-1].last = seal_id
    else:
        lost.append(Lost(seal_id, seal_id, why))


def _all_seals(connection: Connection) -> Iterator[Seal]:
    query, after = _seals_query(connection.dialect.name, "WHERE id > :after ORDER BY id"), -(2**62)
    while page := connection.execute(query, {"after": after, "most": _PAGE}).all():
        yield from (Seal(*row) for row in page)
        after = page[-1][0]


def _problems_of(connection: Connection, seal: Seal, before: Seal) -> Iterator[str]:
    about = {"number": seal.id, "first": seal.from_id, "last": seal.to_id}
    if seal.id != before.id + 1:
        yield say("seal {number} follows seal {other}: a seal is missing or out of order", **about, other=before.id)
    if seal.from_id != before.to_id + 1 or seal.to_id < seal.from_id:
        yield say(
            "seal {number} covers rows {first} to {last}, but the seal before it ends at row {end}",
            **about,
            end=before.to_id,
        )
        return
    if seal.previous_hash != before.hash:
        yield say("seal {number} does not carry the hash of the seal before it", **about)
    try:
        rows = rows_of(connection, seal)
    except DBAPIError:
        yield say("rows {first} to {last} cannot be read", **about)
        return
    if seal.archived_at is not None:
        if rows:
            yield say("rows {first} to {last} are archived, but the log has some of them", **about)
    elif len(rows) != seal.row_count:
        yield say(
            "seal {number} covers {count} rows from {first} to {last}, but there are {found}",
            **about,
            count=seal.row_count,
            found=len(rows),
        )
    elif seal.hash != seal.expected_hash(rows):
        yield say("seal {number} or a row from {first} to {last} was changed after it was sealed", **about)


def _outside(connection: Connection, last: Seal) -> Iterator[str]:
    """What is wrong before the first row, after the last seal, and in the tail that is not sealed yet."""
    if connection.dialect.name != "sqlite":
        # Numbers that a rolled-back transaction took leave gaps there: a missing row shows only once it was sealed.
        if _count(connection, "SELECT count(*) FROM user_activity_log WHERE id < 1"):
            yield say("there are rows before the first one")
        return
    if _count(connection, "SELECT count(*) FROM user_activity_log WHERE id < 1 OR typeof(id) <> 'integer'"):
        yield say("there are rows before the first one")
    given: dict[str, int] = dict(connection.execute(text("SELECT name, seq FROM sqlite_sequence")).all())
    sealed = given.get("activity_seals", 0)
    if sealed != last.id:
        yield say("seals after seal {last} are missing: {made} were made", last=last.id, made=sealed)
    tail = _count(connection, "SELECT count(*) FROM user_activity_log WHERE id > :after", last.to_id)
    made = given.get("user_activity_log", 0) - last.to_id
    if tail != made:
        yield say(
            "{made} rows were written after row {last}, but there are {tail}", made=made, last=last.to_id, tail=tail
        )


def _rows(connection: Connection, first: int, last: int, most: int) -> list[Raw]:
    query = _rows_query(connection.dialect.name)
    return list(connection.execute(query, {"first": first, "last": last, "most": most}))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), default=repr)


def _count(connection: Connection, query: str, after: Any = None) -> int:
    return int(connection.execute(text(query), {"after": after} if after is not None else {}).scalar_one())
