"""What happened since a moment, in a few figures, for somebody who was away."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from app.domain.calendar import is_taught
from app.extensions import db
from app.models import Notification
from app.queries.attendance import registers_of_day
from app.queries.calendar import school_terms
from app.queries.notifications import for_role
from app.queries.paging import added_since
from app.queries.payments import PaymentFilter, ReceiptTotals, receipt_totals
from app.queries.students import StudentFilter, student_count


@dataclass(frozen=True)
class News:
    """What came since a moment: receipts that stand, receipts voided, standing alerts, students, registers to take."""

    since: datetime
    payments: ReceiptTotals
    voids: ReceiptTotals
    alerts: int
    students: int
    registers_missing: int
    registers: int

    def __bool__(self) -> bool:
        counts = (self.payments.count, self.voids.count, self.alerts, self.students, self.registers_missing)
        return any(counts)


def news_since(since: datetime, *, today: date, role: str) -> News:
    """What happened since a moment; registers are asked for on a day of school only."""
    terms = school_terms()
    registers = registers_of_day(today) if is_taught(today, terms) else []
    return News(
        since=since,
        payments=receipt_totals(PaymentFilter(since=since, voided=False)),
        voids=receipt_totals(PaymentFilter(voided_since=since)),
        alerts=_alerts(since, role),
        students=student_count(StudentFilter(added_since=since)),
        registers_missing=sum(row.state == "not_taken" for row in registers),
        registers=len(registers),
    )


def _alerts(since: datetime, role: str) -> int:
    query = select(func.count()).where(
        Notification.type == "high_arrears",
        Notification.cleared_at.is_(None),
        added_since(Notification, since),
        for_role(role),
    )
    return db.session.scalar(query.select_from(Notification)) or 0
