"""The search box of every page: what it finds, for whom, and in which order."""

from typing import Any

import pytest
from flask import Flask

from app.domain.permissions import ROLES
from app.services.payments import record_payment
from tests.support.database import insert
from tests.support.people import Person, sign_in
from tests.support.school import School


@pytest.fixture
def bursar(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "bursar")


@pytest.fixture
def receipt(app: Flask, school: School) -> str:
    """A receipt of 123 cedis, paid for Asha by mobile money."""
    with app.app_context():
        paid = record_payment(student_id=school.asha, amount=12_300, method="momo", external_reference="MP-77")
        return paid.payment.receipt_no


def found(person: Person, q: str) -> dict[str, list[str]]:
    groups = person.get("/search/items", query_string={"q": q}).get_json()["groups"]
    return {group["name"]: [item["label"] for item in group["items"]] for group in groups}


def test_students_are_found_whatever_the_order_case_and_accents(bursar: Person, raw: Any) -> None:
    bursar.post("/students/new")  # refused: a bursar adds nobody
    insert(raw, "students", first_name="Kofí", last_name="Ɔwusu", admission_no="S-9", search_text="kofi owusu s-9")
    for q in ("owusu kofi", "KOFI", "kofí ɔwu", "s-9"):
        assert "Kofí Ɔwusu" in found(bursar, q)["students"], q
    assert found(bursar, "nobody has this name") == {}
    assert found(bursar, "  ") == {}


def test_a_receipt_is_found_by_number_reference_and_amount(bursar: Person, receipt: str, school: School) -> None:
    digits = receipt.rpartition("-")[2].lstrip("0")
    for q in (receipt, receipt.lower(), digits, "MP-77", "123.00", "123"):
        assert any(label.startswith(f"{receipt} · Asha") for label in found(bursar, q).get("receipts", [])), q
    assert list(found(bursar, digits))[0] == "receipts", "a number means a receipt first"
    assert "receipts" not in found(bursar, "124.00")


def test_classes_and_teachers_are_found_too(bursar: Person, raw: Any, school: School) -> None:
    insert(raw, "teachers", first_name="Abena", last_name="Sarpong")
    assert found(bursar, "sarpong abe")["teachers"] == ["Abena Sarpong"]
    assert found(bursar, "blue")["classes"] == ["Blue"]


@pytest.mark.parametrize("role", ROLES)
def test_everybody_finds_only_what_the_role_may_see(
    app: Flask, raw: Any, school: School, receipt: str, role: str
) -> None:
    person = sign_in(app, raw, role)
    with_money = role in ("admin", "principal", "bursar")
    assert ("receipts" in found(person, receipt)) == with_money
    students = person.get("/search/items?q=asha").get_json()["groups"][0]["items"]
    assert students[0]["label"].startswith("Asha")
    assert bool(students[0]["end"]) == with_money
    recent = person.get("/search/items", query_string={"recent": [f"/receipts/{receipt}", f"/students/{school.asha}"]})
    labels = [item["label"] for group in recent.get_json()["groups"] for item in group["items"]]
    assert len(labels) == (2 if with_money else 1)
    assert f'href="/students/{school.asha}"' in person.get("/search?q=asha").text
    assert (f'href="/receipts/{receipt}"' in person.get(f"/search?q={receipt}").text) == with_money


def test_places_of_before_are_named_as_they_are_now_and_nothing_else_is_looked_up(
    bursar: Person, raw: Any, school: School
) -> None:
    raw.execute("UPDATE students SET first_name = 'Ayesha' WHERE id = ?", (school.asha,))
    asked = [f"/students/{school.asha}", "/students/999999", "/students/x", "/etc/passwd", "//evil", "/receipts/R-9"]
    groups = bursar.get("/search/items", query_string={"recent": asked}).get_json()["groups"]
    assert [item["label"].split()[0] for group in groups for item in group["items"]] == ["Ayesha"]
    assert bursar.get("/search/items").get_json() == {"groups": []}


def test_strangers_and_walls_find_nothing(app: Flask, school: School) -> None:
    client = app.test_client()
    assert client.get("/search/items?q=asha", headers={"Accept": "application/json"}).status_code == 401
    assert client.get("/search?q=asha").status_code == 302
