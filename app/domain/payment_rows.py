"""A row of a file of payments: what its columns may be called, and what its cells must be."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.csvfile import CsvRow, Problem, read_cells
from app.domain.dates import iso_of_spreadsheet, parse_date
from app.domain.money import parse_amount
from app.domain.names import clean_name, clean_optional, fold
from app.errors import Invalid

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "admission_no": (
        "admission number", "admission", "adm", "adm no", "admno", "student no", "student number", "student id",
        "index number",
    ),
    "amount": ("amount paid", "paid", "payment", "sum"),
    "paid_on": ("date", "paid on", "date paid", "payment date"),
    "method": ("payment method", "mode", "paid by", "mode of payment"),
    "external_reference": ("reference", "ref", "transaction id", "external reference", "receipt", "receipt no", "slip"),
    "note": ("notes", "remark", "remarks", "comment"),
}  # fmt: skip
REQUIRED = ("admission_no", "amount", "paid_on")
_METHODS = {
    "": "cash", "cash": "cash", "momo": "momo", "mobile money": "momo", "mtn": "momo", "mtn momo": "momo",
    "bank": "bank", "bank transfer": "bank", "transfer": "bank", "bank deposit": "bank", "cheque": "cheque",
    "check": "cheque", "card": "card", "pos": "card",
}  # fmt: skip


@dataclass(frozen=True)
class PaymentLine:
    """A row that can become a payment; `amount` in minor units."""

    row: int
    admission_no: str
    amount: int
    paid_on: date
    method: str
    external_reference: str | None
    note: str | None

    def key(self, number: int) -> str:
        """The same for the same payment in any file; `number` tells equal rows of one file apart."""
        values = [
            self.admission_no,
            self.amount,
            self.paid_on.isoformat(),
            self.method,
            self.external_reference,
            number,
        ]
        return "import:" + hashlib.sha256(json.dumps(values).encode()).hexdigest()[:48]


def read_payment(row: CsvRow, *, today: date, currency: str) -> tuple[PaymentLine | None, list[Problem]]:
    """The payment of a row, or everything that is wrong with it."""
    readers: Mapping[str, Callable[[str], object]] = {
        "admission_no": lambda text: clean_name(text, param="admission_no", most=32),
        "amount": lambda text: parse_amount(text, currency=currency),
        "paid_on": lambda text: parse_date(iso_of_spreadsheet(text), param="paid_on", latest=today),
        "method": _method,
        "external_reference": lambda text: clean_optional(text, param="external_reference", most=64),
        "note": lambda text: clean_optional(text, param="note", most=200),
    }
    values, problems = read_cells(row, readers, signed=("amount",))
    return (None if problems else PaymentLine(row=row.number, **values)), problems


def _method(text: str) -> str:
    if fold(text) not in _METHODS:
        raise Invalid("Method must be cash, momo, bank, cheque or card.", param="method")
    return _METHODS[fold(text)]
