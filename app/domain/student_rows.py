"""A row of a file of students: what its columns may be called, and what its cells must be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.csvfile import CsvRow, Problem, read_cells
from app.domain.dates import EARLIEST_BIRTH, iso_of_spreadsheet, parse_date
from app.domain.names import clean_name, clean_optional, clean_phone, clean_text, fold
from app.errors import Invalid

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "admission_no": (
        "admission number", "admission", "adm", "adm no", "admno", "student no", "student number", "student id",
        "index number", "reg no", "registration number",
    ),
    "first_name": ("first names", "given name", "given names", "forename", "forenames", "other names"),
    "last_name": ("surname", "family name", "last names"),
    "class": ("class name", "class_name", "form", "grade", "stage"),
    "gender": ("sex",),
    "born_on": ("date of birth", "dob", "birth date", "birthday", "birthdate", "born"),
    "guardian_name": ("guardian", "guardian full name", "parent", "parent name", "parent guardian", "contact name"),
    "guardian_phone": (
        "guardian telephone", "guardian number", "guardian contact", "parent phone", "parent contact", "phone",
        "phone number", "telephone", "contact", "mobile",
    ),
}  # fmt: skip
REQUIRED = ("first_name", "last_name")
SIGNED = ("guardian_phone",)
"""Columns in which a leading plus belongs to a telephone number."""

_GENDERS = {"f": "F", "female": "F", "girl": "F", "g": "F", "m": "M", "male": "M", "boy": "M", "b": "M"}


@dataclass(frozen=True)
class NewStudent:
    """A row that can become a student; `class_name` is as it was typed."""

    row: int
    admission_no: str | None
    first_name: str
    last_name: str
    class_name: str
    gender: str | None
    born_on: date | None
    guardian_name: str | None
    guardian_phone: str | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def read_student(row: CsvRow, *, today: date) -> tuple[NewStudent | None, list[Problem]]:
    """The student of a row, or everything that is wrong with it."""
    readers: Mapping[str, Callable[[str], object]] = {
        "admission_no": lambda text: clean_optional(text, param="admission_no", most=32),
        "first_name": lambda text: clean_name(text, param="first_name"),
        "last_name": lambda text: clean_name(text, param="last_name"),
        "class": lambda text: clean_text(text, param="class", most=64),
        "gender": _gender,
        "born_on": lambda text: _born_on(text, today),
        "guardian_name": lambda text: clean_optional(text, param="guardian_name", most=120),
        "guardian_phone": lambda text: clean_phone(text, param="guardian_phone"),
    }
    values, problems = read_cells(row, readers, signed=SIGNED)
    if problems:
        return None, problems
    values["class_name"] = values.pop("class")
    if values["guardian_phone"] and not values["guardian_name"]:
        values["guardian_name"] = f"Guardian of {values['first_name']} {values['last_name']}"[:120]
    return NewStudent(row=row.number, **values), []


def _gender(text: str) -> str | None:
    if not text:
        return None
    if fold(text) not in _GENDERS:
        raise Invalid("Gender must be F or M.", param="gender")
    return _GENDERS[fold(text)]


def _born_on(text: str, today: date) -> date | None:
    if not text:
        return None
    return parse_date(
        iso_of_spreadsheet(text), param="born_on", label="Date of birth", latest=today, earliest=EARLIEST_BIRTH
    )
