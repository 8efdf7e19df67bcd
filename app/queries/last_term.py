"""What the school's figures were on the same day of the last term, and how they came to be what they are.

Most figures of a past day are kept (`daily_fees_*`, `attendance_*`). What was owed and who was enrolled are counted
back from today: a fee counts from the day it was entered or was due, whichever came first, so that a school that moved
its old books in last week is compared with those books and not with nothing. What cannot be known is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from app.clock import day_bounds
from app.domain.last_term import same_day
from app.extensions import db
from app.models import AcademicYear, Enrolment, Fee, Statistic, Student, Term, UserActivity
from app.queries.calendar import term_of
from app.queries.statistics import DAYS_SHOWN

_DAY = timedelta(days=1)
_KEPT_LIVE = DAYS_SHOWN - 10
"""Days of the term that screens add up by themselves; fewer than they hear of, for a page may be some days old."""
_MARKS = {"present": "attendance_{}", "absent": "attendance_{}_absent", "late": "attendance_{}_late"}
_EXCUSED = "attendance_{}_excused"


@dataclass(frozen=True)
class LastTerm:
    """The same day of the last term, with the figures that are known of it; amounts in minor units."""

    name: str
    day: date
    figures: Mapping[str, int]


@dataclass(frozen=True)
class TermSoFar:
    """A term: what it should collect (0 while nobody said), and what it collected before the day `since`.

    The days from `since` on are among the figures that screens keep live.
    """

    name: str
    target: int
    before: int
    since: date


def last_term(on: date) -> LastTerm | None:
    """What to compare a day with; None between terms, in the first term, and beyond the end of a shorter one."""
    this = term_of(on)
    if this is None:
        return None
    last = db.session.scalar(
        select(Term).where(Term.starts_on < this.starts_on).order_by(Term.starts_on.desc()).limit(1)
    )
    day = last and same_day(on, this.starts_on, last.starts_on, last.ends_on)
    if last is None or day is None:
        return None
    found = {
        "collected_day": _value(f"daily_fees_{day}"),
        "collected_term": _collected(last.starts_on, day),
        **_attendance(day),
        "outstanding": _outstanding(day, on),
        "students": _students(day),
    }
    return LastTerm(last.name, day, {name: value for name, value in found.items() if value is not None})


def term_so_far(on: date) -> TermSoFar | None:
    """The term that a day lies in."""
    this = term_of(on)
    if this is None:
        return None
    since = max(this.starts_on, on - _DAY * _KEPT_LIVE)
    return TermSoFar(this.name, this.collection_target, _collected(this.starts_on, since - _DAY), since)


def outstanding_history(on: date, days: int) -> Sequence[int]:
    """What was owed at the end of each of the `days` days before a day, oldest first; shorter for a younger school."""
    dates = [on - _DAY * back for back in range(days, 0, -1)]
    amount = Fee.amount_due - Fee.amount_adjusted
    sums = [func.coalesce(func.sum(case((_entered_after(day), amount), else_=0)), 0) for day in dates]
    row = db.session.execute(select(*sums).where(Fee.cancelled_at.is_(None), _entered_after(dates[0]))).one()
    collected = _values(f"daily_fees_{day}" for day in _days(dates[0], on))
    now, billed, history = _value("total_outstanding_fees"), _value("total_fees_billed"), []
    for day, later in zip(dates, row, strict=True):
        if billed - int(later) > 0:
            since = sum(collected.get(f"daily_fees_{other}", 0) for other in _days(day + _DAY, on))
            history.append(max(0, now - int(later) + since))
    return history


def students_by_year() -> Sequence[tuple[str, int]]:
    """How many students each academic year had, the oldest first: its name and the number."""
    rows = db.session.execute(
        select(AcademicYear.name, func.count(Enrolment.id))
        .join(Enrolment, Enrolment.academic_year_id == AcademicYear.id)
        .group_by(AcademicYear.id, AcademicYear.name, AcademicYear.starts_on)
        .order_by(AcademicYear.starts_on)
    )
    return [(name, count) for name, count in rows]


def _attendance(day: date) -> dict[str, int | None]:
    names = {mark: name.format(day) for mark, name in (*_MARKS.items(), ("excused", _EXCUSED))}
    kept = _values(names.values())
    if not any(kept.values()):
        return {}
    return {mark: kept.get(name, 0) for mark, name in names.items()}


def _outstanding(day: date, on: date) -> int | None:
    amount = func.sum(Fee.amount_due - Fee.amount_adjusted)
    later = int(db.session.scalar(select(amount).where(Fee.cancelled_at.is_(None), _entered_after(day))) or 0)
    if _value("total_fees_billed") - later <= 0:
        return None
    return max(0, _value("total_outstanding_fees") - later + _collected(day + _DAY, on))


def _students(day: date) -> int | None:
    """Today's students less who joined since, and those who left since; None for a school that keeps no such dates."""
    after = day_bounds(day)[1]
    active = Student.status == "active"
    undated = select(Student.id).where(active, Student.admitted_on.is_(None), Student.created_at >= after).limit(1)
    if db.session.scalar(undated) is not None:
        return None
    joined = db.session.scalar(select(func.count(Student.id)).where(active, Student.admitted_on > day)) or 0
    status = UserActivity.activity_data["before"]["status"].as_string()
    left = db.session.scalar(
        select(func.count(func.distinct(Student.id)))
        .join(UserActivity, and_(UserActivity.table_name == "students", UserActivity.record_id == Student.id))
        .where(
            Student.status != "active",
            or_(Student.admitted_on.is_(None), Student.admitted_on <= day),
            UserActivity.timestamp >= after,
            status == "active",
        )
    )
    return max(0, _value("total_enrollment") - joined + int(left or 0)) or None


def _entered_after(day: date) -> ColumnElement[bool]:
    return and_(Fee.created_at >= day_bounds(day)[1], or_(Fee.due_on.is_(None), Fee.due_on > day))


def _collected(first: date, last: date) -> int:
    return sum(_values(f"daily_fees_{day}" for day in _days(first, last)).values())


def _days(first: date, last: date) -> Iterable[date]:
    """From the first up to and with the last; none when that is earlier."""
    return (first + _DAY * number for number in range((last - first).days + 1))


def _value(name: str) -> int:
    return _values([name]).get(name, 0)


def _values(names: Iterable[str]) -> dict[str, int]:
    query = select(Statistic.metric_name, Statistic.metric_value).where(Statistic.metric_name.in_(list(names)))
    return {name: value for name, value in db.session.execute(query)}
