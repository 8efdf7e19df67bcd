"""What the database refuses whoever asks: each guard by SQL alone, also from a script with SQLite's own defaults."""

import re

import pytest

from app.errors import GUARDS, SchoolError
from app.statistics.generate import GENERATORS
from app.statistics.spec import AUDITED_TABLES
from tests.support.database import drop_trigger, insert, is_sqlite, names_of, rows, value
from tests.support.samples import add_one, one_of_each
from tests.support.school import pay, void

VOIDED = "voided_at = '2026-01-16 08:00:00', void_reason = 'typed twice'"
BOOK = "transaction_date, category_id, type, amount, reference, payment_id"


def a_receipt(raw, school):
    return pay(raw, school.asha, 500, {school.books: 400})


def a_voided_receipt(raw, school):
    payment = a_receipt(raw, school)
    void(raw, payment)
    return payment


def a_closed_receipt(raw, school):
    """A receipt voided after its day was closed: its cash-book rows stay."""
    payment = a_receipt(raw, school)
    close = {"closed_on": "2026-01-15", "method": "cash", "expected": 500, "counted": 500}
    insert(raw, "day_closes", **close)
    raw.execute(f"UPDATE payments SET {VOIDED} WHERE id = ?", (payment,))
    return payment


def a_reversed_receipt(raw, school):
    payment = a_closed_receipt(raw, school)
    raw.execute(
        f"INSERT INTO financial_transactions ({BOOK}, reverses_id) SELECT '2026-01-20', category_id, type, -amount, "
        "reference, payment_id, id FROM financial_transactions WHERE payment_id = ?",
        (payment,),
    )
    return payment


def a_cancelled_fee(raw, school):
    raw.execute("UPDATE fees SET cancelled_at = '2026-01-10 08:00:00' WHERE id = ?", (school.books,))
    return pay(raw, school.asha, 500)


def a_seal(raw, school):
    return insert(raw, "activity_seals", from_id=1, to_id=2, row_count=2, previous_hash="", hash="c0ffee")


def a_row_by_hand(raw, school):
    category = insert(raw, "financial_categories", name="Canteen", type="income")
    return insert(
        raw, "financial_transactions", transaction_date="2026-01-15", category_id=category, type="income", amount=900
    )


def nothing(raw, school):
    return None


# The guard, what must be there before, the statement (`:made` is what was made before), and the code.
CASES = {
    "fee_calculation_integrity": (
        nothing,
        "INSERT INTO fees (student_id, amount_due, amount_paid) VALUES (:asha, 500, 400)",
        "amount_paid_disagrees",
    ),
    "fee_calculation_integrity_update": (nothing, "UPDATE fees SET amount_paid = 1", "amount_paid_disagrees"),
    "guard_fee_within_due": (a_receipt, "UPDATE fees SET amount_due = 399 WHERE id = :books", "fee_over_settled"),
    "guard_fee_student": (
        a_receipt,
        "UPDATE fees SET student_id = :kofi WHERE id = :books",
        "fee_has_payments",
    ),
    "guard_fee_cancelled": (
        a_receipt,
        "UPDATE fees SET cancelled_at = '2026-01-16 08:00:00' WHERE id = :books",
        "fee_has_payments",
    ),
    "guard_fee_delete": (a_voided_receipt, "DELETE FROM fees WHERE id = :books", "fee_has_payments"),
    "guard_allocation_live": (
        a_voided_receipt,
        "INSERT INTO payment_allocations (payment_id, fee_id, amount) VALUES (:made, :books, 1)",
        "payment_append_only",
    ),
    "guard_allocation_fee": (
        a_cancelled_fee,
        "INSERT INTO payment_allocations (payment_id, fee_id, amount) VALUES (:made, :books, 1)",
        "cancelled_fee",
    ),
    "guard_allocation_student": (
        lambda raw, school: pay(raw, school.kofi, 500),
        "INSERT INTO payment_allocations (payment_id, fee_id, amount) VALUES (:made, :books, 1)",
        "allocation_wrong_student",
    ),
    "guard_allocation_within_payment": (
        a_receipt,
        "INSERT INTO payment_allocations (payment_id, fee_id, amount) VALUES (:made, :books, 101)",
        "payment_over_allocated",
    ),
    "guard_allocation_update": (a_receipt, "UPDATE payment_allocations SET amount = 399", "allocation_append_only"),
    "guard_allocation_delete": (a_receipt, "DELETE FROM payment_allocations", "allocation_append_only"),
    "guard_payment_update": (a_receipt, "UPDATE payments SET amount = 600", "payment_append_only"),
    "guard_payment_delete": (lambda raw, school: unposted(raw, school), "DELETE FROM payments", "payment_append_only"),
    "guard_payment_born_live": (
        nothing,
        "INSERT INTO payments (receipt_no, student_id, amount, method, paid_on, voided_at, void_reason) "
        "VALUES ('T', :asha, 5, 'cash', '2026-01-15', '2026-01-16 08:00:00', 'typed twice')",
        "payment_append_only",
    ),
    "guard_transaction_update": (
        a_receipt,
        "UPDATE financial_transactions SET amount = 1",
        "system_transaction",
    ),
    "guard_transaction_delete": (a_receipt, "DELETE FROM financial_transactions", "system_transaction"),
    "guard_transaction_matches": (
        a_receipt,
        f"INSERT INTO financial_transactions ({BOOK}) VALUES ('2026-01-15', 1, 'income', 5, 'FEE-' || :books, :made)",
        "system_transaction",
    ),
    "guard_category_type": (
        a_row_by_hand,
        "UPDATE financial_categories SET type = 'expense' WHERE id = 2",
        "category_type_fixed",
    ),
    "guard_school_fees_update": (
        nothing,
        "UPDATE financial_categories SET name = 'Fees' WHERE name = 'School Fees'",
        "school_fees_stays",
    ),
    "guard_school_fees_delete": (
        nothing,
        "DELETE FROM financial_categories WHERE name = 'School Fees'",
        "school_fees_stays",
    ),
    "guard_activity_update": (nothing, "UPDATE user_activity_log SET description = 'nothing'", "activity_append_only"),
    "guard_activity_delete": (nothing, "DELETE FROM user_activity_log WHERE id = 1", "activity_append_only"),
    "guard_seal_update": (a_seal, "UPDATE activity_seals SET hash = 'facade'", "seal_append_only"),
    "guard_seal_delete": (a_seal, "DELETE FROM activity_seals", "seal_append_only"),
}

