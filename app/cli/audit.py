"""`flask audit`: was the activity log touched?"""

import click
from flask.cli import AppGroup

from app.cli import OfficeGroup
from app.services.audit import seal_activity, verify_log

group: AppGroup = OfficeGroup("audit", help="The activity log and its seals.")


@group.command()
@click.pass_context
def verify(context: click.Context) -> None:
    """Check every sealed row and every seal; exit code 1 when anything was changed, removed or put in between."""
    report = verify_log()
    for problem in report.problems:
        click.echo(f"tampered: {problem}")
    click.echo(f"{report.rows} rows under {report.seals} seals are as they were written.")
    click.echo(f"{report.unsealed} rows are not sealed yet.")
    if report.seals:
        click.echo(f"Head of the chain: {report.head}")
    if report.problems:
        context.exit(1)


@group.command()
def seal() -> None:
    """Seal what is not sealed yet, without waiting for the worker."""
    rows = 0
    while sealed := seal_activity():
        rows += sealed
    click.echo(f"{rows} rows sealed.")
