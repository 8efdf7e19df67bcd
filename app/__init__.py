"""SchoolPulse: a school's fees, books, registers and enrolment, live on every screen."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from app import api, cli, database, models, realtime, schema, web  # noqa: F401
from app.config import Settings
from app.extensions import compress, limiter
from app.web import access, assets, errors, identity, language, liveness, security, sending, templating

SHARED_LIMITS: Mapping[str, Any] = {
    # A Redis that is gone or frozen is a reason to count by ourselves, never to keep anybody waiting.
    "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 0.1, "socket_timeout": 0.1},
    "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
    "RATELIMIT_SWALLOW_ERRORS": True,
}


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """Build one configured application; `overrides` are environment variables that tests set."""
    settings = Settings.load(overrides)
    app = Flask(__name__, instance_path=str(settings.instance_path.resolve()), static_folder=None)
    app.config.from_mapping(
        SCHOOLPULSE=settings,
        SECRET_KEY=settings.secret(),
        SQLALCHEMY_DATABASE_URI=settings.database_uri(),
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        **(SHARED_LIMITS if settings.redis_url else {}),
        RATELIMIT_HEADERS_ENABLED=True,
        COMPRESS_MIMETYPES=["text/html", "application/json", "text/csv"],
        **security.cookie_config(settings),
    )
    database.init_app(app)
    schema.init_app(app)
    limiter.init_app(app)
    compress.init_app(app)
    for part in (identity, access, errors, sending, templating, language, web, api, cli, assets):
        part.init_app(app)
    # The socket server wraps what serves pages and files; the headers go around everything.
    realtime.init_app(app)
    liveness.init_app(app)
    security.init_app(app, settings)
    access.check_declared(app)
    return app
