"""What a field of a request or an answer may be, and the sentence that a wrong one gets."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from app.domain.money import LARGEST_AMOUNT
from app.errors import Invalid

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
LARGEST_ID = 2**63 - 1


def _whole_date(value: object) -> date:
    try:
        if isinstance(value, str) and _ISO_DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("date", "must be a date such as 2026-11-22.")


def _no_control(value: str) -> str:
    if _CONTROL.search(value):
        raise PydanticCustomError("text", "must not contain control characters.")
    return value


def _minor_units(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("amount", "must be a whole number of minor units, such as 150000.")
    if value > LARGEST_AMOUNT:
        raise PydanticCustomError("amount", "is too large.")
    return value


def _positive(value: int) -> int:
    if value <= 0:
        raise PydanticCustomError("amount", "must be more than zero.")
    return value


def _not_negative(value: int) -> int:
    if value < 0:
        raise PydanticCustomError("amount", "must not be negative.")
    return value


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _amount_schema(least: int) -> WithJsonSchema:
    about = "minor units of the school's currency"
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": LARGEST_AMOUNT, "description": about})


_Minor = BeforeValidator(_minor_units)
Amount = Annotated[int, _Minor, AfterValidator(_positive), _amount_schema(1)]
"""Money in minor units, more than zero: a whole JSON number, never text, a fraction or true."""
AmountOrZero = Annotated[int, _Minor, AfterValidator(_not_negative), _amount_schema(0)]
"""Money in minor units, zero or more."""
Minor = Annotated[int, WithJsonSchema({"type": "integer", "description": "minor units of the school's currency"})]
"""Money in an answer; may be negative."""
Day = Annotated[date, BeforeValidator(_whole_date), WithJsonSchema({"type": "string", "format": "date"})]
"""A date as `2026-11-22` and nothing else."""
IsoDay = Annotated[date, WithJsonSchema({"type": "string", "format": "date"})]
"""A date in an answer."""
IsoMoment = Annotated[datetime, PlainSerializer(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A UTC moment in an answer."""
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
"""The id of a row."""
Readable = AfterValidator(_no_control)
"""For text of a length of your own: `Annotated[str, Field(max_length=64), Readable]`."""
Line = Annotated[str, Field(max_length=200), Readable]
"""Text of up to 200 characters, without control characters."""
Name = Annotated[str, Field(max_length=64), Readable]
"""Text of up to 64 characters."""


class Body(BaseModel):
    """What a program sends as JSON: known fields only, of exactly the right kind."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def sent(self) -> dict[str, Any]:
        """The fields that were in the request, without those that were left out."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def left_out() -> Any:
    """The default of a field that a change may leave out and that is never null: `sent()` then does not have it."""
    return Field(default_factory=lambda: None)


class Arguments(BaseModel):
    """What stands behind the `?` of an address: known names only."""

    model_config = ConfigDict(extra="forbid")


class ListArguments(Arguments):
    """Every list: where to go on, and how much at once."""

    cursor: Annotated[str, Field(max_length=300, description="`next` of the page before")] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Shape(BaseModel):
    """An object of an answer; made from a row or a dataclass by `Shape.of(row)`."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")

    @classmethod
    def of(cls, row: object) -> dict[str, Any]:
        """The row as JSON values."""
        return cls.model_validate(row).model_dump(mode="json")


_SENTENCES: Mapping[str, str] = {
    "missing": "is required.",
    "extra_forbidden": "is not known here.",
    "int_type": "must be a whole number.",
    "int_parsing": "must be a whole number.",
    "int_from_float": "must be a whole number.",
    "int_parsing_size": "is too large.",
    "bool_type": "must be true or false.",
    "bool_parsing": "must be true or false.",
    "string_type": "must be text.",
    "string_unicode": "is not valid text.",
    "list_type": "must be a list.",
    "model_type": "must be an object.",
    "model_attributes_type": "must be an object.",
    "dict_type": "must be an object.",
    "string_too_long": "can have at most {max_length} characters.",
    "string_too_short": "must have at least {min_length} characters.",
    "too_long": "can have at most {max_length} items.",
    "too_short": "must have at least {min_length} items.",
    "greater_than_equal": "must be at least {ge}.",
    "less_than_equal": "must be at most {le}.",
    "greater_than": "must be more than {gt}.",
    "less_than": "must be less than {lt}.",
    "literal_error": "must be {expected}.",
}


def refusal(error: ValidationError) -> Invalid:
    """The first thing that is wrong, as one sentence that names the field; `details.fields` has all of them."""
    found = [(_path(problem["loc"]), _sentence(problem)) for problem in error.errors(include_url=False)]
    param, sentence = found[0]
    fields = {path: text for path, text in reversed(found) if path}
    code = "unknown_field" if error.errors()[0]["type"] == "extra_forbidden" else "invalid"
    return Invalid(sentence, param=param or None, code=code, details={"fields": fields} if len(fields) > 1 else None)


def _path(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location)


def _sentence(problem: Any) -> str:
    pattern = _SENTENCES.get(problem["type"])
    words = pattern.format(**problem.get("ctx", {})) if pattern else problem["msg"]
    return f"{_path(problem['loc']) or 'The body'} {words[:1].lower()}{words[1:]}"
