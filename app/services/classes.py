"""Adding and changing classes."""

from typing import TypedDict, Unpack

from sqlalchemy import select

from app.database import atomic
from app.domain.names import clean_name, same_name
from app.errors import Invalid, Missing
from app.models import SchoolClass
from app.words import say


class ClassChanges(TypedDict, total=False):
    """What may change of a class; what is left out stays."""

    name: str
    level: int
    capacity: int | None
    is_active: bool


def add_class(*, name: str, level: int = 0, capacity: int | None = None, is_active: bool = True) -> SchoolClass:
    """Add a class. Raises Invalid for a name that another class has, whatever its case and accents."""
    values = _checked({"name": name, "level": level, "capacity": capacity, "is_active": is_active})
    with atomic() as session:
        _refuse_taken(values["name"], None)
        row = SchoolClass(**values)
        session.add(row)
        session.flush()
        return row


def update_class(*, class_id: int, **changes: Unpack[ClassChanges]) -> SchoolClass:
    """Change a class. Raises Missing and Invalid."""
    values = _checked(changes)
    with atomic() as session:
        row = session.get(SchoolClass, class_id)
        if row is None:
            raise Missing("This class does not exist.", param="class_id")
        if "name" in values:
            _refuse_taken(values["name"], class_id)
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
        return row


def known_class(class_id: int, *, param: str = "class_id") -> SchoolClass:
    """The class that a form or program named. Raises Invalid when there is none."""
    with atomic() as session:
        row = session.get(SchoolClass, class_id)
        if row is None:
            raise Invalid("This class does not exist.", param=param, code="unknown_class")
        return row


def _checked(values: ClassChanges) -> ClassChanges:
    if "name" in values:
        values["name"] = clean_name(values["name"], param="name", label="The name")
    if not -20 <= values.get("level", 0) <= 100:
        raise Invalid("The level must be between -20 and 100.", param="level", code="level_invalid")
    capacity = values.get("capacity")
    if capacity is not None and not 1 <= capacity <= 10_000:
        raise Invalid("The capacity must be between 1 and 10,000.", param="capacity", code="capacity_invalid")
    return values


def _refuse_taken(name: str, own_id: int | None) -> None:
    with atomic() as session:
        others = session.execute(select(SchoolClass.id, SchoolClass.name))
        taken = same_name(name, others, except_id=own_id)
    if taken is not None:
        raise Invalid(say("There is already a class named {name}.", name=taken), param="name", code="name_taken")
