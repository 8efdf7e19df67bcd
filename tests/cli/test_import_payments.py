"""`flask import payments`: all of a file or nothing of it, and the same file twice adds nothing twice."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from tests.support.database import insert, rows, value
from tests.support.school import School

HEADING = "Admission No,Amount,Date,Mode,Ref"


@pytest.fixture
def office(app: Flask, school: School, tmp_path: Path) -> Any:
    def run(content: str | bytes, *options: str) -> Result:
        file = tmp_path / "payments.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return app.test_cli_runner().invoke(args=["import", "payments", str(file), *options])

    return run


def test_a_file_is_recorded_oldest_fee_first(office: Any, school: School, raw: Any, check: Any) -> None:
    done = office(f'{HEADING}\nS1,"1,00.00",2026-01-10,cash,\n')
    assert done.exit_code == 1
    done = office(f"{HEADING}\nS1,600.00,2026-01-10,cash,\nS1,20,15/01/2026,Mobile Money,MP7\n")
    assert done.exit_code == 0, done.output
    assert "2 payments recorded, GH₵620.00; 0 skipped." in done.output
    booked = rows(
        raw, "SELECT amount, reference, payment_method, transaction_date FROM financial_transactions ORDER BY id"
    )
    assert [tuple(row.values()) for row in booked] == [
        (60_000, f"FEE-{school.tuition}", "cash", "2026-01-10"),
        (2_000, f"FEE-{school.books}", "momo", "2026-01-15"),
    ]
    assert [row["receipt_no"] for row in rows(raw, "SELECT receipt_no FROM payments ORDER BY id")] == [
        "R-000001",
        "R-000002",
    ]
    assert (
        value(raw, "SELECT username FROM user_activity_log WHERE activity_type = 'payments.import'") == "command line"
    )
    check()


def test_the_same_file_twice_adds_nothing(office: Any, school: School, raw: Any) -> None:
    content = f"{HEADING}\nS1,10,2026-01-10,cash,\nS1,10,2026-01-10,cash,\nS1,20,2026-01-11,cash,\n"
    assert "3 payments recorded" in office(content).output
    again = office(content)
    assert again.exit_code == 0
    assert "0 payments recorded, GH₵0.00; 3 skipped." in again.output
    assert "was imported before, as receipt R-000001" in again.output
    assert "1 payments recorded" in office(content + "S1,10,2026-01-10,cash,\n").output
    assert value(raw, "SELECT sum(amount) FROM payments") == 5_000


def test_one_bad_row_keeps_all_out_and_is_named(office: Any, school: School, raw: Any) -> None:
    done = office(
        f"{HEADING}\nS1,10,2026-01-10,cash,\nS9,10,2026-01-10,cash,\nS1,NaN,2026-01-10,cash,\nS1,5,2999-01-01,cash,\n"
        "S1,5,2026-01-10,shells,\nS1,-5,2026-01-10,cash,\nS1,5,2026-01-10,cash,=1+1\nS2,5,2026-01-10,cash,\n"
    )
    assert done.exit_code == 1
    for words in (
        "row 3: admission_no: There is no student S9.",
        "row 4: amount: Amount must be a plain number",
        "row 5: paid_on: Paid on cannot be in the future",
        "row 6: method: Method must be",
        "row 7: amount: Amount must be a plain number",
        "row 8: external_reference: The cell begins like a formula (=)",
        "row 9: amount: The amount is GH₵5.00 more than is owed by then.",
        "Nothing was imported: 7 problems.",
    ):
        assert words in done.output
    assert value(raw, "SELECT count(*) FROM payments") == 0
    assert value(raw, "SELECT count(*) FROM financial_transactions") == 0


def test_a_dry_run_changes_nothing(office: Any, school: School, raw: Any) -> None:
    done = office(f"{HEADING}\nS1,10,2026-01-10,,\n", "--dry-run")
    assert "1 payments would be recorded, GH₵10.00" in done.output
    assert value(raw, "SELECT count(*) FROM payments") == 0
    assert "R-000001" not in done.output


def test_credit_is_kept_only_when_allowed(office: Any, school: School, raw: Any, check: Any) -> None:
    content = f"{HEADING}\nS1,700,2026-01-10,cash,\nS2,5,2026-01-10,cash,\n"
    assert office(content).exit_code == 1
    done = office(content, "--allow-credit")
    assert "2 payments recorded, GH₵705.00, GH₵55.00 of it as credit" in done.output
    assert value(raw, "SELECT sum(credit) FROM student_balances") == 5_500
    check()


def test_a_reference_that_is_used_twice_is_named(office: Any, school: School, raw: Any) -> None:
    first = f"{HEADING}\nS1,10,2026-01-10,momo,MP1\n"
    assert office(first).exit_code == 0
    more = f"{first}S1,20,2026-01-11,momo,MP1\nS1,30,2026-01-11,momo,MP2\nS1,5,2026-01-12,momo,MP2\n"
    more += "S1,5,2026-01-12,bank,MP2\n"
    done = office(more)
    assert done.exit_code == 1
    assert "row 3: external_reference: MoMo MP1 is already on receipt R-000001." in done.output
    assert "row 5: external_reference: MoMo MP2 is also in row 4." in done.output
    assert "Nothing was imported: 2 problems." in done.output
    assert value(raw, "SELECT count(*) FROM payments") == 1
    done = office(more, "--allow-used-references")
    assert "4 payments recorded, GH₵60.00; 1 skipped." in done.output


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffAdmission No;Amount;Date\nS1;10;2026-01-10\n".encode(),
        "Admission No\tAmount\tDate\tNote\nS1\t10\t2026-01-10\tcafé\n".encode("latin-1"),
        "Admission No,Amount,Date\nS1,10,2026-01-10\n".encode("utf-16"),
    ],
)
def test_files_of_any_spreadsheet_are_read(office: Any, raw: Any, content: bytes) -> None:
    done = office(content)
    assert done.exit_code == 0, done.output
    assert value(raw, "SELECT amount FROM payments") == 1_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"Admission No,Amount\nS1,10\n", "The file has no column paid_on."),
        (b"\x00\x01\x02\x00", "is not a CSV file"),
        (b"x" * 10_000_000, "too large"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(office: Any, content: bytes, words: str) -> None:
    done = office(content)
    assert done.exit_code == 1
    assert words in done.output
    assert "Traceback" not in done.output


def test_a_closed_day_takes_no_imported_payment(office: Any, school: School, raw: Any) -> None:
    insert(raw, "day_closes", closed_on="2026-01-10", method="cash", expected=0, counted=0)
    done = office(f"{HEADING}\nS1,10,2026-01-10,cash,\n")
    assert "row 2: paid_on: 2026-01-10 is closed." in done.output
