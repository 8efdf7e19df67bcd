"""Who writes while screens look on: two people with SQL, a service, an administrator; and a backup brought back."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask import Flask

from app.database.sqlite import sqlite_driver
from app.extensions import db
from app.queries.sessions import token_hash
from app.realtime.connections import Connection, no_longer_allowed
from app.services.payments import record_payment
from app.services.teachers import add_teacher
from tests.realtime.network import Person
from tests.support import school as a_school
from tests.support.database import Database, insert, is_sqlite, raw_connection, rows, value

DAY = datetime.now(UTC).date()
LONG_AGO = DAY - timedelta(days=90)
"""A day that no screen shows any more."""
ROLES = ("bursar", "teacher")
"""Of the programs before the first screens; the last screen is a wall."""
PEOPLE = (
    *(Person(role, role, {"Authorization": f"Bearer {role}"}) for role in ROLES),
    Person("wall", None, {"Cookie": "wall=hall"}),
)
_numbers = count(1)


@dataclass(frozen=True)
class Desk:
    """What one writer works on; nobody else touches the student, so that open transactions need not wait."""

    student: int
    fee: int
    blue: int
    chalk: int


def _enrol(raw: Any, desk: Desk, amount: int) -> None:
    names = {"first_name": "Efua", "last_name": "Owusu"}
    insert(raw, "students", admission_no=f"E{next(_numbers)}", class_id=desk.blue if amount % 2 else None, **names)


def _leave_or_return(raw: Any, desk: Desk, amount: int) -> None:
    status = "CASE status WHEN 'active' THEN 'withdrawn' ELSE 'active' END"
    raw.execute(f"UPDATE students SET status = {status} WHERE id = ?", (desk.student,))


def _charge(raw: Any, desk: Desk, amount: int) -> None:
    insert(
        raw, "fees", student_id=desk.student, description="Books", amount_due=amount, due_on=DAY.isoformat(),
        year=DAY.year, month=DAY.month,
    )  # fmt: skip


def _pay(raw: Any, desk: Desk, amount: int) -> None:
    a_school.pay(raw, desk.student, amount, {desk.fee: (amount + 1) // 2}, on=DAY.isoformat())


def _spend(raw: Any, desk: Desk, amount: int) -> None:
    day = (DAY, LONG_AGO, DAY - timedelta(days=1))[amount % 3]
    insert(
        raw, "financial_transactions", transaction_date=day.isoformat(), category_id=desk.chalk, type="expense",
        amount=amount, description="Chalk", payment_method="cash",
    )  # fmt: skip


def _register(raw: Any, desk: Desk, amount: int) -> None:
    day = (DAY, LONG_AGO, DAY - timedelta(days=1))[amount % 3]
    raw.execute(
        "INSERT INTO attendance (student_id, date, status) VALUES (?, ?, 'present') ON CONFLICT (student_id, date) "
        "DO UPDATE SET status = CASE attendance.status WHEN 'present' THEN 'absent' ELSE 'present' END",
        (desk.student, day.isoformat()),
    )


BY_SQL: Mapping[str, Callable[[Any, Desk, int], None]] = {
    "enrol": _enrol,
    "leave or return": _leave_or_return,
    "register": _register,
    "charge": _charge,
    "pay": _pay,
    "spend": _spend,
}
BY_SERVICE: Mapping[str, Callable[[Desk, int], object]] = {
    "hire": lambda desk, amount: add_teacher(first_name="Abena", last_name="Sarpong"),
    "receive": lambda desk, amount: record_payment(student_id=desk.student, amount=amount, allow_credit=True),
}
OF_PEOPLE = ("enrol", "leave or return", "register", "hire")
OF_MONEY = ("charge", "pay", "pay", "spend", "spend", "receive")


class Writers:
    """The people at the desks. On SQLite one of them writes at a time, and whoever comes waits until then."""

    def __init__(self, database: Database) -> None:
        self.clerk = _connected(database)
        self.raws = [_connected(database) for _ in range(2)]
        *self.desks, self.counter = _found(self.clerk)
        self.backups: Backups = FileBackups(self.clerk) if is_sqlite(self.clerk) else RowBackups(self.clerk)
        self._empty = self.backups.make()

    def begin(self) -> None:
        """Everybody is who they were, and nobody is inside a transaction; what was written before may stay."""
        for raw in self.raws:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
        self.clerk.execute("UPDATE api_tokens SET role = name WHERE role <> name")
        self.made = [self._empty]
        self.rights_moved = False

    def write(self, who: int, what: str, amount: int, then: str) -> None:
        """Do something by SQL and `commit`, `rollback`, or `stay` in the transaction."""
        raw = self.raws[who]
        self._let_others_end(raw)
        if not raw.in_transaction:
            raw.execute("BEGIN")
        BY_SQL[what](raw, self.desks[who], amount)
        if then != "stay":
            raw.execute(then)

    def serve(self, app: Flask, what: str, amount: int) -> None:
        """Do something as the program does."""
        self._let_others_end(None)
        with app.app_context():
            BY_SERVICE[what](self.counter, amount)

    def change_role(self, name: str, role: str) -> None:
        self._let_others_end(None)
        self.clerk.execute("UPDATE api_tokens SET role = ? WHERE name = ?", (role, name))
        self.rights_moved = True

    def end_all(self) -> None:
        for raw in self.raws:
            if raw.in_transaction:
                raw.execute("COMMIT")

    def back_up(self) -> None:
        self._let_others_end(None)
        self.made.append(self.backups.make())

    def restore(self, pick: int) -> None:
        """Bring a backup back; it waits until nobody writes."""
        self.end_all()
        self.rights_moved = True
        self.backups.bring(self.made[pick % len(self.made)])

    def no_longer_allowed(self, held: Iterable[Connection]) -> Sequence[Connection]:
        """What the program asks the database with every turn, as long as the answer can be another one."""
        return no_longer_allowed(held) if self.rights_moved else ()

    def roles(self) -> Mapping[str, str]:
        """The role of each person now."""
        return {row["name"]: row["role"] for row in rows(self.clerk, "SELECT name, role FROM api_tokens")}

    def close(self) -> None:
        for raw in (self.clerk, *self.raws):
            raw.close()

    def _let_others_end(self, raw: Any) -> None:
        if is_sqlite(self.clerk):
            for other in self.raws:
                if other is not raw and other.in_transaction:
                    other.execute("COMMIT")


class FileBackups:
    """A copy of all pages, brought back page by page: the way of the program's own restore."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def make(self) -> Any:
        copy = sqlite_driver().connect(":memory:", isolation_level=None)
        self._raw.backup(copy)
        return copy

    def bring(self, copy: Any) -> None:
        copy.execute("UPDATE sync_clock SET epoch = ?", (secrets.token_hex(8),))
        copy.backup(self._raw)


