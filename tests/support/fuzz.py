"""Random work on a school by SQL: what people, imports and administrators do to its tables, and some nonsense."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from app.domain.payments import METHODS
from app.models.attendance import ATTENDANCE_STATUSES
from app.models.students import STUDENT_STATUSES
from tests.support.database import insert, is_sqlite, set_setting
from tests.support.school import pay, school_fees, void

THRESHOLD = "arrears_alert_threshold"
CLASSES = 6


class Fuzz:
    """Carries out random operations on one connection and counts what was done and what the database refused."""

    def __init__(self, raw: Any, seed: int, *, careless: bool = True) -> None:
        self.raw = raw
        self.sqlite = is_sqlite(raw)
        left_out = ONLY_POSTGRESQL if self.sqlite else ()
        self.operations = {name: weight for name, weight in OPERATIONS.items() if name not in left_out}
        self.plain = [name for name, weight in self.operations.items() if name != "transaction" and weight >= 1]
        self.random = random.Random(seed)
        self.careless = careless
        self.attempts = 0
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.serial = 0
        for number in range(CLASSES):
            insert(raw, "classes", name=f"Class {number}")
        for _ in range(20):
            self.add_student()

    def run(self, count: int) -> None:
        for name in self.random.choices(list(self.operations), list(self.operations.values()), k=count):
            self.attempt(name)

    def attempt(self, name: str) -> None:
        """One operation, all of it or nothing; now and then from a connection with SQLite's own defaults."""
        self.attempts += 1
        careless = self.careless and self.sqlite and not self.raw.in_transaction and self.random.random() < 0.1
        if careless:
            self._pragmas("OFF")
        before = self.raw.total_changes
        self.raw.execute("SAVEPOINT operation")
        try:
            getattr(self, name)()
            self.done[name] += self.raw.total_changes > before
        except self.raw.IntegrityError:
            self.raw.execute("ROLLBACK TO operation")
            self.refused[name] += 1
        finally:
            self.raw.execute("RELEASE operation")
            if careless:
                self._pragmas("ON")

    def _pragmas(self, state: str) -> None:
        self.raw.execute(f"PRAGMA foreign_keys = {state}")
        self.raw.execute(f"PRAGMA recursive_triggers = {state}")

    # Dice

    def some(self, table: str) -> int:
        """The id of a row; 0 when there is none."""
        last = self.raw.execute(f"SELECT max(id) FROM {table}").fetchone()[0] or 0
        found = self.raw.execute(
            f"SELECT id FROM {table} WHERE id >= ? ORDER BY id LIMIT 1", (self.random.randint(0, last),)
        ).fetchone()
        return int(found[0]) if found else 0

    def one_in(self, n: int) -> bool:
        return self.random.randrange(n) == 0

    def number(self) -> int:
        self.serial += 1
        return self.serial

    def day(self) -> str:
        return f"2026-{self.random.randint(1, 4):02}-{self.random.randint(1, 12):02}"

    def amount(self) -> int:
        return self.random.choice((1, 99, 5_000, 50_000, 100_000, self.random.randint(1, 300_000)))

    def class_id(self) -> int | None:
        return self.random.choice((None, self.some("classes"), self.some("classes"), self.some("classes")))

    def put(self, table: str, columns: str, source: str, *values: object, key: str) -> None:
        """Insert in one of the ways in which a row may meet one with the same key."""
        if self.sqlite:
            verbs = ("INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "REPLACE", "INSERT OR FAIL")
            self.raw.execute(f"{self.random.choice(verbs)} INTO {table} ({columns}) {source}", values)
            return
        renewed = ", ".join(f"{name} = excluded.{name}" for name in columns.split(", "))
        instead = self.random.choice(("", "DO NOTHING", f"({key}) DO NOTHING", f"({key}) DO UPDATE SET {renewed}"))
        ending = f" ON CONFLICT {instead}" if instead else ""
        self.raw.execute(f"INSERT INTO {table} ({columns}) {source}{ending}", values)

    def change(self, table: str, assignment: str, *values: object) -> None:
        """Update one row, or on PostgreSQL sometimes two in one statement."""
        one, another = self.some(table), self.some(table)
        if self.sqlite:
            verb = self.random.choice(("UPDATE", "UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE", "UPDATE OR FAIL"))
            self.raw.execute(f"{verb} {table} SET {assignment} WHERE id = ?", (*values, one))
        else:
            chosen = self.random.choice(((one,), (one,), (one, another)))
            holes = ", ".join("?" * len(chosen))
            self.raw.execute(f"UPDATE {table} SET {assignment} WHERE id IN ({holes})", (*values, *chosen))

    # Students, classes and teachers

    def add_student(self) -> None:
        status = self.random.choice(("active", "active", "active", *STUDENT_STATUSES))
        row = {"first_name": "Ama", "last_name": "Darko", "class_id": self.class_id(), "status": status}
        insert(self.raw, "students", admission_no=f"S{self.number()}", **row)

    def add_student_again(self) -> None:
        number = f"S{self.random.randint(1, self.serial)}"
        self.put(
            "students", "admission_no, first_name, last_name, class_id", "VALUES (?, 'Yaw', 'Owusu', ?)",
            number, self.class_id(), key="admission_no",
        )  # fmt: skip

    def replace_student_by_id(self) -> None:
        student = self.some("students")
        verb, ending = "REPLACE", ""
        if not self.sqlite:
            verb, ending = "INSERT", "ON CONFLICT (id) DO UPDATE SET class_id = excluded.class_id, status = 'withdrawn'"
        self.raw.execute(
            f"{verb} INTO students (id, admission_no, first_name, last_name, class_id, status) "
            f"SELECT id, admission_no, first_name, last_name, ?, 'active' FROM students WHERE id = ? {ending}",
            (self.class_id(), student),
        )

    def upsert_student(self) -> None:
        self.raw.execute(
            "INSERT INTO students (admission_no, first_name, last_name, class_id) VALUES (?, 'Esi', 'Addo', ?) "
            "ON CONFLICT (admission_no) DO UPDATE SET class_id = excluded.class_id, status = 'active'",
            (f"S{self.random.randint(1, self.serial + 1)}", self.class_id()),
        )

    def import_students(self) -> None:
        self.raw.execute(
            "INSERT INTO students (admission_no, first_name, last_name, class_id, status) "
            "SELECT 'I' || ? || '-' || id, first_name, last_name, class_id, status FROM students ORDER BY id LIMIT 5",
            (self.number(),),
        )

    def move_student(self) -> None:
        self.change("students", "class_id = ?", self.class_id())

    def change_status(self) -> None:
        self.change("students", "status = ?", self.random.choice(STUDENT_STATUSES))

    def promote_everybody(self) -> None:
        self.raw.execute(
            "UPDATE students SET class_id = coalesce((SELECT min(c.id) FROM classes AS c WHERE c.id > class_id), "
            "(SELECT min(id) FROM classes))"
        )

    def swap_admission_number(self) -> None:
        self.change("students", "admission_no = ?", f"S{self.random.randint(1, self.serial)}")

    def remove_student(self) -> None:
        self.raw.execute("DELETE FROM students WHERE id = ?", (self.some("students"),))

    def remove_students_without_fees(self) -> None:
        self.raw.execute(
            "DELETE FROM students WHERE id NOT IN (SELECT student_id FROM fees) "
            "AND id NOT IN (SELECT student_id FROM payments) AND id % 5 = 0"
        )

    def renumber_student(self) -> None:
        self.change("students", "id = ?", 100_000 + self.number())

    def add_class(self) -> None:
        self.put("classes", "name", "VALUES (?)", f"Class {self.random.randint(1, 20)}", key="name")

    def remove_class(self) -> None:
        self.raw.execute("DELETE FROM classes WHERE id = ?", (self.some("classes"),))

    def replace_class(self) -> None:
        self.put(
            "classes", "id, name", "SELECT id, name || '!' FROM classes WHERE id = ?", self.some("classes"), key="id"
        )

    def add_teacher(self) -> None:
        insert(self.raw, "teachers", first_name="Kwame", last_name="Asante", staff_no=f"T{self.random.randint(1, 40)}")

    def replace_teacher(self) -> None:
        number, status = f"T{self.random.randint(1, 40)}", self.random.choice(("active", "left"))
        columns = "first_name, last_name, staff_no, status"
        self.put("teachers", columns, "VALUES ('Abena', 'Ofori', ?, ?)", number, status, key="staff_no")

    def change_teacher(self) -> None:
        self.change("teachers", "status = ?", self.random.choice(("active", "left")))

    def renumber_teacher(self) -> None:
        self.change("teachers", "staff_no = ?, id = ?", f"T{self.random.randint(1, 40)}", self.random.randint(1, 90))

    def everybody_leaves(self) -> None:
        self.raw.execute("UPDATE teachers SET status = CASE status WHEN 'active' THEN 'left' ELSE 'active' END")

    def remove_teacher(self) -> None:
        self.raw.execute("DELETE FROM teachers WHERE id = ?", (self.some("teachers"),))

    def assign_teacher(self) -> None:
        row = {"teacher_id": self.some("teachers"), "class_id": self.some("classes"), "starts_on": self.day()}
        insert(self.raw, "teacher_assignments", **row)

    def record_promotion(self) -> None:
        row = {"student_id": self.some("students"), "to_class_id": self.some("classes"), "promoted_on": self.day()}
        insert(self.raw, "promotions", **row)

    # The register

    def mark(self) -> None:
        row = self.some("students"), self.day(), self.random.choice(ATTENDANCE_STATUSES)
        self.put("attendance", "student_id, date, status", "VALUES (?, ?, ?)", *row, key="student_id, date")

    def mark_again(self) -> None:
        self.raw.execute(
            "INSERT INTO attendance (student_id, date, status) VALUES (?, ?, ?) "
            "ON CONFLICT (student_id, date) DO UPDATE SET status = excluded.status",
            (self.some("students"), self.day(), self.random.choice(ATTENDANCE_STATUSES)),
        )

    def mark_class(self) -> None:
        self.raw.execute(
            "INSERT INTO attendance (student_id, date, status, class_id) "
            "SELECT id, ?, 'present', class_id FROM students WHERE status = 'active' AND class_id = ? "
            "ON CONFLICT DO NOTHING",
            (self.day(), self.some("classes")),
        )

    def correct_mark(self) -> None:
        self.change("attendance", "status = ?", self.random.choice(ATTENDANCE_STATUSES))

    def move_mark_to_another_day(self) -> None:
        self.change("attendance", "date = ?", self.day())

    def move_mark_to_another_student(self) -> None:
        self.change("attendance", "student_id = ?", self.some("students"))

    def everybody_was_late(self) -> None:
        self.raw.execute("UPDATE attendance SET status = CASE status WHEN 'late' THEN 'present' ELSE 'late' END")

    def remove_mark(self) -> None:
        self.raw.execute("DELETE FROM attendance WHERE id = ?", (self.some("attendance"),))

    def remove_day(self) -> None:
        self.raw.execute("DELETE FROM attendance WHERE date = ?", (self.day(),))

    def empty_register(self) -> None:
        self.raw.execute("DELETE FROM attendance")

    # Fees

    def bill(self) -> None:
        row = {"student_id": self.some("students"), "amount_due": self.amount(), "year": 2026, "due_on": self.day()}
        insert(self.raw, "fees", month=self.random.randint(1, 12), request_key=f"K{self.number()}", **row)

    def bill_class(self) -> None:
        self.raw.execute(
            "INSERT INTO fees (student_id, amount_due, amount_adjusted) "
            "SELECT id, 20000 + id, id % 3 * 1000 FROM students WHERE class_id = ? AND status = 'active'",
            (self.some("classes"),),
        )

    def bill_again(self) -> None:
        row = self.some("students"), self.amount(), f"K{self.random.randint(1, self.serial)}"
        self.put("fees", "student_id, amount_due, request_key", "VALUES (?, ?, ?)", *row, key="request_key")

    def upsert_fee(self) -> None:
        self.raw.execute(
            "INSERT INTO fees (student_id, amount_due, request_key) VALUES (?, ?, ?) "
            "ON CONFLICT (request_key) DO UPDATE SET "
            "amount_due = excluded.amount_due, student_id = excluded.student_id",
            (self.some("students"), self.amount(), f"K{self.random.randint(1, self.serial)}"),
        )

    def change_fee(self) -> None:
        self.change("fees", "amount_due = ?, version = version + 1", self.amount())

    def adjust_fee(self) -> None:
        self.change("fees", "amount_adjusted = ?", self.random.choice((0, self.amount())))

    def move_fee(self) -> None:
        self.change("fees", "student_id = ?, month = ?", self.some("students"), self.random.randint(1, 12))

    def cancel_fee(self) -> None:
        self.change("fees", "cancelled_at = '2026-01-20 08:00:00.000000'")

    def restore_fee(self) -> None:
        self.change("fees", "cancelled_at = NULL")

    def cancel_and_move_fee(self) -> None:
        self.change(
            "fees",
            "cancelled_at = CASE WHEN cancelled_at IS NULL THEN "
            + ("'2026-01-20 08:00:00.000000'" if self.sqlite else "now()")
            + " END, "
            "student_id = ?, amount_due = ?",
            self.some("students"),
            self.amount(),
        )

    def raise_all_fees(self) -> None:
        self.raw.execute("UPDATE fees SET amount_due = amount_due + 10")

    def remove_fee(self) -> None:
        self.raw.execute("DELETE FROM fees WHERE id = ?", (self.some("fees"),))

    def remove_unpaid_fees(self) -> None:
        self.raw.execute("DELETE FROM fees WHERE id % 4 = 0 AND id NOT IN (SELECT fee_id FROM payment_allocations)")

    def remove_all_fees(self) -> None:
        self.raw.execute("DELETE FROM fees")

    def write_amount_paid(self) -> None:
        self.change("fees", "amount_paid = amount_paid + ?", self.random.choice((-1, 1, 500)))

    # Payments

    def open_fees(self, student: int) -> list[tuple[int, int]]:
        found = self.raw.execute(
            "SELECT id, arrears FROM fees WHERE student_id = ? AND arrears > 0 ORDER BY id LIMIT 4", (student,)
        )
        return [(int(fee), int(owed)) for fee, owed in found.fetchall()]

    def take_payment(self) -> None:
        debtor = self.raw.execute("SELECT student_id FROM fees WHERE id = ?", (self.some("fees"),)).fetchone()
        student = int(debtor[0]) if debtor else self.some("students")
        shares = {
            fee: self.random.choice((owed, self.random.randint(1, owed))) for fee, owed in self.open_fees(student)
        }
        rest = self.random.choice((0, 0, 250)) or (0 if shares else 77)
        amount = sum(shares.values()) + rest
        pay(self.raw, student, amount, shares, on=self.day(), method=self.random.choice(METHODS))

    def overpay_fee(self) -> None:
        student = self.some("students")
        shares = {fee: owed + 1 for fee, owed in self.open_fees(student)}
        pay(self.raw, student, sum(shares.values()) + 5, shares, on=self.day())

    def pay_somebody_elses_fee(self) -> None:
        pay(self.raw, self.some("students"), 100, {self.some("fees"): 100}, on=self.day())

    def use_credit(self) -> None:
        """Settle a fee from the credit of an earlier payment, with the pair of cash-book rows."""
        found = self.raw.execute(
            "SELECT id, student_id, credit FROM (SELECT p.id, p.student_id, p.amount - coalesce((SELECT sum(a.amount) "
            "FROM payment_allocations AS a WHERE a.payment_id = p.id), 0) AS credit FROM payments AS p "
            "WHERE p.voided_at IS NULL) AS standing WHERE credit > 0 AND id >= ? ORDER BY id LIMIT 1",
            (self.random.randint(0, self.some("payments")),),
        ).fetchone()
        fees = self.open_fees(found[1]) if found else []
        if not fees:
            return
        (payment, _, credit), (fee, owed) = found, fees[0]
        part = min(credit, owed)
        allocation = insert(self.raw, "payment_allocations", payment_id=payment, fee_id=fee, amount=part)
        book = {"transaction_date": self.day(), "category_id": school_fees(self.raw), "type": "income"}
        minus = {"amount": -part, "reference": f"CREDIT-{payment}", "payment_id": payment}
        insert(self.raw, "financial_transactions", **book, **minus)
        plus = {"amount": part, "reference": f"FEE-{fee}", "allocation_id": allocation}
        insert(self.raw, "financial_transactions", **book, **plus)

    def void_receipt(self) -> None:
        void(self.raw, self.some("payments"))

    def void_after_the_close(self) -> None:
        """Close the day of a receipt, then void it: what stood in the books is reversed."""
        payment = self.some("payments")
        self.raw.execute(
            "INSERT INTO day_closes (closed_on, method, expected, counted) "
            "SELECT DISTINCT transaction_date, payment_method, 0, 0 FROM financial_transactions WHERE payment_id = ? "
            "ON CONFLICT DO NOTHING",
            (payment,),
        )
        self.raw.execute(
            "UPDATE payments SET voided_at = '2026-04-20 08:00:00.000000', void_reason = 'late' WHERE id = ?",
            (payment,),
        )
        self.raw.execute(
            "INSERT INTO financial_transactions "
            "(transaction_date, category_id, type, amount, reference, payment_method, reverses_id) "
            "SELECT '2026-04-20', category_id, type, -amount, reference, payment_method, id "
            "FROM financial_transactions WHERE payment_id = ?",
            (payment,),
        )

    def repeat_receipt(self) -> None:
        self.raw.execute(
            f"{self.random.choice(('INSERT', 'REPLACE' if self.sqlite else 'INSERT'))} INTO payments "
            "(receipt_no, student_id, amount, method, paid_on) "
            "SELECT receipt_no, student_id, amount, method, paid_on FROM payments WHERE id = ?",
            (self.some("payments"),),
        )

    def forge_receipt(self) -> None:
        self.change("payments", "amount = amount + 1")

    def remove_receipt(self) -> None:
        self.raw.execute("DELETE FROM payments WHERE id = ?", (self.some("payments"),))

    def forge_share(self) -> None:
        self.change("payment_allocations", "amount = 1")

    # The cash book

    def enter(self) -> None:
        row = {
            "transaction_date": self.day(),
            "category_id": self.some("financial_categories"),
            "amount": self.amount(),
        }
        kind = self.random.choice(("income", "expense"))
        method = self.random.choice(METHODS)
        insert(
            self.raw, "financial_transactions", type=kind, request_key=f"T{self.number()}", payment_method=method, **row
        )

    def enter_again(self) -> None:
        number = f"T{self.random.randint(1, self.serial)}"
        row = self.day(), self.some("financial_categories"), self.amount(), number
        columns = "transaction_date, category_id, type, amount, request_key"
        self.put("financial_transactions", columns, "VALUES (?, ?, 'expense', ?, ?)", *row, key="request_key")

    def upsert_entry(self) -> None:
        self.raw.execute(
            "INSERT INTO financial_transactions (transaction_date, category_id, type, amount, request_key) "
            "VALUES (?, ?, 'income', ?, ?) ON CONFLICT (request_key) DO UPDATE SET "
            "amount = excluded.amount, transaction_date = excluded.transaction_date",
            (self.day(), self.some("financial_categories"), self.amount(), f"T{self.random.randint(1, self.serial)}"),
        )

    def import_entries(self) -> None:
        self.raw.execute(
            "INSERT INTO financial_transactions (transaction_date, category_id, type, amount, payment_method) "
            "SELECT ?, category_id, type, amount + 1, payment_method FROM financial_transactions "
            "WHERE payment_id IS NULL AND amount > 0 ORDER BY id LIMIT 6",
            (self.day(),),
        )

    def correct_entry(self) -> None:
        assignment, found = self.random.choice(
            (
                ("amount = ?", self.amount()),
                ("transaction_date = ?", self.day()),
                ("type = ?", self.random.choice(("income", "expense"))),
                ("category_id = ?", self.some("financial_categories")),
                ("payment_method = ?", self.random.choice(METHODS)),
                ("reference = ?", self.random.choice(("FEE-1", "credit-7", "C-1", None))),
            )
        )
        self.change("financial_transactions", assignment, found)

    def move_all_entries_a_month(self) -> None:
        self.raw.execute(
            "UPDATE financial_transactions SET transaction_date = "
            + ("date(transaction_date, '+1 month')" if self.sqlite else "(transaction_date + interval '1 month')::date")
            + " WHERE payment_id IS NULL"
        )

    def reverse_entry(self) -> None:
        self.raw.execute(
            "INSERT INTO financial_transactions "
            "(transaction_date, category_id, type, amount, payment_method, reference, reverses_id) "
            "SELECT ?, category_id, type, -amount, payment_method, reference, id "
            "FROM financial_transactions WHERE payment_id IS NULL AND amount > 0 AND id >= ? ORDER BY id LIMIT 1",
            (self.day(), self.some("financial_transactions")),
        )

    def remove_entry(self) -> None:
        self.raw.execute("DELETE FROM financial_transactions WHERE id = ?", (self.some("financial_transactions"),))

    def empty_the_cash_book(self) -> None:
        self.raw.execute("DELETE FROM financial_transactions")

    def forge_fee_income(self) -> None:
        insert(
            self.raw,
            "financial_transactions",
            transaction_date=self.day(),
            category_id=school_fees(self.raw),
            type="income",
            amount=self.amount(),
            reference=f"FEE-{self.some('fees')}",
            payment_id=self.random.choice((None, self.some("payments"))),
        )

    def add_category(self) -> None:
        kind = self.random.choice(("income", "expense"))
        name = f"Category {self.random.randint(1, 12)}"
        self.put("financial_categories", "name, type", "VALUES (?, ?)", name, kind, key="name")

    def change_category(self) -> None:
        self.change("financial_categories", "type = CASE type WHEN 'income' THEN 'expense' ELSE 'income' END")

    # The threshold

    def set_threshold(self) -> None:
        threshold = str(self.random.choice((-1, 0, 20_000, 100_000, 100_001, 250_000)))
        if self.one_in(3):
            self.put("settings", "key, value", "VALUES (?, ?)", THRESHOLD, threshold, key="key")
        else:
            set_setting(self.raw, THRESHOLD, threshold)

    def change_threshold(self) -> None:
        self.raw.execute(
            "UPDATE settings SET value = ? WHERE key = ?", (str(self.random.randint(0, 300_000)), THRESHOLD)
        )

    def forget_threshold(self) -> None:
        self.raw.execute("DELETE FROM settings" + self.random.choice(("", f" WHERE key = '{THRESHOLD}'")))

    def rename_threshold(self) -> None:
        name = self.random.choice((THRESHOLD, "another"))
        verb = "UPDATE OR REPLACE" if self.sqlite else "UPDATE"
        self.raw.execute(f"{verb} settings SET key = ? WHERE key IN ('another', ?)", (name, THRESHOLD))

    # What only PostgreSQL can say

    def move_mark_in_one_statement(self) -> None:
        """Take a mark away and put it elsewhere: two verbs on one table in one statement."""
        self.raw.execute(
            "WITH gone AS (DELETE FROM attendance WHERE id = ? RETURNING student_id, date, status) "
            "INSERT INTO attendance (student_id, date, status) SELECT student_id, date + 40, status FROM gone",
            (self.some("attendance"),),
        )

    def enrol_and_raise_in_one_statement(self) -> None:
        self.raw.execute(
            "WITH came AS (INSERT INTO students (admission_no, first_name, last_name, class_id) "
            "VALUES (?, 'Adwoa', 'Sarpong', ?)) UPDATE fees SET amount_due = amount_due + 7 WHERE id = ?",
            (f"W{self.number()}", self.class_id(), self.some("fees")),
        )

    def merge_marks(self) -> None:
        self.raw.execute(
            "MERGE INTO attendance AS a USING (SELECT id, ?::date AS date FROM students WHERE class_id = ?) AS s "
            "ON a.student_id = s.id AND a.date = s.date WHEN MATCHED AND a.status = 'absent' THEN DELETE "
            "WHEN MATCHED THEN UPDATE SET status = 'absent' "
            "WHEN NOT MATCHED THEN INSERT (student_id, date, status) VALUES (s.id, s.date, 'late')",
            (self.day(), self.some("classes")),
        )

    def copy_students(self) -> None:
        lines = "".join(f"C{self.number()}\tEfua\tMensah\n" for _ in range(3))
        self.raw.copy_in("COPY students (admission_no, first_name, last_name) FROM STDIN", lines)

    def truncate(self) -> None:
        table = self.random.choice(("attendance", "students", "fees", "financial_transactions", "teachers"))
        self.raw.execute(f"TRUNCATE {table} CASCADE")

    # Transactions

    def transaction(self) -> None:
        """Several operations that are kept or rolled back together, sometimes from an inner savepoint."""
        self.raw.execute("SAVEPOINT together")
        for name in self.random.choices(self.plain, k=self.random.randint(2, 5)):
            self.attempt(name)
            if self.one_in(4):
                self.raw.execute("SAVEPOINT within")
                self.attempt(self.random.choice(self.plain))
                self.raw.execute("ROLLBACK TO within")
                self.raw.execute("RELEASE within")
        if self.one_in(2):
            self.raw.execute("ROLLBACK TO together")
        self.raw.execute("RELEASE together")


_RARE = {
    "promote_everybody": 0.1,
    "everybody_leaves": 0.3,
    "everybody_was_late": 0.1,
    "empty_register": 0.02,
    "remove_day": 0.2,
    "mark": 3.0,
    "mark_class": 2.0,
    "set_threshold": 0.5,
    "change_threshold": 0.5,
    "forget_threshold": 0.3,
    "rename_threshold": 0.3,
    "raise_all_fees": 0.1,
    "remove_all_fees": 0.2,
    "remove_unpaid_fees": 0.5,
    "move_all_entries_a_month": 0.1,
    "empty_the_cash_book": 0.2,
    "import_students": 0.2,
    "add_student": 2.0,
    "bill": 3.0,
    "bill_class": 0.5,
    "take_payment": 5.0,
    "enter": 2.0,
    "transaction": 4.0,
    "void_after_the_close": 0.5,
    "merge_marks": 0.3,
    "copy_students": 0.2,
    "remove_students_without_fees": 0.3,
}
_HELPERS = {"run", "attempt", "some", "one_in", "number", "day", "amount", "class_id", "put", "change", "open_fees"}
OPERATIONS: dict[str, float] = {
    name: _RARE.get(name, 1.0)
    for name, found in vars(Fuzz).items()
    if isinstance(found, Callable) and not name.startswith("_") and name not in _HELPERS  # type: ignore[arg-type]
}
"""Every operation and how often it comes up."""
ONLY_POSTGRESQL = (
    "move_mark_in_one_statement",
    "enrol_and_raise_in_one_statement",
    "merge_marks",
    "copy_students",
    "truncate",
)
FORGERIES = (
    "renumber_student",
    "write_amount_paid",
    "repeat_receipt",
    "forge_receipt",
    "remove_receipt",
    "forge_share",
    "forge_fee_income",
    "truncate",
)
"""Operations that must never succeed."""
