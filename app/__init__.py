"""SchoolPulse: a school's fees, books, registers and enrolment, live on every screen."""

from collections.abc import Mapping

from flask import Flask

from app import database, green
from app.config import Settings
from app.extensions import db, migrate


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """Build one configured application; `overrides` are environment variables that tests set."""
    settings = Settings.load(overrides)
    green.use(settings.async_mode)
    app = Flask(__name__, instance_path=str(settings.instance_path.resolve()))
    app.config.from_mapping(
        SCHOOLPULSE=settings,
        SECRET_KEY=settings.secret(),
        SQLALCHEMY_DATABASE_URI=settings.database_uri(),
    )
    database.init_app(app)
    migrate.init_app(app, db, directory=str(database.MIGRATIONS))
    return app