class RowBackups:
    """All rows and the numbering, brought back past every trigger in one transaction."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._brought = 0
        self._tables = {
            name: ", ".join(column.name for column in table.columns if column.computed is None)
            for name, table in db.metadata.tables.items()
        }

    def make(self) -> str:
        """Statements that bring the present state back."""
        cursor = self._raw.driver.cursor()
        done = [
            "BEGIN",
            "SET LOCAL session_replication_role = replica",
            *(f"DELETE FROM {each}" for each in self._tables),
        ]
        for name, columns in self._tables.items():
            if kept := value(self._raw, f"SELECT json_agg(t)::text FROM {name} AS t"):
                table = cursor.mogrify(f"json_populate_recordset(NULL::{name}, %s)", (kept,)).decode()
                done.append(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {table}")
        for row in rows(self._raw, "SELECT sequencename AS name, last_value AS last FROM pg_sequences"):
            used = row["last"] is not None
            done.append(f"SELECT setval('{row['name']}', {row['last'] or 1}, {str(used).lower()})")
        return ";\n".join(done)

    def bring(self, statements: str) -> None:
        epoch = f"UPDATE sync_clock SET epoch = '{secrets.token_hex(8)}'"
        self._raw.driver.cursor().execute(f"{statements};\n{epoch};\nCOMMIT")
        self._brought += 1
        if self._brought % 50 == 0:
            # Nobody else takes away what was deleted.
            self._raw.execute("VACUUM")


Backups = FileBackups | RowBackups


def _connected(database: Database) -> Any:
    raw = raw_connection(database)
    if is_sqlite(raw):
        # Nobody pulls the plug here, and waiting for the disk would take most of the time.
        raw.execute("PRAGMA synchronous = OFF")
    return raw


def _found(raw: Any) -> Sequence[Desk]:
    """A school with a desk for each who writes, and the tokens of those who look on."""
    raw.execute("BEGIN")
    blue = insert(raw, "classes", name="Blue")
    chalk = insert(raw, "financial_categories", name="Chalk", type="expense")
    insert(raw, "teachers", first_name="Ama", last_name="Darko")
    desks = []
    for number, name in enumerate(("Asha", "Kofi", "Esi")):
        student = insert(raw, "students", admission_no=f"S{number}", first_name=name, last_name="Mensah", class_id=blue)
        fee = insert(
            raw, "fees", student_id=student, description="Tuition", amount_due=60_000, due_on=DAY.isoformat(),
            year=DAY.year, month=DAY.month,
        )  # fmt: skip
        desks.append(Desk(student, fee, blue, chalk))
    # Used just now, so that nobody writes down that they are.
    used = "2999-01-01 00:00:00.000000"
    for role in ROLES:
        insert(raw, "api_tokens", name=role, token_hash=token_hash(role), role=role, last_used_at=used)
    insert(raw, "wall_displays", name="wall", token_hash=token_hash("hall"), paired_at=used, last_seen_at=used)
    raw.execute("COMMIT")
    return desks
