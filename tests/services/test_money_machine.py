"""Random days at the office against a plain Python ledger: after every step the database says what the ledger says."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

from app import create_app
from app.database import Actor, acting_as, atomic
from app.errors import SchoolError
from app.extensions import db
from app.services.fees import add_fee, delete_fee, update_fee
from app.services.payments import record_payment, void_payment
from app.statistics.verify import differences
from tests.support.database import (
    Database,
    as_sqlalchemy,
    copied,
    insert,
    is_sqlite,
    overrides,
    raw_connection,
    rows,
    value,
)
from tests.support.laws import Witness, broken_laws
from tests.support.ledger import Ledger
from tests.support.office import everything

SOME, MANY = {"sqlite": 40, "postgresql": 15}, {"sqlite": 400, "postgresql": 150}
FIRST_DAY = date(2026, 1, 28)
NAMES = ("Asha Mensah", "Kofi Boateng", "Esi Owusu")
CASHIERS = (1, 2, None)
METHODS = ("cash", "momo")

students = st.integers(1, len(NAMES))
cashiers = st.sampled_from(CASHIERS)
methods = st.sampled_from(METHODS)
amounts = st.sampled_from((1, 99, 500, 2_000, 60_000, 100_000, 100_001)) | st.integers(1, 150_000)
due_dates = st.none() | st.sampled_from((date(2026, 1, 31), date(2026, 2, 28)))
picks = st.integers(0, 1_000)
yes = st.booleans()


NONSENSE: tuple[dict[str, Any], ...] = (
    {"amount": 0},
    {"amount": -7},
    {"amount": 10**12 + 1},
    {"amount": 1.5},
    {"method": "gold"},
    {"paid_on": date(2999, 1, 1)},
    {"paid_on": date(1999, 1, 1)},
    {"student_id": 99},
    {"note": "x" * 201},
)


class Boom(Exception):
    """Something that nobody expected."""


class MoneyMachine(RuleBasedStateMachine):
    """Every rule does one thing in the office and in the ledger, or is refused and changes nothing."""

    app: ClassVar[Flask]
    database: ClassVar[Database]
    empty: ClassVar[Callable[[], object]]
    done: ClassVar[Counter[str]] = Counter()

    @initialize(bills=st.lists(st.tuples(amounts, due_dates), min_size=len(NAMES), max_size=len(NAMES)))
    def open_the_office(self, bills: list[tuple[int, date | None]]) -> None:
        """Everybody has a fee, and half of it was paid together with something in advance."""
        db.session.remove()
        db.engine.dispose()
        type(self).empty()
        self.raw = raw_connection(self.database)
        self.raw.execute("BEGIN")
        for user in ("esi", "ama"):
            insert(self.raw, "users", username=user, role="bursar")
        for number, name in enumerate(NAMES):
            first, last = name.split()
            insert(self.raw, "students", admission_no=f"S{number}", first_name=first, last_name=last)
        self.raw.execute("COMMIT")
        self.ledger = Ledger(FIRST_DAY, NAMES)
        self.witness = Witness(self.raw)
        self.keys: list[tuple[int, Callable[[], Any], Any]] = []
        self.clock = time_machine.travel(datetime.combine(FIRST_DAY, time(12), UTC), tick=True)
        self.clock_now = self.clock.start()
        for student, (due, due_on) in enumerate(bills, start=1):
            self.charge(student, due, 1, due_on, "cash", 1, 0, allow_credit=False, keyed=False)
            self.pay(student, 4, 1, "cash", 1, 0, allow_credit=True, allow_withdrawn=False, keyed=True)

    def teardown(self) -> None:
        if not hasattr(self, "clock"):
            return
        try:
            with as_sqlalchemy(self.raw) as connection:
                assert differences(connection) == []
        finally:
            self.clock.stop()
            self.raw.close()

    @invariant()
    def numbers_go_on(self) -> None:
        """PostgreSQL gives a number that was refused to nobody else; the ledger knows no gaps."""
        if not is_sqlite(self.raw):
            next_ones = self.ledger.billed + 1, len(self.ledger.receipts) + 1
            self.raw.execute("SELECT setval('fees_id_seq', ?, false), setval('payments_id_seq', ?, false)", next_ones)

    # What stands after every step

    @invariant()
    def every_law_holds(self) -> None:
        assert broken_laws(self.raw) == []
        assert self.witness.look() == []

    @invariant()
    def the_database_says_what_the_ledger_says(self) -> None:
        ledger = self.ledger
        fees = rows(self.raw, "SELECT id, student_id, amount_due, amount_paid, arrears, cancelled_at FROM fees")
        assert {
            row["id"]: (
                row["student_id"],
                row["amount_due"],
                row["amount_paid"],
                row["arrears"],
                bool(row["cancelled_at"]),
            )
            for row in fees
        } == {
            key: (fee.student, fee.due, ledger.paid(key), ledger.owed(key), fee.cancelled)
            for key, fee in ledger.fees.items()
        }
        assert self._receipts() == [
            (one.number, one.student, one.amount, one.method, one.on.isoformat(), one.cashier, one.replaces, one.stands)
            for one in ledger.receipts
        ]
        shares = rows(self.raw, "SELECT payment_id, fee_id, amount FROM payment_allocations ORDER BY id")
        assert sorted(tuple(row.values()) for row in shares) == sorted(
            (one.number, share.fee, share.amount) for one in ledger.receipts for share in one.shares
        )
        assert self._book() == Counter(
            (row.receipt, row.on.isoformat(), row.reference, row.amount, row.method, row.is_reversal)
            for row in ledger.book
        )
        balances = rows(self.raw, "SELECT student_id, arrears, credit FROM student_balances ORDER BY student_id")
        assert [tuple(row.values()) for row in balances] == [
            (student, ledger.arrears(student), ledger.credit(student)) for student in ledger.students()
        ]
        assert self._income() == sum(one.amount for one in ledger.receipts if one.stands)

    @invariant()
    def the_alerts_told_what_was_true(self) -> None:
        self.ledger.settle_alerts()
        told = rows(self.raw, "SELECT * FROM system_notifications WHERE type = 'high_arrears' ORDER BY id")
        assert sorted((row["message"], row["cleared_at"] is None) for row in told) == sorted(
            (text, stands) for text, _, stands in self.ledger.alerts
        )

    def _receipts(self) -> list[tuple[Any, ...]]:
        found = rows(
            self.raw,
            "SELECT id, student_id, amount, method, paid_on, received_by, replaces_id, voided_at IS NULL AS stands "
            "FROM payments ORDER BY id",
        )
        return [(*list(row.values())[:-1], bool(row["stands"])) for row in found]

    def _book(self) -> Counter[tuple[Any, ...]]:
        found = rows(
            self.raw,
            "SELECT payment_id, transaction_date, reference, amount, payment_method, "
            "reverses_id IS NOT NULL AS reversal FROM financial_transactions",
        )
        return Counter((*list(row.values())[:-1], bool(row["reversal"])) for row in found)

    def _income(self) -> int:
        found = self.raw.execute("SELECT metric_value FROM statistics_cache WHERE metric_name = 'total_income'")
        return int((found.fetchone() or (0,))[0])

    # Doing

    def do(self, name: str, who: int | None, refusal: str | None, work: Callable[[], Any]) -> Any:
        """Carry something out as a user; when a refusal is expected, it must be that one and change nothing."""
        self.done[f"{name}: {refusal or 'done'}"] += 1
        with acting_as(Actor(who, f"user {who}")):
            if refusal is None:
                return work()
            before = everything(self.raw)
            with pytest.raises(SchoolError) as refused:
                work()
            assert refused.value.code == refusal
            assert everything(self.raw) == before
            return None

    def some_fee(self, pick: int) -> int:
        return sorted(self.ledger.fees)[pick % len(self.ledger.fees)]

    def owed_by_one_student(self, picks: list[int]) -> list[int]:
        """Different fees of the student of the first one, all with something left to pay if there are any."""
        ledger = self.ledger
        open_fees = [fee for fee in sorted(ledger.fees) if ledger.owed(fee) > 0] or sorted(ledger.fees)
        first = open_fees[picks[0] % len(open_fees)]
        same = [fee for fee in open_fees if ledger.fees[fee].student == ledger.fees[first].student]
        return list(dict.fromkeys([first, *(same[pick % len(same)] for pick in picks[1:])]))

    def version(self, fee: int) -> int:
        return int(value(self.raw, "SELECT version FROM fees WHERE id = ?", (fee,)))

    def day_back(self, days: int) -> date:
        return self.ledger.today - timedelta(days=days)

    # Rules

    @rule(
        student=students, due=amounts, part=st.sampled_from((0, 0, 1, 2, 3, 4)), due_on=due_dates, method=methods,
        who=cashiers, back=st.integers(0, 2), allow_credit=yes, keyed=yes,
    )  # fmt: skip
    def charge(
        self, student: int, due: int, part: int, due_on: date | None, method: str, who: int | None, back: int,
        allow_credit: bool, keyed: bool,
    ) -> None:  # fmt: skip
        """Add a fee; nothing, half, all of it or more is paid at once."""
        ledger, on = self.ledger, self.day_back(back)
        paid = (0, due // 2, due - 1, due, due + 700)[part]
        refusal = None
        if student in ledger.withdrawn:
            refusal = "student_withdrawn"
        elif paid > due and not allow_credit:
            refusal = "overpayment"
        elif paid and ledger.is_closed(on, method, who):
            refusal = "day_closed"
        key = f"key {len(self.keys)}" if keyed else None

        def work() -> Any:
            done = add_fee(
                student_id=student, amount_due=due, amount_paid=paid, due_on=due_on, method=method, paid_on=on,
                allow_credit=allow_credit, request_key=key, request_hash="hash",
            )  # fmt: skip
            return done.fee and done.fee.id, done.payment and done.payment.id, done.message

        answer = self.do("charge", who, refusal, work)
        if refusal:
            return
        fee = ledger.bill(student, due, due_on)
        receipt = None
        if paid:
            receipt = ledger.receive(student, paid, method, on, who, [(fee, min(paid, due))])
        if paid < due:
            ledger.use_credit(fee)
        said = "Payment recorded and financial transaction created" if paid else "Fee added"
        assert answer == (fee, receipt and receipt.number, said)
        if keyed:
            self.keys.append((who, work, answer))

    @rule(
        student=students, share=st.sampled_from((1, 2, 3, 4)), amount=amounts, method=methods, who=cashiers,
        back=st.integers(0, 2), allow_credit=yes, allow_withdrawn=yes, keyed=yes,
    )  # fmt: skip
    def pay(
        self, student: int, share: int, amount: int, method: str, who: int | None, back: int, allow_credit: bool,
        allow_withdrawn: bool, keyed: bool,
    ) -> None:  # fmt: skip
        """Take a payment; the oldest fees first."""
        ledger, on = self.ledger, self.day_back(back)
        arrears = ledger.arrears(student)
        amount = (amount, arrears or amount, arrears // 2 or amount, arrears + 300)[share - 1]
        shares = ledger.oldest_first(student, amount)
        rest = amount - sum(part for _, part in shares)
        refusal = None
        if ledger.is_closed(on, method, who):
            refusal = "day_closed"
        elif student in ledger.withdrawn and not allow_withdrawn:
            refusal = "student_withdrawn"
        elif rest and not allow_credit:
            refusal = "overpayment"
        key = f"key {len(self.keys)}" if keyed else None

        def work() -> Any:
            return record_payment(
                student_id=student, amount=amount, method=method, paid_on=on, allow_credit=allow_credit,
                allow_withdrawn=allow_withdrawn, request_key=key, request_hash="hash",
            ).payment.id  # fmt: skip

        answer = self.do("pay", who, refusal, work)
        if not refusal:
            receipt = ledger.receive(student, amount, method, on, who, shares)
            assert answer == receipt.number
            if keyed:
                self.keys.append((who, work, answer))

    @precondition(lambda self: self.ledger.fees)
    @rule(
        chosen=st.lists(picks, min_size=1, max_size=3), part=amounts, rest=st.sampled_from((0, 0, 50)), who=cashiers,
        any_fee=st.sampled_from((False, False, True)),
    )  # fmt: skip
    def pay_chosen_fees(self, chosen: list[int], part: int, rest: int, who: int | None, any_fee: bool) -> None:
        """Take a payment whose shares the bursar chose, sometimes more than a fee owes or of another student."""
        ledger = self.ledger
        fees = [self.some_fee(pick) for pick in chosen] if any_fee else self.owed_by_one_student(chosen)
        student = ledger.fees[fees[0]].student
        shares = [(fee, min(part, ledger.owed(fee)) or part) for fee in fees]
        refusal = None
        if ledger.is_closed(ledger.today, "cash", who):
            refusal = "day_closed"
        elif student in ledger.withdrawn:
            refusal = "student_withdrawn"
        else:
            refusal = self._refused_share(student, shares)

        def work() -> Any:
            amount = sum(part for _, part in shares) + rest
            return record_payment(student_id=student, amount=amount, allocations=shares, allow_credit=True).payment.id

        answer = self.do("pay chosen", who, refusal, work)
        if not refusal:
            amount = sum(part for _, part in shares) + rest
            assert answer == ledger.receive(student, amount, "cash", ledger.today, who, shares).number

    def _refused_share(self, student: int, shares: list[tuple[int, int]]) -> str | None:
        seen = set()
        for fee, part in shares:
            if fee in seen:
                return "fee_twice"
            seen.add(fee)
            if self.ledger.fees[fee].student != student:
                return "unknown_fee"
            if part > self.ledger.owed(fee):
                return "fee_over_settled"
        return None

    @precondition(lambda self: self.ledger.fees)
    @rule(
        pick=picks, due=st.sampled_from(("keep", "half", "paid", "more")), to=st.sampled_from((0, 1, 2, 3, 4, 5)),
        method=methods, who=cashiers, allow_credit=yes, stale=st.sampled_from((False,) * 5 + (True,)),
    )  # fmt: skip
    def change(
        self, pick: int, due: str, to: int, method: str, who: int | None, allow_credit: bool, stale: bool
    ) -> None:
        """Set what is due, what is paid, or both."""
        ledger, fee = self.ledger, self.some_fee(pick)
        row, paid = ledger.fees[fee], ledger.paid(fee)
        new_due = max(1, {"keep": row.due, "half": row.due // 2, "paid": paid, "more": row.due + 800}[due])
        new_paid = (paid, 0, paid // 2, max(0, paid - 1), new_due, new_due + 40)[to]
        raised = new_paid - paid
        refusal = None
        if row.cancelled:
            refusal = "cancelled_fee"
        elif stale:
            refusal = "stale_version"
        elif min(new_paid, paid) > new_due:
            refusal = "due_below_paid"
        elif new_paid > max(paid, new_due) and not allow_credit:
            refusal = "overpayment"
        elif raised > 0 and ledger.is_closed(ledger.today, method, who):
            refusal = "day_closed"

        def work() -> Any:
            done = update_fee(
                fee_id=fee, version=self.version(fee) - stale, amount_due=new_due, amount_paid=new_paid, method=method,
                allow_credit=allow_credit,
            )  # fmt: skip
            return done.message, done.payment and done.payment.id

        answer = self.do("change", who, refusal, work)
        if refusal:
            return
        receipt = None
        if raised < 0:
            ledger.lower(fee, new_paid)
        row.due = new_due
        if raised > 0:
            shares = [(fee, part)] if (part := min(raised, new_due - paid)) else []
            receipt = ledger.receive(row.student, raised, method, ledger.today, who, shares)
        said = "Payment and financial records updated" if raised else "Fee updated"
        assert answer == (said, receipt and receipt.number)

    @precondition(lambda self: self.ledger.fees)
    @rule(pick=picks, who=cashiers)
    def delete(self, pick: int, who: int | None) -> None:
        """Delete a fee: gone when it was never paid, cancelled with its receipts voided when it was."""
        ledger, fee = self.ledger, self.some_fee(pick)
        refusal = "cancelled_fee" if ledger.fees[fee].cancelled else None
        answer = self.do("delete", who, refusal, lambda: delete_fee(fee_id=fee).message)
        if refusal:
            return
        if not ledger.was_paid(fee):
            del ledger.fees[fee]
            assert answer == "Fee deleted"
            return
        assert answer == ("Payment and financial records deleted" if ledger.paid(fee) else "Fee cancelled")
        ledger.lower(fee, 0)
        ledger.fees[fee].cancelled = True

    @rule(pick=picks, who=cashiers)
    def void(self, pick: int, who: int | None) -> None:
        """Void a receipt; one that was voided before is refused."""
        receipt = self.ledger.receipts[pick % len(self.ledger.receipts)]
        refusal = None if receipt.stands else "already_voided"
        self.do("void", who, refusal, lambda: void_payment(payment_id=receipt.number, reason="typed twice"))
        if not refusal:
            self.ledger.void(receipt)

    @rule(
        days=st.sampled_from((1, 1, 2, 7)),
        closed=st.lists(st.tuples(st.integers(0, 3), methods, cashiers), max_size=2),
        away=st.none() | students,
    )
    def go_home(self, days: int, closed: list[tuple[int, str, int | None]], away: int | None) -> None:
        """Days are closed for a cashier or for everybody, and another one begins; one student has left meanwhile."""
        for back, method, whose in closed:
            close = (self.day_back(back), method, whose)
            if close not in self.ledger.closed:
                on = close[0].isoformat()
                insert(self.raw, "day_closes", closed_on=on, method=method, cashier_id=whose, expected=0, counted=0)
                self.ledger.closed.add(close)
        self.ledger.today += timedelta(days=days)
        self.clock_now.move_to(datetime.combine(self.ledger.today, time(12), UTC))
        self.ledger.withdrawn = {away} if away else set()
        self.raw.execute("UPDATE students SET status = CASE WHEN id = ? THEN 'withdrawn' ELSE 'active' END", (away,))

    @precondition(lambda self: self.keys)
    @rule(pick=picks, other_user=st.sampled_from((False, False, True)))
    def repeat(self, pick: int, other_user: bool) -> None:
        """A request arrives once more: the first answer, and nothing is done; somebody else's key tells nothing."""
        who, work, answer = self.keys[pick % len(self.keys)]
        if self._is_gone(answer):
            return
        before = everything(self.raw)
        if other_user:
            self.do("repeat", 2 if who == 1 else 1, "idempotency_key_reused", work)
        else:
            assert self.do("repeat", who, None, work) == answer
        assert everything(self.raw) == before

    def _is_gone(self, answer: Any) -> bool:
        """Whether a fee that was never paid was removed: its key went with it."""
        return isinstance(answer, tuple) and answer[0] not in self.ledger.fees

    @rule(student=students, amount=amounts, who=cashiers, wrong=st.none() | st.sampled_from(NONSENSE))
    def fail(self, student: int, amount: int, who: int | None, wrong: dict[str, Any] | None) -> None:
        """Everything is done, and then nonsense is typed or something nobody expected happens: nothing was done."""
        before = everything(self.raw)
        with acting_as(Actor(who, "unlucky")), pytest.raises((Boom, SchoolError)), atomic():
            if wrong is None:
                charged = add_fee(student_id=student, amount_due=amount, amount_paid=amount // 2)
                delete_fee(fee_id=charged.fee.id if charged.fee else 0)
            record_payment(**{"student_id": student, "amount": amount, "allow_credit": True, **(wrong or {})})
            raise Boom
        assert everything(self.raw) == before


@pytest.fixture
def office(database: Database, backend: str, request: pytest.FixtureRequest) -> Iterator[type[MoneyMachine]]:
    """One application on one database, which every run gets back as it was in the beginning."""
    given = request.getfixturevalue("template" if backend == "sqlite" else "recycled")

    def empty() -> None:
        assert given.emptied(database)

    def copy_anew() -> None:
        for suffix in ("-wal", "-shm"):
            Path(f"{database.file}{suffix}").unlink(missing_ok=True)
        copied(given, database.file)

    MoneyMachine.database = database
    MoneyMachine.empty = staticmethod(copy_anew if backend == "sqlite" else empty)
    MoneyMachine.done = Counter()
    MoneyMachine.app = create_app(overrides(database))
    with MoneyMachine.app.app_context():
        if backend == "sqlite":
            # Nobody pulls the plug here, and waiting for the disk would take most of the time.
            event.listen(db.engine, "connect", lambda raw, record: raw.execute("PRAGMA synchronous = OFF"))
        yield MoneyMachine
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("days", [SOME, pytest.param(MANY, marks=pytest.mark.long)], ids=["some", "many"])
def test_random_days_at_the_office_end_as_the_ledger_says(
    office: type[MoneyMachine], backend: str, days: Mapping[str, int]
) -> None:
    run_state_machine_as_test(
        office,
        settings=settings(
            max_examples=days[backend],
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    done = {name.partition(":")[0] for name in office.done if name.endswith("done")}
    assert done == {"charge", "pay", "pay chosen", "change", "delete", "void", "repeat"}
