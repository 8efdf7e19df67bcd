"""A name of a category or a fee type is taken once, however it is written."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.errors import Invalid
from app.services.categories import add_category, update_category
from app.services.fee_types import add_fee_type, update_fee_type
from tests.support.office import working
from tests.support.school import School


@pytest.fixture(autouse=True)
def office(in_app: Flask, school: School) -> Iterator[None]:
    with working(school.bursar):
        yield


def category(name: str) -> Any:
    return add_category(name=name, type="expense")


def fee_type(name: str) -> Any:
    return add_fee_type(name=name)


@pytest.mark.parametrize("add", [category, fee_type])
@pytest.mark.parametrize(
    ("name", "again"), [("Chalk", "chalk"), ("École", "École"), ("École", "ÉCOLE"), ("ƐWE", "ɛwe"), ("École", "Ecole")]
)
def test_a_name_is_taken_once(add: Callable[[str], Any], name: str, again: str) -> None:
    add(name)
    with pytest.raises(Invalid) as refused:
        add(again)
    assert (refused.value.code, refused.value.param) == ("name_taken", "name")
    assert name in refused.value.message


def test_a_row_keeps_its_own_name() -> None:
    own, kind = category("École").id, fee_type("École").id
    for name in ("École", "école"):
        assert update_category(category_id=own, name=name).name == name
        assert update_fee_type(fee_type_id=kind, name=name).name == name
