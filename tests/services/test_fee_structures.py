"""Price lists: one name for each in a class and a term, real amounts, and what was charged by one stays."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.database import Actor, acting_as
from app.errors import Conflict, Invalid, KeyReused, Missing
from app.queries.fee_structures import Price, price_list
from app.services.billing_runs import bill
from app.services.billing_undo import take_back_billing
from app.services.fee_structures import (
    Priced,
    add_fee_structure,
    add_fee_structures,
    delete_fee_structure,
    update_fee_structure,
)
from tests.support.database import insert, rows, value
from tests.support.office import working
from tests.support.school import School


@pytest.fixture(autouse=True)
def office(in_app: Flask, school: School, check: Any) -> Iterator[None]:
    with working(school.bursar):
        yield
    check()


@pytest.fixture
def terms(school: School, raw: Any) -> list[int]:
    year = insert(raw, "academic_years", name="2025/26", starts_on="2025-09-01", ends_on="2026-09-01")
    dates = (("Term 1", "2025-09-01", "2026-01-01"), ("Term 2", "2026-01-01", "2026-05-01"))
    return [
        insert(raw, "terms", academic_year_id=year, name=name, starts_on=starts, ends_on=ends)
        for name, starts, ends in dates
    ]


@pytest.fixture
def types(school: School, raw: Any) -> list[int]:
    return [insert(raw, "fee_types", name=name) for name in ("Exam", "Feeding", "Trip")]


@pytest.fixture
def prices(school: School, terms: list[int], types: list[int]) -> int:
    """Exam 20.00 and feeding 150.00 for Blue."""
    items = [Priced(types[0], 2_000), Priced(types[1], 15_000, date(2026, 4, 1))]
    return add_fee_structure(class_id=school.blue, term_id=terms[0], items=items).id


def lists(raw: Any) -> dict[str, list[dict[str, Any]]]:
    """All price lists as they are."""
    return {name: rows(raw, f"SELECT * FROM {name} ORDER BY id") for name in ("fee_structures", "fee_structure_items")}


def items_of(fee_structure_id: int) -> list[Price]:
    found = price_list(fee_structure_id)
    assert found
    return list(found.items)


def test_a_list_without_a_name_is_called_after_class_and_term(school: School, prices: int, types: list[int]) -> None:
    found = price_list(prices)
    assert found
    assert (found.name, found.label) == ("Blue, Term 1 2025/26", "Blue, Term 1 2025/26")
    assert (found.class_id, found.class_name, found.term, found.total) == (
        school.blue,
        "Blue",
        "Term 1 2025/26",
        17_000,
    )
    assert found.items == [
        Price(types[0], "Exam", 2_000, None),
        Price(types[1], "Feeding", 15_000, date(2026, 4, 1)),
    ]


def test_a_name_is_kept_tidily(school: School, terms: list[int], types: list[int]) -> None:
    row = add_fee_structure(class_id=school.blue, term_id=terms[0], name="  Day   pupils ", items=[Priced(types[0], 1)])
    found = price_list(row.id)
    assert found and (found.name, found.label) == ("Day pupils", "Blue, Term 1 2025/26: Day pupils")


def test_a_long_class_name_still_makes_a_name(school: School, terms: list[int], types: list[int], raw: Any) -> None:
    long = insert(raw, "classes", name="x" * 64)
    row = add_fee_structure(class_id=long, term_id=terms[0], items=[Priced(types[0], 1)])
    assert row.name == "x" * 64


@pytest.mark.parametrize("again", ["Boarders", "boarders", " BOARDERS "])
def test_a_name_is_taken_once_in_a_class_and_term(
    school: School, prices: int, terms: list[int], types: list[int], raw: Any, again: str
) -> None:
    items = [Priced(types[0], 100)]
    add_fee_structure(class_id=school.blue, term_id=terms[0], name="Boarders", items=items)
    before = lists(raw)
    with pytest.raises(Invalid) as refused:
        add_fee_structure(class_id=school.blue, term_id=terms[0], name=again, items=items)
    assert (refused.value.code, refused.value.param) == ("name_taken", "name")
    with pytest.raises(Invalid) as refused:
        update_fee_structure(fee_structure_id=prices, name=again)
    assert (refused.value.code, refused.value.param) == ("name_taken", "name")
    with pytest.raises(Invalid) as refused:
        add_fee_structure(class_id=school.blue, term_id=terms[0], items=items)
    assert refused.value.code == "name_taken", "the name after class and term is one as well"
    assert lists(raw) == before
    for class_id, term_id in ((school.gold, terms[0]), (school.blue, terms[1])):
        add_fee_structure(class_id=class_id, term_id=term_id, name=again, items=items)


@pytest.mark.parametrize(("name", "again"), [("École", "École"), ("ƐWE", "ƐWE"), ("École", "école")])
def test_a_name_beyond_ascii_is_taken_once(
    school: School, terms: list[int], types: list[int], name: str, again: str
) -> None:
    items = [Priced(types[0], 100)]
    add_fee_structure(class_id=school.blue, term_id=terms[0], name=name, items=items)
    with pytest.raises(Invalid) as refused:
        add_fee_structure(class_id=school.blue, term_id=terms[0], name=again, items=items)
    assert (refused.value.code, refused.value.param) == ("name_taken", "name")


def test_a_list_keeps_its_name_when_saved_again(prices: int) -> None:
    for name in ("Blue, Term 1 2025/26", "blue, term 1 2025/26", ""):
        kept = update_fee_structure(fee_structure_id=prices, name=name).name
    assert kept == "blue, term 1 2025/26", "an empty name leaves the one it has"


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"class_id": 999}, "class_id", "unknown_class"),
        ({"term_id": 999}, "term_id", "unknown_term"),
        ({"items": []}, "items", "required"),
        ({"items": [Priced(999, 100)]}, "items", "unknown_fee_type"),
        ({"items": [Priced(1, 100), Priced(1, 200)]}, "items", "fee_type_twice"),
        ({"items": [Priced(1, 0)]}, "items", None),
        ({"items": [Priced(1, -1)]}, "items", None),
        ({"items": [Priced(1, 10**12 + 1)]}, "items", None),
        ({"items": [Priced(1, 1.5)]}, "items", None),  # type: ignore[arg-type]
        ({"items": [Priced(1, True)]}, "items", None),
        ({"items": [Priced(1, 100, date(1999, 12, 31))]}, "items", None),
        ({"name": "x" * 65}, "name", "text_too_long"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_and_nothing_is_kept(
    school: School,
    prices: int,
    terms: list[int],
    types: list[int],
    raw: Any,
    given: dict[str, Any],
    param: str,
    code: str | None,
) -> None:
    before = lists(raw)
    good = {"class_id": school.gold, "term_id": terms[0], "items": [Priced(types[0], 100)], "name": "New"}
    if "items" in given:
        given = {"items": [_with_type(item, types) for item in given["items"]]}
    with pytest.raises(Invalid) as refused:
        add_fee_structure(**{**good, **given})
    assert refused.value.param == param
    assert code is None or refused.value.code == code
    if param in ("items", "name"):
        with pytest.raises(Invalid) as refused:
            update_fee_structure(fee_structure_id=prices, **{"name": "Other", **given})
        assert refused.value.param == param
    assert lists(raw) == before


def _with_type(item: Priced, types: list[int]) -> Priced:
    """The number 1 stands for the first type, whatever its id."""
    return item if item.fee_type_id == 999 else Priced(types[item.fee_type_id - 1], item.amount, item.due_on)


def test_changing_a_list_changes_only_what_is_charged_next(
    school: School, prices: int, types: list[int], raw: Any
) -> None:
    bill(fee_structure_ids=[prices])
    charged = rows(raw, "SELECT * FROM fees ORDER BY id")
    update_fee_structure(
        fee_structure_id=prices, items=[Priced(types[1], 9_000), Priced(types[2], 400, date(2026, 5, 1))]
    )
    assert items_of(prices) == [
        Price(types[1], "Feeding", 9_000, None),
        Price(types[2], "Trip", 400, date(2026, 5, 1)),
    ]
    assert rows(raw, "SELECT * FROM fees ORDER BY id") == charged
    late = insert(raw, "students", admission_no="L1", first_name="Ama", last_name="Owusu", class_id=school.blue)
    bill(fee_structure_ids=[prices], student_ids=[late])
    new = rows(raw, "SELECT fee_type_id, amount_due FROM fees WHERE student_id = ? ORDER BY id", (late,))
    assert sorted(tuple(row.values()) for row in new) == [(types[1], 9_000), (types[2], 400)]


def test_an_item_that_stays_is_the_same_row(prices: int, types: list[int], raw: Any) -> None:
    first = value(raw, "SELECT id FROM fee_structure_items WHERE fee_type_id = ?", (types[0],))
    update_fee_structure(fee_structure_id=prices, items=[Priced(types[2], 1), Priced(types[0], 3_000)])
    assert value(raw, "SELECT id FROM fee_structure_items WHERE fee_type_id = ?", (types[0],)) == first
    assert value(raw, "SELECT count(*) FROM fee_structure_items") == 2


def test_a_list_that_is_gone_or_never_was_cannot_change(prices: int, types: list[int]) -> None:
    delete_fee_structure(fee_structure_id=prices)
    for missing in (prices, 999):
        with pytest.raises(Missing):
            update_fee_structure(fee_structure_id=missing, items=[Priced(types[0], 1)])
        with pytest.raises(Missing):
            delete_fee_structure(fee_structure_id=missing)


def test_a_list_that_nobody_was_billed_by_goes(
    school: School, prices: int, terms: list[int], types: list[int], raw: Any
) -> None:
    delete_fee_structure(fee_structure_id=prices)
    assert lists(raw) == {"fee_structures": [], "fee_structure_items": []}
    assert price_list(prices) is None
    add_fee_structure(class_id=school.blue, term_id=terms[0], items=[Priced(types[0], 1)])


def test_a_list_that_was_billed_stays_also_when_that_was_taken_back(prices: int, types: list[int], raw: Any) -> None:
    (run,) = bill(fee_structure_ids=[prices]).runs
    before = lists(raw)
    for _ in range(2):
        with pytest.raises(Conflict, match="was billed and stays") as refused:
            delete_fee_structure(fee_structure_id=prices)
        assert refused.value.code == "price_list_billed"
        assert lists(raw) == before
        if run.undone_at is None:
            take_back_billing(run.id)
    update_fee_structure(fee_structure_id=prices, items=[Priced(types[0], 1)])
    assert len(items_of(prices)) == 1


def test_a_repeated_request_adds_one_list(school: School, terms: list[int], types: list[int], raw: Any) -> None:
    asked: dict[str, Any] = {
        "class_id": school.blue, "term_id": terms[0], "items": [Priced(types[0], 100)], "request_key": "k",
        "request_hash": "h",
    }  # fmt: skip
    first = add_fee_structure(**asked).id
    before = lists(raw)
    assert add_fee_structure(**asked).id == first
    with pytest.raises(KeyReused):
        add_fee_structure(**{**asked, "request_hash": "another body"})
    with acting_as(Actor(None, "somebody else")), pytest.raises(KeyReused):
        add_fee_structure(**asked)
    assert lists(raw) == before
    delete_fee_structure(fee_structure_id=first)
    with pytest.raises(KeyReused):
        add_fee_structure(**asked)
    assert lists(raw) == {"fee_structures": [], "fee_structure_items": []}


# For several classes


def for_classes(class_ids: list[int], term_id: int, item: Priced, **given: Any) -> list[int]:
    wanted = {"class_ids": class_ids, "term_id": term_id, "items": [item], "request_key": "k", "request_hash": "h"}
    return [row.id for row in add_fee_structures(**{**wanted, **given})]


def test_several_classes_get_the_same_list_once(school: School, terms: list[int], types: list[int], raw: Any) -> None:
    item = Priced(types[0], 100)
    made = for_classes([school.blue, school.gold], terms[0], item)
    before = lists(raw)
    assert [(row["class_id"], row["name"]) for row in before["fee_structures"]] == [
        (school.blue, "Blue, Term 1 2025/26"),
        (school.gold, "Gold, Term 1 2025/26"),
    ]
    assert for_classes([school.blue, school.gold], terms[0], item) == made
    with pytest.raises(KeyReused):
        for_classes([school.blue, school.gold], terms[0], item, request_hash="another body")
    assert lists(raw) == before


def test_several_classes_get_a_list_or_none(
    school: School, prices: int, terms: list[int], types: list[int], raw: Any
) -> None:
    before = lists(raw)
    for classes, param in (([school.gold, school.blue], "name"), ([school.gold, 999], "class_id")):
        with pytest.raises(Invalid) as refused:
            for_classes(classes, terms[0], Priced(types[0], 100))
        assert refused.value.param == param
        assert lists(raw) == before


def test_a_key_of_some_classes_is_not_used_for_others(
    school: School, terms: list[int], types: list[int], raw: Any
) -> None:
    for_classes([school.blue], terms[0], Priced(types[0], 100))
    before = lists(raw)
    with pytest.raises(KeyReused):
        for_classes([school.gold], terms[0], Priced(types[0], 100), request_hash="another body")
    assert lists(raw) == before


def test_a_key_for_several_classes_may_be_as_long_as_the_contract_says(
    school: School, terms: list[int], types: list[int]
) -> None:
    made = [
        for_classes([school.blue, school.gold], terms[0], Priced(types[0], 100), request_key="k" * 255)
        for _ in range(2)
    ]
    assert made[0] == made[1]


def test_a_list_can_become_one_for_some_only(prices: int) -> None:
    for is_optional in (True, False):
        update_fee_structure(fee_structure_id=prices, is_optional=is_optional)
        found = price_list(prices)
        assert found and found.is_optional is is_optional
        assert [item.amount for item in found.items] == [2_000, 15_000]
