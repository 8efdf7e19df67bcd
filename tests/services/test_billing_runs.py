"""A class is billed once and as a whole, and taken back as a whole while nobody has paid."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app import progress
from app.database import Actor, acting_as
from app.errors import Conflict, Invalid, KeyReused, Missing, SchoolError
from app.progress import Cancelled
from app.queries.billing_runs import billing_run_row
from app.queries.fee_structures import Open, charged_students, price_list
from app.services.billing_runs import Billed, bill
from app.services.billing_undo import take_back_billing
from app.services.fee_structures import Priced, add_fee_structure, update_fee_structure
from app.services.fees import add_fee, delete_fee, update_fee
from app.services.payments import record_payment, void_payment
from app.services.students import update_student
from tests.support.database import figures, hold_the_write_lock, insert, refuse_rows, rows, value
from tests.support.laws import broken_laws
from tests.support.office import alerts_told, assert_lawful, booked, close, credit_of, everything, fee_of, working
from tests.support.school import School, alerts
from tests.support.threads import at_once

EXAM, FEEDING = 2_000, 15_000
KEPT = {
    "fees": "id, student_id, amount_due, amount_paid, arrears, cancelled_at",
    "student_balances": "student_id, billed, adjusted, paid, arrears, credit, is_high",
    "payment_allocations": "id, payment_id, fee_id, amount",
    "system_notifications": "id, message, cleared_at",
}
BALANCES = "SELECT student_id, billed, adjusted, paid, arrears, credit, is_high FROM student_balances ORDER BY 1"
CHARGED = (
    "SELECT student_id, fee_type_id, amount_due FROM fees WHERE billing_run_id = ? AND cancelled_at IS NULL "
    "ORDER BY student_id, fee_type_id"
)


@pytest.fixture(autouse=True)
def office(in_app: Flask, school: School, raw: Any, check: Any) -> Iterator[None]:
    """Esi works on 10 March 2026; when she goes home every law holds and every figure is right."""
    with working(school.bursar):
        yield
    assert_lawful(raw)
    assert twice_billed(raw) == []
    check()


@pytest.fixture
def year(school: School, raw: Any) -> int:
    return insert(raw, "academic_years", name="2025/26", starts_on="2025-09-01", ends_on="2026-09-01")


@pytest.fixture
def term(year: int, raw: Any) -> int:
    return insert(raw, "terms", academic_year_id=year, name="Term 1", starts_on="2025-09-01", ends_on="2026-01-01")


@pytest.fixture
def next_term(year: int, raw: Any) -> int:
    return insert(raw, "terms", academic_year_id=year, name="Term 2", starts_on="2026-01-01", ends_on="2026-05-01")


@pytest.fixture
def types(school: School, raw: Any) -> list[int]:
    return [insert(raw, "fee_types", name=name) for name in ("Exam", "Feeding", "Trip")]


@pytest.fixture
def prices(school: School, pupils: list[int], term: int, types: list[int]) -> int:
    """Exam 20.00, and feeding 150.00 by the first of April, for Blue."""
    items = [Priced(types[0], EXAM), Priced(types[1], FEEDING, date(2026, 4, 1))]
    return add_fee_structure(class_id=school.blue, term_id=term, items=items).id


@pytest.fixture
def gold_prices(school: School, term: int, types: list[int]) -> int:
    """Exam 30.00 and a trip 5.00 for Gold, where Kofi is."""
    return add_fee_structure(
        class_id=school.gold, term_id=term, items=[Priced(types[0], 3_000), Priced(types[2], 500)]
    ).id


@pytest.fixture
def pupils(school: School, raw: Any) -> list[int]:
    """Asha and two others of Blue; another has withdrawn, and one has left."""
    found = [pupil(raw, school.blue, name) for name in ("Owusu", "Addo", "Gone", "Done")]
    for status in ("graduated", "withdrawn"):
        raw.execute("UPDATE students SET status = ? WHERE id = ?", (status, found.pop()))
    return [school.asha, *found]


def pupil(raw: Any, class_id: int, name: str = "Sarpong") -> int:
    number = value(raw, "SELECT count(*) FROM students")
    return insert(raw, "students", admission_no=f"P{number}", first_name="Ama", last_name=name, class_id=class_id)


def as_it_is(raw: Any) -> dict[str, list[dict[str, Any]]]:
    kept = {table: rows(raw, f"SELECT {names} FROM {table} ORDER BY 1, 2") for table, names in KEPT.items()}
    return {**kept, "figures": [dict(figures(raw))]}


def all_of(raw: Any) -> dict[str, list[dict[str, Any]]]:
    """What a refused or repeated request must leave as it was."""
    return {
        **everything(raw),
        **{name: rows(raw, f"SELECT * FROM {name}") for name in ("billing_runs", "request_keys")},
    }


def charged_by(raw: Any, run_id: int) -> list[tuple[int, int, int]]:
    """Student, type and amount of the standing fees of a run."""
    return [tuple(row.values()) for row in rows(raw, CHARGED, (run_id,))]  # type: ignore[misc]


def fee_by(raw: Any, run_id: int, student_id: int, fee_type_id: int) -> int:
    return int(
        value(
            raw,
            "SELECT id FROM fees WHERE billing_run_id = ? AND student_id = ? AND fee_type_id = ?",
            (run_id, student_id, fee_type_id),
        )
    )


def twice_billed(raw: Any) -> list[dict[str, Any]]:
    return rows(
        raw,
        "SELECT student_id, fee_type_id, term_id FROM fees WHERE billing_run_id IS NOT NULL AND cancelled_at IS NULL "
        "AND fee_type_id IS NOT NULL AND term_id IS NOT NULL GROUP BY 1, 2, 3 HAVING count(*) > 1",
    )


def bill_one(fee_structure_id: int, **given: Any) -> int:
    """Bill one list; the run's id."""
    (run,) = bill(fee_structure_ids=[fee_structure_id], **given).runs
    return run.id


