"""How far a new school has come, read from what there is."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import exists, func, select

from app.extensions import db
from app.models import AcademicYear, Fee, SchoolClass, Student, Term, User
from app.models.users import WallDisplay

STEPS = ("years", "classes", "students", "users", "fees", "displays")


def first_steps(on: date) -> Mapping[str, bool]:
    """Step -> whether it is done, in their order.

    Years count with a term and a day to come, users from the second one on, displays when a screen shows one.
    """
    term = exists().where(Term.academic_year_id == AcademicYear.id, AcademicYear.ends_on > on)
    display = exists().where(WallDisplay.paired_at.is_not(None), WallDisplay.revoked_at.is_(None))
    users = select(func.count()).select_from(select(User.id).where(User.is_active).limit(2).subquery())
    found = db.session.execute(
        select(
            term,
            exists().where(SchoolClass.is_active),
            exists().where(Student.id > 0),
            users.scalar_subquery() > 1,
            exists().where(Fee.id > 0),
            display,
        )
    ).one()
    return dict(zip(STEPS, map(bool, found), strict=True))
