"""The high-arrears alert: once on crossing the threshold, cleared on the way back, and again only after that."""

import pytest

from tests.support.database import insert, rows, set_setting, value
from tests.support.school import alerts, pay, void

STANDS, CLEARED = True, False
DEFAULT = 100_000


def owes(raw, student, amount):
    """Bill a student until exactly `amount` is owed."""
    owed = value(raw, "SELECT arrears FROM student_balances WHERE student_id = ?", (student,))
    return insert(raw, "fees", student_id=student, amount_due=amount - owed)


def set_threshold(raw, amount):
    raw.execute(
        "INSERT INTO settings (key, value) VALUES ('arrears_alert_threshold', ?) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (str(amount),),
    )


def test_exactly_the_threshold_is_not_above_it(raw, school):
    fee = owes(raw, school.asha, DEFAULT)
    assert alerts(raw, school.asha) == []
    raw.execute("UPDATE fees SET amount_due = amount_due + 1 WHERE id = ?", (fee,))
    assert alerts(raw, school.asha) == [STANDS]


def test_crossing_alerts_once_and_not_again_while_above(raw, school):
    owes(raw, school.asha, DEFAULT + 1)
    owes(raw, school.asha, DEFAULT + 2)
    raw.execute("UPDATE fees SET amount_due = amount_due + 10 WHERE student_id = ?", (school.asha,))
    raw.execute("UPDATE students SET class_id = NULL, status = 'withdrawn' WHERE id = ?", (school.asha,))
    pay(raw, school.asha, 1, {school.books: 1})
    assert alerts(raw, school.asha) == [STANDS]
    assert alerts(raw, school.kofi) == []


def test_it_is_cleared_on_the_way_back_and_raised_again_after_that(raw, school):
    owes(raw, school.asha, DEFAULT + 1)
    receipt = pay(raw, school.asha, 1, {school.books: 1})
    assert alerts(raw, school.asha) == [CLEARED]
    void(raw, receipt)
    assert alerts(raw, school.asha) == [CLEARED, STANDS]
    raw.execute("UPDATE fees SET amount_adjusted = 500 WHERE id = ?", (school.books,))
    assert alerts(raw, school.asha) == [CLEARED, CLEARED]
    raw.execute("UPDATE fees SET amount_adjusted = 0 WHERE id = ?", (school.books,))
    assert alerts(raw, school.asha) == [CLEARED, CLEARED, STANDS]
    raw.execute("UPDATE fees SET cancelled_at = '2026-01-15 08:00:00' WHERE student_id = ?", (school.asha,))
    assert alerts(raw, school.asha) == [CLEARED] * 3


def test_a_change_that_stays_above_does_not_clear_and_raise(raw, school):
    """One statement per change: a fee that is replaced or moved never passes through a moment below the threshold."""
    big = owes(raw, school.asha, 3 * DEFAULT)
    raw.execute("UPDATE fees SET amount_due = amount_due + 1, description = 'Boarding' WHERE id = ?", (big,))
    assert alerts(raw, school.asha) == [STANDS]


def test_a_fee_that_moves_takes_its_alert_along(raw, school):
    big = owes(raw, school.asha, 3 * DEFAULT)
    raw.execute("UPDATE fees SET student_id = ? WHERE id = ?", (school.kofi, big))
    assert alerts(raw, school.asha) == [CLEARED]
    assert alerts(raw, school.kofi) == [STANDS]


def test_a_bill_of_a_whole_class_alerts_each_student_once(raw, school):
    raw.execute("INSERT INTO fees (student_id, amount_due) SELECT id, 200000 FROM students")
    assert alerts(raw, school.asha) == alerts(raw, school.kofi) == [STANDS]


def test_a_removed_fee_and_a_removed_student_leave_no_alert(raw, school):
    big = owes(raw, school.kofi, 2 * DEFAULT)
    raw.execute("DELETE FROM fees WHERE id = ?", (big,))
    assert alerts(raw, school.kofi) == [CLEARED]
    set_threshold(raw, -1)
    assert alerts(raw, school.kofi) == [CLEARED, STANDS]
    raw.execute("DELETE FROM students WHERE id = ?", (school.kofi,))
    assert alerts(raw, school.kofi) == [CLEARED, CLEARED]