# More ways around the same guards.
DETOURS = [
    ("guard_payment_update", a_receipt, "UPDATE payments SET paid_on = '2026-02-01'"),
    ("guard_payment_update", a_voided_receipt, "UPDATE payments SET voided_at = NULL"),
    ("guard_payment_update", a_voided_receipt, "UPDATE payments SET void_reason = 'another'"),
    ("guard_payment_update", a_receipt, f"UPDATE payments SET amount = 1, {VOIDED}"),
    ("guard_payment_update", a_receipt, "UPDATE payments SET voided_by = 1"),
    ("guard_transaction_update", a_row_by_hand, "UPDATE financial_transactions SET allocation_id = 1"),
    ("guard_transaction_delete", a_closed_receipt, "DELETE FROM financial_transactions WHERE payment_id = :made"),
    ("guard_transaction_delete", a_reversed_receipt, "DELETE FROM financial_transactions WHERE amount < 0"),
    (
        "guard_transaction_matches",
        a_receipt,
        f"INSERT INTO financial_transactions ({BOOK}) VALUES ('2026-01-15', 1, 'income', 5, NULL, :made)",
    ),
    (
        "guard_transaction_matches",
        a_receipt,
        f"INSERT INTO financial_transactions ({BOOK}) "
        "VALUES ('2026-01-15', 1, 'expense', 5, 'CREDIT-' || :made, :made)",
    ),
    (
        "guard_transaction_matches",
        a_row_by_hand,
        "INSERT INTO financial_transactions (transaction_date, category_id, type, amount, reverses_id) "
        "VALUES ('2026-01-15', 2, 'income', -899, :made)",
    ),
    ("guard_seal_update", a_seal, "UPDATE activity_seals SET sealed_at = '2020-01-01 00:00:00'"),
    ("guard_seal_update", a_seal, "UPDATE activity_seals SET to_id = 99, archived_at = '2026-01-16 08:00:00'"),
    (
        "guard_school_fees_update",
        nothing,
        "UPDATE financial_categories SET type = 'expense' WHERE name = 'School Fees'",
    ),
    ("fee_calculation_integrity_update", a_receipt, "UPDATE fees SET amount_paid = 0 WHERE id = :books"),
]


def unposted(raw, school):
    return insert(
        raw, "payments", receipt_no="T", student_id=school.kofi, amount=5, method="cash", paid_on="2026-01-15"
    )


