"""Classes, teachers, and who teaches which class from when to when."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import db
from app.models.columns import CreatedAt, Key, table


class SchoolClass(db.Model):
    __tablename__ = "classes"
    __table_args__ = table(CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity"))

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    level: Mapped[int] = mapped_column(default=0, server_default="0")
    capacity: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True, server_default="1")


class Teacher(db.Model):
    __tablename__ = "teachers"
    __table_args__ = table(CheckConstraint("status IN ('active', 'left')", name="status_known"))

    id: Mapped[Key]
    first_name: Mapped[str] = mapped_column(String(64))
    last_name: Mapped[str] = mapped_column(String(64))
    staff_no: Mapped[str | None] = mapped_column(String(32), unique=True)
    phone: Mapped[str | None] = mapped_column(String(32))
    email: Mapped[str | None] = mapped_column(String(120))
    hired_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(16), default="active", server_default="active")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), unique=True)
    created_at: Mapped[CreatedAt]


class TeacherAssignment(db.Model):
    __tablename__ = "teacher_assignments"
    __table_args__ = table(CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="range"))

    id: Mapped[Key]
    teacher_id: Mapped[int] = mapped_column(ForeignKey("teachers.id", ondelete="CASCADE"), index=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("classes.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str] = mapped_column(String(64), default="", server_default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    teacher: Mapped[Teacher] = relationship()
    school_class: Mapped[SchoolClass] = relationship()
