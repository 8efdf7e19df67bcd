"""A PostgreSQL connection with the little of sqlite3's interface that the tests use, so that they are written once."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import StringIO
from typing import Any

import psycopg2
from psycopg2 import extensions
from sqlalchemy.engine import make_url

_HOLE_OR_TEXT = re.compile(r"'[^']*'|[?%]")
_SAVEPOINT = re.compile(r"\s*(SAVEPOINT|RELEASE|ROLLBACK TO)\s+(\w+)", re.IGNORECASE)


class PostgresConnection:
    """A statement is its own transaction unless BEGIN or SAVEPOINT came before, and `?` stands for a value.

    Dates and moments arrive as the text that SQLite keeps, sums as integers. A statement that fails inside a
    transaction undoes itself only, as in SQLite and in psql with ON_ERROR_ROLLBACK.
    """

    Error = psycopg2.Error
    IntegrityError = psycopg2.IntegrityError
    OperationalError = psycopg2.OperationalError
    ProgrammingError = psycopg2.ProgrammingError

    def __init__(self, url: str) -> None:
        address = make_url(url)
        self.driver = psycopg2.connect(
            host=address.host, port=address.port, user=address.username, password=address.password,
            dbname=address.database, options="-c timezone=UTC -c lock_timeout=10s",
        )  # fmt: skip
        self.driver.autocommit = True
        self.total_changes = 0
        self._savepoints: list[str] = []
        for made in _types():
            extensions.register_type(made, self.driver)

    @property
    def in_transaction(self) -> bool:
        return bool(self.driver.info.transaction_status != extensions.TRANSACTION_STATUS_IDLE)

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> Any:
        """One statement; its cursor."""
        cursor = self.driver.cursor()
        savepoint = _SAVEPOINT.match(statement)
        if savepoint:
            self._mark(cursor, savepoint[1].upper(), savepoint[2], statement)
        elif statement.split(None, 1)[0].upper() in _WHOLE:
            self._savepoints = []
            cursor.execute(statement)
        elif not self.in_transaction:
            self._run(cursor, statement, parameters)
        else:
            self._undoing(cursor, statement, parameters)
        return cursor

    def executemany(self, statement: str, many: Sequence[Sequence[object]]) -> None:
        for parameters in many:
            self.execute(statement, parameters)

    def copy_in(self, statement: str, lines: str) -> None:
        """COPY ... FROM STDIN of these lines."""
        with self.driver.cursor() as cursor:
            cursor.copy_expert(statement, StringIO(lines))
            self.total_changes += cursor.rowcount

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction around what the driver does by itself, unless there is one."""
        if self.in_transaction:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def close(self) -> None:
        self.driver.close()

    def _mark(self, cursor: Any, verb: str, name: str, statement: str) -> None:
        """A savepoint outside a transaction is one, which its release commits."""
        if verb == "SAVEPOINT":
            if not self.in_transaction:
                cursor.execute("BEGIN")
                self._savepoints = ["BEGIN"]
            self._savepoints.append(name)
        cursor.execute(statement)
        if verb != "SAVEPOINT":
            while self._savepoints.pop() != name:
                pass
            if verb == "ROLLBACK TO":
                self._savepoints.append(name)
        if self._savepoints == ["BEGIN"]:
            self._savepoints = []
            cursor.execute("COMMIT")

    def _run(self, cursor: Any, statement: str, parameters: Sequence[object]) -> None:
        if parameters:
            cursor.execute(_HOLE_OR_TEXT.sub(_hole, statement), list(parameters))
        else:
            cursor.execute(statement)
        if cursor.statusmessage and cursor.statusmessage.startswith(("INSERT", "UPDATE", "DELETE", "COPY", "MERGE")):
            self.total_changes += max(cursor.rowcount, 0)

    def _undoing(self, cursor: Any, statement: str, parameters: Sequence[object]) -> None:
        with self.driver.cursor() as aside:
            aside.execute("SAVEPOINT statement")
            try:
                self._run(cursor, statement, parameters)
            except psycopg2.Error:
                if not self.driver.closed:
                    aside.execute("ROLLBACK TO statement; RELEASE statement")
                raise
            aside.execute("RELEASE statement")


_WHOLE = {"BEGIN", "COMMIT", "ROLLBACK"}


def _hole(found: re.Match[str]) -> str:
    return {"?": "%s", "%": "%%"}.get(found[0]) or found[0].replace("%", "%%")


@cache
def _types() -> Sequence[Any]:
    def moment(text: str | None, cursor: object) -> str | None:
        if text is None:
            return None
        day_and_time, _, fraction = text.removesuffix("+00").partition(".")
        return f"{day_and_time}.{fraction:0<6}"

    def as_it_is(text: str | None, cursor: object) -> str | None:
        return text

    def whole(text: str | None, cursor: object) -> int | float | None:
        return None if text is None else float(text) if "." in text else int(text)

    return (
        extensions.new_type((1184, 1114), "MOMENT", moment),
        extensions.new_type((1082, 114), "TEXT_AS_IT_IS", as_it_is),
        extensions.new_type((1700,), "WHOLE_NUMBER", whole),
    )
