"""Academic years and terms: half-open date ranges [starts_on, ends_on)."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.models.columns import Key, Money, money_checks, table


class AcademicYear(db.Model):
    __tablename__ = "academic_years"
    __table_args__ = table(CheckConstraint("ends_on > starts_on", name="range"))

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(32), unique=True)
    starts_on: Mapped[date] = mapped_column(index=True)
    ends_on: Mapped[date]


class Term(db.Model):
    __tablename__ = "terms"
    __table_args__ = table(
        CheckConstraint("ends_on > starts_on", name="range"),
        UniqueConstraint("academic_year_id", "name"),
        *money_checks("collection_target"),
    )

    id: Mapped[Key]
    academic_year_id: Mapped[int] = mapped_column(ForeignKey("academic_years.id"))
    name: Mapped[str] = mapped_column(String(32))
    starts_on: Mapped[date] = mapped_column(index=True)
    ends_on: Mapped[date]
    collection_target: Mapped[Money] = mapped_column(default=0, server_default="0")
