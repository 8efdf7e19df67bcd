"""The daily register: one mark per student and day."""

from datetime import date

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.models.columns import CreatedAt, Key, one_of, table

ATTENDANCE_STATUSES = ("present", "absent", "late", "excused")


class Attendance(db.Model):
    __tablename__ = "attendance"
    __table_args__ = table(UniqueConstraint("student_id", "date"), one_of("status", *ATTENDANCE_STATUSES))

    id: Mapped[Key]
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id", ondelete="CASCADE"))
    date: Mapped[date] = mapped_column(Date, index=True)
    status: Mapped[str] = mapped_column(String(16))
    class_id: Mapped[int | None] = mapped_column(ForeignKey("classes.id"), index=True)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    recorded_at: Mapped[CreatedAt]
