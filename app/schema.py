"""Bringing the database's tables, triggers and views to what the program expects.

Alembic takes a third of a second to load, so only a process that has something to migrate loads it.
"""

import sys
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import inspect, text

from app.config import ROOT
from app.extensions import db
from app.statistics.install import is_current

MIGRATIONS = ROOT / "migrations"


def init_app(app: Flask) -> None:
    """Bind the migrations in a process that has loaded them already."""
    if "flask_migrate" in sys.modules:
        bind(app)


def newest_revision() -> str:
    """The revision that this program expects; revisions are numbered, and the number begins the file's name."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_ready() -> bool:
    """Whether the database has the tables, triggers and views of this program."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision == newest_revision() and is_current(connection)


def make_ready() -> None:
    """Migrate if need be; the file and its folder are made when they do not exist."""
    if db.engine.url.database:
        Path(db.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    if is_ready():
        return
    from flask_migrate import upgrade

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    bind(app)
    upgrade(directory=str(MIGRATIONS))
    # The connection that changed the schema would compile every statement anew.
    db.engine.dispose()


def bind(app: Flask) -> None:
    """Give an application its migrations."""
    if "migrate" in app.extensions:
        return
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(MIGRATIONS))
