"""The database: one door for writing (`atomic`), and what every connection promises."""

from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.database.actor import SYSTEM, Actor, acting_as, current_actor, set_actor
from app.database.backend import Watcher, backend, backend_of
from app.database.promises import DatabaseUnsafe, check_promises
from app.database.transaction import LOCK_TIMEOUT, atomic, committed, roll_back, translated
from app.extensions import db

__all__ = [
    "LOCK_TIMEOUT", "SYSTEM", "Actor", "DatabaseUnsafe", "Watcher", "acting_as", "atomic", "backend", "check_promises",
    "committed", "current_actor", "init_app", "ping", "release", "set_actor", "translated", "watcher",
]  # fmt: skip


def init_app(app: Flask) -> None:
    """Bind the database and prepare its engine."""
    chosen = backend_of(make_url(app.config["SQLALCHEMY_DATABASE_URI"]).get_backend_name())
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", chosen.engine_options())
    db.init_app(app)
    # Registered after the extension's own, so it runs before that.
    app.teardown_appcontext(lambda error: release())
    with app.app_context():
        chosen.listen(db.engine)


def release() -> None:
    """Give the session's connection back, also when it broke meanwhile: what was answered stays answered."""
    if not db.session.registry.has():
        return
    roll_back(db.session())
    db.session.remove()


def watcher() -> Watcher:
    """What notices the commits of other connections and processes."""
    return backend().watcher(db.engine)


def ping() -> None:
    """Read one row; raises when the database does not answer."""
    db.session.execute(text("SELECT version FROM sync_clock")).one()
