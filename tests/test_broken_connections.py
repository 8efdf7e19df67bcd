"""A connection to PostgreSQL that breaks: one sentence, never a lie about what was saved, and life goes on."""

import pytest
from sqlalchemy import text

from app.database import atomic
from app.errors import DatabaseGone, Invalid
from app.extensions import db
from app.models import SchoolClass
from tests.support.database import value

pytestmark = pytest.mark.postgresql


@pytest.fixture
def cut(raw):
    """Cuts every connection of the program."""

    def cut_now():
        raw.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'schoolpulse' "
            "AND datname = current_database()"
        )

    return cut_now


def works(app):
    with app.app_context(), atomic() as session:
        session.add(SchoolClass(name="Afterwards"))


def test_what_was_read_before_the_cut_is_answered(app, cut):
    with app.app_context():
        assert db.session.scalar(text("SELECT 1")) == 1
        cut()
    works(app)


@pytest.mark.parametrize("when", ["before a statement", "before the commit"])
def test_a_write_that_was_cut_off_says_that_it_is_not_known(app, raw, cut, when):
    with app.app_context(), pytest.raises(DatabaseGone), atomic() as session:
        session.add(SchoolClass(name="Blue"))
        session.flush()
        cut()
        if when == "before a statement":
            session.add(SchoolClass(name="Gold"))
            session.flush()
    assert value(raw, "SELECT count(*) FROM classes") == 0
    works(app)


def test_a_refusal_after_the_cut_stays_a_refusal_or_says_that_the_database_is_gone(app, raw, cut):
    with app.app_context(), pytest.raises((Invalid, DatabaseGone)), atomic() as session:
        session.add(SchoolClass(name="Blue"))
        session.flush()
        cut()
        raise Invalid("Not like this.")
    assert value(raw, "SELECT count(*) FROM classes") == 0
    works(app)
