"""The cash book: categories, income and expense rows, budgets and the closing of a day."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.payments import METHODS
from app.extensions import db
from app.models.columns import LARGEST_AMOUNT, CreatedAt, Key, Money, money_checks, one_of, table


class FinancialCategory(db.Model):
    __tablename__ = "financial_categories"
    __table_args__ = table(one_of("type", "income", "expense"))

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    type: Mapped[str] = mapped_column(String(16))
    description: Mapped[str] = mapped_column(String(200), default="", server_default="")
    is_active: Mapped[bool] = mapped_column(default=True, server_default="1")


class FinancialTransaction(db.Model):
    """One income or expense row. `payment_id` is set on the rows that a receipt made; those are read-only.

    A trigger fills it in where only the share (`allocation_id`) or the reversed row (`reverses_id`) is given.
    Only such rows and reversals may be negative, and only they carry a `FEE-` or `CREDIT-` reference.
    """

    __tablename__ = "financial_transactions"
    __table_args__ = table(
        *money_checks("amount", least=-LARGEST_AMOUNT),
        CheckConstraint(
            "amount > 0 OR (amount < 0 AND coalesce(payment_id, reverses_id) IS NOT NULL)", name="amount_sign"
        ),
        CheckConstraint(
            "coalesce(payment_id, allocation_id, reverses_id) IS NOT NULL OR reference IS NULL "
            "OR (upper(reference) NOT LIKE 'FEE-%' AND upper(reference) NOT LIKE 'CREDIT-%')",
            name="reference_of_receipts",
        ),
        one_of("type", "income", "expense"),
        one_of("payment_method", *METHODS),
    )

    id: Mapped[Key]
    transaction_date: Mapped[date] = mapped_column(index=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("financial_categories.id"))
    type: Mapped[str] = mapped_column(String(16))
    amount: Mapped[Money]
    description: Mapped[str] = mapped_column(String(200), default="", server_default="")
    reference: Mapped[str | None] = mapped_column(String(64), index=True)
    payment_method: Mapped[str] = mapped_column(String(16), default="cash", server_default="cash")
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    allocation_id: Mapped[int | None] = mapped_column(ForeignKey("payment_allocations.id"), unique=True)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("financial_transactions.id"), unique=True)
    request_key: Mapped[str | None] = mapped_column(String(255), unique=True)
    request_hash: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]

    category: Mapped[FinancialCategory] = relationship(lazy="joined")


class BudgetPlan(db.Model):
    __tablename__ = "budget_plans"
    __table_args__ = table(
        *money_checks("amount"),
        UniqueConstraint("category_id", "starts_on", "ends_on"),
        CheckConstraint("ends_on > starts_on", name="range"),
    )

    id: Mapped[Key]
    category_id: Mapped[int] = mapped_column(ForeignKey("financial_categories.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    amount: Mapped[Money]
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")


class DayClose(db.Model):
    """The cash-up of one cashier and method: once it stands, that day's rows are only reversed, never removed."""

    __tablename__ = "day_closes"
    __table_args__ = table(
        *money_checks("expected", least=-LARGEST_AMOUNT),
        *money_checks("counted"),
        UniqueConstraint("closed_on", "cashier_id", "method"),
        one_of("method", *METHODS),
    )

    id: Mapped[Key]
    closed_on: Mapped[date]
    cashier_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    method: Mapped[str] = mapped_column(String(16))
    expected: Mapped[Money]
    counted: Mapped[Money]
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[CreatedAt]


Index(
    "ix_financial_transactions_category_date", FinancialTransaction.category_id, FinancialTransaction.transaction_date
)
# With the amount in it, days are added up without looking at a row.
Index(
    "ix_financial_transactions_date_type",
    FinancialTransaction.transaction_date,
    FinancialTransaction.type,
    FinancialTransaction.amount,
)
