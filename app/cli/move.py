"""`flask move`: from SQLite to PostgreSQL."""

import sys

import click
from flask.cli import with_appcontext
from sqlalchemy.engine import make_url

from app.database import Actor, acting_as
from app.errors import SchoolError
from app.progress import on_terminal
from app.transfer.move import MOST_TOLD, NotMoved, move


@click.command("move")
@click.option("--to", required=True, metavar="postgresql://USER@HOST/DATABASE", help="An empty PostgreSQL database.")
@with_appcontext
def group(to: str) -> None:
    """Copy this SQLite school to an empty PostgreSQL database, and check that all of it arrived.

    Stop the program and its worker first. The SQLite file is only read; it stays as it is. Give the password in
    PGPASSWORD or in ~/.pgpass rather than in the address, which other users of this machine could see.
    """
    try:
        with acting_as(Actor(username="command line")), on_terminal(sys.stderr):
            moved = move(to)
    except NotMoved as refusal:
        for problem in refusal.problems[:MOST_TOLD]:
            click.echo(problem, err=True)
        if len(refusal.problems) > MOST_TOLD:
            click.echo(f"... and {len(refusal.problems) - MOST_TOLD} more", err=True)
        raise click.ClickException(refusal.message) from refusal
    except SchoolError as refusal:
        raise click.ClickException(refusal.message) from refusal
    for name, table in moved.tables.items():
        sums = "".join(f", {column} {total}" for column, total in table.sums.items())
        click.echo(f"{name}: {table.rows} rows{sums}")
    click.echo(f"{moved.rows} rows moved; every value, sum and figure is the same there: 0 differences.")
    for problem in moved.log.problems:
        click.echo(f"tampered, already before the move: {problem}")
    click.echo(f"The activity log has the same {moved.log.seals} seals over {moved.log.rows} rows.")
    click.echo(f"Start the program from now on with DATABASE_URL={make_url(to).render_as_string()}")
