"""All tables of the school; one noun a file."""

from app.models.attendance import Attendance
from app.models.calendar import AcademicYear, Term
from app.models.classes import SchoolClass, Teacher, TeacherAssignment
from app.models.fees import BillingRun, Fee, FeeAdjustment, FeeStructure, FeeStructureItem, FeeType
from app.models.look import SchoolPicture
from app.models.payments import Payment, PaymentAllocation
from app.models.promotions import Promotion
from app.models.repeats import RequestKey
from app.models.settings import Counter, Setting, SetupLink
from app.models.students import Enrolment, Guardian, Student, StudentBalance, StudentGuardian
from app.models.sync import (
    ActivitySeal,
    Notification,
    NotificationRead,
    OutboxMessage,
    Statistic,
    SyncClock,
    SyncStatus,
    UserActivity,
    WriteContext,
)
from app.models.transactions import BudgetPlan, DayClose, FinancialCategory, FinancialTransaction
from app.models.users import ApiToken, User, UserSession, WallDisplay, WallPairing

__all__ = [
    "AcademicYear",
    "ActivitySeal",
    "ApiToken",
    "Attendance",
    "BillingRun",
    "BudgetPlan",
    "Counter",
    "DayClose",
    "Enrolment",
    "Fee",
    "FeeAdjustment",
    "FeeStructure",
    "FeeStructureItem",
    "FeeType",
    "FinancialCategory",
    "FinancialTransaction",
    "Guardian",
    "Notification",
    "NotificationRead",
    "OutboxMessage",
    "Payment",
    "PaymentAllocation",
    "Promotion",
    "RequestKey",
    "SchoolClass",
    "SchoolPicture",
    "Setting",
    "SetupLink",
    "Statistic",
    "Student",
    "StudentBalance",
    "StudentGuardian",
    "SyncClock",
    "SyncStatus",
    "Teacher",
    "TeacherAssignment",
    "Term",
    "User",
    "UserActivity",
    "UserSession",
    "WallDisplay",
    "WallPairing",
    "ActivitySeal",
    "WriteContext",
]
