"""Students, their guardians, and a row per student and year."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import db
from app.models.classes import SchoolClass
from app.models.columns import CreatedAt, Key, Money, one_of, table

STUDENT_STATUSES = ("active", "graduated", "transferred", "withdrawn")


class Student(db.Model):
    __tablename__ = "students"
    __table_args__ = table(
        one_of("status", *STUDENT_STATUSES),
        CheckConstraint("gender IS NULL OR gender IN ('F', 'M')", name="gender_known"),
    )

    id: Mapped[Key]
    admission_no: Mapped[str] = mapped_column(String(32), unique=True)
    first_name: Mapped[str] = mapped_column(String(64))
    last_name: Mapped[str] = mapped_column(String(64))
    class_id: Mapped[int | None] = mapped_column(ForeignKey("classes.id"), index=True)
    status: Mapped[str] = mapped_column(String(16), default="active", server_default="active")
    gender: Mapped[str | None] = mapped_column(String(1))
    born_on: Mapped[date | None]
    admitted_on: Mapped[date | None]
    search_text: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[CreatedAt]

    school_class: Mapped[SchoolClass | None] = relationship()


class Guardian(db.Model):
    __tablename__ = "guardians"
    __table_args__ = table()

    id: Mapped[Key]
    full_name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(32), index=True)
    email: Mapped[str | None] = mapped_column(String(120))
    address: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[CreatedAt]


class StudentGuardian(db.Model):
    __tablename__ = "student_guardians"
    __table_args__ = table(UniqueConstraint("student_id", "guardian_id"))

    id: Mapped[Key]
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id", ondelete="CASCADE"))
    guardian_id: Mapped[int] = mapped_column(ForeignKey("guardians.id", ondelete="CASCADE"), index=True)
    relationship_name: Mapped[str] = mapped_column(String(32), default="", server_default="")
    pays_fees: Mapped[bool] = mapped_column(default=True, server_default="1")


class Enrolment(db.Model):
    __tablename__ = "enrolments"
    __table_args__ = table(UniqueConstraint("student_id", "academic_year_id"))

    id: Mapped[Key]
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id", ondelete="CASCADE"))
    academic_year_id: Mapped[int] = mapped_column(ForeignKey("academic_years.id"), index=True)
    class_id: Mapped[int | None] = mapped_column(ForeignKey("classes.id"))
    outcome: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[CreatedAt]


class StudentBalance(db.Model):
    """What a student was billed and paid, in minor units; kept by triggers and read by everybody."""

    __tablename__ = "student_balances"

    student_id: Mapped[int] = mapped_column(
        ForeignKey("students.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    class_id: Mapped[int | None]
    billed: Mapped[Money] = mapped_column(default=0, server_default="0")
    adjusted: Mapped[Money] = mapped_column(default=0, server_default="0")
    paid: Mapped[Money] = mapped_column(default=0, server_default="0")
    arrears: Mapped[Money] = mapped_column(default=0, server_default="0")
    credit: Mapped[Money] = mapped_column(default=0, server_default="0")
    is_high: Mapped[bool] = mapped_column(default=False, server_default="0")


Index("ix_student_balances_arrears", StudentBalance.arrears)
Index("ix_students_name", Student.last_name, Student.first_name)
Index("ix_students_search", Student.search_text)