def refused(work: Callable[[], object]) -> SchoolError:
    with pytest.raises(SchoolError) as found:
        work()
    return found.value


# Billing


def test_everybody_active_in_the_class_is_charged_each_fee_once(
    school: School, prices: int, pupils: list[int], term: int, types: list[int], raw: Any
) -> None:
    before = {row["student_id"]: row for row in rows(raw, BALANCES)}
    billed = bill(fee_structure_ids=[prices])
    assert (billed.fees, billed.total, billed.replayed) == (6, 3 * (EXAM + FEEDING), False)
    (run,) = rows(raw, "SELECT * FROM billing_runs")
    assert {name: run[name] for name in ("id", "fee_structure_id", "term_id", "fee_count", "total", "created_by")} == {
        "id": billed.runs[0].id, "fee_structure_id": prices, "term_id": term, "fee_count": 6,
        "total": 3 * (EXAM + FEEDING), "created_by": school.bursar,
    }  # fmt: skip
    assert run["undone_at"] is None
    told = (
        "student_id",
        "fee_type_id",
        "amount_due",
        "description",
        "due_on",
        "term_id",
        "year",
        "month",
        "created_by",
    )
    made = rows(
        raw, f"SELECT {', '.join(told)} FROM fees WHERE billing_run_id = ? ORDER BY student_id, id", (run["id"],)
    )
    assert [tuple(row.values()) for row in made] == [
        (student, *fee, term, 2025, 9, school.bursar)
        for student in pupils
        for fee in (
            (types[0], EXAM, "Exam, Term 1", None),
            (types[1], FEEDING, "Feeding, Term 1", "2026-04-01"),
        )
    ]
    assert value(raw, "SELECT count(*) FROM fees") == 2 + 6, "nobody else was charged"
    for row in rows(raw, BALANCES):
        more = EXAM + FEEDING if row["student_id"] in pupils else 0
        old = before.get(row["student_id"], {"billed": 0, "arrears": 0})
        assert (row["billed"], row["arrears"]) == (old["billed"] + more, old["arrears"] + more)
    (log,) = rows(raw, "SELECT * FROM user_activity_log WHERE activity_type = 'class.billed'")
    assert (log["user_id"], log["record_id"]) == (school.bursar, run["id"])


def test_a_run_comes_back_exactly_and_the_class_can_be_billed_again(
    school: School, prices: int, pupils: list[int], raw: Any, check: Any
) -> None:
    before = as_it_is(raw)
    first = bill_one(prices)
    check()
    assert as_it_is(raw) != before
    assert take_back_billing(first) == 6
    assert value(raw, "SELECT undone_at FROM billing_runs WHERE id = ?", (first,)) is not None
    assert as_it_is(raw) == before
    check()
    again = all_of(raw)
    assert refused(lambda: take_back_billing(first)).code == "taken_back"
    assert all_of(raw) == again
    with pytest.raises(Missing):
        take_back_billing(999)

    second = bill(fee_structure_ids=[prices])
    assert second.fees == 6
    assert len(charged_by(raw, second.runs[0].id)) == 6
    take_back_billing(second.runs[0].id)
    assert as_it_is(raw) == before
    told = rows(
        raw, "SELECT activity_type, user_id FROM user_activity_log WHERE activity_type LIKE 'class.%' ORDER BY id"
    )
    assert [row["activity_type"] for row in told] == ["class.billed", "class.billing_taken_back"] * 2
    assert {row["user_id"] for row in told} == {school.bursar}


def test_the_preview_says_what_is_billed(prices: int, pupils: list[int], raw: Any) -> None:
    shown = charged_students(prices)
    assert [(row.id, row.name, row.fees, row.total) for row in shown] == [
        (pupils[2], "Addo, Ama", 2, EXAM + FEEDING),
        (pupils[0], "Mensah, Asha", 2, EXAM + FEEDING),
        (pupils[1], "Owusu, Ama", 2, EXAM + FEEDING),
    ]
    run = bill_one(prices, student_ids=pupils[:2])
    (left,) = charged_students(prices)
    assert (left.id, left.fees, left.total) == (pupils[2], 2, EXAM + FEEDING)
    listed = price_list(prices)
    assert listed and (listed.students, listed.total) == (3, EXAM + FEEDING)
    assert listed.open == Open(students=1, fees=2, total=EXAM + FEEDING)
    bill_one(prices)
    assert charged_students(prices) == []
    take_back_billing(run)
    assert [row.id for row in charged_students(prices)] == pupils[:2]


def test_billing_twice_charges_nobody_twice(prices: int, pupils: list[int], raw: Any) -> None:
    bill_one(prices)
    before = all_of(raw)
    refusal = refused(lambda: bill(fee_structure_ids=[prices]))
    assert isinstance(refusal, Invalid)
    assert (refusal.code, refusal.param) == ("nothing_to_bill", "fee_structure_id")
    assert "Blue" in str(refusal.message)
    assert all_of(raw) == before


