"""`flask prepare`: what must be true before the program starts."""

from pathlib import Path

import click
import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.cli import with_appcontext
from sqlalchemy import Connection

from app.database import MIGRATIONS
from app.extensions import db
from app.services.setup import new_setup_token
from app.statistics.install import is_current


@click.command("prepare")
@with_appcontext
def group() -> None:
    """Bring the database up to date; print the path of the one-time set-up page while there is no admin."""
    if db.engine.url.database:
        Path(db.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    with db.engine.connect() as connection:
        ready = _is_migrated(connection) and is_current(connection)
    if not ready:
        flask_migrate.upgrade(directory=str(MIGRATIONS))
    token = new_setup_token()
    if token:
        click.echo(f"/setup/{token}")


def _is_migrated(connection: Connection) -> bool:
    heads = ScriptDirectory(str(MIGRATIONS)).get_heads()
    return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)
