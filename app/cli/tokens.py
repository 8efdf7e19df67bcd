"""`flask tokens`: bearer tokens of other programs."""

import click
from flask.cli import AppGroup

from app.cli import OfficeGroup
from app.domain.permissions import ROLES
from app.queries.users import all_tokens
from app.services.tokens import create_token, revoke_token

group: AppGroup = OfficeGroup("tokens", help="Bearer tokens of other programs.")


@group.command()
@click.argument("name")
@click.option("--role", default="admin", show_default=True, type=click.Choice(ROLES))
def create(name: str, role: str) -> None:
    """Make a token and print it; it cannot be shown again."""
    click.echo(create_token(name=name, role=role))


@group.command("list")
def show() -> None:
    """Show every token's name, role and state."""
    for token in all_tokens():
        click.echo(f"{token.name}\t{token.role}\t{'revoked' if token.revoked_at else 'active'}")


@group.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Make a token worthless."""
    revoke_token(name=name)
    click.echo(f"The token {name} is revoked.")