def run(raw, statement, school, made):
    values = {"asha": school.asha, "kofi": school.kofi, "books": school.books, "made": made}
    used: list[object] = []

    def hole(found):
        if found[1]:
            used.append(values[found[1]])
        return "?" if found[1] else found[0]

    statement = re.sub(r"'[^']*'|:(\w+)", hole, statement)
    return raw.execute(statement, used)


def everything(raw):
    """All rows of all tables."""
    return {name: rows(raw, f"SELECT * FROM {name}") for name in sorted(names_of(raw, "table"))}


@pytest.mark.parametrize("guard", CASES)
def test_each_guard_refuses_with_its_code_and_changes_nothing(raw, careless, school, guard):
    before, statement, code = CASES[guard]
    made = before(raw, school)
    state = everything(raw)
    for connection, codes in ((raw, code), (careless, f"{code}|needs_foreign_keys")):
        with pytest.raises(connection.IntegrityError, match=codes):
            run(connection, statement, school, made)
        assert everything(raw) == state


@pytest.mark.parametrize("guard", CASES)
def test_without_the_guard_nothing_else_would_refuse_it(raw, school, guard):
    """Each guard is needed: this is also the proof that the test above can fail."""
    before, statement, code = CASES[guard]
    made = before(raw, school)
    drop_trigger(raw, guard)
    try:
        run(raw, statement, school, made)
    except raw.IntegrityError as error:
        assert code not in str(error)


@pytest.mark.parametrize(("guard", "before", "statement"), DETOURS)
def test_there_is_no_way_around_a_guard(raw, careless, school, guard, before, statement):
    made = before(raw, school)
    state = everything(raw)
    for connection in (raw, careless):
        with pytest.raises(connection.IntegrityError, match=f"{CASES[guard][2]}|needs_foreign_keys"):
            run(connection, statement, school, made)
        assert everything(raw) == state


def test_every_guard_of_the_program_has_a_case(raw):
    guarding = {name for name in names_of(raw, "trigger") if name.startswith(("guard_", "fee_calculation_integrity"))}
    generated = {name for name in guarding if re.search(r"_(replace|orphans)_(insert|update|delete)$|_truncate$", name)}
    assert guarding - generated == set(CASES)


