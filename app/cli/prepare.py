"""`flask prepare`: what must be true before the program starts."""

import click
from flask.cli import with_appcontext

from app.jobs.prepare import prepare


@click.command("prepare")
@with_appcontext
def group() -> None:
    """Bring the database up to date; print the path of the one-time set-up page while there is no admin."""
    if path := prepare():
        click.echo(path)
