"""Random terms at the office: classes are billed and billing is taken back between all else that happens to money."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from app.extensions import db
from app.queries.fee_structures import charged_students
from app.services.billing_runs import bill
from app.services.billing_undo import take_back_billing
from app.services.fees import delete_fee
from app.services.students import add_student, update_student
from tests.services.test_money_machine import (
    NAMES,
    MoneyMachine,
    amounts,
    cashiers,
    due_dates,
    office,
    picks,
    students,
)
from tests.support.database import insert, rows

__all__ = ["office"]

SOME, MANY = {"sqlite": 30, "postgresql": 12}, {"sqlite": 400, "postgresql": 60}
EXAM, TUITION, TRIP = 1, 2, 3
CLASSES = (1, 2)
PRICES = (
    # Class, fee type, amount, due on; the last list is a second one of the first class.
    ((1, EXAM, 2_000, None), (1, TUITION, 60_000, "2026-02-28")),
    ((2, TRIP, 500, None), (2, EXAM, 3_000, "2026-01-31")),
    ((1, TRIP, 90_000, "2026-02-28"),),
)
MOST = 6
"""Students of the school."""

lists = st.integers(0, len(PRICES) - 1)
classes = st.sampled_from(CLASSES)


@dataclass
class Run:
    """What one billing charged: the student and the fee type of each fee, and whether it was taken back."""

    id: int
    fees: dict[int, tuple[int, int]]
    is_undone: bool = False


class BillingMachine(MoneyMachine):
    """All that the money machine does, and billing. There is one term; the ledger is told of each fee in order."""

    @initialize(bills=st.lists(st.tuples(amounts, due_dates), min_size=len(NAMES), max_size=len(NAMES)))
    def open_the_office(self, bills: list[tuple[int, date | None]]) -> None:
        """The first two students are in one class, which is billed, the third in another."""
        super().open_the_office(bills)
        raw = self.raw
        raw.execute("BEGIN")
        for name in ("Blue", "Gold"):
            insert(raw, "classes", name=name)
        self.class_of = {1: 1, 2: 1, 3: 2}
        for student, class_id in self.class_of.items():
            raw.execute("UPDATE students SET class_id = ? WHERE id = ?", (class_id, student))
        year = insert(raw, "academic_years", name="2025/26", starts_on="2025-09-01", ends_on="2026-09-01")
        insert(raw, "terms", academic_year_id=year, name="Term 2", starts_on="2026-01-01", ends_on="2026-05-01")
        for name in ("Exam", "Tuition", "Trip"):
            insert(raw, "fee_types", name=name)
        for number, prices in enumerate(PRICES):
            key = insert(raw, "fee_structures", name=f"List {number}", class_id=prices[0][0], term_id=1)
            for _, fee_type, amount, due_on in prices:
                item = {"fee_type_id": fee_type, "amount": amount, "due_on": due_on}
                insert(raw, "fee_structure_items", fee_structure_id=key, **item)
        raw.execute("COMMIT")
        self.runs: list[Run] = []
        # Otherwise most runs of the machine would end before there is anything to take back.
        self.bill_classes(chosen=[0], who=1, keyed=True)

    # What stands after every step

    @invariant()
    def nobody_is_billed_twice(self) -> None:
        standing = Counter(
            (row["student_id"], row["fee_type_id"], row["term_id"])
            for row in rows(self.raw, "SELECT * FROM fees WHERE billing_run_id IS NOT NULL AND cancelled_at IS NULL")
        )
        assert standing.total() == len(standing)

    @invariant()
    def the_runs_are_as_they_were_made(self) -> None:
        kept = rows(
            self.raw, "SELECT id, student_id, fee_type_id FROM fees WHERE billing_run_id IS NOT NULL ORDER BY id"
        )
        assert {row["id"]: (row["student_id"], row["fee_type_id"]) for row in kept} == {
            fee: what for run in self.runs for fee, what in run.fees.items() if fee in self.ledger.fees
        }
        undone = rows(self.raw, "SELECT id, undone_at IS NOT NULL AS is_undone FROM billing_runs ORDER BY id")
        assert [(row["id"], bool(row["is_undone"])) for row in undone] == [(run.id, run.is_undone) for run in self.runs]
        for run in self.runs:
            if run.is_undone:
                assert all(self.ledger.fees[fee].cancelled for fee in run.fees if fee in self.ledger.fees)

    @invariant()
    def the_preview_says_whom_a_list_would_charge(self) -> None:
        db.session.rollback()
        for which in range(len(PRICES)):
            expected = Counter(student for student, *_ in self.to_charge(which))
            assert {row.id: row.fees for row in charged_students(which + 1)} == expected

    def to_charge(self, which: int) -> list[tuple[int, int, int, date | None]]:
        """Student, fee type, amount and due date of each fee that a list would charge now."""
        charged = {what for run in self.runs if not run.is_undone for what in run.fees.values()}
        return [
            (student, fee_type, amount, date.fromisoformat(due_on) if due_on else None)
            for student in sorted(self.class_of)
            if student not in self.ledger.withdrawn
            for class_id, fee_type, amount, due_on in PRICES[which]
            if self.class_of[student] == class_id and (student, fee_type) not in charged
        ]

    # Rules

    @rule(chosen=st.lists(lists, min_size=1, max_size=2), who=cashiers, keyed=st.booleans())
    def bill_classes(self, chosen: list[int], who: int | None, keyed: bool) -> None:
        """Bill one list or two; what credit there is settles the fees in order of due date."""
        ledger = self.ledger
        chosen = list(dict.fromkeys(chosen))
        work_to_do = [(which, self.to_charge(which)) for which in chosen]
        refusal = None if any(fees for _, fees in work_to_do) else "nothing_to_bill"
        key = f"key {len(self.keys)}" if keyed else None

        def work() -> Any:
            billed = bill(fee_structure_ids=[which + 1 for which in chosen], request_key=key, request_hash="hash")
            return [(run.id, run.fee_count, run.total) for run in billed.runs]

        answer = self.do("bill", who, refusal, work)
        if refusal:
            return
        expected = []
        for _, fees in work_to_do:
            if not fees:
                continue
            made = {ledger.bill(student, due, due_on): (student, kind) for student, kind, due, due_on in fees}
            for student in dict.fromkeys(student for student, _ in made.values()):
                for fee in ledger.open_fees(student):
                    if fee in made:
                        ledger.use_credit(fee)
            expected.append((len(made), sum(due for _, _, due, _ in fees)))
            self.runs.append(Run(answer[len(expected) - 1][0], made))
        assert [(count, total) for _, count, total in answer] == expected
        if keyed:
            self.keys.append((who, work, answer))

    @precondition(lambda self: self.runs)
    @rule(pick=picks, who=cashiers)
    def take_back_a_run(self, pick: int, who: int | None) -> None:
        """Its fees go, or are cancelled where money was; refused when somebody paid at the counter."""
        ledger, run = self.ledger, self.runs[pick % len(self.runs)]
        standing = [fee for fee in sorted(run.fees) if fee in ledger.fees and not ledger.fees[fee].cancelled]
        refusal = None
        if run.is_undone:
            refusal = "taken_back"
        elif any(ledger.paid(fee) > self.from_credit(fee) for fee in standing):
            refusal = "paid_since"
        touched = any(ledger.was_paid(fee) for fee in standing)
        self.do("take back money" if touched else "take back", who, refusal, lambda: take_back_billing(run.id))
        if refusal:
            return
        for fee in standing:
            if ledger.was_paid(fee):
                ledger.lower(fee, 0)
                ledger.fees[fee].cancelled = True
            else:
                del ledger.fees[fee]
        run.is_undone = True

    def from_credit(self, fee: int) -> int:
        standing = [receipt for receipt in self.ledger.receipts if receipt.stands]
        shares = [share for receipt in standing for share in receipt.shares]
        return sum(share.amount for share in shares if share.fee == fee and share.from_credit)

    @rule(student=students, to=classes, who=cashiers)
    def change_class(self, student: int, to: int, who: int | None) -> None:
        self.do("move", who, None, lambda: update_student(student_id=student, class_id=to))
        self.class_of[student] = to

    @precondition(lambda self: len(self.class_of) < MOST)
    @rule(to=classes, who=cashiers)
    def admit(self, to: int, who: int | None) -> None:
        """Somebody comes in the middle of the term."""
        made = self.do("admit", who, None, lambda: add_student(first_name="Ama", last_name="Owusu", class_id=to).id)
        self.ledger.names.append("Ama Owusu")
        self.class_of[made] = to

    @precondition(lambda self: self.ledger.fees)
    @rule(pick=picks, who=cashiers)
    def delete(self, pick: int, who: int | None) -> None:
        """A fee of a run is always cancelled; one by hand goes when it was never paid."""
        ledger, fee = self.ledger, self.some_fee(pick)
        if not any(fee in run.fees for run in self.runs):
            super().delete(pick=pick, who=who)
            return
        refusal = "cancelled_fee" if ledger.fees[fee].cancelled else None
        answer = self.do("delete billed", who, refusal, lambda: delete_fee(fee_id=fee).message)
        if refusal:
            return
        assert answer == ("Payment and financial records deleted" if ledger.paid(fee) else "Fee cancelled")
        ledger.lower(fee, 0)
        ledger.fees[fee].cancelled = True

    @precondition(lambda self: self.keys)
    @rule(pick=picks, other_user=st.sampled_from((False, False, True)))
    def repeat(self, pick: int, other_user: bool) -> None:
        """A billing that arrives once more after it was taken back is refused; all else as ever."""
        who, work, answer = self.keys[pick % len(self.keys)]
        undone = {run.id for run in self.runs if run.is_undone}
        if not other_user and isinstance(answer, list) and undone & {key for key, *_ in answer}:
            self.do("repeat", who, "taken_back", work)
        else:
            super().repeat(pick=pick, other_user=other_user)

    @precondition(lambda self: any(run.is_undone for run in self.runs))
    @rule(pick=picks)
    def repeat_a_billing(self, pick: int) -> None:
        """Of those that were made with a key, first the ones that were taken back."""
        undone = {run.id for run in self.runs if run.is_undone}
        of_runs = [place for place, (_, _, answer) in enumerate(self.keys) if isinstance(answer, list)]
        if of_runs:
            of_runs.sort(key=lambda place: not undone & {key for key, *_ in self.keys[place][2]})
            self.repeat(pick=of_runs[pick % 2 % len(of_runs)], other_user=False)

    @precondition(lambda self: self.runs)
    @rule(pick=picks, who=cashiers)
    def pay_for_a_run(self, pick: int, who: int | None) -> None:
        """Somebody pays one fee of a run."""
        fees = [fee for run in self.runs for fee in run.fees if fee in self.ledger.fees and self.ledger.owed(fee)]
        if fees:
            place = sorted(self.ledger.fees).index(fees[pick % len(fees)])
            self.pay_chosen_fees(chosen=[place], part=2_000, rest=0, who=who, any_fee=True)


@pytest.mark.parametrize("days", [SOME, pytest.param(MANY, marks=pytest.mark.long)], ids=["some", "many"])
def test_random_terms_end_as_the_ledger_says(
    office: type[MoneyMachine],
    backend: str,
    days: Mapping[str, int],
) -> None:
    run_state_machine_as_test(
        BillingMachine,
        settings=settings(
            max_examples=days[backend],
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    done = {name.partition(":")[0].removesuffix(" money") for name in office.done if name.endswith("done")}
    assert {"bill", "take back", "delete billed", "move", "admit", "repeat"} <= done
    assert {"bill: nothing_to_bill", "take back money: paid_since"} <= set(office.done)
