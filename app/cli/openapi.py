"""`flask openapi`: the description of the API, for other programs."""

import json

import click
from flask import current_app
from flask.cli import with_appcontext

from app.api.openapi import document


@click.command("openapi")
@with_appcontext
def group() -> None:
    """Print the OpenAPI document."""
    click.echo(json.dumps(document(current_app), indent=2, ensure_ascii=False))
