"""`flask users`: adding people from the command line."""

import sys

import click
from flask.cli import AppGroup

from app.cli import OfficeGroup
from app.domain.permissions import ROLES
from app.queries.users import all_users
from app.services.users import add_user

group: AppGroup = OfficeGroup("users", help="People who may sign in.")


@group.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--full-name", default="")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def create(name: str, role: str, full_name: str, password_stdin: bool) -> None:
    """Add a user who may sign in."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    user = add_user(username=name, role=role, password=password, full_name=full_name)
    click.echo(f"User {user.username} can sign in as {user.role}.")


@group.command("list")
def show() -> None:
    """Show every user with role and state."""
    for user in all_users():
        click.echo(f"{user.username}\t{user.role}\t{'active' if user.is_active else 'deactivated'}")
