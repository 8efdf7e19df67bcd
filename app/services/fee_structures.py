"""Price lists: what each student of a class is charged in a term."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select

from app.database import atomic
from app.domain.dates import check_date
from app.domain.money import check_amount
from app.domain.names import clean_text, same_name
from app.errors import Conflict, Invalid, Missing
from app.models import AcademicYear, FeeStructure, FeeStructureItem, FeeType, Term
from app.queries.fee_structures import was_billed
from app.services.classes import known_class
from app.services.keep import KEEP, Keep
from app.services.repeats import earlier_record, earlier_records, remember, remember_all
from app.words import say

LONGEST_NAME = 64


@dataclass(frozen=True)
class Priced:
    """One fee of a price list; `amount` in minor units."""

    fee_type_id: int
    amount: int
    due_on: date | None = None


def add_fee_structure(
    *,
    class_id: int,
    term_id: int,
    items: Sequence[Priced],
    name: str = "",
    is_optional: bool = False,
    request_key: str | None = None,
    request_hash: str | None = None,
) -> FeeStructure:
    """Add the price list of a class for a term; without a name it is called after both.

    An optional one charges only students who are chosen one by one, and is called after its fees. Repeating a
    `request_key` returns the first one. Raises Invalid, naming the field, and KeyReused.
    """
    if earlier := earlier_record(FeeStructure, request_key, request_hash):
        return earlier
    with atomic():
        if earlier := earlier_record(FeeStructure, request_key, request_hash):
            return earlier
        row = _added(class_id, term_id, items, name, is_optional)
        remember(row, request_key, request_hash)
        return row


def add_fee_structures(
    *,
    class_ids: Sequence[int],
    term_id: int,
    items: Sequence[Priced],
    name: str = "",
    is_optional: bool = False,
    request_key: str,
    request_hash: str,
) -> Sequence[FeeStructure]:
    """Add the same price list for several classes, for all of them or none. Raises as `add_fee_structure`."""
    if earlier := earlier_records(FeeStructure, request_key, request_hash):
        return earlier
    with atomic():
        if earlier := earlier_records(FeeStructure, request_key, request_hash):
            return earlier
        rows = [_added(class_id, term_id, items, name, is_optional) for class_id in class_ids]
        remember_all(rows, request_key, request_hash)
        return rows


def update_fee_structure(
    *,
    fee_structure_id: int,
    name: str | Keep = KEEP,
    items: Sequence[Priced] | Keep = KEEP,
    is_optional: bool | Keep = KEEP,
) -> FeeStructure:
    """Rename a price list or change its fees. Who is charged already stays charged as it was.

    Raises Missing and Invalid.
    """
    with atomic() as session:
        row = _structure(fee_structure_id)
        if not isinstance(name, Keep):
            row.name = _free_name(name, row, row.name)
        if not isinstance(is_optional, Keep):
            row.is_optional = is_optional
        if not isinstance(items, Keep):
            _set_items(row, items)
        session.flush()
        return row


def delete_fee_structure(*, fee_structure_id: int) -> None:
    """Remove a price list that nobody was billed by. Raises Missing and Conflict."""
    with atomic() as session:
        row = _structure(fee_structure_id)
        if was_billed(fee_structure_id):
            raise Conflict(
                say("{name} was billed and stays; its fees can still change.", name=row.name), code="price_list_billed"
            )
        session.execute(delete(FeeStructureItem).where(FeeStructureItem.fee_structure_id == fee_structure_id))
        session.delete(row)
        session.flush()


def _added(class_id: int, term_id: int, items: Sequence[Priced], name: str, is_optional: bool) -> FeeStructure:
    with atomic() as session:
        school_class, term = known_class(class_id, param="class_id"), _term(term_id)
        known = _check_items(items)
        if is_optional:
            plain = ", ".join(known[item.fee_type_id] for item in items)
        else:
            plain = f"{school_class.name}, {term.name} {session.get_one(AcademicYear, term.academic_year_id).name}"
        row = FeeStructure(name="", class_id=class_id, term_id=term_id, is_optional=is_optional)
        row.name = _free_name(name, row, plain[:LONGEST_NAME])
        session.add(row)
        session.flush()
        _set_items(row, items)
        return row


def _set_items(row: FeeStructure, items: Sequence[Priced]) -> None:
    with atomic() as session:
        _check_items(items)
        kept = {
            item.fee_type_id: item
            for item in session.scalars(select(FeeStructureItem).where(FeeStructureItem.fee_structure_id == row.id))
        }
        for given in items:
            item = kept.pop(given.fee_type_id, None)
            if item is None:
                item = FeeStructureItem(fee_structure_id=row.id, fee_type_id=given.fee_type_id)
                session.add(item)
            item.amount, item.due_on = given.amount, given.due_on
        for gone in kept.values():
            session.delete(gone)
        session.flush()


def _check_items(items: Sequence[Priced]) -> Mapping[int, str]:
    """The names of all fee types. Raises Invalid for a list that is empty, or has a wrong fee."""
    if not items:
        raise Invalid("A price list has at least one fee: fill in an amount.", param="items", code="required")
    seen: set[int] = set()
    with atomic() as session:
        known = dict(session.execute(select(FeeType.id, FeeType.name)).all())
    for item in items:
        if item.fee_type_id not in known:
            raise Invalid("This fee_type_id does not exist.", param="items", code="unknown_fee_type")
        if item.fee_type_id in seen:
            raise Invalid(
                say("{name} is on the list twice.", name=known[item.fee_type_id]), param="items", code="fee_type_twice"
            )
        seen.add(item.fee_type_id)
        check_amount(item.amount, param="items")
        if item.due_on is not None:
            check_date(item.due_on, param="items", label="Due on")
    return known


def _structure(fee_structure_id: int) -> FeeStructure:
    with atomic() as session:
        row = session.get(FeeStructure, fee_structure_id)
        if row is None:
            raise Missing("This price list does not exist.", param="fee_structure_id")
        return row


def _term(term_id: int) -> Term:
    with atomic() as session:
        term = session.get(Term, term_id)
        if term is None:
            raise Invalid("This term_id does not exist.", param="term_id", code="unknown_term")
        return term


def _free_name(name: str, row: FeeStructure, plain: str) -> str:
    cleaned = clean_text(name, param="name", most=LONGEST_NAME) or plain
    others = select(FeeStructure.id, FeeStructure.name).where(
        FeeStructure.class_id == row.class_id, FeeStructure.term_id == row.term_id
    )
    with atomic() as session:
        taken = same_name(cleaned, session.execute(others), except_id=row.id)
    if taken is not None:
        raise Invalid(
            say("There is already a price list {name} for this class and term.", name=taken),
            param="name",
            code="name_taken",
        )
    return cleaned
