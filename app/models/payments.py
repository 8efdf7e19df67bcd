"""Money received: receipts and the shares of them that settle fees. Rows are only ever added."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.payments import METHODS
from app.extensions import db
from app.models.columns import CreatedAt, Key, Money, UtcDateTime, money_checks, one_of, table
from app.models.fees import Fee
from app.models.students import Student


class Payment(db.Model):
    __tablename__ = "payments"
    __table_args__ = table(
        *money_checks("amount", least=1),
        one_of("method", *METHODS),
        CheckConstraint("voided_at IS NULL OR void_reason IS NOT NULL", name="void_has_reason"),
    )

    id: Mapped[Key]
    receipt_no: Mapped[str] = mapped_column(String(32), unique=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    amount: Mapped[Money]
    method: Mapped[str] = mapped_column(String(16))
    external_reference: Mapped[str | None] = mapped_column(String(64), index=True)
    note: Mapped[str | None] = mapped_column(String(200))
    paid_on: Mapped[date] = mapped_column(index=True)
    received_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    request_key: Mapped[str | None] = mapped_column(String(255), unique=True)
    request_hash: Mapped[str | None] = mapped_column(String(64))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    created_at: Mapped[CreatedAt]
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    void_reason: Mapped[str | None] = mapped_column(String(200))

    student: Mapped[Student] = relationship()
    allocations: Mapped[list["PaymentAllocation"]] = relationship(
        back_populates="payment", order_by="PaymentAllocation.id", viewonly=True
    )


class PaymentAllocation(db.Model):
    __tablename__ = "payment_allocations"
    __table_args__ = table(*money_checks("amount", least=1))

    id: Mapped[Key]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    fee_id: Mapped[int] = mapped_column(ForeignKey("fees.id"))
    amount: Mapped[Money]
    created_at: Mapped[CreatedAt]

    payment: Mapped[Payment] = relationship(back_populates="allocations", viewonly=True)
    fee: Mapped[Fee] = relationship(viewonly=True)


_VOIDED = Payment.voided_at.is_not(None)
Index("ix_payments_voided_at", Payment.voided_at, sqlite_where=_VOIDED, postgresql_where=_VOIDED)
Index("ix_payment_allocations_payment_id", PaymentAllocation.payment_id, PaymentAllocation.amount)
Index("ix_payment_allocations_fee_id", PaymentAllocation.fee_id, PaymentAllocation.payment_id, PaymentAllocation.amount)
