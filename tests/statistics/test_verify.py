"""The recount: what it compares, what it says, and how a rebuild puts things right."""

import pytest

from app.statistics.install import rebuild
from app.statistics.verify import differences
from tests.support.database import as_sqlalchemy, drop_trigger, figures, insert, value
from tests.support.school import alerts, pay


@pytest.fixture
def verify(raw):
    """A function that names what differs, with the kept and the counted value."""

    def found():
        with as_sqlalchemy(raw) as connection:
            return [(one.name, one.kept, one.counted) for one in differences(connection)]

    return found


def put_right(raw):
    with as_sqlalchemy(raw) as connection:
        rebuild(connection)


def test_an_empty_school_has_no_differences(verify):
    assert verify() == []


def test_a_difference_names_the_figure_and_both_values(raw, school, verify):
    raw.execute("UPDATE statistics_cache SET metric_value = 5 WHERE metric_name = 'total_enrollment'")
    assert verify() == [("total_enrollment", 5, 2)]


def test_a_missing_figure_and_one_of_nothing_are_differences(raw, school, verify):
    raw.execute("DELETE FROM statistics_cache WHERE metric_name = 'total_fees_billed'")
    raw.execute(
        "INSERT INTO statistics_cache (metric_name, metric_value, unit, category, version, calculated_at) "
        "VALUES ('class_99_enrollment', 3, 'students', 'people', 1, '2026-01-15 08:00:00')"
    )
    assert verify() == [("class_99_enrollment", 3, 0), ("total_fees_billed", 0, 65_000)]


def test_a_zero_is_not_a_difference(raw, verify):
    raw.execute(
        "INSERT INTO statistics_cache (metric_name, metric_value, unit, category, version, calculated_at) "
        "VALUES ('class_99_enrollment', 0, 'students', 'people', 1, '2026-01-15 08:00:00')"
    )
    assert verify() == []


def test_a_balance_that_was_changed_or_lost_is_a_difference(raw, school, verify):
    raw.execute("UPDATE student_balances SET arrears = 7 WHERE student_id = ?", (school.asha,))
    raw.execute("DELETE FROM student_balances WHERE student_id = ?", (school.kofi,))
    names = [name for name, _, _ in verify()]
    assert f"student_balances/{school.asha}" in names
    assert f"student_balances/{school.kofi}" in names


def test_a_receipt_without_its_cash_book_row_is_a_difference(raw, school, verify):
    receipt = {"receipt_no": "T", "student_id": school.kofi, "amount": 500, "method": "cash", "paid_on": "2026-01-15"}
    payment = insert(raw, "payments", **receipt)
    assert verify() == [(f"cash_book/CREDIT-{payment}", 0, 500)]


def test_a_rebuild_puts_everything_right_and_raises_versions(raw, school, verify):
    pay(raw, school.asha, 500, {school.books: 500})
    before = figures(raw)
    clock = value(raw, "SELECT version FROM sync_clock")
    raw.execute("UPDATE student_balances SET arrears = 7000000, is_high = true WHERE student_id = ?", (school.asha,))
    raw.execute("DELETE FROM student_balances WHERE student_id = ?", (school.kofi,))
    raw.execute("UPDATE statistics_cache SET metric_value = metric_value + 1 WHERE metric_name LIKE 'total%'")
    raw.execute("DELETE FROM statistics_cache WHERE metric_name LIKE 'monthly%'")
    put_right(raw)
    assert verify() == []
    assert figures(raw) == before
    assert value(raw, "SELECT version FROM sync_clock") > clock
    highest = "SELECT max(version) FROM statistics_cache"
    assert value(raw, highest) <= value(raw, "SELECT version FROM sync_clock")
    assert alerts(raw, school.asha) == [False]


def test_a_rebuild_of_what_is_right_changes_nothing(raw, school):
    pay(raw, school.asha, 500, {school.books: 500})
    before = (
        raw.execute("SELECT * FROM statistics_cache").fetchall(),
        raw.execute("SELECT * FROM sync_clock").fetchall(),
    )
    put_right(raw)
    after = raw.execute("SELECT * FROM statistics_cache").fetchall(), raw.execute("SELECT * FROM sync_clock").fetchall()
    assert after == before


def test_a_rebuild_takes_the_amount_paid_from_the_receipts(raw, school, verify):
    drop_trigger(raw, "payments_sync_update")
    drop_trigger(raw, "fee_calculation_integrity_update")
    receipt = pay(raw, school.asha, 500, {school.books: 500})
    raw.execute(
        "UPDATE payments SET voided_at = '2026-01-16 08:00:00', void_reason = 'typed twice' WHERE id = ?", (receipt,)
    )
    raw.execute("DELETE FROM financial_transactions")
    assert (f"fees/{school.books}/amount_paid", 500, 0) in verify()
    put_right(raw)
    assert verify() == []
    assert "total_fees_collected" not in figures(raw)


# The commands


def test_the_command_says_that_all_is_well(app, raw, school):
    result = app.test_cli_runner().invoke(args=["stats", "verify"])
    assert result.exit_code == 0


def test_the_command_fails_with_the_differences_and_the_rebuild_mends_them(app, raw, school):
    raw.execute("UPDATE statistics_cache SET metric_value = 5 WHERE metric_name = 'total_enrollment'")
    runner = app.test_cli_runner()
    result = runner.invoke(args=["stats", "verify"])
    assert result.exit_code == 1
    assert "total_enrollment" in result.output
    assert "5" in result.output
    assert "2" in result.output
    assert value(raw, "SELECT metric_value FROM statistics_cache WHERE metric_name = 'total_enrollment'") == 5
    assert runner.invoke(args=["stats", "rebuild"]).exit_code == 0
    assert runner.invoke(args=["stats", "verify"]).exit_code == 0
    assert value(raw, "SELECT metric_value FROM statistics_cache WHERE metric_name = 'total_enrollment'") == 2
