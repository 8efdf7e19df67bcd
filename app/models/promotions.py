"""A student's move from one class to another."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.models.columns import CreatedAt, Key, UtcDateTime, one_of, table

DECISIONS = ("promoted", "repeated", "graduated", "moved")


class Promotion(db.Model):
    __tablename__ = "promotions"
    __table_args__ = table(one_of("decision", *DECISIONS))

    id: Mapped[Key]
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id", ondelete="CASCADE"), index=True)
    from_class_id: Mapped[int | None] = mapped_column(ForeignKey("classes.id"))
    to_class_id: Mapped[int | None] = mapped_column(ForeignKey("classes.id"))
    academic_year_id: Mapped[int | None] = mapped_column(ForeignKey("academic_years.id"))
    academic_year: Mapped[str] = mapped_column(String(32), default="", server_default="")
    promoted_on: Mapped[date]
    decision: Mapped[str] = mapped_column(String(16), default="promoted", server_default="promoted")
    run_id: Mapped[str | None] = mapped_column(String(36), index=True)
    promoted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    before: Mapped[str | None] = mapped_column(Text)
    """JSON: what the enrolments said before, so that the move can be taken back (services/promotion_undo.py)."""
    created_at: Mapped[CreatedAt]
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
