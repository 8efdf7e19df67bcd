"""Each trigger of the design, driven once by SQL alone."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.database import figures, insert, names_of, rows, value
from tests.support.school import School, pay, school_fees, void

DESIGN = (
    "student_enrollment_sync",
    "teacher_assignment_sync",
    "attendance_sync",
    "promotion_sync",
    "financial_transaction_stats_sync",
    "fee_payment_stats_sync",
    "high_fee_arrears_notification",
    "fee_calculation_integrity",
)


def activities(raw, table):
    sql = "SELECT activity_type, record_id FROM user_activity_log WHERE table_name = ? ORDER BY id"
    return [(row["activity_type"].partition(".")[2], row["record_id"]) for row in rows(raw, sql, (table,))]


@pytest.mark.parametrize("name", DESIGN)
def test_the_names_of_the_design_exist(raw, name):
    found = names_of(raw, "trigger")
    assert name in found
    assert f"{name}_update" in found
    if name != "fee_calculation_integrity":
        assert f"{name}_delete" in found


def test_student_enrollment_sync(raw, school):
    assert figures(raw)["total_enrollment"] == 2
    assert figures(raw)[f"class_{school.blue}_enrollment"] == 1
    yaw = insert(raw, "students", admission_no="S3", first_name="Yaw", last_name="Owusu", class_id=school.blue)
    assert figures(raw)["total_enrollment"] == 3
    assert figures(raw)[f"class_{school.blue}_enrollment"] == 2
    raw.execute("UPDATE students SET class_id = ? WHERE id = ?", (school.gold, yaw))
    assert figures(raw)[f"class_{school.blue}_enrollment"] == 1
    assert figures(raw)[f"class_{school.gold}_enrollment"] == 2
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (yaw,))
    assert figures(raw)["total_enrollment"] == 2
    raw.execute("UPDATE students SET status = 'active' WHERE id = ?", (yaw,))
    raw.execute("DELETE FROM students WHERE id = ?", (yaw,))
    assert figures(raw)["total_enrollment"] == 2
    assert figures(raw)[f"class_{school.gold}_enrollment"] == 1
    assert [verb for verb, record in activities(raw, "students") if record == yaw] == [
        "insert",
        "update",
        "update",
        "update",
        "delete",
    ]


def test_teacher_assignment_sync(raw, school):
    ama = insert(raw, "teachers", first_name="Ama", last_name="Darko")
    assert figures(raw)["total_teachers"] == 1
    assigned = insert(raw, "teacher_assignments", teacher_id=ama, class_id=school.blue, starts_on="2026-01-06")
    raw.execute("UPDATE teacher_assignments SET subject = 'Mathematics'")
    raw.execute("DELETE FROM teacher_assignments")
    assert activities(raw, "teacher_assignments") == [("insert", assigned), ("update", assigned), ("delete", assigned)]
    assert figures(raw)["total_teachers"] == 1
    raw.execute("UPDATE teachers SET status = 'left'")
    assert "total_teachers" not in figures(raw)
    raw.execute("UPDATE teachers SET status = 'active'")
    raw.execute("DELETE FROM teachers")
    assert "total_teachers" not in figures(raw)


def test_attendance_sync(raw, school):
    for student in (school.asha, school.kofi):
        insert(raw, "attendance", student_id=student, date="2026-01-15", status="present")
    assert figures(raw)["attendance_2026-01-15"] == 2
    raw.execute("UPDATE attendance SET status = 'late' WHERE student_id = ?", (school.kofi,))
    assert figures(raw)["attendance_2026-01-15"] == 1
    assert figures(raw)["attendance_2026-01-15_late"] == 1
    raw.execute("UPDATE attendance SET date = '2026-01-16' WHERE student_id = ?", (school.kofi,))
    assert "attendance_2026-01-15_late" not in figures(raw)
    assert figures(raw)["attendance_2026-01-16_late"] == 1
    raw.execute("DELETE FROM attendance")
    assert not [name for name in figures(raw) if name.startswith("attendance")]
    assert [verb for verb, _ in activities(raw, "attendance")] == ["insert"] * 2 + ["update"] * 2 + ["delete"] * 2


def test_promotion_sync(raw, school):
    row = {
        "student_id": school.asha,
        "from_class_id": school.blue,
        "to_class_id": school.gold,
        "promoted_on": "2026-08-01",
    }
    moved = insert(raw, "promotions", **row)
    raw.execute("UPDATE promotions SET undone_at = '2026-08-02 08:00:00'")
    raw.execute("DELETE FROM promotions")
    assert activities(raw, "promotions") == [("insert", moved), ("update", moved), ("delete", moved)]


def test_financial_transaction_stats_sync(raw):
    stationery = insert(raw, "financial_categories", name="Stationery", type="expense")
    row = {"category_id": stationery, "type": "expense", "amount": 4_500, "payment_method": "momo"}
    bought = insert(raw, "financial_transactions", transaction_date="2026-01-15", **row)
    expected = {"total_expenses", "monthly_expenses_2026-01", f"category_{stationery}_2026-01"}
    assert figures(raw) == dict.fromkeys(expected, 4_500)
    raw.execute("UPDATE financial_transactions SET transaction_date = '2026-02-01', amount = 4_000")
    expected = {"total_expenses", "monthly_expenses_2026-02", f"category_{stationery}_2026-02"}
    assert figures(raw) == dict.fromkeys(expected, 4_000)
    raw.execute("UPDATE financial_transactions SET type = 'income'")
    expected = {"total_income", "monthly_income_2026-02", f"category_{stationery}_2026-02"}
    assert figures(raw) == dict.fromkeys(expected, 4_000)
    raw.execute("DELETE FROM financial_transactions")
    assert figures(raw) == {}
    verbs = [("insert", bought), ("update", bought), ("update", bought), ("delete", bought)]
    assert activities(raw, "financial_transactions") == verbs


def test_fee_payment_stats_sync(raw, school):
    owed = School.TUITION + School.BOOKS
    assert figures(raw)["total_fees_billed"] == owed
    assert figures(raw)["total_outstanding_fees"] == owed
    assert figures(raw)["students_in_arrears"] == 1
    receipt = pay(raw, school.asha, 20_000, {school.tuition: 20_000}, on="2026-01-15", method="momo")
    pay(raw, school.asha, 5_000, {school.books: 5_000}, on="2026-02-03")
    found = figures(raw)
    assert found["total_fees_collected"] == 25_000
    assert found["total_outstanding_fees"] == owed - 25_000
    assert found[f"class_{school.blue}_fees_collected"] == 25_000
    assert found[f"class_{school.blue}_fees_outstanding"] == owed - 25_000
    assert (found["monthly_fees_2026-01"], found["monthly_fees_2026-02"]) == (20_000, 5_000)
    assert (found["daily_fees_2026-01-15"], found["daily_fees_2026-01-15_momo"]) == (20_000, 20_000)
    assert found["total_income"] == 25_000
    raw.execute("UPDATE students SET class_id = ? WHERE id = ?", (school.gold, school.asha))
    assert figures(raw)[f"class_{school.gold}_fees_billed"] == owed
    assert f"class_{school.blue}_fees_billed" not in figures(raw)
    void(raw, receipt)
    found = figures(raw)
    assert found["total_fees_collected"] == found["monthly_fees_2026-02"] == found["total_income"] == 5_000
    assert "monthly_fees_2026-01" not in found
    raw.execute("UPDATE fees SET amount_adjusted = 10_000 WHERE id = ?", (school.tuition,))
    assert figures(raw)["total_fees_billed"] == owed - 10_000
    raw.execute("UPDATE fees SET cancelled_at = '2026-02-05 08:00:00' WHERE id = ?", (school.tuition,))
    found = figures(raw)
    assert found["total_fees_billed"] == found["total_fees_collected"] == School.BOOKS
    assert "total_outstanding_fees" not in found
    assert "students_in_arrears" not in found


def test_fee_calculation_integrity(raw, school):
    assert value(raw, "SELECT sum(arrears) FROM fees") == 65_000
    with pytest.raises(raw.IntegrityError, match="amount_paid_disagrees"):
        raw.execute("UPDATE fees SET amount_paid = 60_000 WHERE id = ?", (school.tuition,))
    with pytest.raises((raw.OperationalError, raw.ProgrammingError), match="generated|DEFAULT"):
        raw.execute("UPDATE fees SET arrears = 0")
    pay(raw, school.asha, 60_000, {school.tuition: 60_000})
    fee = rows(raw, "SELECT amount_paid, arrears, version FROM fees WHERE id = ?", (school.tuition,))
    assert fee == [{"amount_paid": 60_000, "arrears": 0, "version": 2}]


def test_students_balance_follows(raw, school):
    pay(raw, school.asha, 70_000, {school.tuition: 60_000, school.books: 5_000})
    balance = {"billed": 65_000, "adjusted": 0, "paid": 65_000, "arrears": 0, "credit": 5_000}
    columns = ", ".join(balance)
    found = rows(raw, f"SELECT {columns} FROM student_balances WHERE student_id = ?", (school.asha,))
    assert found == [balance]


# Versions


def test_a_version_rises_only_with_a_figure_that_changes(raw, school):
    def versions():
        return dict(raw.execute("SELECT metric_name, version FROM statistics_cache").fetchall())

    def clock():
        return value(raw, "SELECT version FROM sync_clock")

    before, then = versions(), clock()
    raw.execute("UPDATE students SET first_name = 'Ashia' WHERE id = ?", (school.asha,))
    raw.execute("UPDATE students SET status = status, class_id = class_id")
    assert (versions(), clock()) == (before, then)
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.asha,))
    changed = {name for name, version in versions().items() if version != before.get(name)}
    assert changed == {"total_enrollment", f"class_{school.blue}_enrollment"}
    assert clock() == then + 1
    assert max(versions().values()) == clock()


def test_a_rolled_back_change_leaves_no_gap(raw, school):
    before = value(raw, "SELECT version FROM sync_clock")
    raw.execute("BEGIN")
    raw.execute("UPDATE students SET status = 'withdrawn'")
    raw.execute("ROLLBACK")
    assert value(raw, "SELECT version FROM sync_clock") == before


def test_every_figure_says_who_may_see_it_and_in_which_unit(raw, school):
    insert(raw, "teachers", first_name="Ama", last_name="Darko")
    insert(raw, "attendance", student_id=school.asha, date="2026-01-15", status="present")
    insert(raw, "attendance", student_id=school.kofi, date="2026-01-15", status="late")
    insert(raw, "settings", key="arrears_alert_threshold", value="5")
    pay(raw, school.asha, 5_000, {school.books: 5_000})
    book = {"transaction_date": "2026-01-15", "type": "expense", "amount": 100}
    insert(raw, "financial_transactions", category_id=school_fees(raw), **book)
    found = {row["metric_name"]: (row["unit"], row["category"]) for row in rows(raw, "SELECT * FROM statistics_cache")}
    money, detail = ("GHS", "finance"), ("GHS", "finance_detail")
    assert found == {
        "total_enrollment": ("students", "people"),
        "class_1_enrollment": ("students", "people"),
        "class_2_enrollment": ("students", "people"),
        "total_teachers": ("teachers", "people"),
        "attendance_2026-01-15": ("students", "people"),
        "attendance_2026-01-15_late": ("students", "people"),
        "total_income": money,
        "total_expenses": money,
        "monthly_income_2026-01": money,
        "monthly_expenses_2026-01": money,
        "category_1_2026-01": detail,
        "total_fees_billed": money,
        "total_fees_collected": money,
        "total_outstanding_fees": money,
        "monthly_fees_2026-01": money,
        "daily_fees_2026-01-15": money,
        "daily_fees_2026-01-15_cash": detail,
        "class_1_fees_billed": money,
        "class_1_fees_collected": money,
        "class_1_fees_outstanding": money,
        "students_in_arrears": ("students", "finance"),
        "students_high_arrears": ("students", "finance"),
    }


# The views


def test_the_dashboard_view_counts_the_tables(raw, school):
    insert(raw, "teachers", first_name="Ama", last_name="Darko")
    pay(raw, school.asha, 5_000, {school.books: 5_000})
    found = {row["metric"]: row for row in rows(raw, "SELECT * FROM real_time_dashboard_stats")}
    assert {name: row["value"] for name, row in found.items()} == {
        "total_students": 2,
        "total_teachers": 1,
        "total_fees_collected": 5_000,
        "total_outstanding_fees": 60_000,
        "total_income": 5_000,
        "total_expenses": 0,
    }
    assert {row["unit"] for row in found.values()} == {"students", "teachers", "GHS"}
    assert set(found["total_income"]) == {"metric", "value", "unit", "last_updated"}


def test_recent_activities_are_fifty_rows_of_seven_days(raw):
    for name, days in (("old", 8), ("fresh", 6)):
        then = datetime.now(UTC) - timedelta(days=days)
        insert(raw, "user_activity_log", activity_type=name, timestamp=f"{then:%Y-%m-%d %H:%M:%S}")
    assert [row["activity_type"] for row in rows(raw, "SELECT * FROM recent_activities")] == ["fresh"]
    for number in range(60):
        insert(raw, "classes", name=f"Class {number}")
    found = rows(raw, "SELECT * FROM recent_activities")
    assert len(found) == 50
    assert found[0]["description"] == "classes: Class 59"