@pytest.mark.sqlite
def test_a_replaced_student_above_the_threshold_still_has_one_alert(raw, school):
    owes(raw, school.asha, 2 * DEFAULT)
    raw.execute(
        "REPLACE INTO students (id, admission_no, first_name, last_name) VALUES (?, 'S1', 'Asha', 'Mensah')",
        (school.asha,),
    )
    assert alerts(raw, school.asha)[-1:] == [STANDS]
    assert alerts(raw, school.asha).count(STANDS) == 1


# The threshold


def test_a_lowered_threshold_alerts_for_standing_arrears(raw, school):
    set_threshold(raw, 65_000)
    assert alerts(raw, school.asha) == []
    set_threshold(raw, 64_999)
    assert alerts(raw, school.asha) == [STANDS]
    assert alerts(raw, school.kofi) == []
    set_threshold(raw, 50_000)
    assert alerts(raw, school.asha) == [STANDS]


def test_a_raised_threshold_clears(raw, school):
    owes(raw, school.asha, DEFAULT + 1)
    set_threshold(raw, DEFAULT + 1)
    assert alerts(raw, school.asha) == [CLEARED]
    raw.execute("UPDATE settings SET value = '100000' WHERE key = 'arrears_alert_threshold'")
    assert alerts(raw, school.asha) == [CLEARED, STANDS]


def test_without_the_setting_the_default_counts(raw, school):
    set_threshold(raw, 10_000)
    assert alerts(raw, school.asha) == [STANDS]
    raw.execute("DELETE FROM settings WHERE key = 'arrears_alert_threshold'")
    assert alerts(raw, school.asha) == [CLEARED]
    owes(raw, school.asha, DEFAULT + 1)
    assert alerts(raw, school.asha) == [CLEARED, STANDS]


def test_the_setting_renamed_away_is_no_setting(raw, school):
    set_threshold(raw, 10_000)
    raw.execute("UPDATE settings SET key = 'old_threshold' WHERE key = 'arrears_alert_threshold'")
    assert alerts(raw, school.asha) == [CLEARED]
    raw.execute("UPDATE settings SET key = 'arrears_alert_threshold' WHERE key = 'old_threshold'")
    assert alerts(raw, school.asha) == [CLEARED, STANDS]


def test_another_setting_touches_no_alert(raw, school):
    owes(raw, school.asha, DEFAULT + 1)
    raw.execute("INSERT INTO settings (key, value) VALUES ('school_name', 'Hill View')")
    raw.execute("UPDATE settings SET value = 'Hill View School'")
    raw.execute("DELETE FROM settings")
    assert alerts(raw, school.asha) == [STANDS]


@pytest.mark.parametrize(("threshold", "high"), [(-1, 2), (0, 1), (64_999, 1), (65_000, 0)])
def test_the_figure_says_how_many_stand(raw, school, threshold, high):
    set_threshold(raw, threshold)
    found = value(
        raw, "SELECT coalesce(sum(metric_value), 0) FROM statistics_cache WHERE metric_name = 'students_high_arrears'"
    )
    assert found == high
    assert value(raw, "SELECT count(*) FROM system_notifications WHERE cleared_at IS NULL") == high


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("GHS", "1,234,567.05"),
        ("NGN", "1,234,567.05"),
        ("XOF", "123,456,705"),
        ("UGX", "123,456,705"),
        ("KWD", "123,456.705"),
    ],
)
def test_the_alert_says_the_amount_as_its_currency_is_counted(raw, school, currency, amount):
    set_setting(raw, "currency", currency)
    owes(raw, school.asha, 123_456_705)
    message = value(raw, "SELECT message FROM system_notifications")
    assert message == f"Asha Mensah owes {currency} {amount}, more than the alert threshold."


def test_the_alert_says_who_owes_how_much_to_those_who_may_know(raw, school):
    owes(raw, school.asha, 123_456_705)
    (row,) = rows(raw, "SELECT * FROM system_notifications")
    assert row["message"] == "Asha Mensah owes GHS 1,234,567.05, more than the alert threshold."
    assert row["type"] == "high_arrears"
    assert row["priority"] == "high"
    assert row["target_roles"] == ",admin,principal,bursar,"
    assert row["action_url"] == f"/students/{school.asha}"
    assert row["expires_at"] is None


def test_a_rolled_back_crossing_alerts_nobody(raw, school):
    raw.execute("BEGIN")
    owes(raw, school.asha, 5 * DEFAULT)
    raw.execute("ROLLBACK")
    assert alerts(raw, school.asha) == []
