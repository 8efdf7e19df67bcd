"""What students are charged: fee types, price lists, billing runs, fees and agreed reductions."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import db
from app.models.columns import CreatedAt, Key, Money, UtcDateTime, money_checks, one_of, table
from app.models.students import Student

ADJUSTMENT_KINDS = ("discount", "scholarship", "waiver", "write_off")

ARREARS = (
    "CASE WHEN cancelled_at IS NULL AND amount_due - amount_adjusted > amount_paid "
    "THEN amount_due - amount_adjusted - amount_paid ELSE 0 END"
)


class FeeType(db.Model):
    __tablename__ = "fee_types"
    __table_args__ = table()

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("financial_categories.id"))
    is_active: Mapped[bool] = mapped_column(default=True, server_default="1")


class FeeStructure(db.Model):
    """The price list of a class (or a level) for a term."""

    __tablename__ = "fee_structures"
    __table_args__ = table(UniqueConstraint("class_id", "term_id", "name"))

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(64))
    class_id: Mapped[int | None] = mapped_column(ForeignKey("classes.id"))
    term_id: Mapped[int | None] = mapped_column(ForeignKey("terms.id"))
    is_optional: Mapped[bool] = mapped_column(default=False, server_default="0")
    """Only for students who are chosen one by one, such as those who ride with the bus."""
    created_at: Mapped[CreatedAt]


class FeeStructureItem(db.Model):
    __tablename__ = "fee_structure_items"
    __table_args__ = table(UniqueConstraint("fee_structure_id", "fee_type_id"), *money_checks("amount", least=1))

    id: Mapped[Key]
    fee_structure_id: Mapped[int] = mapped_column(ForeignKey("fee_structures.id", ondelete="CASCADE"))
    fee_type_id: Mapped[int] = mapped_column(ForeignKey("fee_types.id"))
    amount: Mapped[Money]
    due_on: Mapped[date | None]


class BillingRun(db.Model):
    __tablename__ = "billing_runs"
    __table_args__ = table()

    id: Mapped[Key]
    fee_structure_id: Mapped[int | None] = mapped_column(ForeignKey("fee_structures.id"))
    term_id: Mapped[int | None] = mapped_column(ForeignKey("terms.id"))
    fee_count: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[Money] = mapped_column(default=0, server_default="0")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Fee(db.Model):
    """An amount charged to one student. `amount_paid` follows the payments; `arrears` follows the rest."""

    __tablename__ = "fees"
    __table_args__ = table(
        *money_checks("amount_due"),
        *money_checks("amount_adjusted"),
        *money_checks("amount_paid"),
        CheckConstraint("amount_adjusted <= amount_due", name="adjusted_within_due"),
        CheckConstraint("month IS NULL OR month BETWEEN 1 AND 12", name="month_of_year"),
        UniqueConstraint("billing_run_id", "student_id", "fee_type_id"),
    )

    id: Mapped[Key]
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    fee_type_id: Mapped[int | None] = mapped_column(ForeignKey("fee_types.id"), index=True)
    term_id: Mapped[int | None] = mapped_column(ForeignKey("terms.id"), index=True)
    billing_run_id: Mapped[int | None] = mapped_column(ForeignKey("billing_runs.id"))
    year: Mapped[int | None]
    month: Mapped[int | None]
    description: Mapped[str] = mapped_column(String(200), default="", server_default="")
    due_on: Mapped[date | None]
    amount_due: Mapped[Money]
    amount_adjusted: Mapped[Money] = mapped_column(default=0, server_default="0")
    amount_paid: Mapped[Money] = mapped_column(default=0, server_default="0")
    arrears: Mapped[int] = mapped_column(BigInteger, Computed(ARREARS, persisted=True))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    request_key: Mapped[str | None] = mapped_column(String(255), unique=True)
    request_hash: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    cancel_reason: Mapped[str | None] = mapped_column(String(200))

    student: Mapped[Student] = relationship()
    fee_type: Mapped[FeeType | None] = relationship()


class FeeAdjustment(db.Model):
    __tablename__ = "fee_adjustments"
    __table_args__ = table(one_of("kind", *ADJUSTMENT_KINDS), *money_checks("amount", least=1))

    id: Mapped[Key]
    fee_id: Mapped[int] = mapped_column(ForeignKey("fees.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    amount: Mapped[Money]
    reason: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


_BILLED = "billing_run_id IS NOT NULL AND cancelled_at IS NULL"
Index(
    "ux_fees_billed_once",
    Fee.student_id,
    Fee.fee_type_id,
    Fee.term_id,
    unique=True,
    sqlite_where=text(_BILLED),
    postgresql_where=text(_BILLED),
)
Index("ix_fees_student_id_due_on", Fee.student_id, Fee.due_on)
Index("ix_fees_open", Fee.due_on, sqlite_where=Fee.arrears > 0, postgresql_where=Fee.arrears > 0)
