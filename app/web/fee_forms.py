"""The form of a fee: its fields as text, the choices it offers, and what a person reads of them."""

from collections.abc import Mapping
from typing import Any

from app.domain.fees import MONTHS
from app.domain.money import plain_amount
from app.models import Fee
from app.queries.calendar import academic_years
from app.queries.fees import fee_types
from app.web.forms import Problems
from app.web.money_forms import METHOD_CHOICES, Typed
from app.web.templating import day, money, school_of_request
from app.words import say

CHANGEABLE = ("description", "fee_type_id", "amount_due", "amount_paid", "due_on", "term_id", "month", "year")
LABELS: Mapping[str, str] = {
    "description": say("Description"),
    "fee_type_id": say("Fee type"),
    "amount_due": say("Amount due"),
    "amount_paid": say("Amount paid"),
    "due_on": say("Due on"),
    "term_id": say("Term"),
    "month": say("Month"),
    "year": say("Year"),
}


def details(typed: Typed) -> dict[str, Any]:
    """What the form says besides the amounts, read and noted field by field."""
    return {
        "description": typed.text("description"),
        "fee_type_id": typed.number("fee_type_id", "The fee type"),
        "term_id": typed.number("term_id", "The term"),
        "year": typed.number("year", "The year"),
        "month": typed.number("month", "The month"),
        "due_on": typed.day("due_on"),
    }


def form_values(fee: Fee) -> dict[str, str]:
    """A fee as the form draws it."""
    currency = school_of_request().currency
    return {
        "description": fee.description,
        "fee_type_id": _plain(fee.fee_type_id),
        "amount_due": plain_amount(fee.amount_due, currency=currency),
        "amount_paid": plain_amount(fee.amount_paid, currency=currency),
        "due_on": fee.due_on.isoformat() if fee.due_on else "",
        "term_id": _plain(fee.term_id),
        "month": _plain(fee.month),
        "year": _plain(fee.year),
        "version": str(fee.version),
        "method": "cash",
    }


def drawn_values(form: Mapping[str, str]) -> dict[str, str]:
    """What the form held before anybody typed."""
    return {name: form.get(f"drawn_{name}", "") for name in CHANGEABLE}


def choices(fee: Fee | None = None) -> dict[str, Any]:
    """What the form offers; a fee keeps its type when that is out of use."""
    types = [(kind.id, kind.name) for kind in fee_types()]
    if fee is not None and fee.fee_type is not None and not fee.fee_type.is_active:
        types.append((fee.fee_type.id, fee.fee_type.name))
    return {
        "types": types,
        "terms": term_choices(),
        "months": list(enumerate(MONTHS, start=1)),
        "methods": METHOD_CHOICES,
    }


def term_choices() -> list[tuple[int, str]]:
    """All terms, the newest year first."""
    return [(term.id, f"{term.name}, {year.name}") for year in academic_years() for term in year.terms]


def in_words(name: str, text: str) -> str:
    """A value of the form as people read it."""
    if name in ("amount_due", "amount_paid"):
        problems = Problems()
        minor = Typed({name: text}, problems).amount(name, allow_zero=True)
        return text if minor is None else money(minor)
    if name == "due_on" and text:
        return day(Typed({name: text}, Problems()).day(name))
    offered = choices()
    lists = {"fee_type_id": offered["types"], "term_id": offered["terms"], "month": offered["months"]}
    if name in lists:
        return next((words for value, words in lists[name] if str(value) == text), text or say("none"))
    return text or say("nothing")


def _plain(number: int | None) -> str:
    return "" if number is None else str(number)