def test_who_is_admitted_later_is_charged_alone(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    first = bill_one(prices)
    late = pupil(raw, school.blue)
    second = bill_one(prices)
    assert charged_by(raw, second) == [(late, types[0], EXAM), (late, types[1], FEEDING)]
    assert len(charged_by(raw, first)) == 6
    take_back_billing(first)
    assert len(charged_by(raw, second)) == 2, "taking the first back leaves the second"


def test_who_comes_back_to_school_is_charged_then(prices: int, pupils: list[int], types: list[int], raw: Any) -> None:
    bill_one(prices)
    update_student(student_id=pupils[1], status="withdrawn")
    back = int(value(raw, "SELECT id FROM students WHERE last_name = 'Done'"))
    assert back not in pupils
    update_student(student_id=back, status="active")
    assert charged_by(raw, bill_one(prices)) == [(back, types[0], EXAM), (back, types[1], FEEDING)]


def test_a_fee_that_joins_the_list_later_is_charged_alone(
    prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    first = bill_one(prices)
    items = [Priced(types[0], 9_999), Priced(types[1], FEEDING), Priced(types[2], 700)]
    update_fee_structure(fee_structure_id=prices, items=items)
    second = bill_one(prices)
    assert charged_by(raw, second) == [(student, types[2], 700) for student in pupils]
    assert {amount for *_, amount in charged_by(raw, first)} == {EXAM, FEEDING}, "charged as it was"


def test_who_changes_class_within_the_term_is_not_charged_the_same_again(
    school: School, prices: int, gold_prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    bill_one(prices)
    update_student(student_id=school.asha, class_id=school.gold)
    assert charged_by(raw, bill_one(gold_prices)) == [
        (school.asha, types[2], 500),
        (school.kofi, types[0], 3_000),
        (school.kofi, types[2], 500),
    ]
    assert refused(lambda: bill(fee_structure_ids=[prices])).code == "nothing_to_bill"


def test_a_fee_by_hand_of_the_same_type_and_term_counts_while_it_stands(
    prices: int, pupils: list[int], types: list[int], term: int, raw: Any
) -> None:
    for fee_type, term_id in ((types[0], term), (types[1], None)):
        by_hand = add_fee(student_id=pupils[1], amount_due=100, fee_type_id=fee_type, term_id=term_id).fee
    bill_one(prices)
    exams = "SELECT count(*) FROM fees WHERE student_id = ? AND fee_type_id = ? AND term_id = ?"
    assert [value(raw, exams, (pupils[1], kind, term)) for kind in types[:2]] == [1, 1]
    assert by_hand, "one of no term stands beside it"
    (own,) = rows(raw, f"{exams.replace('count(*)', 'id')} AND billing_run_id IS NULL", (pupils[1], types[0], term))
    delete_fee(fee_id=own["id"])
    assert bill(fee_structure_ids=[prices]).fees == 1


def test_the_next_term_is_charged_anew(
    school: School, prices: int, next_term: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    bill_one(prices)
    items = [Priced(types[0], 2_500)]
    later = bill_one(add_fee_structure(class_id=school.blue, term_id=next_term, items=items).id)
    assert charged_by(raw, later) == [(student, types[0], 2_500) for student in pupils]
    made = rows(raw, "SELECT DISTINCT year, month, description FROM fees WHERE billing_run_id = ?", (later,))
    assert made == [{"year": 2026, "month": 1, "description": "Exam, Term 2"}]


def test_only_those_who_are_meant_are_charged(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    withdrawn = int(value(raw, "SELECT id FROM students WHERE status = 'withdrawn'"))
    before = all_of(raw)
    assert refused(lambda: bill(fee_structure_ids=[prices], student_ids=[])).code == "nothing_to_bill"
    for stranger, name in ((school.kofi, "Kofi Boateng"), (withdrawn, "Ama Gone"), (999, "999")):
        refusal = refused(lambda s=stranger: bill(fee_structure_ids=[prices], student_ids=[pupils[1], s]))  # type: ignore[misc]
        assert (refusal.code, refusal.param) == ("unknown_student", "student_ids")
        assert str(refusal.message) == f"{name} is not in Blue any more."
    assert all_of(raw) == before
    run = bill_one(prices, student_ids=[pupils[1], pupils[1]])
    assert charged_by(raw, run) == [(pupils[1], types[0], EXAM), (pupils[1], types[1], FEEDING)]
    assert {student for student, *_ in charged_by(raw, bill_one(prices))} == {pupils[0], pupils[2]}


def test_what_cannot_be_billed_is_said(prices: int, pupils: list[int], raw: Any) -> None:
    before = all_of(raw)
    for lists, code in (([], "required"), ([999], "unknown_fee_structure"), ([prices, 999], "unknown_fee_structure")):
        refusal = refused(lambda some=lists: bill(fee_structure_ids=some))  # type: ignore[misc]
        assert (refusal.code, refusal.param) == (code, "fee_structure_id")
    assert all_of(raw) == before


def test_a_large_class_is_billed_and_comes_back_as_a_whole(school: School, term: int, raw: Any, check: Any) -> None:
    """More students than one statement charges, and more fees than one takes back; each alert tells once."""
    names = ("One", "Two", "Three", "Four")
    types = [insert(raw, "fee_types", name=name) for name in names]
    raw.execute("BEGIN")
    crowd = [school.asha, *(pupil(raw, school.blue) for _ in range(52))]
    raw.execute("COMMIT")
    before = as_it_is(raw)
    items = [Priced(key, 30_000) for key in types]
    prices = add_fee_structure(class_id=school.blue, term_id=term, items=items).id
    run = bill_one(prices)
    check()
    assert charged_by(raw, run) == [(student, key, 30_000) for student in sorted(crowd) for key in types]
    assert [alerts(raw, student) for student in crowd] == [[True]] * len(crowd)
    take_back_billing(run)
    assert [alerts(raw, student) for student in crowd] == [[False]] * len(crowd)
    after = as_it_is(raw)
    del before["system_notifications"], after["system_notifications"]
    assert after == before


# Requests that arrive again


def test_a_request_that_arrives_again_charges_once(prices: int, pupils: list[int], raw: Any) -> None:
    asked: dict[str, Any] = {"fee_structure_ids": [prices], "request_key": "k", "request_hash": "h"}
    first = bill(**asked)
    made, before = first.runs[0].id, all_of(raw)
    again = bill(**asked)
    assert (first.replayed, again.replayed) == (False, True)
    assert [run.id for run in again.runs] == [made]
    assert (again.fees, again.total) == (6, 3 * (EXAM + FEEDING))
    with pytest.raises(KeyReused):
        bill(**{**asked, "request_hash": "another body"})
    with acting_as(Actor(None, "somebody else")), pytest.raises(KeyReused):
        bill(**asked)
    assert all_of(raw) == before


def test_a_request_for_several_classes_that_arrives_again_charges_once(
    prices: int, gold_prices: int, pupils: list[int], raw: Any
) -> None:
    asked: dict[str, Any] = {"fee_structure_ids": [prices, gold_prices], "request_key": "k", "request_hash": "h"}
    first = bill(**asked)
    made, before = [run.id for run in first.runs], all_of(raw)
    again = bill(**asked)
    assert (first.replayed, again.replayed) == (False, True)
    assert [run.id for run in again.runs] == made
    assert (again.fees, again.total) == (8, 3 * (EXAM + FEEDING) + 3_500)
    with pytest.raises(KeyReused):
        bill(**{**asked, "request_hash": "another body"})
    assert all_of(raw) == before


def test_a_repeat_answers_with_the_runs_that_were_made(
    school: School, prices: int, gold_prices: int, pupils: list[int], raw: Any
) -> None:
    """Nobody was left in Gold the first time; somebody who came since is not charged by the repeat."""
    bill_one(gold_prices)
    asked: dict[str, Any] = {"fee_structure_ids": [gold_prices, prices], "request_key": "k", "request_hash": "h"}
    (made,) = bill(**asked).runs
    pupil(raw, school.gold)
    before = all_of(raw)
    again = bill(**asked)
    assert ([run.id for run in again.runs], again.replayed) == ([made.id], True)
    assert all_of(raw) == before


@pytest.mark.parametrize("lists", [[0], [1], [2], [0, 2], [2, 0], [0, 1, 2]], ids=str)
def test_a_key_of_several_lists_is_not_used_for_others(
    school: School, prices: int, gold_prices: int, next_term: int, types: list[int], pupils: list[int], raw: Any,
    lists: list[int],
) -> None:  # fmt: skip
    """Whatever the second request asks for: it is another one, and must not charge anybody."""
    later = add_fee_structure(class_id=school.blue, term_id=next_term, items=[Priced(types[0], 500)]).id
    known = [prices, gold_prices, later]
    bill(fee_structure_ids=known[:2], request_key="k", request_hash="h")
    before = all_of(raw)
    with pytest.raises(KeyReused):
        bill(fee_structure_ids=[known[which] for which in lists], request_key="k", request_hash="another body")
    assert all_of(raw) == before


def test_a_key_of_one_list_is_not_used_for_several(prices: int, gold_prices: int, pupils: list[int], raw: Any) -> None:
    bill(fee_structure_ids=[prices], request_key="k", request_hash="h")
    before = all_of(raw)
    with pytest.raises(KeyReused):
        bill(fee_structure_ids=[prices, gold_prices], request_key="k", request_hash="another body")
    assert all_of(raw) == before


def test_a_key_may_be_as_long_as_the_contract_says(prices: int, gold_prices: int, pupils: list[int], raw: Any) -> None:
    asked: dict[str, Any] = {"fee_structure_ids": [prices, gold_prices], "request_key": "k" * 255, "request_hash": "h"}
    first = bill(**asked)
    made = [run.id for run in first.runs]
    again = bill(**asked)
    assert ([run.id for run in again.runs], again.replayed) == (made, True)


def test_a_repeat_of_a_billing_that_was_taken_back_charges_nobody(
    prices: int, gold_prices: int, pupils: list[int], raw: Any
) -> None:
    one: dict[str, Any] = {"fee_structure_ids": [prices], "request_key": "one", "request_hash": "h"}
    take_back_billing(bill(**one).runs[0].id)
    assert refused(lambda: bill(**one)).code == "taken_back"
    two: dict[str, Any] = {"fee_structure_ids": [prices, gold_prices], "request_key": "two", "request_hash": "h"}
    take_back_billing(bill(**two).runs[1].id)
    before = all_of(raw)
    for asked in (one, two):
        refusal = refused(lambda some=asked: bill(**some))  # type: ignore[misc]
        assert (refusal.code, isinstance(refusal, Conflict)) == ("taken_back", True)
    assert all_of(raw) == before
    assert not bill(fee_structure_ids=[gold_prices], request_key="three").replayed, "the form was opened anew"


@pytest.mark.sqlite
def test_a_repeat_is_answered_without_the_write_lock(
    prices: int, gold_prices: int, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lists in ([prices], [prices, gold_prices]):
        asked: dict[str, Any] = {"fee_structure_ids": lists, "request_key": f"k{len(lists)}", "request_hash": "h"}
        made = [run.id for run in bill(**asked).runs]
        with monkeypatch.context() as patch:
            patch.setattr("app.database.transaction.LOCK_TIMEOUT", 0.1)
            hold_the_write_lock(raw)
            try:
                again = bill(**asked)
            finally:
                raw.execute("ROLLBACK")
        assert ([run.id for run in again.runs], again.replayed) == (made, True)


# Several lists


def test_several_classes_are_billed_or_none(
    school: School, prices: int, gold_prices: int, pupils: list[int], raw: Any
) -> None:
    insert(raw, "students", admission_no="G1", first_name="Yaw", last_name="Asare", class_id=school.gold)
    refuse_rows(raw, "fees", "NEW.amount_due = 500", "boom")
    before = all_of(raw)
    with pytest.raises(Exception, match="boom"):
        bill(fee_structure_ids=[prices, gold_prices], request_key="k")
    assert all_of(raw) == before


def test_a_list_with_nobody_left_is_passed_over(
    school: School, prices: int, gold_prices: int, pupils: list[int], raw: Any
) -> None:
    bill_one(prices)
    (run,) = bill(fee_structure_ids=[prices, gold_prices]).runs
    assert (run.fee_structure_id, run.fee_count) == (gold_prices, 2)
    before = all_of(raw)
    assert refused(lambda: bill(fee_structure_ids=[prices, gold_prices])).code == "nothing_to_bill"
    assert all_of(raw) == before


def test_a_list_that_is_named_twice_is_billed_once(prices: int, pupils: list[int], raw: Any) -> None:
    (run,) = bill(fee_structure_ids=[prices, prices], request_key="k").runs
    assert run.fee_count == 6


def test_two_lists_of_a_class_charge_what_they_share_once(
    school: School, prices: int, term: int, types: list[int], pupils: list[int], raw: Any
) -> None:
    items = [Priced(types[0], 8_000), Priced(types[2], 900)]
    extra = add_fee_structure(class_id=school.blue, term_id=term, name="Extra", items=items).id
    billed = bill(fee_structure_ids=[prices, extra])
    assert [run.fee_count for run in billed.runs] == [6, 3]
    assert charged_by(raw, billed.runs[1].id) == [(student, types[2], 900) for student in pupils]


def test_a_list_that_another_one_of_the_request_covers_makes_no_run(
    school: School, prices: int, term: int, types: list[int], pupils: list[int], raw: Any
) -> None:
    """Of two lists with the same fee, the first charges it; an empty run of the other would say it was billed."""
    items = [Priced(types[0], 8_000)]
    same = add_fee_structure(class_id=school.blue, term_id=term, name="Again", items=items).id
    billed = bill(fee_structure_ids=[prices, same])
    assert [(run.fee_structure_id, run.fee_count) for run in billed.runs] == [(prices, 6)]
    logged = rows(raw, "SELECT record_id FROM user_activity_log WHERE activity_type = 'class.billed'")
    assert [row["record_id"] for row in logged] == [billed.runs[0].id]


# Lists for some only


@pytest.fixture
def bus(school: School, pupils: list[int], term: int, types: list[int]) -> int:
    """A trip 7.00, only for those of Blue who are chosen."""
    items = [Priced(types[2], 700)]
    return add_fee_structure(class_id=school.blue, term_id=term, name="Bus", items=items, is_optional=True).id


def test_an_optional_list_charges_only_who_is_chosen(bus: int, pupils: list[int], types: list[int], raw: Any) -> None:
    before = all_of(raw)
    refusal = refused(lambda: bill(fee_structure_ids=[bus]))
    assert (type(refusal), refusal.code, refusal.param) == (Invalid, "students_required", "student_ids")
    assert refused(lambda: bill(fee_structure_ids=[bus], student_ids=[])).code == "nothing_to_bill"
    assert all_of(raw) == before
    assert charged_by(raw, bill_one(bus, student_ids=[pupils[1]])) == [(pupils[1], types[2], 700)]
    again = bill_one(bus, student_ids=pupils[:2])
    assert charged_by(raw, again) == [(pupils[0], types[2], 700)], "nobody pays for the bus twice"


def test_a_class_is_not_billed_by_an_optional_list_beside_another(
    prices: int, bus: int, pupils: list[int], raw: Any
) -> None:
    before = all_of(raw)
    assert refused(lambda: bill(fee_structure_ids=[prices, bus])).code == "students_required"
    assert all_of(raw) == before
    update_fee_structure(fee_structure_id=bus, is_optional=False)
    assert bill(fee_structure_ids=[prices, bus]).fees == 9


# Single fees of a run


def test_a_deleted_fee_of_a_run_is_cancelled_and_not_charged_again(
    prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    run = bill_one(prices)
    fee = fee_by(raw, run, pupils[1], types[1])
    assert delete_fee(fee_id=fee, reason="Eats at home").message == "Fee cancelled"
    kept = fee_of(raw, fee)
    assert (kept["arrears"], kept["cancel_reason"], kept["billing_run_id"]) == (0, "Eats at home", run)
    assert kept["cancelled_at"] is not None
    assert refused(lambda: bill(fee_structure_ids=[prices])).code == "nothing_to_bill"
    update_fee_structure(fee_structure_id=prices, items=[*_items(types), Priced(types[2], 700)])
    assert charged_by(raw, bill_one(prices)) == [(student, types[2], 700) for student in pupils]
    assert refused(lambda: delete_fee(fee_id=fee)).code == "cancelled_fee"


def _items(types: list[int]) -> list[Priced]:
    return [Priced(types[0], EXAM), Priced(types[1], FEEDING)]


def test_a_fee_by_hand_is_still_removed(school: School, raw: Any) -> None:
    assert delete_fee(fee_id=school.books).message == "Fee deleted"
    assert rows(raw, "SELECT id FROM fees WHERE id = ?", (school.books,)) == []


def test_a_run_whose_fee_was_deleted_comes_back_without_it(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    before = rows(raw, BALANCES)
    run = bill_one(prices)
    fee = fee_by(raw, run, pupils[1], types[1])
    delete_fee(fee_id=fee, reason="Eats at home")
    kept = fee_of(raw, fee)
    take_back_billing(run)
    assert fee_of(raw, fee) == kept, "what was cancelled before stays as it was"
    assert rows(raw, "SELECT id FROM fees WHERE billing_run_id = ?", (run,)) == [{"id": fee}]
    assert rows(raw, BALANCES) == before


def test_taking_back_says_how_many_fees_it_took(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    """One of the six was cancelled before: five are taken back, as the activity log says."""
    run = bill_one(prices)
    delete_fee(fee_id=fee_by(raw, run, pupils[1], types[1]))
    take_back_billing(run)
    (log,) = rows(raw, "SELECT * FROM user_activity_log WHERE activity_type = 'class.billing_taken_back'")
    assert '"fees": 5' in str(log["activity_data"]).replace("'", '"')
    (job,) = [job for job in progress.jobs_of(school.bursar) if job.title == "Taking a billing back"]
    assert (job.state, job.words) == ("done", "5 fees are taken back.")


def test_a_fee_is_not_given_the_type_of_another_one_of_its_run(
    prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    run = bill_one(prices)
    feeding = fee_by(raw, run, pupils[1], types[1])
    before = all_of(raw)
    refusal = refused(lambda: update_fee(fee_id=feeding, version=1, fee_type_id=types[0]))
    assert (type(refusal), refusal.code, refusal.param) == (Conflict, "billed_once", "fee_type_id")
    assert all_of(raw) == before


def test_a_fee_is_not_given_the_term_of_another_one(
    school: School, prices: int, next_term: int, pupils: list[int], types: list[int], term: int, raw: Any
) -> None:
    bill_one(prices)
    later = bill_one(add_fee_structure(class_id=school.blue, term_id=next_term, items=_items(types)).id)
    exam = fee_by(raw, later, pupils[1], types[0])
    before = all_of(raw)
    refusal = refused(lambda: update_fee(fee_id=exam, version=1, term_id=term))
    assert (type(refusal), refusal.code) == (Conflict, "billed_once")
    assert all_of(raw) == before
    by_hand = add_fee(student_id=pupils[1], amount_due=100, fee_type_id=types[0], term_id=term).fee
    assert by_hand, "a fee that the bursar adds alone is meant"
    exams = "SELECT count(*) FROM fees WHERE student_id = ? AND fee_type_id = ? AND term_id = ?"
    assert value(raw, exams, (pupils[1], types[0], term)) == 2


def test_a_fee_is_not_given_the_type_of_a_cancelled_one_of_its_run_without_a_word(
    prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    """Allowed or refused, but answered: the table knows each type once in a run, cancelled ones included."""
    run = bill_one(prices)
    delete_fee(fee_id=fee_by(raw, run, pupils[1], types[0]))
    feeding = fee_by(raw, run, pupils[1], types[1])
    with pytest.raises(Conflict):
        update_fee(fee_id=feeding, version=1, fee_type_id=types[0])


def test_a_fee_that_moved_to_the_next_term_lets_no_other_take_its_place_in_the_run_without_a_word(
    prices: int, next_term: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    run = bill_one(prices)
    update_fee(fee_id=fee_by(raw, run, pupils[1], types[0]), version=1, term_id=next_term)
    with pytest.raises(Conflict):
        update_fee(fee_id=fee_by(raw, run, pupils[1], types[1]), version=1, fee_type_id=types[0])


def test_the_database_itself_bills_nobody_twice(
    prices: int, pupils: list[int], types: list[int], term: int, raw: Any
) -> None:
    run = bill_one(prices)
    other = insert(raw, "billing_runs", term_id=term)
    same = {"student_id": pupils[1], "fee_type_id": types[0], "term_id": term, "amount_due": 5}
    with pytest.raises(raw.IntegrityError):
        insert(raw, "fees", **same, billing_run_id=other)
    delete_fee(fee_id=fee_by(raw, run, pupils[1], types[0]))
    insert(raw, "fees", **same, billing_run_id=other)
    insert(raw, "fees", **same)


# Credit


def test_credit_settles_the_new_fees_in_order_of_due_date_and_is_credit_again(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any, check: Any
) -> None:
    """Feeding falls due in April, the exam on no day: the credit goes to feeding first, though it is billed second."""
    record_payment(student_id=school.asha, amount=65_000, paid_on=date(2026, 2, 3))
    for amount in (10_000, 6_000):
        record_payment(student_id=school.asha, amount=amount, paid_on=date(2026, 2, 4), allow_credit=True)
    before, shown = rows(raw, BALANCES), as_it_is(raw)["figures"]
    run = bill_one(prices)
    check()
    assert broken_laws(raw) == []
    exam, feeding = (fee_by(raw, run, school.asha, key) for key in types[:2])
    assert (fee_of(raw, feeding)["arrears"], fee_of(raw, exam)["arrears"]) == (0, 1_000)
    assert booked(raw, f"FEE-{feeding}") == [("2026-03-10", 10_000), ("2026-03-10", 5_000)]
    assert booked(raw, f"FEE-{exam}") == [("2026-03-10", 1_000)]
    assert credit_of(raw, school.asha) == 0
    row = billing_run_row(run)
    assert row and (row.students, row.paid) == (3, 16_000)

    take_back_billing(run)
    check()
    assert broken_laws(raw) == []
    assert rows(raw, BALANCES) == before
    assert credit_of(raw, school.asha) == 16_000
    assert as_it_is(raw)["figures"] == shown
    left = rows(raw, "SELECT student_id, cancel_reason FROM fees WHERE billing_run_id = ?", (run,))
    assert left == [{"student_id": school.asha, "cancel_reason": "Billing taken back"}] * 2
    again = bill_one(prices)
    assert len(charged_by(raw, again)) == 6
    assert fee_of(raw, fee_by(raw, again, school.asha, types[1]))["arrears"] == 0


def test_credit_pays_only_what_is_billed(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    record_payment(student_id=pupils[1], amount=EXAM + FEEDING + 77, allow_credit=True)
    run = bill_one(prices)
    assert credit_of(raw, pupils[1]) == 77
    assert value(raw, "SELECT sum(arrears) FROM fees WHERE student_id = ?", (pupils[1],)) == 0
    assert value(raw, "SELECT sum(amount_paid) FROM fees WHERE student_id <> ?", (pupils[1],)) == 0
    take_back_billing(run)
    assert credit_of(raw, pupils[1]) == EXAM + FEEDING + 77


def test_credit_from_a_closed_day_is_used_today_and_is_credit_again(
    school: School, prices: int, pupils: list[int], raw: Any
) -> None:
    record_payment(student_id=pupils[1], amount=9_000, paid_on=date(2026, 2, 4), allow_credit=True)
    close(raw, "2026-02-04")
    before = rows(raw, BALANCES)
    run = bill_one(prices)
    close(raw, "2026-03-10")
    take_back_billing(run)
    assert rows(raw, BALANCES) == before


def test_two_receipts_and_a_reduction_come_back_together(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    """Credit settled a fee that was then reduced, and what it did not need went to the other."""
    record_payment(student_id=pupils[1], amount=4_000, allow_credit=True)
    before = rows(raw, BALANCES)
    run = bill_one(prices)
    exam = fee_by(raw, run, pupils[1], types[0])
    insert(raw, "fee_adjustments", fee_id=exam, kind="discount", amount=500, reason="A sibling")
    raw.execute("UPDATE fees SET amount_adjusted = 500 WHERE id = ?", (exam,))
    take_back_billing(run)
    assert rows(raw, BALANCES) == before


# Taking back


@pytest.mark.parametrize(
    ("payers", "said"),
    [
        (1, "Asha Mensah has paid since: correct each fee alone."),
        (2, "Asha Mensah, Ama Owusu have paid since: correct each fee alone."),
        (3, "Asha Mensah, Ama Owusu, Ama Addo have paid since: correct each fee alone."),
        (4, "Asha Mensah, Ama Owusu, Ama Addo and 1 more have paid since: correct each fee alone."),
        (5, "Asha Mensah, Ama Owusu, Ama Addo and 2 more have paid since: correct each fee alone."),
    ],
)
def test_a_run_that_somebody_paid_for_stays_and_says_who(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any, payers: int, said: str
) -> None:
    others = [*pupils, *(pupil(raw, school.blue, name) for name in ("Baah", "Cofie"))]
    run = bill_one(prices)
    for student in others[:payers]:
        for key in types[:2]:
            record_payment(student_id=student, amount=1, allocations=[(fee_by(raw, run, student, key), 1)])
    before = all_of(raw)
    refusal = refused(lambda: take_back_billing(run))
    assert (type(refusal), refusal.code, str(refusal.message)) == (Conflict, "paid_since", said)
    assert all_of(raw) == before


def test_a_fee_that_credit_paid_in_part_and_somebody_the_rest_stands_in_the_way(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    record_payment(student_id=pupils[1], amount=4_000, allow_credit=True)
    run = bill_one(prices)
    record_payment(student_id=pupils[1], amount=EXAM + FEEDING - 4_000)
    before = all_of(raw)
    refusal = refused(lambda: take_back_billing(run))
    assert (refusal.code, str(refusal.message)) == (
        "paid_since",
        "Ama Owusu has paid since: correct each fee alone.",
    )
    assert all_of(raw) == before
    void_payment(payment_id=int(value(raw, "SELECT max(id) FROM payments")), reason="typed twice")
    take_back_billing(run)
    assert credit_of(raw, pupils[1]) == 4_000


def test_money_for_another_fee_does_not_stand_in_the_way(
    school: School, prices: int, pupils: list[int], raw: Any
) -> None:
    """Asha pays an older fee after the billing: nothing of that went into the run."""
    run = bill_one(prices)
    record_payment(student_id=school.asha, amount=65_000)
    before = rows(raw, "SELECT * FROM payments")
    take_back_billing(run)
    assert rows(raw, "SELECT * FROM payments") == before
    assert charged_by(raw, run) == []


def test_a_voided_payment_does_not_stand_in_the_way(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any, check: Any
) -> None:
    before = rows(raw, BALANCES)
    run = bill_one(prices)
    paid = record_payment(student_id=pupils[1], amount=FEEDING).payment
    assert refused(lambda: take_back_billing(run)).code == "paid_since"
    void_payment(payment_id=paid.id, reason="typed twice")
    take_back_billing(run)
    check()
    assert rows(raw, BALANCES) == before
    kept = rows(raw, "SELECT id, cancel_reason FROM fees WHERE billing_run_id = ?", (run,))
    feeding = fee_by(raw, run, pupils[1], types[1])
    assert kept == [{"id": feeding, "cancel_reason": "Billing taken back"}], "the voided receipt still names its fee"
    assert len(charged_by(raw, bill_one(prices))) == 6


def test_a_reduced_fee_is_cancelled(
    school: School, prices: int, pupils: list[int], types: list[int], raw: Any, check: Any
) -> None:
    before = rows(raw, BALANCES)
    run = bill_one(prices)
    exam = fee_by(raw, run, pupils[1], types[0])
    insert(raw, "fee_adjustments", fee_id=exam, kind="scholarship", amount=EXAM, reason="Best of the class")
    raw.execute("UPDATE fees SET amount_adjusted = ? WHERE id = ?", (EXAM, exam))
    take_back_billing(run)
    check()
    assert rows(raw, BALANCES) == before
    kept = rows(raw, "SELECT id, amount_adjusted FROM fees WHERE billing_run_id = ?", (run,))
    assert kept == [{"id": exam, "amount_adjusted": EXAM}]
    assert fee_of(raw, exam)["cancelled_at"] is not None
    assert value(raw, "SELECT count(*) FROM fee_adjustments") == 1
    assert len(charged_by(raw, bill_one(prices))) == 6


# Alerts


@pytest.fixture
def dear(school: School, term: int, types: list[int]) -> int:
    """Three fees of Blue, 1,600.00 together: none of them alone is above the threshold of 1,000.00."""
    amounts = zip(types, (80_000, 50_000, 30_000), strict=True)
    return add_fee_structure(
        class_id=school.blue, term_id=term, items=[Priced(key, amount) for key, amount in amounts]
    ).id


def test_an_alert_names_what_is_owed_in_the_end_and_is_cleared_on_take_back(
    school: School, dear: int, pupils: list[int], raw: Any
) -> None:
    before = rows(raw, BALANCES)
    run = bill_one(dear)
    assert sorted(alerts_told(raw)) == [
        "Ama Addo owes GHS 1,600.00, more than the alert threshold.",
        "Ama Owusu owes GHS 1,600.00, more than the alert threshold.",
        "Asha Mensah owes GHS 2,250.00, more than the alert threshold.",
    ]
    assert [alerts(raw, student) for student in pupils] == [[True]] * 3
    take_back_billing(run)
    assert [alerts(raw, student) for student in pupils] == [[False]] * 3
    assert rows(raw, BALANCES) == before


def test_an_alert_that_stood_before_stands_alone_and_remains(
    school: School, dear: int, pupils: list[int], raw: Any
) -> None:
    add_fee(student_id=pupils[1], amount_due=150_000)
    run = bill_one(dear)
    assert alerts(raw, pupils[1]) == [True]
    take_back_billing(run)
    assert alerts(raw, pupils[1]) == [True]
    assert [message for message in alerts_told(raw) if "Owusu" in message] == [
        "Ama Owusu owes GHS 1,500.00, more than the alert threshold."
    ]


def test_nobody_is_alerted_of_what_credit_pays(school: School, dear: int, pupils: list[int], raw: Any) -> None:
    record_payment(student_id=pupils[1], amount=60_000, allow_credit=True)
    record_payment(student_id=pupils[2], amount=59_999, allow_credit=True)
    run = bill_one(dear)
    assert alerts(raw, pupils[1]) == [], "exactly the threshold is not above it"
    assert alerts(raw, pupils[2]) == [True]
    assert "Ama Addo owes GHS 1,000.01, more than the alert threshold." in alerts_told(raw)
    take_back_billing(run)
    assert [alerts(raw, student) for student in pupils] == [[False], [], [False]]


def test_a_billing_that_fails_alerts_nobody(school: School, dear: int, pupils: list[int], raw: Any) -> None:
    refuse_rows(raw, "fees", f"NEW.student_id = {pupils[2]}", "boom")
    with pytest.raises(Exception, match="boom"):
        bill(fee_structure_ids=[dear])
    assert alerts_told(raw) == []


# Cancelled work


AT_ONCE, IN_THE_END = 0, 10**9
"""Seconds between two looks whether somebody asked for the end: at the first step, or only before the commit."""


@pytest.mark.parametrize("looks", [AT_ONCE, IN_THE_END])
def test_a_billing_that_is_cancelled_charges_nobody(
    prices: int, gold_prices: int, pupils: list[int], raw: Any, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    asked: dict[str, Any] = {"fee_structure_ids": [prices, gold_prices], "request_key": "k", "request_hash": "h"}
    before = all_of(raw)
    with monkeypatch.context() as patch:
        patch.setattr(progress, "REST_EVERY", looks)
        patch.setattr(progress._File, "is_cancelled", lambda self: True)
        with pytest.raises(Cancelled):
            bill(**asked)
    assert all_of(raw) == before
    again = bill(**asked)
    assert (again.fees, again.replayed) == (8, False), "the same request can be sent again"


@pytest.mark.parametrize("looks", [AT_ONCE, IN_THE_END])
def test_taking_back_that_is_cancelled_takes_nothing(
    school: School, prices: int, pupils: list[int], raw: Any, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    record_payment(student_id=pupils[1], amount=9_000, allow_credit=True)
    run = bill_one(prices)
    before = all_of(raw)
    with monkeypatch.context() as patch:
        patch.setattr(progress, "REST_EVERY", looks)
        patch.setattr(progress._File, "is_cancelled", lambda self: True)
        with pytest.raises(Cancelled):
            take_back_billing(run)
    assert all_of(raw) == before
    take_back_billing(run)
    assert charged_by(raw, run) == []


# At the same moment


def test_of_two_who_bill_a_class_at_once_one_does(
    app: Flask, school: School, prices: int, pupils: list[int], raw: Any
) -> None:
    def work() -> Billed | str:
        with app.app_context(), acting_as(Actor(school.bursar, "esi")):
            try:
                return bill(fee_structure_ids=[prices])
            except Invalid as refusal:
                return refusal.code

    answers = at_once([work] * 4)
    (billed,) = [answer for answer in answers if isinstance(answer, Billed)]
    assert [answer for answer in answers if answer is not billed] == ["nothing_to_bill"] * 3
    assert value(raw, "SELECT count(*) FROM billing_runs") == 1
    assert value(raw, "SELECT count(*) FROM fees WHERE billing_run_id IS NOT NULL") == 6


def test_of_a_double_click_one_charges_and_the_other_is_told_the_same(
    app: Flask, school: School, prices: int, gold_prices: int, pupils: list[int], raw: Any
) -> None:
    def work() -> tuple[bool, list[int], int]:
        with app.app_context(), acting_as(Actor(school.bursar, "esi")):
            billed = bill(fee_structure_ids=[prices, gold_prices], request_key="k", request_hash="h")
            return billed.replayed, [run.id for run in billed.runs], billed.total

    first, second = sorted(at_once([work] * 2))
    assert (first[0], second[0]) == (False, True)
    assert first[1:] == second[1:]
    assert value(raw, "SELECT count(*) FROM billing_runs") == 2
    assert value(raw, "SELECT count(*) FROM fees WHERE billing_run_id IS NOT NULL") == 8


def test_a_payment_and_a_take_back_at_once_exclude_each_other(
    app: Flask, school: School, prices: int, pupils: list[int], types: list[int], raw: Any
) -> None:
    def take() -> str:
        with app.app_context(), acting_as(Actor(school.bursar, "esi")):
            try:
                take_back_billing(run)
            except Conflict as refusal:
                return str(refusal.code)
        return "taken"

    def pay() -> str:
        with app.app_context(), acting_as(Actor(school.bursar, "esi")):
            try:
                record_payment(student_id=pupils[1], amount=100, allocations=[(feeding, 100)])
            except Invalid as refusal:
                return str(refusal.code)
        return "paid"

    for _ in range(4):
        run = bill_one(prices)
        feeding = fee_by(raw, run, pupils[1], types[1])
        answers = at_once([take, pay])
        assert answers in (["taken", "unknown_fee"], ["paid_since", "paid"])
        assert broken_laws(raw) == []
        if answers == ["paid_since", "paid"]:
            void_payment(payment_id=int(value(raw, "SELECT max(id) FROM payments")), reason="again")
            take_back_billing(run)