def test_a_fee_is_never_settled_for_more_than_it_owes(raw, careless, school):
    state = everything(raw)
    verbs = ("INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "INSERT OR FAIL") if is_sqlite(raw) else ("INSERT",)
    for verb in verbs:
        for connection in (raw, careless):
            connection.execute("BEGIN")
            made = pay(connection, school.asha, 10**12)
            with pytest.raises(connection.IntegrityError, match="fee_over_settled"):
                connection.execute(
                    f"{verb} INTO payment_allocations (payment_id, fee_id, amount) VALUES (?, ?, ?)",
                    (made, school.books, 10**12 - 1),
                )
            connection.execute("ROLLBACK")
    assert everything(raw) == state


@pytest.mark.sqlite
def test_a_share_between_a_payment_and_a_fee_that_do_not_exist_is_refused(careless):
    with pytest.raises(careless.IntegrityError, match="allocation_wrong_student"):
        careless.execute("INSERT INTO payment_allocations (payment_id, fee_id, amount) VALUES (77, 77, 1)")


# What a connection with SQLite's own defaults may not do


REPLACED = [*AUDITED_TABLES, "payment_allocations", "user_activity_log", "activity_seals"]


@pytest.mark.sqlite
def test_no_row_is_replaced_behind_the_triggers_back(raw, careless):
    ids = one_of_each(raw)
    state = everything(raw)
    for table in REPLACED:
        (row,) = [row for row in state[table] if row.get("id", row.get("key")) == ids[table]]
        row = {name: value for name, value in row.items() if name != "arrears"}
        with pytest.raises(careless.IntegrityError, match="needs_recursive_triggers"):
            careless.execute(
                f"REPLACE INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
            )
    assert everything(raw) == state


@pytest.mark.sqlite
def test_no_row_is_replaced_by_an_update_behind_the_triggers_back(raw, careless):
    first, second = one_of_each(raw, 1), one_of_each(raw, 2)
    state = everything(raw)
    for table in REPLACED:
        key = "key" if table == "settings" else "id"
        with pytest.raises(careless.IntegrityError, match="needs_|_append_only|fee_has_payments"):
            careless.execute(f"UPDATE OR REPLACE {table} SET {key} = ? WHERE {key} = ?", (first[table], second[table]))
    assert everything(raw) == state


@pytest.mark.sqlite
def test_a_row_with_the_same_unique_values_is_not_replaced_behind_the_triggers_back(raw, careless):
    """The same mark for a student and day, under another id: the way in which a register is typed twice."""
    ids = one_of_each(raw)
    add_one(raw, "attendance", ids, 2)
    for statement in (
        "REPLACE INTO attendance (student_id, date, status) SELECT student_id, date, 'absent' FROM attendance",
        "UPDATE OR REPLACE attendance SET date = '2026-01-01' WHERE date = '2026-01-02'",
        "REPLACE INTO students (admission_no, first_name, last_name) VALUES ('S1', 'Yaw', 'Owusu')",
    ):
        with pytest.raises(careless.IntegrityError, match="needs_recursive_triggers"):
            careless.execute(statement)


@pytest.mark.sqlite
def test_nobody_leaves_orphans(raw, careless):
    ids = one_of_each(raw)
    parents = {
        row["name"].removeprefix("guard_").removesuffix("_orphans_delete")
        for row in rows(raw, "SELECT name FROM sqlite_schema WHERE name LIKE '%_orphans_delete'")
    }
    assert {"students", "classes", "fees", "payments", "users", "financial_categories", "guardians"} <= parents
    refused = "needs_foreign_keys|_append_only|fee_has_payments"
    state = everything(raw)
    for table in parents - {"financial_transactions", "payment_allocations", "billing_runs"}:
        for statement in (f"DELETE FROM {table} WHERE id = ?", f"UPDATE {table} SET id = 7777 WHERE id = ?"):
            with pytest.raises(careless.IntegrityError, match=refused):
                careless.execute(statement, (ids[table],))
    assert everything(raw) == state


def test_a_script_may_do_everything_that_is_safe(careless, school, check):
    careless.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.asha,))
    careless.execute(
        "INSERT INTO attendance (student_id, date, status) VALUES (?, '2026-01-15', 'late')", (school.kofi,)
    )
    check()
    careless.execute("UPDATE attendance SET status = 'absent', date = '2026-01-16'")
    careless.execute("DELETE FROM attendance")
    careless.execute("DELETE FROM students WHERE id = ?", (school.kofi,))
    careless.execute("UPDATE students SET class_id = NULL WHERE id = ?", (school.asha,))
    careless.execute("DELETE FROM classes")
    a_row_by_hand(careless, school)
    check()
    careless.execute("UPDATE financial_transactions SET amount = 5, transaction_date = '2026-02-01'")
    careless.execute("DELETE FROM financial_transactions")
    careless.execute("INSERT INTO settings (key, value) VALUES ('arrears_alert_threshold', '5')")
    careless.execute("UPDATE settings SET value = '7'")
    careless.execute("DELETE FROM fees WHERE id = ?", (school.books,))
    check()
    careless.execute("DELETE FROM settings")
    careless.execute("DELETE FROM fees")
    careless.execute("DELETE FROM students")
    check()
    assert value(careless, "SELECT count(*) FROM student_balances") == 0


# The sentences


def test_every_code_has_a_sentence_and_every_sentence_a_code():
    raised = {
        code
        for made in GENERATORS.values()
        for statement in made.triggers("GHS")
        for code in re.findall(r"RAISE(?:\(ABORT,| EXCEPTION) '(\w+)'", statement)
    }
    assert raised == set(GUARDS)


@pytest.mark.parametrize("code", GUARDS)
def test_each_sentence_carries_its_own_code_and_says_one_thing(code):
    refusal = GUARDS[code]
    assert isinstance(refusal, SchoolError)
    assert refusal.code == code
    assert refusal.message.endswith(".")
    assert 400 <= refusal.status < 500


def test_archived_activity_may_leave_once_it_is_sealed(raw, school):
    seal = a_seal(raw, school)
    with pytest.raises(raw.IntegrityError, match="activity_append_only"):
        raw.execute("DELETE FROM user_activity_log WHERE id = 1")
    raw.execute("UPDATE activity_seals SET archived_at = '2026-02-01 00:00:00' WHERE id = ?", (seal,))
    raw.execute("DELETE FROM user_activity_log WHERE id <= 2")
    with pytest.raises(raw.IntegrityError, match="activity_append_only"):
        raw.execute("DELETE FROM user_activity_log WHERE id = 3")


# What PostgreSQL alone offers


@pytest.mark.postgresql
def test_no_table_that_is_counted_or_on_record_is_truncated(raw):
    one_of_each(raw)
    state = everything(raw)
    for table in REPLACED:
        with pytest.raises(raw.IntegrityError, match="needs_delete"):
            raw.execute(f"TRUNCATE {table} CASCADE")
    assert everything(raw) == state
